"""Bulletins in the back office: drafted, tried out, approved by a second person, sent, stopped."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy
from unfold.decorators import display

from accounts.people import signed_in
from common.admin import BaseAdmin, Chip, ReadOnlyAdmin, reason_action
from common.admin.parameters import name_parameter_groups
from common.dashboard import sidebar_badge
from common.events import name_events
from common.ids import parse_key
from common.parameters import value
from merchants.actions.bulletin_sending import resume_bulletin, send_bulletin, stop_bulletin
from merchants.actions.bulletins import (
    APPROVE,
    MANAGE,
    approve_bulletin,
    ask_approval,
    draft_bulletin,
    drop_bulletin,
    edit_bulletin,
    needs_second,
    send_back_bulletin,
)
from merchants.bulletins import rules
from merchants.bulletins.audience import FIELDS, audience_words
from merchants.bulletins.forms import (
    WORDS,
    DraftForm,
    EditForm,
    audience_typed,
    words_typed,
)
from merchants.models import Bulletin, BulletinRecipient, BulletinState
from merchants.queries.bulletins import dry_run, progress_of, refusal_words

name_parameter_groups({"bulletin": _("Bulletins to shops")})
name_events(
    {
        "bulletin.drafted": _("Bulletin drafted"),
        "bulletin.edited": _("Draft of a bulletin edited"),
        "bulletin.approval_asked": _("Second person asked for a bulletin"),
        "bulletin.approved": _("Bulletin approved"),
        "bulletin.sent_back": _("Bulletin sent back"),
        "bulletin.dropped": _("Bulletin dropped"),
        "bulletin.begun": _("Bulletin on its way"),
        "bulletin.stopped": _("Bulletin stopped"),
        "bulletin.resumed": _("Bulletin goes on"),
        "bulletin.sent": _("All shops of a bulletin told"),
        "bulletin.read": _("Bulletin read by a shop"),
    }
)
COLOURS: dict[str, str] = {
    BulletinState.WAITING: "warning",
    BulletinState.APPROVED: "info",
    BulletinState.SENDING: "info",
    BulletinState.STOPPED: "danger",
    BulletinState.SENT: "success",
}
NOT_SENT = (BulletinState.DRAFT, BulletinState.WAITING, BulletinState.APPROVED)
BULLETINS_OFFERED = 30
Answers = dict[str, Any]


@sidebar_badge("merchants.bulletin")
def waiting(now: Any) -> int:
    """Count the bulletins that wait for a second person."""
    return Bulletin.objects.filter(state=BulletinState.WAITING).count()


def _in(*states: str) -> Any:
    return lambda row: row.state in states


def _may(to: str) -> Any:
    return lambda row: rules.may_move(row.state, to)


@admin.register(Bulletin)
class BulletinAdmin(BaseAdmin):
    """What many shops are told at once. The page of a draft tries it out; states move by actions."""

    allow_add = True
    form = DraftForm
    list_display = (
        "title_words", "state_chip", "urgency", "shops", "told", "drafted_by", "approved_by",
        "begun_at",
    )  # fmt: skip
    list_select_related = ("drafted_by", "approved_by")
    list_filter = ("state", "urgency")
    search_fields = ("title_zh", "title_en")
    search_help_text = _("Title")
    change_form_outer_after_template = "merchants/admin/bulletin.html"

    def has_add_permission(self, request: HttpRequest) -> bool:
        return signed_in(request).can(MANAGE) and super().has_add_permission(request)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def get_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        if obj is None:
            return (*WORDS, *FIELDS)
        return (
            ("state_chip", "urgency"),
            ("drafted_by", "drafted_at"),
            ("asked_at", "shops_asked"),
            ("approved_by", "approved_at"),
            ("begun_by", "begun_at", "limit_shops"),
            ("shops", "told", "people"),
            "closed_at",
        )

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        return () if obj is None else super().get_readonly_fields(request, obj)

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        said = form.cleaned_data
        made = draft_bulletin(words_typed(said), audience_typed(said), by=signed_in(request))
        obj.pk, obj._state.adding = made.pk, False

    @display(description=_("title"))
    def title_words(self, row: Bulletin) -> str:
        return row.title

    @display(description=_("state"))
    def state_chip(self, row: Bulletin) -> str:
        return Chip(row.get_state_display(), COLOURS.get(row.state, ""))

    def page_context(self, request: HttpRequest, row: Bulletin) -> dict[str, Any]:
        context: dict[str, Any] = {
            "previews": [
                {"lang": "zh-Hans", "language": "中文", "title": row.title_zh, "body": row.body_zh},
                {"lang": "en", "language": "English", "title": row.title_en, "body": row.body_en},
            ],
            "is_outside": row.link.startswith("https://"),
            "audience": audience_words(row.audience),
        }
        if row.state not in NOT_SENT:
            return context | ({"progress": progress_of(row)} if row.begun_at else {})
        now = timezone.now()
        tried = dry_run(row.audience, now)
        return context | {
            "tried": tried,
            "refusals": [
                (refusal_words(why), tried.by_why[why])
                for why in rules.WHY_NOT
                if why in tried.by_why
            ],
            "limit": value("bulletin.second_person_above", now),
            "needs_second": needs_second(row, tried.shops, now),
        }

    @reason_action(
        pgettext_lazy("of a bulletin", "Edit"), right=MANAGE, form=EditForm,
        question=_("Write the bulletin anew?"),
        consequence=_("Its page shows it as merchants will read it, and whom it would be told to."),
        fits=_in(BulletinState.DRAFT), in_bulk=False,
    )  # fmt: skip
    def edit(self, request: HttpRequest, row: Bulletin, answers: Answers) -> None:
        edit_bulletin(
            row, words_typed(answers), audience_typed(answers), by=signed_in(request),
            reason=answers["reason"],
        )  # fmt: skip

    @reason_action(
        _("Ask a second person"), right=MANAGE, question=_("Hand it to a second person?"),
        consequence=_("What it says and whom it is for change no more, unless it is sent back."),
        fits=_may(rules.WAITING), in_bulk=False,
    )  # fmt: skip
    def ask(self, request: HttpRequest, row: Bulletin, answers: Answers) -> None:
        ask_approval(row, by=signed_in(request), reason=answers["reason"])

    @reason_action(
        pgettext_lazy("of a bulletin", "Approve"), right=APPROVE,
        question=_("May these shops be told this?"),
        consequence=_("It may be sent as it stands. Not for who drafted it."),
        fits=_may(rules.APPROVED), in_bulk=False,
    )  # fmt: skip
    def approve(self, request: HttpRequest, row: Bulletin, answers: Answers) -> None:
        approve_bulletin(row, by=signed_in(request), reason=answers["reason"])

    @reason_action(
        pgettext_lazy("of a bulletin", "Send back"), right=APPROVE,
        question=_("Give it back to who drafted it?"),
        consequence=_("They read why, and write it anew."),
        fits=_in(BulletinState.WAITING), in_bulk=False,
    )  # fmt: skip
    def send_back(self, request: HttpRequest, row: Bulletin, answers: Answers) -> None:
        send_back_bulletin(row, by=signed_in(request), reason=answers["reason"])

    @reason_action(
        pgettext_lazy("of a bulletin", "Send"), right=MANAGE, question=_("Tell these shops now?"),
        consequence=_("Whom it is for is frozen; they are told within minutes. It can be stopped."),
        dangerous=True, fits=_in(BulletinState.DRAFT, BulletinState.APPROVED), in_bulk=False,
    )  # fmt: skip
    def send_out(self, request: HttpRequest, row: Bulletin, answers: Answers) -> None:
        send_bulletin(row, by=signed_in(request), reason=answers["reason"])

    @reason_action(
        pgettext_lazy("of a bulletin", "Stop"), right=MANAGE, question=_("Tell no further shops?"),
        consequence=_("Who was told was told; it can go on later."),
        dangerous=True, fits=_may(rules.STOPPED), in_bulk=False,
    )  # fmt: skip
    def stop(self, request: HttpRequest, row: Bulletin, answers: Answers) -> None:
        stop_bulletin(row, by=signed_in(request), reason=answers["reason"])

    @reason_action(
        pgettext_lazy("of a bulletin", "Go on"), right=MANAGE, question=_("Tell the other shops?"),
        consequence=_("Those who were told are not told again."),
        fits=_in(BulletinState.STOPPED), in_bulk=False,
    )  # fmt: skip
    def go_on(self, request: HttpRequest, row: Bulletin, answers: Answers) -> None:
        resume_bulletin(row, by=signed_in(request), reason=answers["reason"])

    @reason_action(
        pgettext_lazy("of a bulletin", "Drop"), right=MANAGE, question=_("Give this bulletin up?"),
        consequence=_("Nobody is told. It stays readable here."),
        dangerous=True, fits=_may(rules.DROPPED),
    )  # fmt: skip
    def drop_it(self, request: HttpRequest, row: Bulletin, answers: Answers) -> None:
        drop_bulletin(row, by=signed_in(request), reason=answers["reason"])


class ToldFilter(admin.SimpleListFilter):
    """Whether a shop was told, and has read it."""

    title = _("told and read")
    parameter_name = "told"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [
            ("waiting", _("not told yet")),
            ("unread", _("told, not read")),
            ("read", _("read")),
        ]

    def queryset(self, request: HttpRequest, queryset: Any) -> Any:
        match self.value():
            case "waiting":
                return queryset.filter(told_at=None)
            case "unread":
                return queryset.filter(told_at__isnull=False, read_at=None)
            case "read":
                return queryset.filter(read_at__isnull=False)
        return queryset


class OfBulletinFilter(admin.SimpleListFilter):
    """Shops of one bulletin: the last that were sent are offered, any can be asked for."""

    title = _("bulletin")
    parameter_name = "bulletin"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        rows = Bulletin.objects.filter(begun_at__isnull=False).order_by("-begun_at", "-pk")
        return [(row.public_key, row.title) for row in rows[:BULLETINS_OFFERED]]

    def queryset(self, request: HttpRequest, queryset: Any) -> Any:
        if not self.value():
            return queryset
        try:
            return queryset.filter(bulletin=parse_key("bul", self.value()))
        except ValueError:
            return queryset.none()


@admin.register(BulletinRecipient)
class BulletinRecipientAdmin(ReadOnlyAdmin):
    """Shop by shop: told when, how many people, read when and by whom."""

    list_display = ("shop", "bulletin", "told_at", "people", "read_at", "read_by")
    list_select_related = ("shop", "bulletin", "read_by")
    list_filter = (OfBulletinFilter, ToldFilter)
    search_fields = ("shop__shop_no", "shop__name", "bulletin__title_zh", "bulletin__title_en")
    search_help_text = _("No. or name of the shop, or title of the bulletin")
    fields = (("bulletin", "shop"), ("told_at", "people"), ("read_at", "read_by"))
