"""Whether somebody takes members now: told to the app that names managers for members."""

from datetime import datetime

from apass.membership.presence import knows_presence
from workforce.models import AgentStatus, Presence


@knows_presence
def is_online(user_id: int, at: datetime) -> bool:
    """Tell whether an agent takes chats; what was before now is not known, so ``at`` is not asked."""
    return AgentStatus.objects.filter(user=user_id, presence=Presence.ONLINE).exists()
