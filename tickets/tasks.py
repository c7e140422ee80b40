"""Background work of conversations."""

from accounts.models import User
from tickets.actions.ownership import return_conversation
from tickets.models import Conversation


def return_conversations(user_id: int) -> int:
    """Put what a person who left the desk still owns back into its queues; again changes nothing."""
    user = User.objects.filter(pk=user_id).first()
    if user is None or (user.is_active and user.is_agent):
        return 0
    return sum(
        return_conversation(conversation, former=user)
        for conversation in Conversation.objects.owned_by(user)
    )
