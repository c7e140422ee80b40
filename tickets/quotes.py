"""Messages that a shop's complaint may quote: of talks about the order, as they stand, masked."""

from collections.abc import Iterable, Sequence

from common.masking import mask_text
from merchants.complaints.quoting import Quoted, quotes_by
from tickets.models import AuthorKind, Message, MessageKind

SPOKEN = (AuthorKind.MEMBER, AuthorKind.AGENT, AuthorKind.BOT)


@quotes_by
def find(order_no: str, conversation_no: str, seqs: Sequence[int]) -> Iterable[Quoted]:
    """Return the messages ``seqs`` of the talk ``conversation_no``, if it is about ``order_no``.

    Words alone: what was recalled, and pictures and files, are not there (a picture is sent as a file).
    """
    rows = Message.objects.filter(
        conversation__conversation_no=conversation_no,
        conversation__order__order_no=order_no,
        seq__in=list(seqs),
        author_kind__in=SPOKEN,
        kind=MessageKind.TEXT,
        recalled_at=None,
    )
    return [
        Quoted(conversation_no, row.seq, row.author_kind, row.sent_at, mask_text(row.body))
        for row in rows.order_by("seq")
    ]
