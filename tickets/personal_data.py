"""What conversations keep of a member: every word, every file, what was taken back, our notes."""

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from typing import Any, ClassVar
from uuid import UUID

import orjson
from django.db import connection
from django.db.models import (
    Case,
    DateTimeField,
    DurationField,
    ExpressionWrapper,
    F,
    Min,
    OuterRef,
    Q,
    QuerySet,
    Subquery,
    Value,
    When,
)
from django.db.models.functions import Coalesce, Greatest
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from common.masking import blank_text
from common.masking.own import own_numbers_in
from common.parameters import value
from common.personal_data import Enclosed, Slice, Step, Store, Subject, register, slice_of
from tickets import rules
from tickets.models import (
    Attachment,
    Conversation,
    ConversationLine,
    Message,
    Note,
    NoteLine,
    RecalledMessage,
)
from trade.personal_data import needs_orders


def talks_of(subject: Subject) -> QuerySet[Conversation]:
    """Return the conversations of the member."""
    return Conversation.objects.filter(member_id=subject.member)


def blanked(texts: Sequence[str], subject: Subject) -> list[str]:
    """Return ``texts`` with nothing in them that points at the member; order numbers stay."""
    keep = own_numbers_in(texts)
    names = [*subject.names, *(one for one in subject.identifiers if one not in keep)]
    return [blank_text(text, keep=keep, names=names) for text in texts]


def _nameless_payloads(
    payloads: Sequence[dict[str, Any] | None], subject: Subject
) -> list[dict[str, Any] | None]:
    """Return what cards and files carry without the member: the name of a file, the words of a shop."""
    found = [dict(one) if one is not None else None for one in payloads]
    for key in ("name", "words"):
        words = blanked([str((one or {}).get(key) or "") for one in found], subject)
        for one, said in zip(found, words, strict=True):
            if one and one.get(key):
                one[key] = said
    return found


class Conversations(Store):
    """The threads: about what, when, how it ended."""

    key = "conversations"
    title = _("Conversations")
    about = _("Each talk with us: about what, when, and what came of it.")
    models = ("tickets.Conversation", "tickets.ConversationLine")
    columns: ClassVar[dict[str, Any]] = {
        "conversation_no": _("conversation no."),
        "subject": _("about"),
        "medium": _("medium"),
        "order_no": _("order no."),
        "state": _("state"),
        "opened_at": _("opened at"),
        "first_responded_at": _("first answered at"),
        "resolved_at": _("resolved at"),
        "messages": pgettext_lazy("how many", "messages"),
    }

    def rows(self, subject: Subject, after: str | None, limit: int) -> Slice:
        rows = talks_of(subject).select_related("order")
        found, further = slice_of(rows, after, limit)
        return Slice(
            [
                {
                    "conversation_no": row.conversation_no,
                    "subject": row.subject,
                    "medium": row.get_medium_display(),
                    "order_no": row.order.order_no if row.order else "",
                    "state": row.get_state_display(),
                    "opened_at": row.opened_at,
                    "first_responded_at": row.first_responded_at,
                    "resolved_at": row.resolved_at,
                    "messages": row.last_seq,
                }
                for row in found
            ],
            further,
        )

    def running(self, subject: Subject) -> Any:
        if talks_of(subject).filter(state__in=rules.LIVE).exists():
            return _("A talk is still going on.")
        return ""

    def pseudonymise(self, subject: Subject, after: str | None, limit: int) -> Step:
        rows = talks_of(subject)
        found, further = slice_of(rows, after, limit)
        words = blanked(
            [text for row in found for text in (row.subject, row.last_preview)], subject
        )
        changed = []
        for place, row in enumerate(found):
            subject_now, preview = words[2 * place][:120], words[2 * place + 1][:120]
            if (row.subject, row.last_preview) != (subject_now, preview):
                row.subject, row.last_preview = subject_now, preview
                changed.append(row)
        Conversation.objects.bulk_update(changed, ["subject", "last_preview"])
        ConversationLine.objects.filter(conversation__in=found).delete()
        return Step(len(changed), further)

    def kept_until(self, subject: Subject) -> datetime | None:
        return _with_end(talks_of(subject)).aggregate(first=Min("may_go_at"))["first"]

    def erase(self, subject: Subject, now: datetime) -> int:
        over = list(
            _with_end(talks_of(subject)).filter(Q(may_go_at__lte=now)).values_list("pk", flat=True)
        )
        for attachment in Attachment.objects.filter(conversation__in=over).exclude(file=""):
            attachment.file.delete(save=False)
        gone = 0
        for model in (Attachment, Note, RecalledMessage):
            gone += model.objects.filter(conversation__in=over).delete()[0]
        gone += _delete_messages(over)
        # What stays counts how long people waited and belongs to nobody any more.
        gone += Conversation.objects.filter(pk__in=over).update(
            member=None, order=None, subject="", last_preview=""
        )
        return gone


class Messages(Store):
    """Everything that was said, by either side."""

    key = "messages"
    title = _("Messages")
    about = _("Every word of your talks with us, yours and ours.")
    models = ("tickets.Message", "tickets.MessageLine")
    columns: ClassVar[dict[str, Any]] = {
        "conversation_no": _("conversation no."),
        "seq": _("number"),
        "at": _("at"),
        "who": _("who"),
        "name": pgettext_lazy("of a person", "name"),
        "kind": _("kind"),
        "text": _("text"),
        "attached": _("attached"),
    }

    def rows(self, subject: Subject, after: str | None, limit: int) -> Slice:
        found = self._slice(subject, after, limit)
        numbers = dict(
            Conversation.objects.filter(pk__in={row.conversation_id for row in found}).values_list(
                "pk", "conversation_no"
            )
        )
        return Slice(
            [
                {
                    "conversation_no": numbers[row.conversation_id],
                    "seq": row.seq,
                    "at": row.sent_at,
                    "who": row.get_author_kind_display(),
                    "name": row.author_name,
                    "kind": row.get_kind_display(),
                    "text": row.body,
                    "attached": orjson.dumps(row.payload).decode() if row.payload else "",
                }
                for row in found
            ],
            _place(found[-1]) if len(found) == limit else None,
        )

    def pseudonymise(self, subject: Subject, after: str | None, limit: int) -> Step:
        found = self._slice(subject, after, limit)
        bodies = blanked([row.body for row in found], subject)
        payloads = _nameless_payloads([row.payload for row in found], subject)
        altered = [(row, body) for row, body in zip(found, bodies, strict=True) if row.body != body]
        with connection.cursor() as cursor:
            cursor.execute(
                "UPDATE tickets_message m SET body = v.body, payload = v.payload::jsonb,"
                " author_id = CASE WHEN m.author_kind = 'member' THEN NULL ELSE m.author_id END,"
                " author_name = CASE WHEN m.author_kind = 'member' THEN '' ELSE m.author_name END"
                " FROM unnest(%s::uuid[], %s::int[], %s::text[], %s::text[])"
                " AS v (conversation_id, seq, body, payload)"
                " WHERE m.conversation_id = v.conversation_id AND m.seq = v.seq"
                " AND (m.body, m.payload) IS DISTINCT FROM (v.body, v.payload::jsonb)"
                " OR m.conversation_id = v.conversation_id AND m.seq = v.seq"
                " AND m.author_kind = 'member' AND m.author_id IS NOT NULL",
                [
                    [row.conversation_id for row in found],
                    [row.seq for row in found],
                    bodies,
                    [orjson.dumps(one).decode() if one is not None else None for one in payloads],
                ],
            )
            changed = cursor.rowcount
            # Found by these words no more, from this moment; the index writes them anew.
            cursor.execute(
                "DELETE FROM tickets_messageline l USING unnest(%s::uuid[], %s::int[])"
                " AS v (conversation_id, seq)"
                " WHERE l.conversation_id = v.conversation_id AND l.seq = v.seq",
                [
                    [row.conversation_id for row, body in altered],
                    [row.seq for row, body in altered],
                ],
            )
        return Step(changed, _place(found[-1]) if len(found) == limit else None)

    def _slice(self, subject: Subject, after: str | None, limit: int) -> list[Message]:
        rows = Message.objects.filter(conversation__in=talks_of(subject).values("pk"))
        if after:
            talk, seq = UUID(after.split(":")[0]), int(after.split(":")[1])
            rows = rows.filter(Q(conversation_id__gt=talk) | Q(conversation_id=talk, seq__gt=seq))
        return list(rows.order_by("conversation_id", "seq")[:limit])


class Attachments(Store):
    """The files of the conversations."""

    key = "attachments"
    title = _("Pictures and files")
    about = _("What you and we sent in the talks; the files lie in the folder “files”.")
    models = ("tickets.Attachment",)
    columns: ClassVar[dict[str, Any]] = {
        "file": _("file"),
        "name": pgettext_lazy("of a thing", "name"),
        "conversation_no": _("conversation no."),
        "uploaded_at": _("uploaded at"),
        "size": _("bytes"),
        "sha256": _("fingerprint"),
    }

    def rows(self, subject: Subject, after: str | None, limit: int) -> Slice:
        return Slice(
            [
                {
                    "file": _enclosed_name(row),
                    "name": row.name,
                    "conversation_no": row.conversation.conversation_no,
                    "uploaded_at": row.uploaded_at,
                    "size": row.size,
                    "sha256": row.sha256,
                }
                for row in self._of(subject)
            ]
        )

    def files(self, subject: Subject) -> Iterator[Enclosed]:
        for row in self._of(subject):
            yield Enclosed(_enclosed_name(row), row.file.open)

    def pseudonymise(self, subject: Subject, after: str | None, limit: int) -> Step:
        # A picture cannot be made nameless: its bytes go now. First the bytes, then the row: a
        # power cut in between leaves a row without bytes, never bytes without a row.
        found = list(self._of(subject, with_recalled=True)[:limit])
        for row in found:
            row.file.delete(save=False)
        Attachment.objects.filter(pk__in=[row.pk for row in found]).update(
            file="", name="", sha256="", uploaded_by=None
        )
        return Step(len(found), "more" if len(found) == limit else None)

    def _of(self, subject: Subject, *, with_recalled: bool = False) -> QuerySet[Attachment]:
        rows = Attachment.objects.filter(conversation__in=talks_of(subject).values("pk"))
        if not with_recalled:
            rows = rows.filter(recalled_at=None)
        return rows.exclude(file="").select_related("conversation").order_by("pk")


class Recalled(Store):
    """What the member said and took back."""

    key = "recalled"
    title = _("Messages taken back")
    about = _("What you took back; we keep it for auditors alone.")
    models = ("tickets.RecalledMessage",)
    columns: ClassVar[dict[str, Any]] = {
        "seq": _("number"),
        "recalled_at": _("recalled at"),
        "text": _("text"),
    }

    def rows(self, subject: Subject, after: str | None, limit: int) -> Slice:
        own = self._of(subject).filter(recalled_by=subject.user, recalled_by__isnull=False)
        return Slice(
            [{"seq": row.seq, "recalled_at": row.recalled_at, "text": row.body} for row in own]
        )

    def pseudonymise(self, subject: Subject, after: str | None, limit: int) -> Step:
        held = self._of(subject).filter(~Q(body="") | Q(payload__isnull=False))
        by_member = self._of(subject).filter(recalled_by=subject.user)
        return Step(held.update(body="", payload=None) + by_member.update(recalled_by=None))

    def _of(self, subject: Subject) -> QuerySet[RecalledMessage]:
        return RecalledMessage.objects.filter(
            conversation__in=talks_of(subject).values("pk")
        ).order_by("pk")


class Notes(Store):
    """What staff wrote to each other about the talk."""

    key = "notes"
    title = _("Internal notes")
    about = _("What colleagues wrote to each other while they worked on your talks.")
    left_out = _(
        "Working notes of the house are its own words; what they say of you stands in the messages."
    )
    models = ("tickets.Note", "tickets.NoteLine")

    def pseudonymise(self, subject: Subject, after: str | None, limit: int) -> Step:
        rows = Note.objects.filter(conversation__in=talks_of(subject).values("pk"))
        found, further = slice_of(rows, after, limit)
        bodies = blanked([row.body for row in found], subject)
        changed = []
        for row, body in zip(found, bodies, strict=True):
            if row.body != body:
                row.body = body
                changed.append(row)
        Note.objects.bulk_update(changed, ["body"])
        NoteLine.objects.filter(note__in=[row.pk for row in changed]).delete()
        return Step(len(changed), further)


@needs_orders
def talks_about_an_order() -> Subquery:
    """Return until when the talks about an order keep it."""
    talks = Conversation.objects.filter(order=OuterRef("pk")).order_by(_may_go_at().desc())
    return Subquery(talks.values_list(_may_go_at())[:1])


def _with_end(talks: QuerySet[Conversation]) -> QuerySet[Conversation]:
    """Return ``talks`` with the moment from which the law lets them go (``may_go_at``)."""
    return talks.annotate(may_go_at=_may_go_at())


def _may_go_at() -> Case:
    # A talk about an order belongs to the transaction: it stays as long as that.
    with_order = Greatest(
        _ended(), Coalesce("order__closed_at", "order__signed_at", "order__paid_at")
    )
    return Case(
        When(
            order__isnull=False,
            then=_later(with_order, value("chat.about_order_kept")),
        ),
        default=_later(_ended(), value("chat.kept")),
    )


def _ended() -> Coalesce:
    return Coalesce("closed_at", "resolved_at", "last_message_at", F("opened_at"))


def _later(moment: Any, kept: timedelta) -> Any:
    return ExpressionWrapper(moment + Value(kept, DurationField()), DateTimeField())


def _place(row: Message) -> str:
    return f"{row.conversation_id}:{row.seq}"


def _enclosed_name(row: Attachment) -> str:
    return f"files/{row.pk.hex[:12]}-{row.name}"


def _delete_messages(conversations: list[UUID]) -> int:
    with connection.cursor() as cursor:
        cursor.execute(
            "DELETE FROM tickets_message WHERE conversation_id = ANY(%s::uuid[])", [conversations]
        )
        return int(cursor.rowcount)


register(Attachments(), order=20)
register(Messages(), order=21)
register(Recalled(), order=22)
register(Notes(), order=23)
register(Conversations(), order=29)
