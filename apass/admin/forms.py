"""Forms of what may be promised: tried by the action itself before they are saved, with whom they reach."""

from typing import Any, ClassVar

from django import forms
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from unfold.widgets import (
    UnfoldAdminCheckboxSelectMultipleWidget,
    UnfoldAdminIntegerFieldWidget,
    UnfoldAdminSelectWidget,
    UnfoldAdminTextareaWidget,
    UnfoldBooleanWidget,
)

from accounts.models import CreditBand, Tier, User
from apass.actions import (
    EntitlementDraft,
    PackageDraft,
    RuleDraft,
    SegmentDraft,
    refusal_to_publish,
)
from apass.actions.drafts import resolved
from apass.entitlements.named_segments import fitting
from apass.entitlements.queries import members_in
from apass.models import Entitlement, EntitlementRule, ServicePackage

SEGMENT = ("tiers", "bands", "guided", "registered_from", "registered_until")
DATES = ("effective_from", "effective_until")
SAMPLES = 3


class DefinitionForm(forms.ModelForm):  # type: ignore[type-arg]
    """What all of them ask: why; and the action tries it before anything is saved."""

    by: ClassVar[User]
    reason = forms.CharField(
        label=gettext_lazy("Reason"),
        max_length=500,
        widget=UnfoldAdminTextareaWidget(attrs={"rows": 3}),
        help_text=gettext_lazy("Goes into the history; colleagues and auditors read it."),
    )

    def draft(self) -> Any:
        """Return what was filled in, as the action takes it."""
        raise NotImplementedError

    def clean(self) -> dict[str, Any]:
        said: dict[str, Any] = super().clean() or self.cleaned_data
        if not self.errors:
            refused = refusal_to_publish(self.draft(), by=self.by, reason=said["reason"])
            if refused is not None:
                self.add_error(None, refused.message)
        return said

    def validate_unique(self) -> None:
        """Leave it to the action: it says it in words of the trade."""

    def _get_validation_exclusions(self) -> set[str]:
        return {field.name for field in self._meta.model._meta.get_fields()}

    def given(self, *names: str) -> dict[str, Any]:
        return {name: self.cleaned_data[name] for name in names}


class SegmentForm(DefinitionForm):
    """Whom it is for; the first time it is sent it says how many that are."""

    tiers = forms.MultipleChoiceField(
        label=gettext_lazy("Tiers"),
        choices=Tier.choices,
        required=False,
        widget=UnfoldAdminCheckboxSelectMultipleWidget(),
    )
    bands = forms.MultipleChoiceField(
        label=gettext_lazy("Credit bands"),
        choices=CreditBand.choices,
        required=False,
        widget=UnfoldAdminCheckboxSelectMultipleWidget(),
    )
    named = forms.ChoiceField(
        label=gettext_lazy("By segment"),
        required=False,
        widget=UnfoldAdminSelectWidget(),
        help_text=gettext_lazy(
            "Copied as it is now. Segments that ask for scores are not here: those move daily."
        ),
    )
    says_everybody = forms.BooleanField(
        label=gettext_lazy("Everybody is meant"), required=False, widget=UnfoldBooleanWidget()
    )
    seen = forms.BooleanField(
        label=gettext_lazy("I have seen how many members this is for"),
        required=False,
        widget=UnfoldBooleanWidget(),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        named = self.fields["named"]
        assert isinstance(named, forms.ChoiceField)
        named.choices = [("", "—"), *((one.code, one.name) for one in fitting())]

    @property
    def segment(self) -> SegmentDraft:
        said = self.cleaned_data
        return SegmentDraft(
            **self.given("guided", "registered_from", "registered_until"),
            tiers=tuple(said["tiers"]),
            bands=tuple(said["bands"]),
            says_everybody=said["says_everybody"],
            named=said["named"],
        )

    def clean(self) -> dict[str, Any]:
        said = super().clean()
        if not self.errors and not said.get("seen"):
            self.add_error("seen", self._preview())
        return said

    def _preview(self) -> str:
        now = timezone.now()
        rows = members_in(self._meta.model(**resolved(self.segment).fields()).segment, now)
        count, some = rows.count(), [one.member_no for one in rows.order_by("-pk")[:SAMPLES]]
        found = ngettext(
            "%(count)s member is like this now: %(some)s. Tick here to save it.",
            "%(count)s members are like this now: %(some)s. Tick here to save it.",
            count,
        ) % {"count": f"{count:,}", "some": "、".join(some) or "—"}
        return found


class EntitlementForm(DefinitionForm):
    """An entitlement, or its next version."""

    names = (
        "code", "kind", "name_zh", "name_en", "promise_zh", "promise_en", "period", "quantity",
        "parameters", "rollout_code", *DATES,
    )  # fmt: skip
    # Less than once is refused by the action, in words.
    quantity = forms.IntegerField(
        label=gettext_lazy("How often"),
        required=False,
        widget=UnfoldAdminIntegerFieldWidget(),
        help_text=gettext_lazy("Empty: no limit."),
    )

    class Meta:
        model = Entitlement
        fields = (
            "code", "kind", "name_zh", "name_en", "promise_zh", "promise_en", "period",
            "quantity", "parameters", "rollout_code", *DATES,
        )  # fmt: skip

    def draft(self) -> EntitlementDraft:
        said = self.given(*self.names) | {"parameters": self.cleaned_data["parameters"] or {}}
        return EntitlementDraft(**said)


class RuleForm(SegmentForm):
    """Who has an entitlement beside their package."""

    names = ("code", "rank", "parameters", "named", *SEGMENT, "says_everybody", *DATES, "seen")

    class Meta:
        model = EntitlementRule
        fields = ("code", "rank", "parameters", *SEGMENT, *DATES)

    def draft(self) -> RuleDraft:
        said = self.given("code", "rank", *DATES)
        numbers = self.cleaned_data["parameters"] or {}
        return RuleDraft(**said, segment=self.segment, parameters=numbers)


_SERVED = (
    "code", "name_zh", "name_en", "rank", "first_reply", "next_reply", "complaint_resolution",
    "call_back", "queue_priority", "team_code", "persona", "budget_amount",
)  # fmt: skip


class PackageForm(SegmentForm):
    """A service package, or its next version."""

    names = (*_SERVED, "items", "named", *SEGMENT, "says_everybody", *DATES, "seen")
    items = forms.JSONField(
        label=gettext_lazy("Entitlements"),
        initial=dict,
        required=False,
        widget=UnfoldAdminTextareaWidget(attrs={"rows": 5}),
        help_text=gettext_lazy('Code and other numbers: {"quick-refund": {"amount": "800.00"}}'),
    )

    class Meta:
        model = ServicePackage
        fields = (*_SERVED, *SEGMENT, *DATES)

    def clean_items(self) -> dict[str, Any]:
        items = self.cleaned_data["items"] or {}
        if not isinstance(items, dict) or not all(isinstance(one, dict) for one in items.values()):
            raise forms.ValidationError(_("Write codes, each with its numbers in braces."))
        return items

    def draft(self) -> PackageDraft:
        said = self.given(*_SERVED, *DATES, "items")
        return PackageDraft(**said, segment=self.segment)
