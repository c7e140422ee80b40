"""In whose name people of the house act."""

from accounts.business import says_team
from accounts.models import User
from workforce.models import Team


@says_team
def first_team(user: User) -> str:
    """Return the team somebody works in; the first one of several."""
    return Team.objects.filter(memberships__user=user).values_list("name", flat=True).first() or ""
