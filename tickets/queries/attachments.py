"""Who may open a file."""

import uuid

from accounts.models import User
from tickets.models import Attachment, Conversation, Message


def attachment_for(user: User, key: uuid.UUID) -> Attachment | None:
    """Return the file ``key`` if ``user`` may open it.

    Who may see the conversation may, once a message carries it; before that its uploader alone.
    A recalled one is kept for auditors.
    """
    attachment = Attachment.objects.filter(
        pk=key, conversation__in=Conversation.objects.visible_to(user)
    ).first()
    if attachment is None:
        return None
    if attachment.recalled_at is not None:
        return attachment if user.can("history.read") else None
    if attachment.uploaded_by_id == user.pk or _was_sent(attachment):
        return attachment
    return None


def _was_sent(attachment: Attachment) -> bool:
    return Message.objects.filter(
        conversation_id=attachment.conversation_id, payload__attachment=str(attachment.pk)
    ).exists()
