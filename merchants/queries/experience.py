"""A shop's experience score as people read it: parts, metrics, where it stands, what is missing; its warnings."""

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from fractions import Fraction
from typing import Any
from urllib.parse import quote

from django.db.models import FilteredRelation, OuterRef, Q, Subquery
from django.db.models.functions import JSONObject
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from common.cursors import as_number, decode_cursor, encode_cursor
from common.parameters import value
from common.rules import midnight, shanghai_day
from merchants.experience import rules
from merchants.experience.metrics import ShopMetric, shop_metric, shop_metrics
from merchants.experience.numbers import b_categories, bands_at, weights_at
from merchants.experience.parameters import NAMES
from merchants.experience.words import BANDS, amount_words, metric_words, said
from merchants.models import (
    ExperienceCount,
    ExperienceDay,
    ExperienceWarning,
    PeerMetric,
    Shop,
    WarningColour,
)

COUNTED = ("score", "preset", "category", "metrics")
RANKED, FEW, NONE, MISSING = "ranked", "few", "none", "missing"
"""Of a metric: it counts; too small a sample; no case of the shop's; no peer has any data."""


@dataclass(frozen=True)
class Counted:
    """What was counted of a shop on the last day: its score, or none."""

    day: date
    score: Decimal | None
    preset: str
    category: str
    metrics: int


def last_experience(shop: Shop) -> Counted | None:
    """Return what was counted of ``shop`` on the last day that was counted; None before the first. One query."""
    of_shop = ExperienceDay.objects.filter(day=OuterRef("day"), shop=shop)
    own = of_shop.values(
        own=JSONObject(score="score", preset="preset", category="category", metrics="metrics")
    )
    found = ExperienceCount.objects.order_by("-day").values_list("day", Subquery(own[:1])).first()
    if found is None:
        return None
    day, row = found
    return counted_of(shop, day, *((row or {}).get(name) for name in COUNTED))


def counted_of(
    shop: Shop,
    day: date,
    score: Decimal | float | str | None,
    preset: str | None,
    category: str | None,
    metrics: int | None,
) -> Counted:
    """Return what a row says; where there is none, the shop has no score, and the weights of its category."""
    if score is None or preset is None or category is None or metrics is None:
        own = "b" if shop.category in b_categories(midnight(day)) else "a"
        return Counted(day, None, own, shop.category, 0)
    return Counted(day, Decimal(str(score)).quantize(Decimal("0.01")), preset, category, metrics)


def experience_score(shop: Shop) -> Decimal | None:
    """Return the score of ``shop`` on the last counted day, None while it has none of its own."""
    counted = last_experience(shop)
    return counted.score if counted else None


def experience_card(shop: Shop, at: datetime) -> dict[str, Any]:
    """Return the experience score of ``shop`` with everything it is made of; two queries.

    Each part of the weights has its metrics, each metric the shop's value, the mean of its peers, how
    many of them do worse, and what stands for it when it does not count. ``missing`` names what nobody
    in the category has data of: it is left out, never 0.
    """
    counted = last_experience(shop)
    stood = {} if counted is None else _peers(shop, counted)
    at_day = at if counted is None else midnight(counted.day)
    preset = counted.preset if counted else "a"
    weights = weights_at(preset, at_day)
    day = shanghai_day(at) if counted is None else counted.day
    metrics = [_metric_card(one, stood.get(one.code), day) for one in shop_metrics()]
    weighted = rules.parts(
        [
            rules.Scored(row.dimension, getattr(row.own, "score_e5", None))
            for row in stood.values()
            if row.peers.shops
        ],
        weights,
        preset,
    )
    score = counted.score if counted else None
    missing = [card["label"] for card in metrics if card["state"] == MISSING]
    bands = bands_at(at)
    band = rules.band_of(score, bands) if score is not None else ""
    return {
        "shop_no": shop.shop_no,
        "day": counted.day if counted else None,
        "category": counted.category if counted else shop.category,
        "score": None if score is None else str(score),
        "band": band,
        "band_label": str(BANDS[band]) if band else "",
        "preset": preset,
        "own_metrics": counted.metrics if counted else 0,
        "is_trusted": score is not None and score >= value("experience.trusted", at),
        "sentence": _sentence(counted),
        "dimensions": [_part_card(one, preset, metrics) for one in weighted],
        "missing": missing,
        "missing_sentence": _("No data yet: %(names)s. They are left out until there are.")
        % {"names": _("; ").join(missing)}
        if missing
        else "",
    }


@dataclass(frozen=True)
class _Stood:
    peers: PeerMetric
    own: Any
    dimension: str


def _peers(shop: Shop, counted: Counted) -> dict[str, _Stood]:
    """Return the metrics of a category on a day, each with the shop's own where there is one. One query."""
    rows = (
        PeerMetric.objects.filter(day=counted.day, category=counted.category)
        .annotate(own=FilteredRelation("of_shops", condition=Q(of_shops__shop=shop)))
        .values_list(
            "pk", "metric", "dimension", "is_lower_better", "least", "shops", "mean",
            "own__value", "own__sample", "own__worse", "own__level", "own__score_e5",
        )
    )  # fmt: skip
    found = {}
    for pk, metric, dimension, lower, least, shops, mean, amount, sample, *ranked in rows:
        peers = PeerMetric(
            pk=pk, day=counted.day, category=counted.category, metric=metric,
            dimension=dimension, is_lower_better=lower, least=least, shops=shops, mean=mean,
        )  # fmt: skip
        own = None if amount is None else _Own(amount, sample, *ranked)
        found[metric] = _Stood(peers, own, dimension)
    return found


@dataclass(frozen=True)
class _Own:
    value: Decimal
    sample: int
    worse: int | None
    level: int | None
    score_e5: int | None


def _metric_card(metric: ShopMetric, stood: _Stood | None, day: date) -> dict[str, Any]:
    own: Any = stood.own if stood else None
    peers: Any = stood.peers if stood else None
    mean = peers.mean if peers else None
    state = MISSING
    if peers and peers.shops:
        state = NONE if own is None else FEW if own.score_e5 is None else RANKED
    place = None
    if state == RANKED and own is not None and peers is not None:
        place = rules.Place(own.worse, own.level, peers.shops - 1)
    score = None
    if state == RANKED and own is not None:
        score = Fraction(own.score_e5)
    elif state != MISSING:
        score = Fraction(rules.MEAN)
    return {
        "code": metric.code,
        "dimension": metric.dimension,
        "label": str(metric.label),
        "unit": metric.unit,
        "state": state,
        "value": None if own is None else str(own.value),
        "value_label": "—" if own is None else str(said(metric.unit, own.value)),
        "peers_mean": None if mean is None else str(mean),
        "peers_mean_label": "—" if mean is None else str(said(metric.unit, mean)),
        "is_lower_better": metric.is_lower_better,
        "peers": place.peers if place else None,
        "better_than": None if place is None else _share(place.worse, place),
        "level_with": None if place is None else _share(place.level, place),
        "sample": own.sample if own else 0,
        "least": peers.least if peers else None,
        "score": None if score is None else str(rules.two_decimals(score)),
        "sentence": _stands(state, own, peers, place),
        "how": str(metric.how),
        "how_url": metric.how_url,
        "window_days": metric.days_on(day),
        "delay_days": metric.delay_days,
    }


def _share(of: int, place: rules.Place) -> str | None:
    """Return so many peers in percent of all; None without any."""
    return f"{float(Fraction(of, place.peers) * 100):.0f}" if place.peers else None


def _stands(state: str, own: Any, peers: Any, place: rules.Place | None) -> str:
    """Say where a shop stands in one metric, or why it stands nowhere."""
    if place is not None:
        if not place.peers:
            return _(
                "No other shop of the category has enough cases: the middle stands for it, 4.00."
            )
        told = {
            "share": _share(place.worse, place), "level": _share(place.level, place),
            "n": place.peers,
        }  # fmt: skip
        if place.level:
            words = ngettext(
                "Better than %(share)s%% of %(n)s shop of the category, level with %(level)s%%.",
                "Better than %(share)s%% of %(n)s shops of the category, level with %(level)s%%.",
                place.peers,
            )
        else:
            words = ngettext(
                "Better than %(share)s%% of %(n)s shop of the category.",
                "Better than %(share)s%% of %(n)s shops of the category.",
                place.peers,
            )
        return words % told
    if state == FEW:
        return _(
            "%(n)s cases, fewer than %(least)s: too few to judge. The category's mean stands for it, 4.00."
        ) % {"n": own.sample, "least": peers.least}
    if state == NONE:
        return _("No cases in these days. The category's mean stands for it, 4.00.")
    return _("No data yet. It is left out, and its weight goes to the others.")


def _part_card(one: rules.Weighted, preset: str, metrics: list[dict[str, Any]]) -> dict[str, Any]:
    score = None if one.score is None else rules.two_decimals(one.score)
    return {
        "code": one.code,
        "label": str(NAMES[one.code]),
        "weight": one.weight,
        "share": None if score is None else f"{float(one.share * 100):.1f}",
        "score": None if score is None else str(score),
        "metrics": [
            card for card in metrics if rules.BUCKETS[preset][card["dimension"]] == one.code
        ],
    }


def _sentence(counted: Counted | None) -> str:
    if counted is None:
        return _("No day has been counted yet.")
    if counted.score is None:
        return _("Too few cases for a score of its own, in every metric.")
    return _("Experience score %(score)s, counted for %(day)s.") % {
        "score": counted.score,
        "day": f"{counted.day:%Y-%m-%d}",
    }


# --- Early warnings -------------------------------------------------------------------------------


def warnings_of(
    shop: Shop, at: datetime, *, cursor: str = "", limit: int = 20
) -> tuple[list[dict[str, Any]], str]:
    """Return a page of the early warnings of ``shop``, newest first, and the next cursor; one query.

    ``is_running`` says whether its days (``warning.days``) are not over at ``at``. Raises ``cursor.bad``.
    """
    rows = ExperienceWarning.objects.filter(shop=shop)
    if cursor:
        (last,) = decode_cursor(cursor, as_number)
        rows = rows.filter(pk__lt=last)
    found = list(rows.order_by("-pk")[: limit + 1])
    page = [_warning_card(shop, row, at) for row in found[:limit]]
    return page, encode_cursor([found[limit - 1].pk]) if len(found) > limit else ""


def _warning_card(shop: Shop, row: ExperienceWarning, at: datetime) -> dict[str, Any]:
    metric = shop_metric(row.metric)
    return {
        "metric": row.metric,
        "label": str(metric_words(row.metric)),
        "colour": row.colour,
        "colour_label": str(WarningColour(row.colour).label),
        "day": row.day,
        "value": str(row.value),
        "value_label": str(amount_words(row.metric, row.value)),
        "line": str(row.line),
        "line_label": str(amount_words(row.metric, row.line)),
        "gap": str(row.gap),
        "gap_label": str(amount_words(row.metric, abs(row.gap))),
        "rule": rule_words(row),
        "how": str(metric.how) if metric else how_words(row.metric),
        "how_url": of_shop(metric.how_url if metric else how_url(row.metric), shop),
        "at": row.at,
        "is_running": midnight(row.until) > at,
    }


def rule_words(row: ExperienceWarning) -> str:
    """Say the rule by which a shop was warned, with its line."""
    line = amount_words(row.metric, row.line)
    if row.metric.startswith("points"):
        words = _("%(colour)s warning from %(line)s towards a node.")
    elif row.metric == "dispute_refund_rate":
        words = _("%(colour)s warning above %(line)s, a multiple of the category's mean.")
    else:
        words = _("%(colour)s warning below %(line)s.")
    return words % {"colour": WarningColour(row.colour).label, "line": line}


def how_words(code: str) -> str:
    """Say what helps where no metric of the score does."""
    if code.startswith("points"):
        return _("See your cases: what may still be stated, appealed or mended.")
    return _("Answer kindly and soon; look at the reviews that scored service low.")


def of_shop(url: str, shop: Shop) -> str:
    """Let a link to the page of scores lead to those of ``shop``: one may work for several."""
    page = "/shop/score/"
    if not url.startswith(f"{page}#"):
        return url
    return f"{page}?shop={quote(shop.shop_no)}{url.removeprefix(page)}"


def how_url(code: str) -> str:
    """Return where help is found for what is no metric of the score."""
    return "/shop/violations/" if code.startswith("points") else "/shop/score/#ratings"
