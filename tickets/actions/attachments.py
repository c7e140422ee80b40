"""Files that people send in a conversation."""

import uuid
from datetime import timedelta
from typing import BinaryIO

from django.core.files.base import ContentFile
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from common.errors import DomainError, Forbidden
from common.files import AdmittedFile, admit_file
from common.history import record
from common.parameters import value
from tickets.actions.posting import refusal
from tickets.models import Attachment, Conversation, State


def upload_attachment(
    conversation: Conversation, *, source: BinaryIO, name: str, by: User
) -> Attachment:
    """Take a file into ``conversation``; it is shown to others once a message of ``by`` names it.

    The member may, and the agent who owns the conversation. Raises ``forbidden``, ``not_owner``,
    ``closed``, ``contact.text_only``, ``attachment.too_many`` and the codes of :func:`common.files.admit_file`.
    """
    _require_sender(conversation, by)
    # Drawing a picture again takes a second of work: before the transaction, not inside it.
    admitted = admit_file(source, name=name, max_bytes=value("chat.upload_bytes"))
    return _store(conversation, admitted, by)


def _store(conversation: Conversation, admitted: AdmittedFile, by: User) -> Attachment:
    attachment = Attachment(
        id=uuid.uuid4(),
        conversation=conversation,
        uploaded_by=by,
        uploaded_at=timezone.now(),
        name=admitted.name,
        kind=admitted.kind,
        content_type=admitted.content_type,
        size=admitted.size,
        width=admitted.width,
        height=admitted.height,
        sha256=admitted.sha256,
    )
    attachment.file.save(admitted.name, ContentFile(admitted.content), save=False)
    try:
        _insert(attachment, by)
    except BaseException:
        # The bytes go with the row, or nothing would ever find them again.
        attachment.file.delete(save=False)
        raise
    return attachment


@transaction.atomic
def _insert(attachment: Attachment, by: User) -> None:
    attachment.save(force_insert=True)
    record(
        attachment.conversation,
        "attachment.uploaded",
        by=by,
        after={"attachment": attachment.pk, "size": attachment.size, "sha256": attachment.sha256},
    )


def _require_sender(conversation: Conversation, by: User) -> None:
    row = Conversation.objects.select_related("member").get(pk=conversation.pk)
    if not by.is_active:
        raise Forbidden()
    if row.member is None or row.member.user_id != by.pk:
        if not by.can("tickets.reply"):
            raise Forbidden()
        if row.owner_id != by.pk:
            raise DomainError("not_owner", _("Accept the conversation before you send a file."))
    elif row.limited_to_text and row.is_limited(timezone.now()):
        raise refusal("text_only", None)
    if row.state == State.CLOSED:
        raise DomainError("closed", _("This conversation is closed. Please start a new one."))
    lately = Attachment.objects.filter(
        uploaded_by=by, uploaded_at__gt=timezone.now() - timedelta(hours=1)
    ).count()
    if lately >= value("chat.uploads_an_hour"):
        raise DomainError(
            "attachment.too_many", _("So many files in one hour. Please go on later.")
        )
