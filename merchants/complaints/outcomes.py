"""What may follow when a flagged member meets a vulnerable shop: a registry of figures, told by who has them.

``met`` is a relation (flag_id, member_id, shop_id, since, until): each flagged member and shop of the
measurement, and the time in which what follows is counted. A figure is a SELECT over it of two columns,
the flag and a number; flags without a row have nothing.
"""

from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext_lazy as _


@dataclass(frozen=True)
class Outcome:
    """One figure: fewer is better. ``is_money`` for amounts in yuan."""

    key: str
    label: Any
    sql: str
    is_money: bool = False


_outcomes: dict[str, Outcome] = {}


def declare_outcome(outcome: Outcome) -> Outcome:
    """Add a figure to the measurement of flags."""
    _outcomes[outcome.key] = outcome
    return outcome


def outcomes() -> list[Outcome]:
    """Return every figure there is, in the order they were declared."""
    return list(_outcomes.values())


declare_outcome(
    Outcome(
        "bad_reviews",
        _("Negative reviews"),
        "SELECT met.flag_id, count(*) FROM met JOIN merchants_rating r ON r.member_id = met.member_id "
        "AND r.shop_id = met.shop_id AND r.rated_at >= met.since AND r.rated_at < met.until "
        "WHERE r.grade = -1 AND r.withdrawn_at IS NULL GROUP BY met.flag_id",
    )
)
declare_outcome(
    Outcome(
        "complaints",
        _("Complaints about reviews"),
        "SELECT met.flag_id, count(*) FROM met JOIN merchants_reviewcomplaint c "
        "ON c.member_id = met.member_id AND c.shop_id = met.shop_id AND c.filed_at >= met.since "
        "AND c.filed_at < met.until GROUP BY met.flag_id",
    )
)
