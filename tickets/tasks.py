"""Background work of conversations."""

from accounts.models import User
from tickets.actions.ownership import return_conversation
from tickets.models import Conversation


def return_conversations(user_id: int) -> int:
    """Put what a person who left the desk still owns back into its queues; again changes nothing.

    Who answers on keeps what they may still see: a partner's person has left its teams.
    """
    user = User.objects.filter(pk=user_id).first()
    if user is None:
        return 0
    owned = Conversation.objects.owned_by(user)
    if user.is_active and user.is_agent:
        owned = owned.exclude(pk__in=Conversation.objects.visible_to(user).values("pk"))
    return sum(return_conversation(conversation, former=user) for conversation in owned)
