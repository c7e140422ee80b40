"""Taking a message back."""

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from common.errors import DomainError, NotFound
from common.history import record
from common.ids import parse_key
from common.parameters import value
from common.push import send_now
from tickets.models import Attachment, AuthorKind, Conversation, Message, RecalledMessage
from tickets.queries.frames import stamp


@transaction.atomic
def recall_message(conversation: Conversation, seq: int, *, by: User) -> Message:
    """Hide a message of one's own, within the recall window; an audit copy is kept.

    Raises ``not_found``, ``recall.not_author`` and ``recall.too_late``. A second call changes nothing.
    """
    held = (
        Conversation.objects.visible_to(by)
        .select_for_update(no_key=True, of=("self",))
        .filter(pk=conversation.pk)
        .first()
    )
    message = Message.objects.filter(conversation=held, seq=seq).first() if held else None
    if held is None or message is None:
        raise NotFound("not_found", _("No such message, or it is not yours to see."))
    conversation = held
    if message.author_id != by.pk or message.author_kind not in {
        AuthorKind.MEMBER,
        AuthorKind.AGENT,
    }:
        raise DomainError("recall.not_author", _("Only the author can take a message back."))
    if message.recalled_at is not None:
        return message
    now = timezone.now()
    if now - message.sent_at > value("chat.recall_window"):
        raise DomainError("recall.too_late", _("It is too late to take this message back."))
    RecalledMessage.objects.create(
        conversation=conversation,
        seq=seq,
        kind=message.kind,
        body=message.body,
        payload=message.payload,
        recalled_by=by,
        recalled_at=now,
    )
    Message.objects.filter(conversation=conversation, seq=seq).update(
        body="", payload=None, recalled_at=now
    )
    if message.payload and message.payload.get("attachment"):
        Attachment.objects.filter(pk=parse_key("att", message.payload["attachment"])).update(
            recalled_at=now
        )
    if conversation.last_seq == seq:
        conversation.last_preview = ""
        conversation.last_message_kind = "recalled"
    # Written in any case: who follows changes must hear of it.
    conversation.save(update_fields=["last_preview", "last_message_kind"])
    record(conversation, "message.recalled", by=by, after={"seq": seq})
    frame = {
        "op": "recalled",
        "conversation": conversation.public_key,
        "seq": seq,
        "at": stamp(now),
    }
    topic, told = conversation.topic, {"type": "frame", "key": None, "frame": frame}
    transaction.on_commit(lambda: send_now(topic, told), robust=True)
    message.body, message.payload, message.recalled_at = "", None, now
    return message
