"""One buyer's ratings of one shop in one month: held together, counted together."""

from datetime import date
from typing import Any

from django.db import connection

from merchants.models import Rating
from merchants.ratings import statements as sql
from merchants.ratings.numbers import month_numbers


def hold_pair(member_id: int, shop_id: int) -> None:
    """Let nobody else give or change a rating of this buyer and shop before this transaction ends.

    The table comes first: a file of ratings holds all of it, and must not meet a row already held.
    """
    with connection.cursor() as cursor:
        cursor.execute("LOCK TABLE merchants_rating IN ROW EXCLUSIVE MODE")
        cursor.execute(
            "SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))",
            [f"rating {member_id} {shop_id}"],
        )


def held(rating: Rating) -> Rating:
    """Hold ``rating`` and those beside it; return it as it is now."""
    hold_pair(rating.member_id, rating.shop_id)
    return Rating.objects.select_for_update().get(pk=rating.pk)


def next_number(member_id: int, shop_id: int, month: date) -> int:
    """Return the number of the next rating of this buyer, shop and month; the pair is held."""
    beside = Rating.objects.filter(member_id=member_id, shop_id=shop_id, month=month)
    newest = beside.order_by("-nth").values_list("nth", flat=True).first()
    return (newest or 0) + 1


def recount_pair(rating: Rating) -> None:
    """Say anew which ratings of the buyer, shop and month count, and what each brings; the pair is held."""
    numbers = month_numbers(rating.month)
    given: dict[str, Any] = {
        "member": rating.member_id,
        "shop": rating.shop_id,
        "month": rating.month,
        "most": numbers.ratings,
        "points_most": numbers.points,
    }
    with connection.cursor() as cursor:
        cursor.execute(sql.RECOUNT.format(touched=sql.ONE_PAIR), given)
