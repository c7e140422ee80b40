import pytest
from django.db import DatabaseError, transaction

from common.history import history_of, record
from common.models import Event


def test_a_line_names_who_what_and_why(shop, ops):
    record(
        shop, "shop.renamed", by=ops, before={"name": "a"}, after={"name": "b"}, reason="店主要求"
    )
    line = history_of(shop).get()
    assert (line.actor, line.action, line.before, line.after, line.reason) == (
        ops,
        "shop.renamed",
        {"name": "a"},
        {"name": "b"},
        "店主要求",
    )


@pytest.mark.parametrize("change", [lambda q: q.update(reason="x"), lambda q: q.delete()])
def test_a_line_is_never_changed_or_deleted(shop, change):
    record(shop, "shop.opened", by=None)
    with pytest.raises(DatabaseError), transaction.atomic():
        change(Event.objects.all())
    assert history_of(shop).count() == 1
