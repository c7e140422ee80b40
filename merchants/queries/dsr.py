"""A shop's scores as people read them: where it stands, among whom, and what that is worth."""

from collections.abc import Iterable, Mapping
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from django.db.models import Q, Sum
from django.db.models.functions import Coalesce
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from common.parameters import value
from merchants.models import (
    Dimension,
    DSRDay,
    DSRSnapshot,
    PeerScore,
    RatingMove,
    Shop,
    ShopScore,
)
from merchants.models.dsr import of_e5
from merchants.penalties.rules import exposure
from merchants.queries.experience import experience_score
from merchants.queries.penalties import limits_of_shop
from merchants.ratings import rules
from merchants.ratings.numbers import credit_thresholds, traffic_numbers
from merchants.ratings.rules import Counted, Peers

SHORT = {"desc_match": "desc", "service_attitude": "service", "logistics_service": "logistics"}
STEP = Decimal("0.1")
MOST_DAYS = 400


def last_counted() -> DSRDay | None:
    """Return the last day whose scores were counted."""
    return DSRDay.objects.order_by("-day").first()


def snapshots_of(shop: Shop, days: Iterable[date]) -> list[DSRSnapshot]:
    """Return the snapshots of ``shop`` on ``days``, oldest first; days without one are left out."""
    keys = [DSRSnapshot.key(day, shop.pk) for day in days]
    return list(DSRSnapshot.objects.filter(pk__in=keys).order_by("pk"))


def counted_in(snapshot: DSRSnapshot | None, dimension: str) -> Counted:
    """Return sum and count of one dimension; nothing of no snapshot."""
    if snapshot is None:
        return Counted()
    short = SHORT[dimension]
    return Counted(getattr(snapshot, f"{short}_sum"), getattr(snapshot, f"{short}_count"))


def peers_on(day: date, category: str) -> dict[str, Peers]:
    """Return the peers of a category on a day, by dimension."""
    rows = PeerScore.objects.filter(day=day, category=category)
    return {row.dimension: _peers(row) for row in rows}


def _peers(row: PeerScore) -> Peers:
    mean, lowest, highest = map(of_e5, (row.mean_e5, row.lowest_e5, row.highest_e5))
    assert mean is not None
    assert lowest is not None
    assert highest is not None
    return Peers(mean, lowest, highest, row.shops)


def standing_card(shop: Shop, at: datetime) -> dict[str, Any]:
    """Return where ``shop`` stands as of the last counted day: scores, peers, credit, positive rate.

    A score of fewer ratings than ``dsr.min_ratings_display`` is "—"; formulas take the category's
    mean for it. Before the first count everything is unknown.
    """
    counted = last_counted()
    snapshot = None
    peers: dict[str, Peers] = {}
    if counted is not None:
        snapshot = next(iter(snapshots_of(shop, [counted.day])), None)
        peers = peers_on(counted.day, shop.category)
    rate = (
        None
        if snapshot is None
        else rules.positive_rate(snapshot.positive, snapshot.neutral, snapshot.negative)
    )
    level = rules.credit_level(snapshot.credit if snapshot else 0, credit_thresholds(at))
    return {
        "shop_no": shop.shop_no,
        "day": counted.day if counted else None,
        "window_days": counted.window_days if counted else value("dsr.window_days", at),
        "scores": [
            score_card(dimension, counted_in(snapshot, dimension), peers.get(dimension), at)
            for dimension in Dimension.values
        ],
        "positive_rate": None if rate is None else str(rate),
        "credit": {
            "points": level.points,
            "rank": level.rank,
            "step": level.step,
            "label": level_words(level),
            "next_at": level.next_at,
        },
    }


def score_card(
    dimension: str, counted: Counted, peers: Peers | None, at: datetime
) -> dict[str, Any]:
    """Return one dimension as people read it, beside its peers."""
    least = value("dsr.min_ratings_display", at)
    score = rules.mean(counted.total, counted.count)
    is_shown = score is not None and counted.count >= least
    word = ""
    gap = None
    if is_shown and score is not None and peers is not None:
        gap = rules.industry_gap(score, peers)
        word = rules.gap_word(gap, value("dsr.level_gap", at))
    return {
        "dimension": dimension,
        "label": str(Dimension(dimension).label),
        "score": rules.shown_score(score, counted.count, least),
        "exact": str(score) if is_shown else None,
        "ratings": counted.count,
        "peers_mean": None if peers is None else str(peers.mean),
        "gap": None if gap is None else str(gap.quantize(Decimal("0.0001"))),
        "against_peers": word,
        "against_peers_label": gap_words(word),
    }  # fmt: skip


def traffic_card(shop: Shop, at: datetime) -> dict[str, Any]:
    """Return what the score of ``shop`` is worth in search, and what a tenth more would bring.

    It is the experience score; until a shop has one, the mean of its three scores stands for it
    (``basis`` says which). The multiplier is a published function that never falls with the score. How
    many visitors it brings is not said: that takes an elasticity of traffic, which nothing here has measured.
    """
    own = experience_score(shop)
    scores = {} if own is not None else formula_scores(shop, at)
    return traffic_of(scores, at, experience=own, exposed=exposure_of(shop, at))


def traffic_of(
    scores: Mapping[str, Decimal | None],
    at: datetime,
    *,
    experience: Decimal | None,
    exposed: Decimal,
) -> dict[str, Any]:
    """Return what an experience score is worth in search, and what a tenth more would bring.

    Without one the mean of ``scores`` stands for it. ``exposed`` is by what measures multiply it.
    """
    numbers = traffic_numbers(at)
    basis = "experience" if experience is not None else "dsr"
    score = experience if experience is not None else rules.score_for_traffic(scores)
    card: dict[str, Any] = {
        "function": {
            "slope": str(numbers.slope),
            "neutral": str(numbers.neutral),
            "lowest": str(numbers.lowest),
            "highest": str(numbers.highest),
        },
        "basis": basis,
        "score": None,
        "multiplier": None,
        "step": str(STEP),
        "multiplier_after_step": None,
        "exposure": str(exposed),
        "weight": None,
        "sentence": _("There are too few ratings, here and among peers, to say a weight."),
    }
    if score is None:
        return card
    better = min(score + STEP, Decimal(5))
    now, then = rules.search_multiplier(score, numbers), rules.search_multiplier(better, numbers)
    words = {"to": f"{better:.2f}", "now": f"{now:.3f}", "then": f"{then:.3f}"}
    if numbers.slope:
        words["grows_from"] = f"{numbers.neutral + (numbers.lowest - 1) / numbers.slope:.2f}"
    said = _step_words(basis, better - score, now, then, numbers) % words
    if exposed != 1:
        said = _("%(said)s Measures on the shop multiply this weight by %(by)s now.") % {
            "said": said, "by": f"{exposed.normalize():f}",
        }  # fmt: skip
    return card | {
        "score": str(score),
        "multiplier": str(now),
        "step": str((better - score).quantize(score)),
        "multiplier_after_step": str(then),
        "weight": str(weighed(now, exposed)),
        "sentence": said,
    }


def _step_words(
    basis: str, step: Decimal, now: Decimal, then: Decimal, numbers: rules.TrafficNumbers
) -> str:
    """Say what one step more brings; above the highest score, and where the function is flat, nothing."""
    if basis == "experience" and not step:
        return _("Experience score %(to)s is the highest there is: weight in search %(now)s.")
    if step and now == then == rules.search_multiplier(Decimal(5), numbers):
        return _("The weight in search is %(now)s; more is not to be had by scores.")
    if step and now == then:
        return _("Up to %(grows_from)s the weight in search stays %(now)s; from there it grows.")
    if basis == "experience" and step < STEP:
        return _(
            "Experience score up to %(to)s, the highest there is: weight in search %(now)s → %(then)s."
        )
    if basis == "experience":
        return _("Experience score +0.1, to %(to)s: weight in search %(now)s → %(then)s.")
    if not step:
        return _("The score of %(to)s is the highest there is: it weighs %(now)s in search.")
    return _("A score of %(to)s would weigh %(then)s in search instead of %(now)s.")


def formula_scores(
    shop: Shop, at: datetime, own: dict[str, Counted] | None = None
) -> dict[str, Decimal | None]:
    """Return the scores formulas take: the shop's own, the category's mean where it has too few ratings.

    ``own`` are its sums and counts, those of the last counted day when left out.
    """
    counted = last_counted()
    if counted is None:
        return dict.fromkeys(Dimension.values)
    if own is None:
        snapshot = next(iter(snapshots_of(shop, [counted.day])), None)
        own = {dimension: counted_in(snapshot, dimension) for dimension in Dimension.values}
    return scores_of(own, peers_on(counted.day, shop.category), at)


def scores_of(
    counted: Mapping[str, Counted], peers: Mapping[str, Peers], at: datetime
) -> dict[str, Decimal | None]:
    """Return the scores formulas take of what was counted and of the peers."""
    least = value("dsr.min_ratings_display", at)
    found: dict[str, Decimal | None] = {}
    for dimension in Dimension.values:
        own = counted[dimension]
        if own.count >= least:
            found[dimension] = rules.mean(own.total, own.count)
        else:
            found[dimension] = peers[dimension].mean if dimension in peers else None
    return found


def exposure_of(shop: Shop, at: datetime) -> Decimal:
    """Return by what measures multiply a shop's weight: 0 while nobody finds it."""
    return exposure(limits_of_shop(shop.pk), value("shop_act.boost", at))


def weighed(multiplier: Decimal, by: Decimal) -> Decimal:
    """Return what a shop weighs in search: its multiplier by scores, times what holds for it."""
    return (multiplier * by).quantize(Decimal("0.0001"))


def standing_now(shop: Shop) -> tuple[dict[str, Counted], int]:
    """Return a shop's sums by dimension and its credit with what changed since the last count.

    This is what the next count will say of the days counted so far: snapshots are written at night.
    """
    score = ShopScore.objects.filter(shop=shop).first()
    counted = last_counted()
    if score is None or counted is None:
        return {
            dimension: Counted() for dimension in Dimension.values
        }, score.credit if score else 0
    names = [f"{short}_{part}" for short in SHORT.values() for part in ("sum", "count")]
    first, _last = rules.window(counted.day, counted.window_days)
    moved = RatingMove.objects.filter(shop=shop.pk, applied_on=None).aggregate(
        **{f"{name}_": Coalesce(Sum(name, filter=Q(day__gte=first)), 0) for name in names},
        credit_=Coalesce(Sum("credit"), 0),
    )
    now = {name: getattr(score, name) + moved[f"{name}_"] for name in names}
    return (
        {
            dimension: Counted(now[f"{short}_sum"], now[f"{short}_count"])
            for dimension, short in SHORT.items()
        },
        score.credit + moved["credit_"],
    )


def trend(shop: Shop, *, days: int = 90, whole: bool = False) -> list[dict[str, Any]]:
    """Return the scores of ``shop`` on the last ``days`` counted days, oldest first, with its peers' means.

    Each has ``day``, and by dimension ``score`` and ``peers`` (five decimals, None where unknown). A
    score of fewer ratings than ``dsr.min_ratings_display`` is as unknown here as it is beside the line;
    the back office reads it ``whole``.
    """
    least = 0 if whole else value("dsr.min_ratings_display")
    counted = last_counted()
    if counted is None:
        return []
    span = [counted.day - timedelta(days=n) for n in range(min(days, MOST_DAYS))]
    peers: dict[tuple[date, str], Decimal | None] = {
        (row.day, row.dimension): of_e5(row.mean_e5)
        for row in PeerScore.objects.filter(day__in=span, category=shop.category)
    }
    return [
        {
            "day": row.day,
            **{
                dimension: {
                    "score": of_e5(getattr(row, f"{short}_e5"))
                    if getattr(row, f"{short}_count") >= least
                    else None,
                    "peers": peers.get((row.day, dimension)),
                }
                for dimension, short in SHORT.items()
            },
        }
        for row in snapshots_of(shop, span)
    ]


def gap_words(word: str) -> str:
    """Say where a shop stands among its peers."""
    return {
        rules.ABOVE: _("above peers"),
        rules.LEVEL: _("level with peers"),
        rules.BELOW: _("below peers"),
    }.get(word, "")


def level_words(level: rules.CreditLevel) -> str:
    """Say a credit level."""
    ranks = {
        "heart": pgettext("credit level", "hearts"),
        "diamond": pgettext("credit level", "diamonds"),
        "crown": pgettext("credit level", "crowns"),
        "golden_crown": pgettext("credit level", "golden crowns"),
    }
    if level.rank not in ranks:
        return _("no level yet")
    return _("%(step)s %(rank)s") % {"step": level.step, "rank": ranks[level.rank]}
