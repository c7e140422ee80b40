"""The shapes of what the REST of cases, notices and acts answers and takes."""

from typing import Any

from rest_framework import serializers

from common.rest import Sent
from merchants.models import ActKind, ActState, AppealState, Outcome, ViolationState
from merchants.rulebook.shapes import CitedArticle


class CaseLine(serializers.Serializer[Any]):
    """One case in a shop's list."""

    violation_no = serializers.CharField()
    shop_no = serializers.CharField()
    shop = serializers.CharField()
    rule = serializers.CharField()
    violation_class = serializers.CharField()
    state = serializers.ChoiceField(ViolationState.choices)
    state_label = serializers.CharField()
    points = serializers.DecimalField(6, 1, allow_null=True)
    noticed_at = serializers.DateTimeField()
    due_at = serializers.DateTimeField(allow_null=True, help_text="the shop's next clock")
    appeal_state = serializers.ChoiceField(AppealState.choices, allow_null=True)


class ShopCasePage(serializers.Serializer[Any]):
    """One page of cases, newest first."""

    data = CaseLine(many=True)  # type: ignore[assignment]
    next_cursor = serializers.CharField(allow_null=True)


class RuleThen(serializers.Serializer[Any]):
    """The rule as it was at the act."""

    code = serializers.CharField()
    title = serializers.CharField()
    version = serializers.IntegerField()
    text = serializers.CharField()
    effective_from = serializers.DateTimeField(allow_null=True)
    effective_until = serializers.DateTimeField(allow_null=True)
    articles = CitedArticle(many=True)


class CaseFile(serializers.Serializer[Any]):
    """A file of a case."""

    id = serializers.CharField()
    kind = serializers.CharField(help_text="image or file")
    name = serializers.CharField()
    size = serializers.IntegerField()
    content_type = serializers.CharField()
    url = serializers.CharField()


class CaseCost(serializers.Serializer[Any]):
    """What the acts would cost before any cap."""

    points = serializers.DecimalField(6, 1)
    items = serializers.IntegerField()


class FakeRating(serializers.Serializer[Any]):
    """A rating the case says is fake."""

    order_no = serializers.CharField()
    counts = serializers.BooleanField(help_text="false from the decision on, unless it is revoked")


class CaseStatement(serializers.Serializer[Any]):
    """What the shop said."""

    text = serializers.CharField()
    at = serializers.DateTimeField()
    files = CaseFile(many=True)


class CaseExam(serializers.Serializer[Any]):
    """The exam in place of the penalty."""

    may_choose = serializers.BooleanField()
    is_chosen = serializers.BooleanField()
    until = serializers.DateTimeField(allow_null=True)


class CaseMeasure(serializers.Serializer[Any]):
    """One thing done to the shop."""

    kind = serializers.CharField()
    label = serializers.CharField()  # type: ignore[assignment]
    until = serializers.DateTimeField(allow_null=True)
    ended_at = serializers.DateTimeField(allow_null=True)


# ``from`` is a word of Python.
CaseMeasure._declared_fields["from"] = serializers.DateTimeField()


class CaseDecision(serializers.Serializer[Any]):
    """What was decided and what follows."""

    points = serializers.DecimalField(6, 1)
    points_before = serializers.DecimalField(7, 1)
    is_strike = serializers.BooleanField()
    node = serializers.CharField(allow_blank=True)
    node_label = serializers.CharField()
    reason = serializers.CharField()
    decided_at = serializers.DateTimeField()
    is_emergency = serializers.BooleanField()
    starts_at = serializers.DateTimeField()
    until = serializers.DateTimeField(allow_null=True)
    is_for_good = serializers.BooleanField()
    measures = CaseMeasure(many=True)
    missing = serializers.ListField(
        child=serializers.ChoiceField(["period", "correction", "exam"]),
        help_text="what restores the shop and is not there yet",
    )
    exam_score = serializers.IntegerField(allow_null=True)
    published_at = serializers.DateTimeField(allow_null=True)
    withdrawn_at = serializers.DateTimeField(allow_null=True)
    appeal_until = serializers.DateTimeField()
    may_appeal = serializers.BooleanField()


class GivenBack(serializers.Serializer[Any]):
    """One thing an appeal gave back."""

    what = serializers.CharField()
    label = serializers.CharField()  # type: ignore[assignment]
    about = serializers.CharField(allow_blank=True)
    line = serializers.CharField(allow_blank=True, help_text="the same in words")
    before = serializers.JSONField()
    after = serializers.JSONField()


class CaseAppeal(serializers.Serializer[Any]):
    """The appeal and its ruling."""

    state = serializers.ChoiceField(AppealState.choices)
    state_label = serializers.CharField()
    text = serializers.CharField()
    filed_at = serializers.DateTimeField()
    came_at = serializers.DateTimeField()
    due_at = serializers.DateTimeField(allow_null=True)
    is_late = serializers.BooleanField()
    missing = serializers.CharField(allow_blank=True)
    files = CaseFile(many=True)
    outcome = serializers.ChoiceField(Outcome.choices, allow_null=True)
    outcome_label = serializers.CharField(allow_null=True)
    reason = serializers.CharField(allow_null=True)
    citation = serializers.CharField(allow_null=True, allow_blank=True)
    points_before = serializers.DecimalField(6, 1, allow_null=True)
    points_after = serializers.DecimalField(6, 1, allow_null=True)
    ruled_at = serializers.DateTimeField(allow_null=True)
    restored = GivenBack(many=True)


class ShopCase(serializers.Serializer[Any]):
    """Everything a shop reads of one case."""

    violation_no = serializers.CharField()
    shop_no = serializers.CharField()
    shop = serializers.CharField()
    state = serializers.ChoiceField(ViolationState.choices)
    state_label = serializers.CharField()
    violation_class = serializers.CharField()
    violation_class_label = serializers.CharField()
    act = serializers.CharField()
    act_at = serializers.DateTimeField()
    order_no = serializers.CharField(allow_blank=True)
    evidence = serializers.CharField(allow_blank=True)
    evidence_files = CaseFile(many=True)
    fake_ratings = FakeRating(many=True)
    rule = RuleThen()
    points_possible = CaseCost()
    noticed_at = serializers.DateTimeField()
    statement_until = serializers.DateTimeField()
    may_state = serializers.BooleanField()
    is_emergency = serializers.BooleanField()
    statement = CaseStatement(allow_null=True)
    exam = CaseExam(allow_null=True)
    decision = CaseDecision(allow_null=True)
    appeal = CaseAppeal(allow_null=True)
    ended_at = serializers.DateTimeField(allow_null=True)
    ended_why = serializers.CharField(allow_null=True)


class NoticeLine(serializers.Serializer[Any]):
    """One public notice."""

    shop_no = serializers.CharField()
    shop = serializers.CharField()
    rule = serializers.CharField()
    violation_class = serializers.CharField()
    act = serializers.CharField()
    measures = serializers.ListField(child=serializers.CharField())
    published_at = serializers.DateTimeField()
    until = serializers.DateTimeField(allow_null=True)


class NoticePage(serializers.Serializer[Any]):
    """One page of public notices, newest first."""

    data = NoticeLine(many=True)  # type: ignore[assignment]
    next_cursor = serializers.CharField(allow_null=True)


class FoundCase(serializers.Serializer[Any]):
    """A case as whoever found it reads it."""

    violation_no = serializers.CharField()
    state = serializers.ChoiceField(ViolationState.choices)
    violation_class = serializers.CharField()
    points = serializers.DecimalField(6, 1)
    items = serializers.IntegerField()
    rule_version = serializers.IntegerField()


class AppealRuling(serializers.Serializer[Any]):
    """A ruling and what it gave back."""

    outcome = serializers.ChoiceField(Outcome.choices)
    points_before = serializers.DecimalField(6, 1)
    points_after = serializers.DecimalField(6, 1)
    reason = serializers.CharField()
    citation = serializers.CharField(allow_blank=True)
    at = serializers.DateTimeField()
    restored = GivenBack(many=True)


class ActOnShop(serializers.Serializer[Any]):
    """What one of us did to a shop."""

    id = serializers.CharField()
    shop_no = serializers.CharField()
    kind = serializers.ChoiceField(ActKind.choices)
    days = serializers.IntegerField()
    limit_days = serializers.IntegerField()
    state = serializers.ChoiceField(ActState.choices)
    until = serializers.DateTimeField(allow_null=True)
    undo_until = serializers.DateTimeField(allow_null=True)
    before = serializers.ListField(child=serializers.CharField())
    after = serializers.ListField(child=serializers.CharField())


# --- What is sent ---------------------------------------------------------------------------------

_LONGEST = 4000


class CaseWords(Sent):
    """A statement, an appeal, or the papers for one."""

    text = serializers.CharField(max_length=_LONGEST)
    files = serializers.ListField(
        child=serializers.CharField(max_length=40), required=False, max_length=50
    )


class FindViolation(Sent):
    """A case that is opened against a shop."""

    shop_no = serializers.CharField(max_length=32)
    rule = serializers.CharField(max_length=40)
    act_at = serializers.DateTimeField()
    act = serializers.CharField(max_length=_LONGEST)
    evidence = serializers.CharField(max_length=_LONGEST, required=False, allow_blank=True)
    order_no = serializers.CharField(max_length=40, required=False, allow_blank=True)
    points = serializers.DecimalField(6, 1, required=False, allow_null=True)
    items = serializers.IntegerField(required=False, min_value=1, max_value=10_000)
    fake_ratings = serializers.ListField(
        child=serializers.CharField(max_length=40), required=False, max_length=200,
        help_text="orders whose ratings are fake; they count until the case is decided",
    )  # fmt: skip


class RuleAppeal(Sent):
    """How an appeal is ruled."""

    outcome = serializers.ChoiceField(Outcome.choices)
    points = serializers.DecimalField(6, 1, required=False, allow_null=True)
    reason = serializers.CharField(max_length=_LONGEST)
    citation = serializers.CharField(max_length=200, required=False, allow_blank=True)


class ActNow(Sent):
    """What is to be done to a shop."""

    kind = serializers.ChoiceField(ActKind.choices)
    days = serializers.IntegerField(min_value=1, max_value=365)
    reason = serializers.CharField(max_length=_LONGEST)
    rule = serializers.CharField(max_length=40, required=False, allow_blank=True)


class GivenReason(Sent):
    """Why something is approved or undone."""

    reason = serializers.CharField(max_length=_LONGEST)
