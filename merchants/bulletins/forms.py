"""What an operator fills in: the words of a bulletin, and whom it is for, field by field."""

from collections.abc import Mapping
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _
from unfold.widgets import (
    UnfoldAdminCheckboxSelectMultipleWidget,
    UnfoldAdminDecimalFieldWidget,
    UnfoldAdminSelectWidget,
    UnfoldAdminTextareaWidget,
    UnfoldAdminTextInputWidget,
    UnfoldBooleanSwitchWidget,
)

from common.admin import ReasonForm
from common.errors import DomainError
from merchants.actions.bulletins import (
    LONGEST_BODY,
    LONGEST_EN,
    LONGEST_LINK,
    LONGEST_ZH,
    BulletinWords,
)
from merchants.bulletins.audience import FIELDS, check_audience, choices_of
from merchants.models import Bulletin, Urgency

WORDS = ("title_zh", "title_en", "body_zh", "body_en", "link", "urgency")
LINES = ("categories", "regions", "shop_nos")
SCORES = ("dsr_from", "dsr_below", "experience_from", "experience_below")
_ONE_A_LINE = _("One a line.")


def _line(label: Any, most: int, *, required: bool = True, hint: Any = "") -> forms.CharField:
    return forms.CharField(
        label=label, max_length=most, required=required, help_text=hint,
        widget=UnfoldAdminTextInputWidget(),
    )  # fmt: skip


def _area(
    label: Any, most: int, rows: int, *, required: bool = True, hint: Any = ""
) -> forms.CharField:
    return forms.CharField(
        label=label, max_length=most, required=required, help_text=hint, strip=False,
        widget=UnfoldAdminTextareaWidget(attrs={"rows": rows}),
    )  # fmt: skip


def _score(name: str) -> forms.DecimalField:
    return forms.DecimalField(
        label=FIELDS[name].label, required=False, max_digits=4, decimal_places=3,
        min_value=FIELDS[name].lowest, max_value=FIELDS[name].highest,
        widget=UnfoldAdminDecimalFieldWidget(),
    )  # fmt: skip


def _several(name: str, hint: Any = "") -> forms.MultipleChoiceField:
    return forms.MultipleChoiceField(
        label=FIELDS[name].label, required=False, choices=lambda: choices_of(name), help_text=hint,
        widget=UnfoldAdminCheckboxSelectMultipleWidget(),
    )  # fmt: skip


def _switch(name: str) -> forms.BooleanField:
    return forms.BooleanField(
        label=FIELDS[name].label, required=False, widget=UnfoldBooleanSwitchWidget()
    )


class BulletinFields(forms.Form):
    """The words and the audience; what the audience is refused for is said at its field."""

    title_zh = _line(_("title in Chinese"), LONGEST_ZH)
    title_en = _line(_("title in English"), LONGEST_EN)
    body_zh = _area(_("text in Chinese"), LONGEST_BODY, 6)
    body_en = _area(_("text in English"), LONGEST_BODY, 6)
    link = _line(
        _("link"), LONGEST_LINK, required=False,
        hint=_("A path of ours (/rules/…) or an address that begins with https://."),
    )  # fmt: skip
    urgency = forms.ChoiceField(
        label=_("urgency"), choices=Urgency.choices, widget=UnfoldAdminSelectWidget(),
        help_text=_("What is urgent passes quiet hours and goes out by e-mail too."),
    )  # fmt: skip
    everybody = _switch("everybody")
    categories = _area(FIELDS["categories"].label, 20_000, 3, required=False, hint=_ONE_A_LINE)
    regions = _area(FIELDS["regions"].label, 20_000, 3, required=False, hint=_ONE_A_LINE)
    credit = _several("credit")
    states = _several("states", _("None named: all but closed ones."))
    dsr_from = _score("dsr_from")
    dsr_below = _score("dsr_below")
    experience_from = _score("experience_from")
    experience_below = _score("experience_below")
    key_accounts = _switch("key_accounts")
    shop_nos = _area(
        FIELDS["shop_nos"].label, 500_000, 5, required=False,
        hint=_("One a line. Of these, those are told that fit all else you say."),
    )  # fmt: skip

    def clean(self) -> dict[str, Any]:
        said: dict[str, Any] = super().clean() or self.cleaned_data
        if not self.errors:
            try:
                self.audience_said = check_audience(audience_typed(said))
            except DomainError as refused:
                field = refused.details.get("field")
                self.add_error(field if field in self.fields else None, refused.message)
        return said


def audience_typed(said: Mapping[str, Any]) -> dict[str, Any]:
    """Return the audience as data, from what was typed; empty fields are left out."""
    lines = {name: (said.get(name) or "").split("\n") for name in LINES}
    others = {name: said.get(name) for name in FIELDS if name not in LINES}
    typed = others | {name: list(rows) for name, rows in lines.items() if any(map(str.strip, rows))}
    return {name: value for name, value in typed.items() if value not in (None, "", False, [])}


def words_typed(said: Mapping[str, Any]) -> BulletinWords:
    """Return the words that were typed."""
    return BulletinWords(**{name: said[name] for name in WORDS})


def typed_of(row: Bulletin) -> dict[str, Any]:
    """Return what the fields of a bulletin's form begin with."""
    typed: dict[str, Any] = {name: getattr(row, name) for name in WORDS} | row.audience
    return typed | {name: "\n".join(row.audience[name]) for name in LINES if name in row.audience}


class DraftForm(BulletinFields, forms.ModelForm):  # type: ignore[type-arg]
    """A new bulletin."""


class EditForm(BulletinFields, ReasonForm):
    """A draft, written anew; it begins with what it says."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.subjects:
            self.initial = {**typed_of(self.subjects[0]), **self.initial}
