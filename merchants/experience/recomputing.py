"""Experience scores of the last day, computed from zero in Python from the metrics that were read."""

from collections import defaultdict
from collections.abc import Iterator
from datetime import date, datetime
from decimal import ROUND_HALF_UP, Decimal

from common.recompute import Difference, derive
from common.rules import midnight
from merchants.actions.experience import rank_again
from merchants.experience import rules
from merchants.experience.numbers import b_categories, weights_at
from merchants.models import ExperienceCount, ExperienceDay, PeerMetric, ShopMetricDay


def check(now: datetime) -> Iterator[Difference]:
    """Compare peers, ranks and scores of the last counted day with the rules."""
    last = ExperienceCount.objects.order_by("-day").first()
    if last is None:
        return
    peers: list[str] = []
    ranks: list[str] = []
    scores: list[str] = []
    categories = PeerMetric.objects.filter(day=last.day).values_list("category", flat=True)
    known = set(categories) | set(
        ExperienceDay.objects.filter(day=last.day).values_list("category", flat=True)
    )
    for category in sorted(known):
        scored: dict[int, dict[str, int | None]] = defaultdict(dict)
        rows = list(PeerMetric.objects.filter(day=last.day, category=category).order_by("metric"))
        for row in rows:
            wrong_mean, wrong_ranks = _unlike(row, scored)
            peers += [f"{row}"] * wrong_mean
            ranks += wrong_ranks
        scores += _unlike_scores(last.day, category, rows, scored)
    for where, wrong in (("peers", peers), ("ranks", ranks), ("scores", scores)):
        yield Difference(f"experience, {where} on {last.day}", len(wrong), "".join(wrong[:1]))


def mend(now: datetime) -> None:
    """Rank the last counted day again."""
    last = ExperienceCount.objects.order_by("-day").first()
    if last is not None:
        rank_again(last.day)


def _unlike(row: PeerMetric, scored: dict[int, dict[str, int | None]]) -> tuple[bool, list[str]]:
    """Return whether a category's mean differs, and the shops whose rank does; note their scores."""
    values: dict[int, Decimal] = {}
    stored: dict[int, tuple[int | None, int | None, int | None]] = {}
    for shop, value, sample, *ranked in ShopMetricDay.objects.filter(peers=row).values_list(
        "shop_id", "value", "sample", "worse", "level", "score_e5"
    ):
        stored[shop] = (ranked[0], ranked[1], ranked[2])
        if sample >= row.least:
            values[shop] = value
    mean = (
        (sum(values.values(), Decimal(0)) / len(values)).quantize(
            Decimal("0.000001"), ROUND_HALF_UP
        )
        if values
        else None
    )
    places = rules.places(values, lower_is_better=row.is_lower_better) if values else {}
    wrong = []
    for shop, found in stored.items():
        place = places.get(shop)
        score = None if place is None else rules.metric_score(place)
        said = (None, None, None) if place is None else (place.worse, place.level, score)
        scored[shop][row.metric] = score
        if found != said:
            wrong.append(f"shop {shop} {row.metric}")
    return (len(values), mean) != (row.shops, row.mean), wrong


def _unlike_scores(
    day: date, category: str, rows: list[PeerMetric], scored: dict[int, dict[str, int | None]]
) -> list[str]:
    at = midnight(day)
    preset = "b" if category in b_categories(at) else "a"
    weights = weights_at(preset, at)
    counted = [row for row in rows if row.shops]
    stored = dict(
        ExperienceDay.objects.filter(day=day, category=category).values_list("shop_id", "score")
    )
    wrong = []
    for shop in stored.keys() | scored.keys():
        own = scored.get(shop, {})
        score = None
        if any(one is not None for one in own.values()):
            of_it = [rules.Scored(row.dimension, own.get(row.metric)) for row in counted]
            score = rules.score_of(rules.parts(of_it, weights, preset))
        if stored.get(shop) != score:
            wrong.append(f"shop {shop}")
    return sorted(wrong)


derive("experience scores", check=check, mend=mend)
