import pytest

from tests.tickets.casts import answered
from tickets.models import Conversation


@pytest.fixture
def conversation(mei, bo, team) -> Conversation:
    """Mei's talk, which Bo answers."""
    return answered(mei.member, team, bo)
