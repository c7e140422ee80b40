"""Personal data in the back office: who looked, what members ask, what must be kept, what was erased."""

from datetime import datetime, timedelta
from typing import Any

from django import forms
from django.contrib import admin
from django.http import HttpRequest
from django.utils import timezone
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _
from unfold.decorators import display
from unfold.widgets import (
    UnfoldAdminSelectWidget,
    UnfoldAdminTextareaWidget,
)

from accounts.actions import (
    begin_erasure,
    bring_back,
    cancel_request,
    correct_data,
    lift_hold,
    refuse_request,
)
from accounts.masks import shown
from accounts.models import (
    ErasureCertificate,
    LegalGround,
    LegalHold,
    Member,
    PersonalDataAccess,
    PersonalDataRequest,
    RequestKind,
    RequestState,
    Role,
    Stage,
    User,
)
from accounts.people import signed_in
from common.admin import BaseAdmin, Chip, MomentFilter, ReadOnlyAdmin, ReasonForm, reason_action
from common.dashboard import sidebar_badge
from common.events import name_events
from common.parameters import value
from common.words import moment_words

name_events(
    {
        "personal_data.asked": _("Asked about personal data"),
        "personal_data.in_progress": _("Personal data request begun"),
        "personal_data.ready": _("Copy of personal data ready"),
        "personal_data.done": _("Personal data request done"),
        "personal_data.refused": _("Personal data request refused"),
        "personal_data.cancelled": _("Personal data request withdrawn"),
        "personal_data.downloaded": _("Copy of personal data downloaded"),
        "personal_data.corrected": _("Personal data corrected"),
        "personal_data.due_soon": _("Personal data request due soon"),
        "personal_data.overdue": _("Personal data request late"),
        "personal_data.certified": _("Erasure certified"),
        "personal_data.held": _("Legal hold placed"),
        "personal_data.hold_lifted": _("Legal hold lifted"),
    }
)


@sidebar_badge("accounts.personaldatarequest")
def urgent(now: datetime) -> int:
    """Count the requests that are late, or due within the days on which that is said."""
    soon = now + timedelta(days=value("personal_data.warn_days"))
    return PersonalDataRequest.objects.open().filter(due_at__lt=soon).count()


STATE_COLOURS: dict[str, str] = {
    RequestState.ASKED: "warning",
    RequestState.IN_PROGRESS: "info",
    RequestState.READY: "success",
    RequestState.DONE: "success",
    RequestState.REFUSED: "danger",
}


class FoundByNumber(admin.SimpleListFilter):
    """Rows of one person, by a number typed into the address; shown once it is used."""

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        given = request.GET.get(str(self.parameter_name))
        return [(given, given)] if given else []

    def has_output(self) -> bool:
        return bool(self.value())


class MemberNumberFilter(FoundByNumber):
    """Looks at one member's data."""

    title = _("member")
    parameter_name = "member_no"

    def queryset(self, request: HttpRequest, queryset: Any) -> Any:
        if not self.value():
            return queryset
        found = Member.objects.filter(member_no=self.value()).values("pk")
        return queryset.filter(member__in=found)


class ActorFilter(FoundByNumber):
    """Looks by one person."""

    title = _("by")
    parameter_name = "actor"

    def queryset(self, request: HttpRequest, queryset: Any) -> Any:
        if not self.value():
            return queryset
        found = User.objects.filter(username__iexact=self.value()).values("pk")
        return queryset.filter(actor__in=found)


@admin.register(PersonalDataAccess)
class AccessAdmin(ReadOnlyAdmin):
    """Who looked at whose data: for auditors and those who answer members."""

    list_display = ("moment", "who", "how", "whose", "what", "why", "reason", "address")
    list_display_links = ("moment",)
    list_select_related = ("actor",)
    list_filter = ("kind", "field", MomentFilter, "actor_role", MemberNumberFilter, ActorFilter)
    search_fields = ("reason",)
    search_help_text = _("Member no., account of who looked")
    fields = (
        "moment",
        "who",
        "how",
        "whose",
        "what",
        "why",
        "reason",
        "conversation",
        "address",
    )

    def get_search_results(self, request: HttpRequest, queryset: Any, search_term: str) -> Any:
        term = search_term.strip()
        if not term:
            return queryset, False
        members = list(Member.objects.filter(member_no=term).values_list("pk", flat=True))
        if members:
            return queryset.filter(member__in=members), False
        people = list(User.objects.filter(username__iexact=term).values_list("pk", flat=True))
        return queryset.filter(actor__in=people), False

    def prepare_rows(self, request: HttpRequest, rows: list[Any]) -> None:
        found = Member.objects.in_bulk({row.member_id for row in rows})
        for row in rows:
            row.known = found.get(row.member_id)

    @display(description=_("at"))
    def moment(self, row: PersonalDataAccess) -> str:
        return f"{timezone.localtime(row.at):%Y-%m-%d %H:%M:%S}"

    @display(description=_("by"))
    def who(self, row: PersonalDataAccess) -> str:
        role = str(Role(row.actor_role).label) if row.actor_role in Role.values else ""
        name = row.actor.shown_name if row.actor else str(row.actor_id)
        return " ".join(part for part in (name, row.actor_team, role) if part)

    @display(description=_("how"))
    def how(self, row: PersonalDataAccess) -> str:
        return row.get_kind_display()

    @display(description=_("member"))
    def whose(self, row: Any) -> str:
        known = getattr(row, "known", None) or Member.objects.filter(pk=row.member_id).first()
        return known.shown_name if known else str(row.member_id)

    @display(description=_("what"))
    def what(self, row: PersonalDataAccess) -> str:
        return row.get_field_display() or self.get_empty_value_display()

    @display(description=_("what for"))
    def why(self, row: PersonalDataAccess) -> str:
        return row.get_purpose_display() or self.get_empty_value_display()


class RefuseForm(ReasonForm):
    """On which legal ground, and what the member is told."""

    ground = forms.ChoiceField(
        label=_("Legal ground"), choices=LegalGround.choices, widget=UnfoldAdminSelectWidget()
    )
    reason = forms.CharField(
        label=_("Answer"),
        max_length=1000,
        widget=UnfoldAdminTextareaWidget(attrs={"rows": 4}),
        help_text=_("The member reads this."),
    )


class OpenFilter(admin.SimpleListFilter):
    """Requests that still run."""

    title = _("running")
    parameter_name = "running"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [("open", _("Running")), ("late", _("Late"))]

    def queryset(self, request: HttpRequest, queryset: Any) -> Any:
        match self.value():
            case "open":
                return queryset.open()
            case "late":
                return queryset.open().filter(due_at__lt=timezone.now())
            case _:
                return queryset


@admin.register(PersonalDataRequest)
class RequestAdmin(BaseAdmin):
    """What members ask about their data; moved by actions with a reason."""

    event_noun = "personal_data"
    list_display = ("request_no", "kind", "state_word", "whose", "asked_at", "due", "handled_by")
    list_select_related = ("handled_by",)
    list_filter = (OpenFilter, "kind", "state", MomentFilter)
    search_fields = ("request_no",)
    search_help_text = _("Request or member no.")
    fields = (
        ("request_no", "state"),
        ("kind", "whose"),
        ("asked_at", "due"),
        ("started_at", "ended_at"),
        ("handled_by", "stage"),
        ("field", "wanted"),
        ("ground", "answer"),
        ("package_size", "package_expires_at"),
        "certificates_list",
    )

    def get_search_results(self, request: HttpRequest, queryset: Any, search_term: str) -> Any:
        term = search_term.strip()
        if not term:
            return queryset, False
        found = queryset.filter(request_no__iexact=term)
        members = list(Member.objects.filter(member_no=term).values_list("pk", flat=True))
        return (found if found.exists() else queryset.filter(member__in=members)), False

    def prepare_rows(self, request: HttpRequest, rows: list[Any]) -> None:
        found = Member.objects.in_bulk({row.member_id for row in rows})
        for row in rows:
            row.known = found.get(row.member_id)

    @display(description=_("state"))
    def state_word(self, row: PersonalDataRequest) -> str:
        return Chip(row.get_state_display(), STATE_COLOURS.get(row.state, ""))

    @display(description=_("member"))
    def whose(self, row: Any) -> str:
        known = getattr(row, "known", None) or Member.objects.filter(pk=row.member_id).first()
        return known.shown_name if known else str(row.member_id)

    @display(description=_("due at"))
    def due(self, row: PersonalDataRequest) -> str:
        now = timezone.now()
        words = moment_words(row.due_at, now=now)
        if row.is_late(now):
            return format_html('<span class="x-chip x-chip-warn">{}</span>', words)
        return words

    @display(description=_("wanted"))
    def wanted(self, row: PersonalDataRequest) -> str:
        # Read by who decides on it, like the name itself: masked.
        kind = row.field if row.field in ("name", "phone", "region") else "text"
        return shown(kind, row.wish, to=None) or self.get_empty_value_display()

    @display(description=_("certificate no."))
    def certificates_list(self, row: PersonalDataRequest) -> str:
        numbers = [
            f"{one.number} {one.get_stage_display()}" for one in row.certificates.order_by("pk")
        ]
        return "、".join(numbers) or self.get_empty_value_display()

    @reason_action(
        _("Correct"),
        right="personal_data.handle",
        question=_("Write what the member wants into their profile?"),
        consequence=_(
            "Name, phone or region become what the member asked for. Say how you checked."
        ),
        fits=lambda row: row.kind == RequestKind.CORRECTION and row.is_open,
    )
    def correct(
        self, request: HttpRequest, row: PersonalDataRequest, answers: dict[str, Any]
    ) -> None:
        correct_data(row, by=signed_in(request), reason=answers["reason"])

    @reason_action(
        _("Begin erasure"),
        right="personal_data.handle",
        question=_("Hide this member and begin to erase?"),
        consequence=_(
            "The account closes at once. After the days of grace the data is made nameless for "
            "good; until then it can be brought back."
        ),
        dangerous=True,
        fits=lambda row: row.kind == RequestKind.ERASURE and row.state == RequestState.ASKED,
    )
    def begin(
        self, request: HttpRequest, row: PersonalDataRequest, answers: dict[str, Any]
    ) -> None:
        begin_erasure(row, by=signed_in(request), reason=answers["reason"])

    @reason_action(
        _("Bring back"),
        right="personal_data.handle",
        question=_("Bring this member back?"),
        consequence=_("The account opens again if it was open before, and the request ends."),
        fits=lambda row: row.stage == Stage.HIDDEN and not row.progress,
    )
    def bring_back(
        self, request: HttpRequest, row: PersonalDataRequest, answers: dict[str, Any]
    ) -> None:
        bring_back(row, by=signed_in(request), reason=answers["reason"])

    @reason_action(
        _("Refuse"),
        right="personal_data.handle",
        form=RefuseForm,
        question=_("Refuse, on which ground?"),
        consequence=_("The member reads the ground and the answer."),
        dangerous=True,
        fits=lambda row: row.is_open and not row.stage,
    )
    def refuse(
        self, request: HttpRequest, row: PersonalDataRequest, answers: dict[str, Any]
    ) -> None:
        refuse_request(
            row, ground=answers["ground"], answer=answers["reason"], by=signed_in(request)
        )

    @reason_action(
        _("Withdraw for the member"),
        right="personal_data.handle",
        question=_("Withdraw this request?"),
        consequence=_("Nothing is done; the member may ask again."),
        fits=lambda row: row.is_open and not row.stage,
    )
    def withdraw(
        self, request: HttpRequest, row: PersonalDataRequest, answers: dict[str, Any]
    ) -> None:
        cancel_request(row, by=signed_in(request), reason=answers["reason"])


@admin.register(LegalHold)
class HoldAdmin(BaseAdmin):
    """Whose data must be kept, and who ordered it. Placed from the member's page."""

    list_display = ("whose", "ordered_by", "placed_at", "placed_by", "lifted_at")
    list_select_related = ("placed_by",)
    list_filter = (("lifted_at", admin.EmptyFieldListFilter),)
    fields = ("whose", "ordered_by", "placed_at", "placed_by", "lifted_at")

    def prepare_rows(self, request: HttpRequest, rows: list[Any]) -> None:
        found = Member.objects.in_bulk({row.member_id for row in rows})
        for row in rows:
            row.known = found.get(row.member_id)

    @display(description=_("member"))
    def whose(self, row: Any) -> str:
        known = getattr(row, "known", None) or Member.objects.filter(pk=row.member_id).first()
        return known.shown_name if known else str(row.member_id)

    @reason_action(
        _("Lift"),
        right="personal_data.handle",
        question=_("Lift this hold?"),
        consequence=_("What waits for it to end goes on by itself within a day."),
        fits=lambda row: row.lifted_at is None,
    )
    def lift(self, request: HttpRequest, row: LegalHold, answers: dict[str, Any]) -> None:
        lift_hold(row.member, by=signed_in(request), reason=answers["reason"])


@admin.register(ErasureCertificate)
class CertificateAdmin(ReadOnlyAdmin):
    """What was erased, and what the law still keeps until when."""

    list_display = ("number", "request", "stage", "issued_at", "erased", "still_kept")
    list_select_related = ("request",)
    list_filter = ("stage", MomentFilter)
    search_fields = ("number",)
    fields = ("number", "request", "stage", "issued_at", "erased", "still_kept")

    @display(description=_("rows"))
    def erased(self, row: ErasureCertificate) -> str:
        return "、".join(f"{key} {count}" for key, count in sorted(row.counts.items())) or "—"

    @display(description=_("still kept"))
    def still_kept(self, row: ErasureCertificate) -> str:
        return "、".join(f"{key} → {day}" for key, day in sorted(row.kept.items())) or "—"
