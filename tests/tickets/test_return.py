"""What happens to conversations when their owner leaves the desk."""

import pytest
from django_q.models import OrmQ

from accounts.actions import close_account, set_roles
from common.history import history_of
from tickets.models import State
from tickets.tasks import return_conversations

pytestmark = pytest.mark.django_db


def run_queued() -> None:
    for row in OrmQ.objects.all():
        assert row.func() == "tickets.tasks.return_conversations"
        return_conversations(*row.task["args"])


@pytest.mark.parametrize(
    "leave",
    [
        lambda bo, ops: close_account(bo, by=ops, reason="离职"),
        lambda bo, ops: set_roles(bo, ["business"], by=ops, reason="转岗"),
    ],
)
def test_they_wait_in_the_queue_again_with_their_time(conversation, bo, ops, leave):
    since = conversation.waiting_since
    leave(bo, ops)
    run_queued()
    run_queued()
    conversation.refresh_from_db()
    assert (conversation.state, conversation.owner, conversation.queued_at) == (
        State.WAITING,
        None,
        since,
    )
    assert history_of(conversation).filter(action="conversation.returned").count() == 1


def test_who_stays_at_the_desk_keeps_them(conversation, bo, ops):
    set_roles(bo, ["agent", "business"], by=ops, reason="兼任")
    assert not OrmQ.objects.exists()
    assert return_conversations(bo.pk) == 0
