"""The life of an APASS membership: states, moves, checks and moments. Nothing here asks the clock."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from common.rules import SHANGHAI, midnight_after, shanghai_day

CANDIDATE, APPROVED, INVITED = "candidate", "approved", "invited"
ACTIVE, REVIEW = "active", "review"
LAPSED, REJECTED, DECLINED = "lapsed", "rejected", "declined"
EXPIRED, DROPPED = "expired", "dropped"

MOVES: dict[str, frozenset[str]] = {
    # A friend's code makes an active one of whatever waits: the code is what counts.
    CANDIDATE: frozenset({APPROVED, REJECTED, DROPPED, ACTIVE}),
    APPROVED: frozenset({INVITED, REJECTED, DROPPED, ACTIVE}),
    INVITED: frozenset({ACTIVE, DECLINED, EXPIRED, DROPPED}),
    ACTIVE: frozenset({REVIEW, DROPPED}),
    # Renewed is active again, in the next term.
    REVIEW: frozenset({ACTIVE, LAPSED, DROPPED}),
    LAPSED: frozenset(),
    REJECTED: frozenset(),
    DECLINED: frozenset(),
    EXPIRED: frozenset(),
    DROPPED: frozenset(),
}
"""From which state one comes to which."""

OPEN = frozenset(state for state, moves in MOVES.items() if moves)
"""States with a clock; a member has one membership in any of them at a time."""

RUNNING = frozenset({ACTIVE, REVIEW})
"""States in which a member is one of APASS."""

NOT_ASKED_AGAIN = frozenset({REJECTED, DECLINED, EXPIRED, LAPSED})
"""Ends after which the list leaves a member in peace for a while."""

VALUE, CREDIT, SPENT, REAL_NAME, HONEST = "value", "credit", "spent", "real_name", "honest"

FRAUD_CAUSES = ("recoup_overdue", "false_return")
"""Causes of bad score entries that are a flag of fraud while they are young and not taken back."""
FRAUD_DAYS = 365

MOMENT = timedelta(microseconds=1)
"""What lies between the end of a day and the next one."""


def may_move(before: str, after: str) -> bool:
    """Tell whether a membership goes from ``before`` to ``after``."""
    return after in MOVES[before]


def sources(after: str) -> list[str]:
    """Return the states from which one comes to ``after``."""
    return sorted(state for state, moves in MOVES.items() if after in moves)


@dataclass(frozen=True)
class Needs:
    """What APASS asks of a member (service standard, section on member tiers)."""

    value: int
    credit: int
    spent: int


@dataclass(frozen=True)
class Figures:
    """What a member has: scores, twelve months' spending, a proved name, no flag of fraud."""

    value: int
    credit: int
    spent: Decimal
    real_name: bool
    honest: bool

    def plain(self) -> dict[str, Any]:
        """Return the figures as they are stored."""
        return {
            VALUE: self.value,
            CREDIT: self.credit,
            SPENT: str(self.spent),
            REAL_NAME: self.real_name,
            HONEST: self.honest,
        }

    @classmethod
    def of(cls, stored: Mapping[str, Any]) -> "Figures":
        """Return what :meth:`plain` stored."""
        return cls(
            value=int(stored[VALUE]),
            credit=int(stored[CREDIT]),
            spent=Decimal(stored[SPENT]),
            real_name=bool(stored[REAL_NAME]),
            honest=bool(stored[HONEST]),
        )


@dataclass(frozen=True)
class Check:
    """One thing that is asked: what the member has, what is needed (None: yes or no), and whether it is met."""

    name: str
    has: Decimal | int | bool
    needed: int | None
    met: bool


def checks(figures: Figures, needs: Needs) -> list[Check]:
    """Return every check with its figures, in the order people read them."""
    return [
        Check(VALUE, figures.value, needs.value, figures.value >= needs.value),
        Check(CREDIT, figures.credit, needs.credit, figures.credit >= needs.credit),
        Check(SPENT, figures.spent, needs.spent, figures.spent >= needs.spent),
        Check(REAL_NAME, figures.real_name, None, figures.real_name),
        Check(HONEST, figures.honest, None, figures.honest),
    ]


def missing(figures: Figures, needs: Needs) -> list[str]:
    """Return the names of the checks that are not met; none: the member qualifies."""
    return [check.name for check in checks(figures, needs) if not check.met]


def friend_misses(figures: Figures, credit: int) -> list[str]:
    """Return what keeps somebody from coming in by a friend's code: no spending is asked of them."""
    found = [] if figures.real_name else [REAL_NAME]
    if figures.credit < credit:
        found.append(CREDIT)
    return found if figures.honest else [*found, HONEST]


def end_of_day(moment: datetime, days: int) -> datetime:
    """Return 24:00 in Shanghai of the ``days``-th day after the day of ``moment``."""
    return midnight_after(shanghai_day(moment) + timedelta(days=days))


def next_term(ends_at: datetime, days: int) -> datetime:
    """Return the end of the term that follows one ending at ``ends_at``: ``days`` days on, at midnight."""
    return ends_at.astimezone(SHANGHAI) + timedelta(days=days)


def year_of(began_on: date, today: date) -> tuple[date, date]:
    """Return the first day of the running year of a membership, and of the next one.

    Years are counted from the day it began; one that began on the 29th of February turns on the
    1st of March in common years.
    """
    turned = _turn(began_on, today.year)
    if turned > today:
        return _turn(began_on, today.year - 1), turned
    return turned, _turn(began_on, today.year + 1)


def _turn(began_on: date, year: int) -> date:
    try:
        return began_on.replace(year=year)
    except ValueError:
        return date(year, 3, 1)


CODE_GROUP = 4
SELECTOR_LENGTH, SECRET_LENGTH = 6, 10
ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
"""Letters and digits of a code (Crockford's: no I, L, O, U)."""


def written_code(selector: str, secret: str) -> str:
    """Return a code as people read it: groups of four."""
    whole = selector + secret
    return "-".join(whole[i : i + CODE_GROUP] for i in range(0, len(whole), CODE_GROUP))


def parts_of_code(typed: str) -> tuple[str, str] | None:
    """Return selector and secret of a typed code, already upper case and bare; None when it is none.

    O is read as 0, I and L as 1, as they look.
    """
    read = typed.translate(str.maketrans("OIL", "011"))
    if len(read) != SELECTOR_LENGTH + SECRET_LENGTH or set(read) - set(ALPHABET):
        return None
    return read[:SELECTOR_LENGTH], read[SELECTOR_LENGTH:]
