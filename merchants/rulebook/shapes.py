"""The shapes of what the REST of rules answers."""

from typing import Any

from rest_framework import serializers

from merchants.models import Choice, Gate, RuleFamily, RuleState, ViolationClass

CLASSES = [("", ""), *ViolationClass.choices]


class RuleRow(serializers.Serializer[Any]):
    """A rule in a list."""

    code = serializers.CharField()
    title = serializers.CharField()
    family = serializers.ChoiceField(RuleFamily.choices)
    family_label = serializers.CharField()
    number = serializers.IntegerField(help_text="of the version")
    state = serializers.ChoiceField(RuleState.choices)
    state_label = serializers.CharField()
    effective_from = serializers.DateTimeField(allow_null=True)


class RulePage(serializers.Serializer[Any]):
    """One page of the rules in force, by code."""

    data = RuleRow(many=True)  # type: ignore[assignment]
    next_cursor = serializers.CharField(allow_null=True)


class RuleVersionRow(serializers.Serializer[Any]):
    """One published version of a rule."""

    number = serializers.IntegerField()
    state = serializers.ChoiceField(RuleState.choices)
    state_label = serializers.CharField()
    effective_from = serializers.DateTimeField(allow_null=True)
    effective_until = serializers.DateTimeField(allow_null=True)
    was_consulted = serializers.BooleanField(help_text="whether merchants were asked about it")


class RuleCard(serializers.Serializer[Any]):
    """A rule with its published versions, newest first."""

    code = serializers.CharField()
    title = serializers.CharField()
    family = serializers.ChoiceField(RuleFamily.choices)
    family_label = serializers.CharField()
    in_force = serializers.IntegerField(allow_null=True, help_text="the version that holds now")
    coming = serializers.IntegerField(allow_null=True, help_text="the version that is announced")
    versions = RuleVersionRow(many=True)


class CitedArticle(serializers.Serializer[Any]):
    """An article of the law that a rule rests on, in the text it had then."""

    article_no = serializers.CharField()
    title = serializers.CharField()
    body = serializers.CharField()
    effective_from = serializers.DateTimeField(allow_null=True)


class RuleException(serializers.Serializer[Any]):
    """What a rule does not touch: categories in regions, until a moment or for good."""

    categories = serializers.ListField(child=serializers.CharField())
    regions = serializers.ListField(child=serializers.CharField())
    until = serializers.DateTimeField(allow_null=True)
    why = serializers.CharField()


class RuleVersionCard(RuleVersionRow):
    """One published version with its text."""

    code = serializers.CharField()
    title = serializers.CharField()
    text = serializers.CharField()
    violation_class = serializers.ChoiceField(CLASSES)
    points = serializers.ListField(child=serializers.CharField(), help_text="what an act may cost")
    condition = serializers.JSONField(help_text="the machine's part, as data")
    exceptions = RuleException(many=True)
    articles = CitedArticle(many=True)


class DiffPart(serializers.Serializer[Any]):
    """A stretch of text."""

    kind = serializers.ChoiceField([("same", "same"), ("added", "added"), ("gone", "gone")])
    text = serializers.CharField(trim_whitespace=False)


class RuleDiff(serializers.Serializer[Any]):
    """What changed from one version to another, in reading order."""

    code = serializers.CharField()
    number = serializers.IntegerField()
    against = serializers.IntegerField(allow_null=True, help_text="null: it is the first version")
    parts = DiffPart(many=True)


class DraftRow(RuleRow):
    """A draft one's merchant is or was asked about."""

    is_open = serializers.BooleanField(help_text="whether one may still say something")
    began_at = serializers.DateTimeField()
    ends_at = serializers.DateTimeField()
    has_said = serializers.BooleanField()


class DraftList(serializers.Serializer[Any]):
    """The drafts one's merchants are or were asked about, open ones first."""

    data = DraftRow(many=True)  # type: ignore[assignment]


class VoteShare(serializers.Serializer[Any]):
    """How many merchants say one thing."""

    choice = serializers.ChoiceField(Choice.choices)
    label = serializers.CharField()  # type: ignore[assignment]
    voices = serializers.IntegerField()
    percent = serializers.IntegerField()


class RuleGate(serializers.Serializer[Any]):
    """How one of the three dimensions was answered."""

    dimension = serializers.ChoiceField(Gate.choices)
    label = serializers.CharField()  # type: ignore[assignment]
    score = serializers.IntegerField(min_value=1, max_value=5)
    text = serializers.CharField()
    question = serializers.CharField(help_text="the answer to the dimension's own question")
    data = serializers.CharField()  # type: ignore[assignment]


class AnsweredGroup(serializers.Serializer[Any]):
    """Objections that say the same, with the official answer."""

    title = serializers.CharField()
    voices = serializers.IntegerField()
    answer = serializers.CharField()


class TextChange(serializers.Serializer[Any]):
    """A paragraph that one's objection changed."""

    before = serializers.CharField(allow_blank=True)
    after = serializers.CharField(allow_blank=True)
    parts = DiffPart(many=True)


class OwnVoice(serializers.Serializer[Any]):
    """What one of one's merchants said, and what came of it."""

    merchant_no = serializers.CharField()
    name = serializers.CharField()
    may_vote = serializers.BooleanField()
    choice = serializers.ChoiceField(Choice.choices, allow_null=True)
    choice_label = serializers.CharField(allow_blank=True)
    comment = serializers.CharField(allow_blank=True)
    at = serializers.DateTimeField(allow_null=True)
    group = serializers.CharField(allow_null=True, help_text="the objections it was put with")
    answer = serializers.CharField(allow_null=True)
    changes = TextChange(many=True)


class Draft(DraftRow):
    """A draft as an asked merchant sees it."""

    has_said = None  # type: ignore[assignment]
    text = serializers.CharField(help_text="what merchants are asked about")
    final_text = serializers.CharField(allow_null=True, help_text="what came of it")
    violation_class = serializers.ChoiceField(CLASSES)
    points = serializers.ListField(child=serializers.CharField())
    exceptions = RuleException(many=True)
    diff = DiffPart(many=True, help_text="against the version before")
    changed = DiffPart(many=True, help_text="from what was asked to what came of it")
    split = VoteShare(many=True)
    asked = serializers.IntegerField(help_text="merchants asked")
    gates = RuleGate(many=True)
    result = serializers.CharField(allow_blank=True)
    result_published_at = serializers.DateTimeField(allow_null=True)
    groups = AnsweredGroup(many=True)
    own = OwnVoice(many=True)
