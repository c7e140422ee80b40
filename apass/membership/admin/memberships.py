"""Everybody on the way through APASS, and who looks after whom."""

from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import Exists, OuterRef
from django.http import HttpRequest
from django.utils import timezone
from django.utils.html import format_html_join
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from unfold.decorators import display
from unfold.widgets import UnfoldAdminSelectWidget

from accounts.models import User
from accounts.people import signed_in
from accounts.rules import SERVICE_ROLES
from apass.actions import approve, assign_manager, invite, let_lapse, reject, renew
from apass.membership import rules
from apass.membership.admin.checks import RIGHT, check_lines
from apass.membership.queries import managers_of, needs_at, on_duty
from apass.models import (
    InvitationCode,
    ManagerAssignment,
    Membership,
    MembershipState,
)
from common.admin import BaseAdmin, Chip, ReadOnlyAdmin, ReasonForm, reason_action
from common.rules import SHANGHAI

STATE_COLOURS: dict[str, str] = {
    MembershipState.CANDIDATE: "warning",
    MembershipState.APPROVED: "info",
    MembershipState.INVITED: "info",
    MembershipState.ACTIVE: "success",
    MembershipState.REVIEW: "warning",
}


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

    about_member = "member"
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
        ("who", "state"),
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
        named = managers_of(rows, timezone.now())
        for row in rows:
            row.named = named.get(row.pk)  # type: ignore[attr-defined]

    def title_of(self, request: HttpRequest, row: Membership) -> str:
        return row.member.shown_name

    @display(description=_("member"))
    def who(self, row: Membership) -> str:
        return row.member.shown_name

    @display(description=_("state"))
    def state_word(self, row: Membership) -> str:
        return Chip(row.get_state_display(), STATE_COLOURS.get(row.state, ""))

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
        if hasattr(row, "named"):
            named = row.named
        else:
            named = managers_of([row], timezone.now()).get(row.pk)
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
                % {"until": f"{code.expires_at.astimezone(SHANGHAI):%Y-%m-%d %H:%M}"},
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


@admin.register(ManagerAssignment)
class ManagerAssignmentAdmin(ReadOnlyAdmin):
    """Who looks after whom, and who did."""

    about_member = "member"
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
