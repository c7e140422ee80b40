"""Points of shops: posted, replayed, cleared at the year's end. The ledger is the truth, balances its sums."""

from datetime import date, datetime
from decimal import Decimal

from django.db import connection, transaction
from django.utils import timezone

from common.deadlines import set_deadline
from common.history import record
from common.rules import midnight, shanghai_day
from merchants.actions.cases import YEAR_END_GATE
from merchants.models import Penalty, PointsBalance, PointsCause, PointsClearing, PointsEntry
from merchants.queries.penalties import clearing_at

CLEARING = "points.clearing"


def balance_of(shop_id: int, violation_class: str, now: datetime) -> PointsBalance:
    """Return the balance of a held shop, cleared of the years that are over: the clock may be late."""
    last = shanghai_day(now).year - 1
    balance, _made = PointsBalance.objects.select_for_update().get_or_create(
        shop_id=shop_id, violation_class=violation_class, defaults={"cleared_through": last}
    )
    for year in range(balance.cleared_through + 1, last + 1):
        at = end_of(year)
        left = clearing_at(at).kept(violation_class, balance.points) - balance.points
        if left:
            _post(balance, left, PointsCause.CLEARING, str(year), None, at)
        balance.cleared_through = year
    balance.save(update_fields=["cleared_through"])
    return balance


def post_points(
    balance: PointsBalance, points: Decimal, cause: str, key: str, penalty: Penalty, now: datetime
) -> None:
    """Move the points of a balance that was got by :func:`balance_of`; nothing when there are none."""
    if points:
        _post(balance, points, cause, key, penalty, now)


def end_of(year: int) -> datetime:
    """Return 12-31 at 24:00 in Shanghai."""
    return midnight(date(year + 1, 1, 1))


@transaction.atomic
def clear_points(year: int, *, now: datetime | None = None) -> PointsClearing | None:
    """Clear the points of ``year`` of all shops, in two statements however many; a second run does nothing.

    None while the year is not over. The years before it are cleared with it when they were missed.
    """
    now = now or timezone.now()
    if end_of(year) > now:
        return None
    with connection.cursor() as cursor:
        # Who decides about points of the old year at this moment comes first.
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [YEAR_END_GATE])
    done = PointsClearing.objects.filter(pk=year).first()
    if done is not None:
        return done
    lowest = (
        PointsBalance.objects.filter(cleared_through__lt=year)
        .order_by("cleared_through")
        .values_list("cleared_through", flat=True)
        .first()
    )
    moved = 0
    for one in range(year if lowest is None else lowest + 1, year + 1):
        moved = _clear(one)
    done = PointsClearing.objects.create(year=year, at=end_of(year), done_at=now, shops=moved)
    record(done, "points.cleared", by=None, after={"year": year, "shops": moved}, at=now)
    return done


def set_clearing(now: datetime) -> None:
    """Set the timer of this year's end, and make up for last year's when it was missed."""
    year = shanghai_day(now).year
    clear_points(year - 1, now=now)
    set_deadline(CLEARING, str(year), end_of(year))


# One statement: what stays is computed once, and entries and balances cannot differ.
_CLEAR = """
WITH kept AS (
    SELECT id, shop_id, violation_class, points,
           CASE WHEN violation_class = 'B' AND points >= %(b_stays)s THEN points
                WHEN violation_class = 'C' AND points >= %(c_stays)s THEN points
                WHEN violation_class = 'C' AND points >= %(c_from)s THEN %(c_carried)s
                ELSE 0 END AS left_over
      FROM merchants_pointsbalance
     WHERE cleared_through = %(year)s - 1
       FOR NO KEY UPDATE
), posted AS (
    INSERT INTO merchants_pointsentry (shop_id, violation_class, points, cause, cause_key, at)
    SELECT shop_id, violation_class, left_over - points, 'clearing', %(year)s::text, %(at)s
      FROM kept WHERE left_over <> points
    ON CONFLICT (shop_id, violation_class, cause, cause_key) DO NOTHING
    RETURNING 1
), cleared AS (
    UPDATE merchants_pointsbalance b
       SET points = kept.left_over, cleared_through = %(year)s
      FROM kept WHERE kept.id = b.id
)
SELECT count(*) FROM posted
"""


def _clear(year: int) -> int:
    at = end_of(year)
    what = clearing_at(at)
    with connection.cursor() as cursor:
        cursor.execute(
            _CLEAR,
            {
                "year": year,
                "at": at,
                "b_stays": what.b_stays_from,
                "c_stays": what.c_stays_from,
                "c_from": what.c_carries_from,
                "c_carried": what.c_carried,
            },
        )
        return int(cursor.fetchone()[0])


def _post(
    balance: PointsBalance,
    points: Decimal,
    cause: str,
    key: str,
    penalty: Penalty | None,
    at: datetime,
) -> None:
    PointsEntry.objects.create(
        shop_id=balance.shop_id,
        violation_class=balance.violation_class,
        points=points,
        cause=cause,
        cause_key=key,
        penalty=penalty,
        at=at,
    )
    balance.points += points
    balance.save(update_fields=["points"])
