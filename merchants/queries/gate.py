"""The activity gate (活动准入) of a shop: each condition, whether it holds, and of what value."""

from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from django.db.models import Count, Q, Sum
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from common.parameters import value
from merchants.experience import rules
from merchants.experience.numbers import gate_numbers
from merchants.experience.words import said
from merchants.models import (
    Dimension,
    DSRDay,
    DSRSnapshot,
    ExperienceCount,
    MeasureKind,
    Penalty,
    Shop,
    ShopMetricDay,
    ViolationClass,
)
from merchants.queries.penalties import limits_of_shop
from merchants.ratings.rules import mean

_SHORT = {"desc_match": "desc", "service_attitude": "service", "logistics_service": "logistics"}
DISPUTES = "dispute_refund_rate"
FORFEIT = ("a12",), ("b12", "b24", "b36", "b48")


def activity_gate(shop: Shop, at: datetime) -> dict[str, Any]:
    """Return whether ``shop`` may join activities at ``at``: ``holds``, ``fails`` or ``unknown``, and why.

    Each condition has its value and its line. What the house does not know is said, not guessed.
    """
    conditions = rules.gate(gate_facts(shop, at), gate_numbers(at))
    state = rules.gate_state(conditions)
    return {
        "state": state,
        "sentence": {
            rules.HOLDS: _("Every condition holds: the shop may join activities."),
            rules.FAILS: _("Not every condition holds: the shop joins no activities now."),
            rules.UNKNOWN: _("What is known holds; some conditions are not known yet."),
        }[state],
        "conditions": [_card(one) for one in conditions],
    }


def gate_facts(shop: Shop, at: datetime) -> rules.GateFacts:
    """Return what is known of ``shop`` at ``at``; six queries."""
    numbers = gate_numbers(at)
    a_nodes, b_nodes = FORFEIT
    fake_rules = value("activity.fake_trade_rules", at).split()
    fake = Q(violation__rule_version__rule__code__in=fake_rules)
    counterfeit = Q(violation__violation_class=ViolationClass.C)

    def within(days: int) -> Q:
        return Q(decided_at__gt=at - timedelta(days=days))

    # What an appeal revoked has neither node nor points any more.
    found = Penalty.objects.filter(shop=shop, decided_at__lte=at).aggregate(
        a_nodes=Count("pk", filter=Q(node__in=a_nodes) & within(numbers.a_node_days)),
        b_nodes=Count("pk", filter=Q(node__in=b_nodes) & within(numbers.b_node_days)),
        fake=Sum("points", filter=fake & within(numbers.fake_trade_days)),
        fake_lately=Sum("points", filter=fake & within(numbers.fake_trade_none_days)),
        counterfeit=Sum("points", filter=counterfeit & within(numbers.counterfeit_days)),
        counterfeit_lately=Sum(
            "points", filter=counterfeit & within(numbers.counterfeit_less_days)
        ),
    )
    rate, peers, cases = _disputes(shop)
    return rules.GateFacts(
        scores=_scores(shop, at),
        dispute_rate=rate,
        dispute_mean=peers,
        dispute_cases=cases,
        a_nodes=found["a_nodes"],
        b_nodes=found["b_nodes"],
        fake_trade_points=found["fake"] or Decimal(0),
        fake_trade_lately=found["fake_lately"] or Decimal(0),
        counterfeit_points=found["counterfeit"] or Decimal(0),
        counterfeit_lately=found["counterfeit_lately"] or Decimal(0),
        is_shielded=MeasureKind.SHOP_SHIELD in limits_of_shop(shop.pk),
    )


def _scores(shop: Shop, at: datetime) -> dict[str, Decimal | None]:
    """Return the shop's own scores; what has too few ratings is not known."""
    counted = DSRDay.objects.order_by("-day").first()
    row = None
    if counted is not None:
        row = DSRSnapshot.objects.filter(pk=DSRSnapshot.key(counted.day, shop.pk)).first()
    least = value("dsr.min_ratings_display", at)
    scores: dict[str, Decimal | None] = {}
    for dimension, short in _SHORT.items():
        count = getattr(row, f"{short}_count", 0)
        scores[dimension] = mean(getattr(row, f"{short}_sum"), count) if count >= least else None
    return scores


def _disputes(shop: Shop) -> tuple[Decimal | None, Decimal | None, int | None]:
    """Return the dispute refund rate, the mean of its peers, and the shop's cases; None where nobody tells."""
    last = ExperienceCount.objects.order_by("-day").first()
    if last is None:
        return None, None, None
    row = (
        ShopMetricDay.objects.filter(shop=shop, peers__day=last.day, peers__metric=DISPUTES)
        .select_related("peers")
        .first()
    )
    if row is None:
        return None, None, None
    return row.value, row.peers.mean, round(row.value * row.sample)


def _card(one: rules.Condition) -> dict[str, Any]:
    is_rate, is_score = one.code == "disputes", one.code in _SHORT
    unit = "share" if is_rate else "score" if is_score else ""

    def words(amount: Decimal | int | None) -> str:
        if amount is None:
            return ""
        if unit:
            return str(said(unit, Decimal(amount)))
        # Points come in tenths; whole ones are said whole.
        return f"{Decimal(amount).normalize():f}"

    return {
        "code": one.code,
        "label": _label(one, words(one.line)),
        "state": one.state,
        "state_label": {
            rules.HOLDS: pgettext("a condition", "holds"),
            rules.FAILS: _("does not hold"),
            rules.UNKNOWN: _("not known yet"),
        }[one.state],
        "value": None if one.value is None else str(one.value),
        "value_label": "" if one.code == "shielded" else words(one.value),
        "line": None if one.line is None else str(one.line),
    }


def _label(one: rules.Condition, line: str) -> str:
    if one.code in _SHORT:
        return _("Score “%(name)s” at least %(line)s") % {
            "name": Dimension(one.code).label,
            "line": line,
        }
    words = {
        "disputes": _("Dispute refund rate within its multiple of the mean, or few cases"),
        "a_node": _("No node of class A within %(days)s days"),
        "b_node": _("No node of class B within %(days)s days"),
        "fake_trade": _("Fewer than %(line)s points for fake trade within %(days)s days"),
        "fake_trade_lately": _("No points for fake trade within %(days)s days"),
        "counterfeit": _("Fewer than %(line)s points for counterfeits within %(days)s days"),
        "counterfeit_lately": _("Fewer than %(line)s points for counterfeits within %(days)s days"),
        "shielded": _("The shop is not shielded"),
    }
    return words[one.code] % {"line": line, "days": one.days}
