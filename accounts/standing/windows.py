"""By which rules, and from which months on, the stored totals are."""

from dataclasses import asdict, dataclass
from datetime import date, datetime
from typing import Any

from accounts.models import StandingRun
from accounts.standing import rules
from accounts.standing.numbers import InForce, rules_at, rules_of


@dataclass(frozen=True)
class Windows:
    """By which rules and from which months the stored totals are: those of the last run."""

    rules: InForce
    settled_on: date

    @property
    def value_from(self) -> date:
        """The oldest month that counts for value and activity."""
        numbers = self.rules.numbers
        return rules.first_month(self.settled_on, numbers.window_months, numbers)

    @property
    def credit_from(self) -> date:
        """The oldest month that counts for credit."""
        numbers = self.rules.numbers
        return rules.first_month(self.settled_on, numbers.credit_months, numbers)

    @property
    def oldest(self) -> date:
        """The oldest month that counts for anything."""
        return min(self.value_from, self.credit_from)

    def given(self, now: datetime, *, settling: bool = False, why: str = "") -> dict[str, Any]:
        """Return the parameters of the statements."""
        return asdict(self.rules.numbers) | {
            "version": self.rules.version,
            "value_from": self.value_from,
            "credit_from": self.oldest,
            "now": now,
            "settling": settling,
            "why": why,
        }


def windows(now: datetime) -> Windows:
    """Return the windows of the stored totals; before the first run those of ``now``."""
    last = last_run()
    if last is None:
        in_force = rules_at(now)
        day = now.astimezone(rules.SHANGHAI).date()
        return Windows(in_force, rules.settled_on(day, in_force.numbers))
    return Windows(rules_of(last.rules_version), last.settled_on)


def last_run() -> StandingRun | None:
    """Return the run that came last, or None in a new house."""
    return StandingRun.objects.order_by("-pk").first()
