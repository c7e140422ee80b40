"""What the actions of rule making ask besides the reason."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.widgets import (
    UnfoldAdminCheckboxSelectMultipleWidget,
    UnfoldAdminDecimalFieldWidget,
    UnfoldAdminIntegerFieldWidget,
    UnfoldAdminSelectWidget,
    UnfoldAdminTextareaWidget,
    UnfoldAdminTextInputWidget,
)

from common.admin import DayField, ReasonForm
from common.rules import midnight
from merchants.actions.rulebook import Wording
from merchants.models import (
    ArticleVersion,
    Choice,
    Gate,
    OpinionGroup,
    Rule,
    RuleVersion,
    SkipGround,
    ViolationClass,
)
from merchants.rulebook.likeness import clusters_of
from merchants.rulebook.metrics import rule_metrics


def _area(rows: int) -> Any:
    return UnfoldAdminTextareaWidget(attrs={"rows": rows})


class WordingForm(ReasonForm):
    """What a version is to say; of a draft it begins with what it says.

    While it is typed the page shows it as merchants will read it.
    """

    text = forms.CharField(
        label=gettext_lazy("text"), max_length=20_000,
        widget=UnfoldAdminTextareaWidget(
            attrs={
                "rows": 14,
                "data-preview": gettext_lazy("As merchants read it"),
                "data-spared": gettext_lazy("Whom it does not touch"),
                "data-until": gettext_lazy("until"),
            }
        ),
    )  # fmt: skip
    violation_class = forms.ChoiceField(
        label=gettext_lazy("class"),
        required=False,
        choices=[("", "—"), *ViolationClass.choices],
        widget=UnfoldAdminSelectWidget(),
    )
    points = forms.CharField(
        label=gettext_lazy("points"),
        required=False,
        max_length=200,
        widget=UnfoldAdminTextInputWidget(),
        help_text=gettext_lazy("What an act may cost, blanks between: 3 6 12."),
    )
    condition = forms.JSONField(
        label=gettext_lazy("condition"), required=False, initial=dict, widget=_area(6),
        help_text=gettext_lazy("JSON of all, any, not, and field with op and value."),
    )  # fmt: skip
    exceptions = forms.JSONField(
        label=gettext_lazy("exceptions"), required=False, initial=list, widget=_area(4),
        help_text=gettext_lazy("JSON list of categories, regions, until, why."),
    )  # fmt: skip
    articles = forms.CharField(
        label=gettext_lazy("Articles of the law"), required=False, max_length=2_000,
        widget=_area(2), help_text=gettext_lazy("Numbers of articles, one a line; their newest text is cited."),
    )  # fmt: skip

    scripts = ("admin/js/rulepreview.js",)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        row = self.subjects[0] if self.subjects else None
        if isinstance(row, Rule):
            row = row.versions.order_by("-number").first()
        if isinstance(row, RuleVersion):
            for name in ("text", "violation_class", "condition", "exceptions"):
                self.fields[name].initial = getattr(row, name)
            self.fields["points"].initial = " ".join(str(one) for one in row.points)
            cited = row.citations.values_list("article__article__article_no", flat=True)
            self.fields["articles"].initial = "\n".join(cited)

    def clean_articles(self) -> list[ArticleVersion]:
        """Find the newest text of each article. A number nobody knows is named."""
        wanted = [
            line.strip() for line in self.cleaned_data["articles"].splitlines() if line.strip()
        ]
        found = {
            one.article.article_no: one
            for one in ArticleVersion.objects.filter(article__article_no__in=wanted)
            .select_related("article")
            .order_by("effective_from")
        }
        if unknown := [one for one in wanted if one not in found]:
            raise forms.ValidationError(
                _("There is no article %(numbers)s.") % {"numbers": "、".join(unknown)}
            )
        return list(found.values())

    @staticmethod
    def wording(answers: dict[str, Any]) -> Wording:
        """Return what was filled in, as the action takes it."""
        return Wording(
            answers["text"],
            violation_class=answers["violation_class"],
            points=answers["points"].split(),
            condition=answers["condition"] or {},
            exceptions=answers["exceptions"] or [],
            articles=answers["articles"],
        )


class GateForm(ReasonForm):
    """One dimension, answered by name."""

    dimension = forms.ChoiceField(
        label=gettext_lazy("dimension"), choices=Gate.choices, widget=UnfoldAdminSelectWidget()
    )
    score = forms.IntegerField(
        label=gettext_lazy("score"),
        min_value=1,
        max_value=5,
        widget=UnfoldAdminIntegerFieldWidget(),
    )
    consumer_score = forms.IntegerField(
        label=gettext_lazy("score of consumer rights"), min_value=1, max_value=5, required=False,
        widget=UnfoldAdminIntegerFieldWidget(),
        help_text=gettext_lazy("With reasonableness alone, which never scores higher."),
    )  # fmt: skip
    text = forms.CharField(label=gettext_lazy("reasons"), max_length=4_000, widget=_area(4))
    question = forms.CharField(
        label=gettext_lazy("answer to its own question"), max_length=4_000, widget=_area(3),
        help_text=gettext_lazy(
            "Necessity: does a law or a product already solve it? Effectiveness: what will change, "
            "by how much? Reasonableness: what does it mean to consumers, before anything else?"
        ),
    )  # fmt: skip
    figures = forms.CharField(label=gettext_lazy("data"), max_length=4_000, widget=_area(3))


class InviteForm(ReasonForm):
    """Who is asked: named, by category, or drawn."""

    numbers = forms.CharField(
        label=gettext_lazy("Merchants by number"), required=False, max_length=100_000,
        widget=_area(4), help_text=gettext_lazy("One a line."),
    )  # fmt: skip
    category = forms.CharField(
        label=gettext_lazy("Everybody with a shop of this category"), required=False,
        max_length=60, widget=UnfoldAdminTextInputWidget(),
    )  # fmt: skip
    sample = forms.IntegerField(
        label=gettext_lazy("Draw so many"), required=False, min_value=1,
        widget=UnfoldAdminIntegerFieldWidget(),
        help_text=gettext_lazy("Of all, or of the category; the same draw gives the same merchants."),
    )  # fmt: skip

    def clean(self) -> dict[str, Any]:
        said: dict[str, Any] = super().clean() or self.cleaned_data
        if not (said.get("numbers") or said.get("category") or said.get("sample")):
            raise forms.ValidationError(_("Name merchants, a category, or how many to draw."))
        return said


class SkipForm(ReasonForm):
    """Why and by whose order merchants are not asked."""

    ground = forms.ChoiceField(
        label=gettext_lazy("not consulted because"), choices=SkipGround.choices,
        widget=UnfoldAdminSelectWidget(),
    )  # fmt: skip
    order = forms.CharField(
        label=gettext_lazy("by order"), max_length=120, widget=UnfoldAdminTextInputWidget()
    )


def objections(version: RuleVersion) -> list[tuple[int, str]]:
    """Return the ungrouped objections of a version, those that say the same next to each other."""
    rows = list(
        version.votes.exclude(choice=Choice.FOR).exclude(comment="").filter(group=None)
        .select_related("merchant").order_by("pk")[:500]
    )  # fmt: skip
    order: list[tuple[int, str]] = []
    for place, cluster in enumerate(clusters_of([row.comment for row in rows]), 1):
        label = _("alike %(n)s") % {"n": place}
        order += [(one, f"[{label}] ") for one in cluster.places]
    seen = {one for one, _label in order}
    order += [(one, "") for one in range(len(rows)) if one not in seen]
    return [
        (rows[one].pk, f"{label}{rows[one].comment[:120]} — {rows[one].merchant.name}")
        for one, label in order
    ]


class GroupForm(ReasonForm):
    """Objections that say the same; suggested ones stand next to each other."""

    into = forms.ModelChoiceField(
        label=gettext_lazy("Into the group"), required=False, queryset=OpinionGroup.objects.none(),
        widget=UnfoldAdminSelectWidget(),
    )  # fmt: skip
    called = forms.CharField(
        label=gettext_lazy("or a new one: what they say"), required=False, max_length=120,
        widget=UnfoldAdminTextInputWidget(),
    )  # fmt: skip
    voices = forms.TypedMultipleChoiceField(
        label=gettext_lazy("Objections"), coerce=int,
        widget=UnfoldAdminCheckboxSelectMultipleWidget(),
    )  # fmt: skip

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        rows: Sequence[RuleVersion] = self.subjects[:1]
        self.offer("into", OpinionGroup.objects.filter(version__in=rows).order_by("pk"))
        voices: Any = self.fields["voices"]
        voices.choices = [one for row in rows for one in objections(row)]


class AnswerForm(ReasonForm):
    """The official answer to a group."""

    answer = forms.CharField(
        label=gettext_lazy("official answer"), max_length=4_000, widget=_area(6)
    )


class ReviseForm(ReasonForm):
    """The text after the consultation, and which objections it goes back to."""

    text = forms.CharField(label=gettext_lazy("text"), max_length=20_000, widget=_area(14))
    groups = forms.ModelMultipleChoiceField(
        label=gettext_lazy("groups of objections"), queryset=OpinionGroup.objects.none(),
        widget=UnfoldAdminCheckboxSelectMultipleWidget(),
    )  # fmt: skip

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.offer("groups", OpinionGroup.objects.filter(version__in=self.subjects).order_by("pk"))
        if self.subjects:
            self.fields["text"].initial = self.subjects[0].text


class ResultForm(ReasonForm):
    """What came of a consultation."""

    result = forms.CharField(
        label=gettext_lazy("what came of the consultation"), max_length=4_000, widget=_area(6)
    )


class NoticeForm(ReasonForm):
    """From when on, tried from when on, and what it is to move."""

    effective_on = DayField(label=gettext_lazy("effective from"))
    trial_on = DayField(label=gettext_lazy("trial from"), required=False)
    target = forms.ChoiceField(label=gettext_lazy("target"), widget=UnfoldAdminSelectWidget())
    change = forms.DecimalField(
        label=gettext_lazy("change aimed at, in percent"), max_digits=6, decimal_places=1,
        widget=UnfoldAdminDecimalFieldWidget(), help_text=gettext_lazy("-10 is a tenth less."),
    )  # fmt: skip

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        target: Any = self.fields["target"]
        target.choices = [(one.code, str(one.label)) for one in rule_metrics()]

    @staticmethod
    def moment(answers: dict[str, Any], name: str) -> datetime | None:
        """Return the first moment of a day, None when none is named."""
        return midnight(answers[name]) if answers[name] else None


class DaysForm(ReasonForm):
    """How far a simulation looks back."""

    days = forms.IntegerField(
        label=gettext_lazy("days looked back"), min_value=1, initial=30,
        widget=UnfoldAdminIntegerFieldWidget(),
    )  # fmt: skip


class UntilForm(ReasonForm):
    """Until when a confirmed measure holds."""

    until = DayField(label=gettext_lazy("confirmed until"))


class BornRuleForm(ReasonForm):
    """The rule that was born from a precedent."""

    rule = forms.ModelChoiceField(
        label=gettext_lazy("rule born from it"), queryset=Rule.objects.order_by("code"),
        widget=UnfoldAdminSelectWidget(),
    )  # fmt: skip
