"""Who takes members, and which teams there are: told to the app that promises both."""

from datetime import datetime

from apass.entitlements.teams import knows_teams
from apass.membership.presence import knows_presence
from workforce.models import AgentStatus, Presence, Team


@knows_presence
def is_online(user_id: int, at: datetime) -> bool:
    """Tell whether an agent takes chats; what was before now is not known, so ``at`` is not asked."""
    return AgentStatus.objects.filter(user=user_id, presence=Presence.ONLINE).exists()


@knows_teams
def takes_conversations(code: str) -> bool:
    """Tell whether a team of our own is in use under ``code``."""
    return Team.objects.filter(code=code, is_active=True, partner=None).exists()
