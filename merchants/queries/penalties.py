"""Numbers in force for penalties, the replay of a shop's points, and what holds for a shop."""

from datetime import datetime, timedelta
from decimal import Decimal

from django.db.models import Max, Min, Q, Sum

from accounts.models import Role, User
from common.parameters import value
from merchants.models import (
    AppealState,
    Measure,
    Penalty,
    PointsBalance,
    Shop,
    ShopLimits,
    Violation,
)
from merchants.penalties import rules
from merchants.penalties.experience import experience_of

TRUST_LOOKS_BACK = timedelta(days=365)
LIMITED_ROLES = (Role.AGENT, Role.SENIOR, Role.LEAD, Role.OPERATIONS)


def nodes_at(at: datetime) -> list[rules.Node]:
    """Return the nodes as they were at ``at``: points, days and measures of each."""
    return [_node(code, at) for code in rules.NODES]


def _node(code: str, at: datetime) -> rules.Node:
    days: int = value(f"penalty.{code}.days", at)
    is_strikes = code == rules.STRIKES
    points = Decimal(value("penalty.strikes" if is_strikes else f"penalty.{code}.points", at))
    measures = tuple(value(f"penalty.{code}.measures", at).split())
    return rules.Node(code, points, timedelta(days=days) if days else None, measures)


def clearing_at(at: datetime) -> rules.Clearing:
    """Return what stays of points that are cleared at ``at``."""
    names = ("b_stays_from", "c_stays_from", "c_carries_from", "c_carried")
    return rules.Clearing(*(value(f"penalty.{name}", at) for name in names))


def settled(
    shop_id: int,
    violation_class: str,
    until: datetime,
    extra: rules.Charge | None = None,
    extra_opened_at: datetime | None = None,
) -> tuple[dict[int, rules.Settled], Decimal]:
    """Return what each penalty of a shop in a class meets by replay, by its violation, and the points.

    One query however many there are. ``extra`` is a charge that is not stored yet. What was revoked
    has no points and is no strike any more.
    """
    charges: list[rules.Charge] = []
    nodes: dict[int, list[rules.Node]] = {}
    rows = Penalty.objects.filter(shop=shop_id, violation__violation_class=violation_class)
    for pk, at, points, is_strike, opened_at in rows.values_list(
        "violation_id", "decided_at", "points", "is_strike", "violation__detected_at"
    ):
        charges.append(rules.Charge(pk, at, points, is_strike))
        nodes[pk] = nodes_at(opened_at)
    if extra is not None:
        charges.append(extra)
        nodes[extra.key] = nodes_at(extra_opened_at or extra.at)
    return rules.settle(violation_class, charges, nodes=nodes, clearing=clearing_at, until=until)


def spam_cap_left(violation: Violation, at: datetime) -> Decimal | None:
    """Return how many points spam of this act may still cost; None for what is no spam."""
    if not is_spam(violation):
        return None
    days = timedelta(days=value("penalty.spam_days", at))
    near = Penalty.objects.filter(
        shop=violation.shop_id,
        violation__rule_version__rule=violation.rule_version.rule_id,
        violation__act_at__gt=violation.act_at - days,
        violation__act_at__lt=violation.act_at + days,
    ).values_list("violation__act_at", "points")
    return rules.cap_left(value("penalty.spam_cap", at), days, violation.act_at, near)


def is_spam(violation: Violation) -> bool:
    """Tell whether an exam may take the place of the penalty: a rule about spam."""
    codes = value("penalty.spam_rules", violation.detected_at).split()
    return violation.rule_version.rule.code in codes


def holding(shop_id: int, now: datetime) -> tuple[list[str], str]:
    """Return what holds for a shop at ``now``: its measures, and the node of the penalty that runs.

    Of several running penalties only the heaviest counts (the longest of two alike); what our people
    have put or given counts beside it.
    """
    running = (
        Penalty.objects.filter(shop=shop_id, begun_at__lte=now, ended_at=None)
        .exclude(node="")
        .values_list("pk", "node", "until")
    )
    heaviest = max(
        running, key=lambda row: (rules.weight(row[1]), row[2] is None, row[2] or now), default=None
    )
    open_ones = Measure.objects.filter(shop=shop_id, ended_at=None, starts_at__lte=now)
    kinds = set(open_ones.filter(act__isnull=False).values_list("kind", flat=True))
    if heaviest is not None:
        kinds |= set(open_ones.filter(penalty=heaviest[0]).values_list("kind", flat=True))
    node = heaviest[1] if heaviest is not None else ""
    return [kind for kind in rules.MEASURES if kind in kinds], node


def banned_since(shop_id: int, now: datetime) -> datetime | None:
    """Return from when on nothing new of a shop is on the shelf: since the oldest ban that still runs."""
    bans = Measure.objects.filter(
        shop=shop_id, kind=rules.LISTING_BAN, ended_at=None, starts_at__lte=now
    ).filter(Q(act__isnull=False) | Q(penalty__begun_at__lte=now))
    since: datetime | None = bans.aggregate(since=Min("starts_at"))["since"]
    return since


def limits_of_shop(shop_id: int) -> list[str]:
    """Return the measures that hold for a shop now; empty for most."""
    row = ShopLimits.objects.filter(shop=shop_id).values_list("measures", flat=True).first()
    return list(row or [])


def points_of_shop(shop_id: int) -> dict[str, Decimal]:
    """Return a shop's points now, by class; classes without any are 0."""
    found = dict.fromkeys((rules.A, rules.B, rules.C), Decimal(0))
    rows = PointsBalance.objects.filter(shop=shop_id)
    return found | dict(rows.values_list("violation_class", "points"))


def act_limit(user: User, kind: str, at: datetime) -> int:
    """Return how many days of ``kind`` ``user`` decides alone at ``at``: the most of their roles."""
    limits = {str(role): value(f"shop_act.{kind}_{role.value}", at) for role in LIMITED_ROLES}
    return rules.limit_of(limits, user.roles if user.is_active else ())


def standing_of(penalty: Penalty) -> rules.Standing:
    """Return what is asked before a penalty ends."""
    return rules.Standing(
        penalty.until, penalty.corrected_at is not None, penalty.exam_passed_at is not None
    )


def may_appeal(penalty: Penalty, now: datetime) -> bool:
    """Tell whether a shop may file its one appeal now, or send the papers that are missing."""
    appeal = getattr(penalty, "appeal", None)
    if appeal is None:
        return now < penalty.appeal_until
    return appeal.state == AppealState.SENT_BACK and now < appeal.due_at


def trust_of_shop(shop: Shop, at: datetime) -> int:
    """Return a shop's trust at ``at`` by its penalties: a revoked one costs nothing, as if it had never been."""
    costing = Penalty.objects.filter(shop=shop.pk, points__gt=0, decided_at__lte=at)
    found = costing.aggregate(
        last=Max("decided_at"), points=Sum("points", filter=Q(decided_at__gt=at - TRUST_LOOKS_BACK))
    )
    since = found["last"] or shop.opened_at
    return rules.seller_trust(
        experience=experience_of(shop),
        clean_months=rules.full_months(since, at) if since else 0,
        points=found["points"] or Decimal(0),
    )
