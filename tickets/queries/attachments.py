"""Who may open a file."""

import uuid
from datetime import datetime

from django.utils.translation import gettext_lazy as _

from accounts.models import User
from common.errors import Forbidden
from tickets.models import Attachment, Conversation, Message
from tickets.queries.parties import opens_files


def attachment_for(user: User, key: uuid.UUID, now: datetime) -> Attachment | None:
    """Return the file ``key`` if ``user`` may open it at ``now``.

    The parties of the conversation may, once a message carries it; before that its uploader alone.
    Who sees it without being a party has to reveal the conversation first: a picture cannot be
    masked. A recalled one is kept for auditors. Raises ``personal_data.reveal_first``.
    """
    attachment = (
        Attachment.objects.filter(pk=key, conversation__in=Conversation.objects.visible_to(user))
        .exclude(file="")
        .select_related("conversation__member")
        .first()
    )
    if attachment is None:
        return None
    if attachment.recalled_at is not None:
        return attachment if user.can("history.read") else None
    if attachment.uploaded_by_id != user.pk and not _was_sent(attachment):
        return None
    if not opens_files(user, attachment.conversation, now):
        raise Forbidden(
            _("Reveal what was said in this conversation first, with a reason."),
            code="personal_data.reveal_first",
        )
    return attachment


def _was_sent(attachment: Attachment) -> bool:
    return Message.objects.filter(
        conversation_id=attachment.conversation_id, payload__attachment=attachment.public_key
    ).exists()
