"""Who reads the words of a conversation whole."""

from datetime import datetime

from accounts.access_log import reads_text
from accounts.models import User
from tickets.models import Conversation


def reads_whole(user: User, conversation: Conversation, now: datetime) -> bool:
    """Tell whether ``user`` reads it unmasked: as one of its two parties, or having revealed it lately."""
    return conversation.is_party(user) or reads_text(user, conversation.pk, now)
