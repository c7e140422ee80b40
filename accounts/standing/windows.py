"""By which rules, and from which months on, the stored totals are or will be when a settling is through."""

from dataclasses import asdict, dataclass
from datetime import date, datetime
from typing import Any

from accounts.models import StandingRun
from accounts.standing import rules
from accounts.standing.numbers import InForce, rules_at, rules_of


@dataclass(frozen=True)
class Windows:
    """By which rules and from which months totals are computed: those of the newest run."""

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
            "credit_from": self.credit_from,
            "oldest": self.oldest,
            "now": now,
            "settling": settling,
            "why": why,
        }


def windows(now: datetime) -> Windows:
    """Return the windows of the newest run, also of a settling under way; before the first run those of ``now``.

    Whoever computes totals inside a transaction reads them after locking the member: a settling
    writes itself down before it looks at anybody.
    """
    newest = newest_run()
    if newest is None:
        in_force = rules_at(now)
        day = now.astimezone(rules.SHANGHAI).date()
        return Windows(in_force, rules.settled_on(day, in_force.numbers))
    return of_run(newest)


def of_run(run: StandingRun) -> Windows:
    """Return the windows of one run."""
    return Windows(rules_of(run.rules_version), run.settled_on)


def newest_run() -> StandingRun | None:
    """Return the run that began last, under way or finished; None in a new house."""
    return StandingRun.objects.order_by("-pk").first()
