"""What the search tests are about: two members' talks, a shop, and a way to write the lines at once."""

import pytest

from common.search import Group, search
from common.search.indexing import index_changes
from common.search.kinds import Hit
from tests.tickets.casts import answered
from tickets.actions.posting import post_message
from tickets.models import AuthorKind


def settle() -> None:
    """Write the lines of everything that changed."""
    while index_changes():
        pass


def hits(user, text, *kinds, **options) -> list[Hit]:
    """Return everything that is found, over all kinds."""
    groups: list[Group] = search(user, text, kinds=kinds, **options)
    return [hit for group in groups for hit in group.hits]


@pytest.fixture(params=["just said", "indexed"])
def moment(request):
    """Give a function that ends the preparation: with lines still to be written, or written."""
    return settle if request.param == "indexed" else lambda: None


def say(talk, body, by=None):
    kind = (
        AuthorKind.BOT
        if by is None
        else AuthorKind.MEMBER
        if by.can("me.use")
        else AuthorKind.AGENT
    )
    return post_message(talk, by=by, author_kind=kind, body=body, anyway=True)


@pytest.fixture
def talk(mei, bo, team, order, shop):
    return answered(mei.member, team, bo, order=order, shop=shop, subject="车厘子坏果")
