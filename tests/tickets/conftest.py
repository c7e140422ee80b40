import pytest

from accounts.models import User
from tests.tickets.casts import answered, of_partner
from tickets.models import Conversation
from workforce.actions import add_partner, give_team
from workforce.models import Team


@pytest.fixture
def conversation(mei, bo, team) -> Conversation:
    """Mei's talk, which Bo answers."""
    return answered(mei.member, team, bo)


@pytest.fixture
def helpers(ops) -> Team:
    """A team of a service partner."""
    partner = add_partner("helpers", "好帮手服务", by=ops)
    made = Team.objects.create(code="helpers", name="好帮手一组")
    return give_team(made, partner, by=ops, reason="入驻")


@pytest.fixture
def pat(helpers, ops) -> User:
    """Pat answers for the partner."""
    return of_partner("pat", helpers, ops)
