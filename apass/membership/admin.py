"""APASS in the back office: the list with its reasons, every move with a reason, who looks after whom."""

from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import Exists, OuterRef, Q
from django.http import HttpRequest
from django.utils import timezone
from django.utils.html import format_html_join
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from unfold.decorators import display
from unfold.widgets import UnfoldAdminSelectWidget

from accounts.actions import log_reading
from accounts.models import AccessKind, User
from accounts.people import signed_in
from accounts.rules import SERVICE_ROLES
from apass.actions import approve, assign_manager, invite, let_lapse, propose, reject, renew
from apass.membership import rules
from apass.membership.queries import assignment_at, figures_of, needs_at, on_duty
from apass.models import (
    CandidateRun,
    InvitationCode,
    ManagerAssignment,
    Membership,
    MembershipState,
    Prospect,
)
from common.addresses import address_of
from common.admin import BaseAdmin, ReadOnlyAdmin, ReasonForm, reason_action
from common.admin.parameters import name_parameter_groups
from common.events import name_events
from common.search import searched_rows

RIGHT = "apass.manage"

name_parameter_groups({"apass": _("APASS")})
name_events(
    {
        "membership.found": _("Found for APASS by the list"),
        "membership.proposed": _("Proposed for APASS"),
        "membership.approved": _("Approved for APASS"),
        "membership.rejected": _("Rejected for APASS"),
        "membership.dropped": _("Dropped out of APASS"),
        "membership.invited": _("Invited to APASS"),
        "membership.expired": _("Invitation to APASS expired"),
        "membership.declined": _("Invitation to APASS declined"),
        "membership.activated": _("APASS began"),
        "membership.review_began": _("Review of APASS began"),
        "membership.lapse_decided": _("Decided that APASS lapses"),
        "membership.renewed": _("APASS renewed"),
        "membership.lapsed": _("APASS lapsed"),
        "membership.friend_code_given": _("Code for a friend given"),
        "membership.manager_named": _("Manager named"),
        "membership.handed_over": _("Handed over to another manager"),
        "membership.manager_released": _("Manager released"),
    }
)

CHECKS = {
    rules.VALUE: _("Member value"),
    rules.CREDIT: _("Buyer credit"),
    rules.SPENT: _("Spent in 12 months"),
    rules.REAL_NAME: _("Real name proved"),
    rules.HONEST: _("No flag of fraud"),
}


def check_words(check: rules.Check) -> str:
    """Say one check: what is had, what is needed, and whether it is met."""
    sign = "✓" if check.met else "✗"
    if check.needed is None:
        return f"{sign} {CHECKS[check.name]}"
    return f"{sign} {CHECKS[check.name]} {check.has:,.0f} / {check.needed:,}"


def check_lines(checks: list[rules.Check]) -> Any:
    """List checks, one a line."""
    return format_html_join("", "<p>{}</p>", [(check_words(check),) for check in checks])


class ManagerForm(ReasonForm):
    """Who looks after the member, and who stands in."""

    manager = forms.ModelChoiceField(
        label=_("Manager"), queryset=User.objects.none(), widget=UnfoldAdminSelectWidget()
    )
    deputy = forms.ModelChoiceField(
        label=_("Deputy"),
        queryset=User.objects.none(),
        widget=UnfoldAdminSelectWidget(),
        help_text=_("Takes the member while the manager is away."),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        desk = User.objects.filter(roles__overlap=sorted(SERVICE_ROLES), is_active=True)
        self.offer("manager", desk.order_by("display_name"))
        self.offer("deputy", desk.order_by("display_name"))


class ManagedFilter(admin.SimpleListFilter):
    """Whether somebody is named for the member."""

    title = _("manager")
    parameter_name = "managed"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [("yes", _("named")), ("no", _("nobody named"))]

    def queryset(self, request: HttpRequest, queryset: Any) -> Any:
        named = Exists(ManagerAssignment.objects.filter(member=OuterRef("member_id"), until=None))
        if self.value() == "yes":
            return queryset.filter(named)
        return queryset.running().filter(~named) if self.value() == "no" else queryset


def _in(*states: str) -> Any:
    return lambda membership: membership.state in states


@admin.register(Membership)
class MembershipAdmin(BaseAdmin):
    """Everybody on the way through APASS."""

    list_display = (
        "who",
        "state_word",
        "origin",
        "had_value",
        "had_credit",
        "had_spent",
        "looked_after_by",
        "due_at",
    )
    list_select_related = ("member",)
    list_filter = ("state", "origin", ManagedFilter)
    search_fields = ("member__member_no",)
    search_help_text = _("Member no.")
    fields = (
        ("who", "state_word"),
        ("origin", "proposed_by", "approved_by"),
        ("since", "due_at"),
        "checks",
        ("invited_at", "activated_at"),
        ("term", "term_began_at", "term_ends_at"),
        "lets_lapse",
        "looked_after_by",
        "codes_given",
        ("friend_of", "ended_at"),
    )

    def get_search_results(self, request: HttpRequest, queryset: Any, search_term: str) -> Any:
        term = search_term.strip()
        return (queryset.filter(member__member_no__iexact=term) if term else queryset), False

    def prepare_rows(self, request: HttpRequest, rows: list[Membership]) -> None:
        named = {
            one.member_id: one
            for one in ManagerAssignment.objects.filter(
                member__in=[row.member_id for row in rows], until=None
            ).select_related("manager", "deputy")
        }
        for row in rows:
            row.named_now = named.get(row.member_id)  # type: ignore[attr-defined]

    def title_of(self, request: HttpRequest, row: Membership) -> str:
        return row.member.shown_name

    @display(description=_("member"))
    def who(self, row: Membership) -> str:
        return row.member.shown_name

    @display(
        description=_("state"),
        label={
            MembershipState.CANDIDATE: "warning",
            MembershipState.APPROVED: "info",
            MembershipState.INVITED: "info",
            MembershipState.ACTIVE: "success",
            MembershipState.REVIEW: "warning",
        },
    )
    def state_word(self, row: Membership) -> Any:
        return row.state, row.get_state_display()

    @display(description=_("member value"))
    def had_value(self, row: Membership) -> str:
        return f"{row.figures[rules.VALUE]:,}" if row.figures else self.get_empty_value_display()

    @display(description=_("buyer credit"))
    def had_credit(self, row: Membership) -> str:
        return f"{row.figures[rules.CREDIT]:,}" if row.figures else self.get_empty_value_display()

    @display(description=_("spent in 12 months"))
    def had_spent(self, row: Membership) -> str:
        if not row.figures:
            return self.get_empty_value_display()
        return f"{rules.Figures.of(row.figures).spent:,.2f}"

    @display(description=_("manager"))
    def looked_after_by(self, row: Membership) -> str:
        if hasattr(row, "named_now"):
            named = row.named_now
        else:
            named = assignment_at(row.member, timezone.now()) if row.is_running else None
        return str(named) if named else self.get_empty_value_display()

    @display(description=_("what decided"))
    def checks(self, row: Membership) -> Any:
        if not row.figures:
            return self.get_empty_value_display()
        figures = rules.Figures.of(row.figures)
        return check_lines(rules.checks(figures, needs_at(row.figures_at)))

    @display(description=_("codes"))
    def codes_given(self, row: Membership) -> Any:
        codes = InvitationCode.objects.filter(membership=row).select_related("used_by")
        lines = [
            (
                code,
                code.used_by.shown_name
                if code.used_by
                else gettext("good until %(until)s")
                % {"until": f"{code.expires_at.astimezone(rules.SHANGHAI):%Y-%m-%d %H:%M}"},
            )
            for code in codes.order_by("made_at")
        ]
        return format_html_join("", "<p>{} {}</p>", lines) or self.get_empty_value_display()

    @reason_action(
        _("Approve"),
        right=RIGHT,
        question=_("Approve for APASS?"),
        consequence=_("They may be invited. Who proposed a member does not approve them."),
        fits=_in(MembershipState.CANDIDATE),
    )
    def approve(self, request: HttpRequest, row: Membership, answers: dict[str, Any]) -> None:
        approve(row, by=signed_in(request), reason=answers["reason"])

    @reason_action(
        _("Invite"),
        right=RIGHT,
        question=_("Invite to APASS?"),
        consequence=_("A code of their own goes to their phone, and their page says so."),
        fits=_in(MembershipState.APPROVED),
    )
    def invite(self, request: HttpRequest, row: Membership, answers: dict[str, Any]) -> None:
        invite(row, by=signed_in(request), reason=answers["reason"])

    @reason_action(
        _("Reject"),
        right=RIGHT,
        question=_("Reject for APASS?"),
        consequence=_("The list leaves them in peace for a while. They never learn of it."),
        dangerous=True,
        fits=_in(MembershipState.CANDIDATE, MembershipState.APPROVED),
    )
    def reject(self, request: HttpRequest, row: Membership, answers: dict[str, Any]) -> None:
        reject(row, by=signed_in(request), reason=answers["reason"])

    @reason_action(
        _("Renew"),
        right=RIGHT,
        question=_("Give them the next term?"),
        consequence=_("The next term follows the running one without a gap; they are told."),
        fits=_in(MembershipState.REVIEW),
    )
    def renew(self, request: HttpRequest, row: Membership, answers: dict[str, Any]) -> None:
        renew(row, by=signed_in(request), reason=answers["reason"])

    @reason_action(
        _("Let lapse"),
        right=RIGHT,
        question=_("Let it lapse at the end of the term?"),
        consequence=_(
            "Until the end everything promised holds. Renewing before that takes this back."
        ),
        dangerous=True,
        fits=_in(MembershipState.REVIEW),
    )
    def let_lapse(self, request: HttpRequest, row: Membership, answers: dict[str, Any]) -> None:
        let_lapse(row, by=signed_in(request), reason=answers["reason"])

    @reason_action(
        _("Name the manager"),
        right=RIGHT,
        form=ManagerForm,
        question=_("Who looks after them?"),
        consequence=_("Whoever did until now hands over. The member sees the new names at once."),
        fits=_in(MembershipState.ACTIVE, MembershipState.REVIEW),
    )
    def assign_manager(
        self, request: HttpRequest, row: Membership, answers: dict[str, Any]
    ) -> None:
        assign_manager(
            row,
            manager=answers["manager"],
            deputy=answers["deputy"],
            by=signed_in(request),
            reason=answers["reason"],
        )


class MissingFilter(admin.SimpleListFilter):
    """How far a member is from APASS by the three figures."""

    title = _("what is missing")
    parameter_name = "missing"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [("nothing", _("nothing")), ("one", _("one figure"))]

    def queryset(self, request: HttpRequest, queryset: Any) -> Any:
        needs = needs_at(timezone.now())
        value = Q(standing__value__gte=needs.value)
        credit = Q(standing__credit__gte=needs.credit)
        spent = Q(standing__spent__gte=needs.spent)
        if self.value() == "nothing":
            return queryset.filter(value & credit & spent)
        if self.value() == "one":
            has = queryset.filter(standing__isnull=False)
            return has.filter(
                (value & credit & ~spent) | (value & ~credit & spent) | (~value & credit & spent)
            )
        return queryset


@admin.register(Prospect)
class ProspectAdmin(ReadOnlyAdmin):
    """Every member with what APASS asks of them: met, or missing and by how much."""

    list_display = ("member_no", "tier", "has_value", "has_credit", "has_spent", "is_missing")
    list_select_related = ("standing",)
    list_filter = (MissingFilter, "real_name_verified", "tier")
    search_fields = ("member_no",)
    search_help_text = _("Member no., phone or name")
    fields = ("who", "tier", "checks", "now_in")

    def get_queryset(self, request: HttpRequest) -> Any:
        return super().get_queryset(request).filter(hidden_at=None, erased_at=None)

    def get_search_results(self, request: HttpRequest, queryset: Any, search_term: str) -> Any:
        return searched_rows("member", signed_in(request), queryset, search_term), False

    def title_of(self, request: HttpRequest, row: Prospect) -> str:
        return row.shown_name

    def prepare_rows(self, request: HttpRequest, rows: list[Prospect]) -> None:
        now = timezone.now()
        figures, needs = figures_of([row.pk for row in rows], now), needs_at(now)
        for row in rows:
            row.its_figures, row.its_needs = figures[row.pk], needs  # type: ignore[attr-defined]

    def page_context(self, request: HttpRequest, row: Prospect) -> dict[str, Any]:
        log_reading(row, AccessKind.PAGE, by=signed_in(request), address=address_of(request))
        return super().page_context(request, row)

    @display(description=_("member"))
    def who(self, row: Prospect) -> str:
        return row.shown_name

    @display(description=_("member value"))
    def has_value(self, row: Prospect) -> str:
        return f"{self._figures(row).value:,}"

    @display(description=_("buyer credit"))
    def has_credit(self, row: Prospect) -> str:
        return f"{self._figures(row).credit:,}"

    @display(description=_("spent in 12 months"))
    def has_spent(self, row: Prospect) -> str:
        return f"{self._figures(row).spent:,.2f}"

    @display(description=_("missing"))
    def is_missing(self, row: Prospect) -> str:
        needs = getattr(row, "its_needs", None) or needs_at(timezone.now())
        gone = rules.missing(self._figures(row), needs)
        return "、".join(str(CHECKS[name]) for name in gone) or gettext("nothing")

    @display(description=_("checks"))
    def checks(self, row: Prospect) -> Any:
        return check_lines(rules.checks(self._figures(row), needs_at(timezone.now())))

    @display(description=_("in APASS"))
    def now_in(self, row: Prospect) -> str:
        newest = Membership.objects.filter(member=row.pk).order_by("-pk").first()
        return newest.get_state_display() if newest else self.get_empty_value_display()

    @staticmethod
    def _figures(row: Prospect) -> rules.Figures:
        known: rules.Figures | None = getattr(row, "its_figures", None)
        return known or figures_of([row.pk], timezone.now())[row.pk]

    @reason_action(
        _("Propose for APASS"),
        right=RIGHT,
        question=_("Put on the list for APASS?"),
        consequence=_("They become a candidate; somebody else than you approves."),
    )
    def propose(self, request: HttpRequest, row: Prospect, answers: dict[str, Any]) -> None:
        propose(row, by=signed_in(request), reason=answers["reason"])


@admin.register(ManagerAssignment)
class ManagerAssignmentAdmin(ReadOnlyAdmin):
    """Who looks after whom, and who did."""

    list_display = ("who", "manager", "deputy", "since", "until")
    list_select_related = ("member", "manager", "deputy")
    list_filter = (("until", admin.EmptyFieldListFilter),)
    search_fields = ("member__member_no", "manager__display_name")
    search_help_text = _("Member no. or name of the manager")
    fields = ("who", ("manager", "deputy"), "on_duty_now", ("since", "until"))

    def title_of(self, request: HttpRequest, row: ManagerAssignment) -> str:
        return row.member.shown_name

    @display(description=_("member"))
    def who(self, row: ManagerAssignment) -> str:
        return row.member.shown_name

    @display(description=_("takes the member now"))
    def on_duty_now(self, row: ManagerAssignment) -> str:
        there = on_duty(row, timezone.now()) if row.until is None else None
        return there.shown_name if there else self.get_empty_value_display()


@admin.register(CandidateRun)
class CandidateRunAdmin(ReadOnlyAdmin):
    """What each night's look over all members found."""

    is_small = True
    ordering = ("-on",)
    list_display = ("on", "at", "looked_at", "found", "dropped", "seconds")
