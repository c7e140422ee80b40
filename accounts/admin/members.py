from datetime import datetime, time, timedelta
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
    UnfoldAdminSingleDateWidget,
    UnfoldAdminTextInputWidget,
)

from accounts.actions import (
    ask_about_data,
    grant_title,
    log_reading,
    place_hold,
    reveal,
)
from accounts.actions.score_cases import BY_HAND, post_case
from accounts.admin.contacts import JoinForm, join
from accounts.admin.days import DayField
from accounts.admin.standing.of_member import standing_of
from accounts.admin.standing.segments import SegmentFilter
from accounts.loading import MemberLoader
from accounts.masks import shown
from accounts.models import (
    AccessKind,
    Member,
    PersonalField,
    Purpose,
    RequestKind,
    Tier,
)
from accounts.people import signed_in
from common.addresses import address_of
from common.admin import BaseAdmin, ReasonForm, reason_action
from common.loading.offers import offer_import
from common.search import searched_rows

offer_import(
    MemberLoader,
    kind="members",
    label=_("Members"),
    model=Member,
    words={"display_name": _("Name of the member")},
)


class TitleForm(ReasonForm):
    """Until when a bought title lasts, and which sale it is."""

    until = DayField(label=_("Lasts until the end of"), widget=UnfoldAdminSingleDateWidget())
    source_key = forms.CharField(
        label=_("Number of the sale"), max_length=80, widget=UnfoldAdminTextInputWidget()
    )


class CaseForm(ReasonForm):
    """Which case is posted; its points follow from the cause."""

    cause = forms.ChoiceField(
        label=_("Cause"),
        choices=[(cause.value, cause.label) for cause in BY_HAND],
        widget=UnfoldAdminSelectWidget(),
        help_text=_("What a case is worth is a parameter; no number is typed here."),
    )
    case = forms.CharField(
        label=_("Case"),
        max_length=80,
        widget=UnfoldAdminTextInputWidget(),
        help_text=_("Order, return or conversation. The same case counts once."),
    )


class PurposeForm(ReasonForm):
    """Why somebody looks at a member's data: in the member's words, and in ours."""

    purpose = forms.ChoiceField(
        label=_("What for"),
        choices=Purpose.choices,
        initial=Purpose.OTHER,
        widget=UnfoldAdminSelectWidget(),
        help_text=_("The member reads this."),
    )


class RevealForm(PurposeForm):
    """Which field of a member is looked at."""

    field = forms.ChoiceField(
        label=_("Field"),
        choices=[choice for choice in PersonalField.choices if choice[0] != PersonalField.TEXT],
        widget=UnfoldAdminSelectWidget(),
    )
    field_order = ["field", "purpose", "reason"]


class HoldForm(ReasonForm):
    """Who ordered that the data is kept."""

    ordered_by = forms.CharField(
        label=_("Ordered by"), max_length=200, widget=UnfoldAdminTextInputWidget()
    )


class AskForm(ReasonForm):
    """What a member asked by phone or letter."""

    kind = forms.ChoiceField(
        label=_("Request"),
        choices=[choice for choice in RequestKind.choices if choice[0] != RequestKind.CORRECTION],
        widget=UnfoldAdminSelectWidget(),
    )


@admin.register(Member)
class MemberAdmin(BaseAdmin):
    """Buyers. Nothing is typed here: loaders and members write, scores and tiers follow from rows."""

    change_form_outer_after_template = "accounts/admin/standing.html"

    list_display = (
        "member_no",
        "masked_name",
        "tier_chip",
        "masked_region",
        "masked_phone",
        "registered_at",
    )
    list_filter = ("tier", SegmentFilter)
    search_fields = ("member_no", "display_name")
    search_help_text = _("Member no., phone or name")
    fields = (
        "member_no",
        "masked_name",
        "masked_phone",
        "masked_region",
        "tier_chip",
        "real_name_verified",
        "registered_at",
    )

    def get_search_results(self, request: HttpRequest, queryset: Any, search_term: str) -> Any:
        return searched_rows("member", signed_in(request), queryset, search_term), False

    def title_of(self, request: HttpRequest, row: Member) -> str:
        return row.shown_name

    @display(description=_("name"))
    def masked_name(self, member: Member) -> str:
        return shown("name", member.display_name, to=None) or self.get_empty_value_display()

    @display(description=_("phone"))
    def masked_phone(self, member: Member) -> str:
        return shown("phone", member.phone, to=None) or self.get_empty_value_display()

    @display(description=_("region"))
    def masked_region(self, member: Member) -> str:
        return shown("region", member.region, to=None) or self.get_empty_value_display()

    @display(description=_("tier"))
    def tier_chip(self, member: Member) -> str:
        return format_html(
            '<span class="tier tier-{}">{}</span>', member.tier, member.get_tier_display()
        )

    @reason_action(
        _("Give 88VIP"),
        right="titles.grant",
        form=TitleForm,
        question=_("Give the title 88VIP that was paid for?"),
        consequence=_(
            "The tier rises at once and lasts as long as the title; both are in the history."
        ),
        fits=lambda member: member.erased_at is None,
        in_bulk=False,
    )
    def grant_vip88(self, request: HttpRequest, member: Member, answers: dict[str, Any]) -> None:
        now = timezone.now()
        day_after = answers["until"] + timedelta(days=1)
        grant_title(
            member,
            Tier.VIP88,
            since=now,
            until=timezone.make_aware(datetime.combine(day_after, time())),
            source_key=answers["source_key"],
            by=signed_in(request),
            reason=answers["reason"],
            now=now,
        )

    @reason_action(
        _("Post a case"),
        right="scores.post",
        form=CaseForm,
        question=_("Post which case to the buyer credit?"),
        consequence=_(
            "A row is added that the member reads too. A wrong one is taken back by another row."
        ),
        fits=lambda member: member.erased_at is None,
        in_bulk=False,
    )
    def post_case(self, request: HttpRequest, member: Member, answers: dict[str, Any]) -> str:
        entry = post_case(
            member,
            answers["cause"],
            answers["case"],
            by=signed_in(request),
            reason=answers["reason"],
            now=timezone.now(),
        )
        return str(entry)

    @reason_action(
        _("Reveal"),
        right="personal_data.reveal",
        form=RevealForm,
        question=_("Look at which data?"),
        consequence=_(
            "One field is shown, once. That you looked, and why, stays in the access log; the member "
            "sees it too."
        ),
        fits=lambda member: member.erased_at is None,
        in_bulk=False,
        keeps_refusals=True,
    )
    def reveal(self, request: HttpRequest, member: Member, answers: dict[str, Any]) -> str:
        plain, _row = reveal(
            member,
            answers["field"],
            by=signed_in(request),
            reason=answers["reason"],
            purpose=answers["purpose"],
            address=address_of(request),
        )
        return plain

    @reason_action(
        _("Place a legal hold"),
        right="personal_data.handle",
        form=HoldForm,
        question=_("Keep everything of this member?"),
        consequence=_("Nothing of theirs is erased until the hold is lifted, whatever they ask."),
        fits=lambda member: member.erased_at is None,
    )
    def hold(self, request: HttpRequest, member: Member, answers: dict[str, Any]) -> None:
        place_hold(
            member,
            ordered_by=answers["ordered_by"],
            by=signed_in(request),
            reason=answers["reason"],
        )

    @reason_action(
        _("Write down a request"),
        right="personal_data.handle",
        form=AskForm,
        question=_("What does the member ask about their data?"),
        consequence=_("It runs against its legal deadline from now on; the member sees it."),
        fits=lambda member: member.erased_at is None,
    )
    def ask(self, request: HttpRequest, member: Member, answers: dict[str, Any]) -> str:
        asked, _made = ask_about_data(
            member, answers["kind"], by=signed_in(request), reason=answers["reason"]
        )
        return asked.request_no

    @reason_action(
        _("Join with another account"),
        right="contacts.merge",
        form=JoinForm,
        question=_("With whom is this one person?"),
        consequence=_(
            "They become one contact. Each account keeps its orders, talks, credit and history, and "
            "can be taken out again."
        ),
        fits=lambda member: member.erased_at is None and member.hidden_at is None,
        in_bulk=False,
    )
    def join(self, request: HttpRequest, member: Member, answers: dict[str, Any]) -> str:
        return join(request, member, answers)

    def page_context(self, request: HttpRequest, row: Member) -> dict[str, Any]:
        log_reading(row, AccessKind.PAGE, by=signed_in(request), address=address_of(request))
        return {"standing": standing_of(row, timezone.now())}
