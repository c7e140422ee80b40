"""What became of the promises: redemptions and grants, read-only; giving apart is done from the members."""

from typing import Any

from django import forms
from django.contrib import admin
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from unfold.widgets import UnfoldAdminSelectWidget

from accounts.models import Member
from accounts.people import signed_in
from apass.actions import end_grant, give_grant, release
from apass.models import Entitlement, Grant, Redemption
from common.admin import BaseAdmin, DayField, ReasonForm, reason_action
from common.admin.acts import offer_act
from common.events import name_events
from common.rules import midnight_after

name_events(
    {
        "redemption.made": _("Entitlement used"),
        "redemption.released": _("Use given back"),
        "grant.given": _("Entitlement given apart"),
        "grant.ended": _("Grant taken back"),
    }
)


class GrantForm(ReasonForm):
    """What is given, and until when."""

    code = forms.ChoiceField(label=_("Entitlement"), widget=UnfoldAdminSelectWidget())
    until = DayField(
        label=_("Last day"),
        help_text=_("It ends when this day ends in Shanghai."),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        rows = Entitlement.objects.filter(is_live=True).order_by("code", "effective_from")
        field: Any = self.fields["code"]
        field.choices = [
            (code, name) for code, name in {one.code: one.name for one in rows}.items()
        ]


@reason_action(
    _("Give an entitlement"),
    right="entitlements.manage",
    form=GrantForm,
    question=_("Give these members what?"),
    consequence=_("They are promised it from now on until the day named, whatever their tier."),
    fits=lambda member: member.erased_at is None,
)
def give_to(_admin: Any, request: HttpRequest, member: Member, answers: dict[str, Any]) -> None:
    give_grant(
        member,
        answers["code"],
        until=midnight_after(answers["until"]),
        by=signed_in(request),
        reason=answers["reason"],
    )


offer_act("accounts.member", give_to)


@admin.register(Redemption)
class RedemptionAdmin(BaseAdmin):
    """Uses of entitlements, the newest first."""

    about_member = "member"
    list_display = ("at", "member", "code", "subject_key", "source", "by")
    list_select_related = ("member", "by")
    list_filter = ("entitlement__kind",)
    search_fields = ("=member__member_no", "=subject_key")
    search_help_text = _("Member no. or what it was for")

    @reason_action(
        _("Give back"),
        right="entitlements.redeem",
        question=_("Give these uses back?"),
        consequence=_("They count no more; the same thing may be asked for again."),
        fits=lambda row: not hasattr(row, "release"),
    )
    def release(self, request: HttpRequest, row: Redemption, answers: dict[str, Any]) -> None:
        release(row, reason=answers["reason"], by=signed_in(request))


@admin.register(Grant)
class GrantAdmin(BaseAdmin):
    """Entitlements given to single members."""

    about_member = "member"
    list_display = ("member", "code", "since", "until", "ended_at", "by")
    list_select_related = ("member", "by")
    search_fields = ("=member__member_no",)
    search_help_text = _("Member no.")

    @reason_action(
        _("Take back"),
        right="entitlements.manage",
        question=_("Take these grants back?"),
        consequence=_("They are promised it no more from now on; what was used stays used."),
        fits=lambda row: row.ended_at is None and row.until > timezone.now(),
    )
    def end(self, request: HttpRequest, row: Grant, answers: dict[str, Any]) -> None:
        end_grant(row, by=signed_in(request), reason=answers["reason"])
