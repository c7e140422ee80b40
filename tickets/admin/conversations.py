"""Conversations: looked at, never typed into; moved by actions with a reason. Ready sentences and results."""

from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import Q
from django.http import HttpRequest
from django.utils import timezone
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _
from unfold.decorators import display
from unfold.widgets import UnfoldAdminSelectWidget

from accounts.actions import log_reading, reveal
from accounts.admin.members import PurposeForm
from accounts.masks import names_of, shown, shown_texts
from accounts.models import AccessKind, PersonalField, User
from accounts.people import signed_in
from common.addresses import address_of
from common.admin import BaseAdmin, Chip, MomentFilter, ReadOnlyAdmin, ReasonForm, reason_action
from common.errors import NotFound
from common.loading.offers import offer_import
from common.search import found_keys
from common.words import clock_face, span_words
from tickets.actions.conversations import reopen_conversation, resolve_conversation
from tickets.actions.ownership import transfer_conversation
from tickets.admin.facts import ANSWER_WITHIN
from tickets.loading import ConversationLoader
from tickets.models import (
    CannedReply,
    Conversation,
    Disposition,
    Message,
    MessageKind,
    Note,
    RecalledMessage,
    State,
)
from tickets.queries.board import unanswered
from tickets.queries.parties import is_party, reads_whole
from workforce.models import Presence, Team

TRANSCRIPT_SHOWN = 200

offer_import(
    ConversationLoader,
    kind="conversations",
    label=_("Conversations"),
    model=Conversation,
    words={"member_no": _("member no."), "shop_no": _("shop no.")},
)


STATE_COLOURS: dict[str, str] = {
    State.WAITING: "warning",
    State.OPEN: "success",
}


class TransferForm(ReasonForm):
    """To whom: a team's queue, or a person at the desk."""

    team = forms.ModelChoiceField(
        label=_("Team"),
        queryset=Team.objects.none(),
        required=False,
        widget=UnfoldAdminSelectWidget(),
    )
    person = forms.ModelChoiceField(
        label=_("Person"),
        queryset=User.objects.none(),
        required=False,
        widget=UnfoldAdminSelectWidget(),
        help_text=_("Only who takes chats now. Empty: into the team's queue."),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.offer("team", Team.objects.filter(is_active=True))
        online = User.objects.filter(agent_status__presence=Presence.ONLINE, is_active=True)
        self.offer("person", online.order_by("display_name"))

    def clean(self) -> dict[str, Any]:
        answers: dict[str, Any] = super().clean() or self.cleaned_data
        if not answers.get("team") and not answers.get("person"):
            self.add_error("team", _("Choose a team or a person."))
        return answers


class ResolveForm(ReasonForm):
    """What came of it."""

    disposition = forms.ModelChoiceField(
        label=_("Disposition"),
        queryset=Disposition.objects.none(),
        widget=UnfoldAdminSelectWidget(),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.offer("disposition", Disposition.objects.filter(is_active=True))


class TurnFilter(admin.SimpleListFilter):
    """Whose word is awaited."""

    title = _("whose turn")
    parameter_name = "turn"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [("ours", _("Ours"))]

    def queryset(self, request: HttpRequest, queryset: Any) -> Any:
        return (
            queryset.filter(pk__in=unanswered().values("pk"))
            if self.value() == "ours"
            else queryset
        )


@admin.register(Conversation)
class ConversationAdmin(BaseAdmin):
    """Threads between members and us, with everything that was said."""

    list_display = (
        "conversation_no",
        "state_word",
        "wait",
        "customer",
        "about",
        "team",
        "owner",
        "medium",
        "opened_at",
    )
    list_select_related = ("member__user", "team", "owner")
    list_filter = ("state", TurnFilter, MomentFilter, "medium", "team")
    search_fields = ("conversation_no", "subject")
    search_help_text = _("Numbers, words of the subject or of what was said, or a name")
    change_form_outer_after_template = "tickets/admin/transcript.html"
    fields = (
        ("conversation_no", "state"),
        ("customer", "medium"),
        ("team", "owner"),
        ("first_owner", "disposition"),
        ("order", "shop"),
        ("subject_masked", "priority"),
        ("opened_at", "accepted_at"),
        ("first_responded_at", "waiting_since"),
        ("resolved_at", "closed_at"),
        ("reopened_count", "last_seq"),
    )

    def get_search_results(self, request: HttpRequest, queryset: Any, search_term: str) -> Any:
        term = search_term.strip()
        if not term:
            return queryset, False
        user = signed_in(request)
        about = found_keys("conversation", user, term) | found_keys("message", user, term)
        members = found_keys("member", user, term, limit=20)
        return queryset.filter(Q(pk__in=about) | Q(member__in=members)), False

    @display(description=_("state"))
    def state_word(self, row: Conversation) -> str:
        return Chip(row.get_state_display(), STATE_COLOURS.get(row.state, ""))

    @display(description=_("our turn"))
    def wait(self, row: Conversation) -> str:
        since = row.waiting_since or row.queued_at
        if since is None or not row.is_live:
            return self.get_empty_value_display()
        now = timezone.now()
        face = clock_face(started_at=since, due_at=since + ANSWER_WITHIN, now=now)
        waited = span_words((now - since).total_seconds())
        return format_html('<span class="x-clock is-{}">{}</span>', face.state, waited)

    @display(description=_("member"))
    def customer(self, row: Conversation) -> str:
        if row.member is None:
            return self.get_empty_value_display()
        return format_html(
            '{} <span class="tier tier-{}">{}</span>',
            shown("name", row.member.display_name, to=None) or row.member.member_no,
            row.member.tier,
            row.member.get_tier_display(),
        )

    def prepare_rows(self, request: HttpRequest, rows: list[Any]) -> None:
        names = sorted({name for row in rows for name in names_of(row.member)})
        words = shown_texts(
            (row.subject or row.last_preview for row in rows), is_party=False, names=names
        )
        for row, masked in zip(rows, words, strict=True):
            row.about_masked = masked

    @display(description=_("about"))
    def about(self, row: Any) -> str:
        return row.about_masked[:40] or self.get_empty_value_display()

    @display(description=_("about"))
    def subject_masked(self, row: Conversation) -> str:
        (words,) = shown_texts([row.subject], is_party=False, names=names_of(row.member))
        return words or self.get_empty_value_display()

    def page_context(self, request: HttpRequest, row: Conversation) -> dict[str, Any]:
        before = request.GET.get("before", "")
        spoken = Message.objects.filter(conversation=row)
        if before.isdigit():
            spoken = spoken.filter(seq__lt=int(before))
        messages = list(spoken.order_by("-seq")[:TRANSCRIPT_SHOWN])[::-1]
        notes: dict[int, list[Note]] = {}
        for note in Note.objects.filter(conversation=row).select_related("author").order_by("pk"):
            notes.setdefault(note.after_seq, []).append(note)
        recalled = {}
        if _audits(request):
            recalled = {copy.seq: copy for copy in RecalledMessage.objects.filter(conversation=row)}
        first = messages[0].seq if messages else 0
        user = signed_in(request)
        if not is_party(user, row):
            log_reading(
                row.member,
                AccessKind.CONVERSATION,
                by=user,
                conversation=row.pk,
                address=address_of(request),
            )
        is_whole = reads_whole(user, row, timezone.now())
        names = [] if is_whole else names_of(row.member)
        bodies = shown_texts((m.body for m in messages), is_party=is_whole, names=names)
        files = shown_texts(
            ((m.payload or {}).get("name", "") for m in messages), is_party=is_whole, names=names
        )
        written = [note for of_one in notes.values() for note in of_one]
        noted = shown_texts((note.body for note in written), is_party=is_whole, names=names)
        for note, body in zip(written, noted, strict=True):
            note.body = body
        return {
            "transcript": [
                {
                    "message": message,
                    "body": body,
                    "file": file,
                    "card": message.kind in {MessageKind.ORDER_CARD, MessageKind.PRODUCT_CARD},
                    "recalled": recalled.get(message.seq),
                    "notes": notes.get(message.seq, []),
                }
                for message, body, file in zip(messages, bodies, files, strict=True)
            ],
            "notes_first": notes.get(0, []) if first <= 1 else [],
            "earlier": first if first > 1 else None,
        }

    @reason_action(
        _("Read it unmasked"),
        right="personal_data.reveal",
        form=PurposeForm,
        question=_("Read what was said unmasked?"),
        consequence=_(
            "You read this conversation whole for ten minutes. It counts as one look at the member's "
            "data; the member sees that somebody looked, and why."
        ),
        fits=lambda row: row.member_id is not None,
        keeps_refusals=True,
    )
    def read_whole(self, request: HttpRequest, row: Conversation, answers: dict[str, Any]) -> None:
        if row.member is None:
            raise NotFound("member.not_found", _("No such member, or not yours to see."))
        reveal(
            row.member,
            PersonalField.TEXT,
            by=signed_in(request),
            reason=answers["reason"],
            purpose=answers["purpose"],
            conversation=row.pk,
            address=address_of(request),
        )

    @reason_action(
        _("Hand on"),
        right="tickets.reassign",
        form=TransferForm,
        question=_("To whom?"),
        consequence=_("The member is told who goes on. The reason goes along as an internal note."),
        fits=lambda row: row.is_live,
    )
    def hand_on(self, request: HttpRequest, row: Conversation, answers: dict[str, Any]) -> None:
        transfer_conversation(
            row,
            note=answers["reason"],
            team=answers["team"],
            person=answers["person"],
            by=signed_in(request),
        )

    @reason_action(
        _("Back to the queue"),
        right="tickets.reassign",
        question=_("Put it back into its team's queue?"),
        consequence=_(
            "The agent loses it; the member waits at the place their waiting time gives them."
        ),
        fits=lambda row: row.state == State.OPEN,
    )
    def requeue(self, request: HttpRequest, row: Conversation, answers: dict[str, Any]) -> None:
        transfer_conversation(row, note=answers["reason"], team=row.team, by=signed_in(request))

    @reason_action(
        _("Resolve"),
        right="tickets.reassign",
        form=ResolveForm,
        question=_("Resolve?"),
        consequence=_("The member is told; a new message within seven days opens it again."),
        fits=lambda row: row.state == State.OPEN,
    )
    def resolve(self, request: HttpRequest, row: Conversation, answers: dict[str, Any]) -> None:
        resolve_conversation(
            row, disposition=answers["disposition"], note=answers["reason"], by=signed_in(request)
        )

    @reason_action(
        _("Take up again"),
        right="tickets.reassign",
        question=_("Take it up again?"),
        consequence=_("It goes back into its team's queue; the member is told."),
        fits=lambda row: row.state == State.RESOLVED,
    )
    def reopen(self, request: HttpRequest, row: Conversation, answers: dict[str, Any]) -> None:
        reopen_conversation(row, reason=answers["reason"], by=signed_in(request))


@admin.register(RecalledMessage)
class RecalledMessageAdmin(ReadOnlyAdmin):
    """What was taken back: for auditors alone."""

    about_member = "conversation__member"
    list_display = ("recalled_at", "conversation", "seq", "recalled_by", "body")
    list_select_related = ("conversation", "recalled_by")
    list_filter = (MomentFilter,)

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return bool(super().has_view_permission(request, obj)) and _audits(request)

    def has_module_permission(self, request: HttpRequest) -> bool:
        return _audits(request)


@admin.register(CannedReply)
class CannedReplyAdmin(BaseAdmin):
    """Ready sentences of the house and of teams; people keep their own at the desk."""

    is_small = True
    allow_add = allow_delete = True
    event_noun = "canned_reply"
    editable_fields = ("shortcut", "title", "body", "folder", "team", "is_active")
    fields = (("shortcut", "title"), "body", ("folder", "team"), "person", "is_active")
    list_display = ("shortcut", "title", "folder", "team", "person", "is_active")
    list_select_related = ("team", "person")
    list_filter = ("is_active", "team", "folder")
    search_fields = ("shortcut", "title", "body")

    def get_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        return (
            self.fields if obj else (("shortcut", "title"), "body", ("folder", "team"), "is_active")
        )


@admin.register(Disposition)
class DispositionAdmin(BaseAdmin):
    """What may come of a conversation; out of use rather than deleted."""

    is_small = True
    allow_add = True
    editable_fields = ("code", "name", "position", "is_active")
    list_display = ("code", "name", "position", "is_active")
    search_fields = ("code", "name")


def _sees(request: HttpRequest) -> bool:
    return signed_in(request).can("personal_data.reveal")


def _audits(request: HttpRequest) -> bool:
    return signed_in(request).can("history.read")
