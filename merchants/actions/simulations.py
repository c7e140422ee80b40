"""Trying a rule out on what happened: asked by a person, run in the background, kept with who and when."""

import logging
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta

from django.db import connection, transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from common.errors import DomainError
from common.history import record
from common.parameters import value
from common.rights import require_right
from merchants.actions.rule_moves import ABOUT, MANAGE
from merchants.models import RuleSimulation, RuleVersion, SimulationState
from merchants.rulebook.rules import Spared
from merchants.rulebook.simulating import TABLE, Totals, count_hits, keep_hits
from merchants.rulebook.vocabulary import source_named

log = logging.getLogger(__name__)

MOST_SECONDS = 600
_LOCK = 0x78_69_61_6F_21


@transaction.atomic
def ask_simulation(
    version: RuleVersion, *, days: int, by: User, reason: str = "", now: datetime | None = None
) -> RuleSimulation:
    """Have a version's condition asked of the last ``days`` days, by the clock, in a moment.

    Raises ``forbidden``, ``simulation.no_condition``, ``simulation.days``, ``simulation.waiting``.
    """
    require_right(by, MANAGE)
    version = RuleVersion.objects.select_for_update().get(pk=version.pk)
    if not version.condition:
        raise DomainError("simulation.no_condition", _("This version has no condition to try out."))
    most = value("rules.simulation_days_most")
    if not 1 <= days <= most:
        raise DomainError(
            "simulation.days", _("Look back 1 to %(most)s days.") % {"most": most}, most=most
        )
    if version.simulations.filter(state__in=["waiting", "running"]).exists():
        raise DomainError("simulation.waiting", _("A simulation of it is under way already."))
    moment = now or timezone.now()
    asked = RuleSimulation.objects.create(
        version=version, days=days, condition=version.condition, exceptions=version.exceptions,
        asked_by=by, asked_at=moment, reason=reason, since=moment - timedelta(days=days),
        until=moment,
    )  # fmt: skip
    record(version, "rule.simulation_asked", by=by, after={"days": days}, reason=reason, at=now)
    return asked


def run_waiting() -> int:
    """Run the simulations that wait, the oldest first; return how many. Two clocks never run one twice.

    One that was under way when its clock died is run again: nothing of it was kept.
    """
    with _mine() as mine:
        if not mine:
            return 0
        waiting = RuleSimulation.objects.filter(state__in=["waiting", "running"]).order_by("id")
        ran = 0
        for simulation in waiting:
            run_simulation(simulation)
            ran += 1
        return ran


def run_simulation(simulation: RuleSimulation) -> RuleSimulation:
    """Run one simulation and keep what it hit; what cannot be run is kept with the reason."""
    begun = RuleSimulation.objects.filter(pk=simulation.pk)
    begun.update(state=SimulationState.RUNNING)
    began = time.monotonic()
    try:
        totals = _run(simulation)
    except DomainError as refused:
        begun.update(state=SimulationState.FAILED, trouble=refused.message)
    except Exception:
        # Kept as failed: the page says so, and the clock does not try for ever.
        log.exception("simulation %s could not be run", simulation.pk)
        begun.update(
            state=SimulationState.FAILED, trouble=str(_("Something went wrong; it is in the log."))
        )
    else:
        begun.update(
            state=SimulationState.DONE, looked_at=totals.looked_at, hits=totals.hits,
            spared=totals.spared, money=totals.money, shops=totals.shops,
            seconds=round(time.monotonic() - began, 3),
        )  # fmt: skip
    simulation.refresh_from_db()
    return simulation


@transaction.atomic
def _run(simulation: RuleSimulation) -> Totals:
    source = source_named(ABOUT)
    if source is None or simulation.since is None or simulation.until is None:
        raise DomainError("simulation.no_source", _("There is nothing to try it out on."))
    spared = [Spared.of(one) for one in simulation.exceptions]
    with connection.cursor() as cursor:
        cursor.execute(f"SET LOCAL statement_timeout = '{MOST_SECONDS}s'")
        totals = count_hits(
            cursor, source, simulation.condition, spared, simulation.since, simulation.until
        )
        simulation.rows.all().delete()
        keep_hits(cursor, simulation.pk)
        # At the end of the transaction it would go by itself; two in one transaction need it gone.
        cursor.execute(f"DROP TABLE {TABLE}")
    return totals


@contextmanager
def _mine() -> Iterator[bool]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(%s)", [_LOCK])
        mine = bool(cursor.fetchone()[0])
    try:
        yield mine
    finally:
        if mine:
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_advisory_unlock(%s)", [_LOCK])
