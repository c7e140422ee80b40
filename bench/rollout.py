"""Rollouts: decisions in process against a bare hash of the same run, exposures in batches against one by one.

``python manage.py bench rollout``. Every round measures all sides, one after the other: decisions of
100,000 subjects by a share (processor time) against the bare SHA-256 that draws their place, and the
same exposures noted and written in batches against one statement each (time on the wall, for the
database works too). Checked in the same run: 10 % of 100,000 subjects are 10,000 ± 300, widening keeps
them, every exposure that was noted is in the table, once, and deciding about somebody on the path of a
request asks the database nothing. The bars stand beside what was measured; ``bars_met`` says which are.
"""

import hashlib
import statistics
import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from bench.house import scratch_database
from bench.report import Failed, Result

SUBJECTS = 100_000
NOW = datetime(2026, 11, 20, tzinfo=UTC)
LOWEST_RATIO = 0.25
"""Of the bare hash: what a decision adds to it is less than three hashes more."""
LEAST_BATCHED = 3
"""How many times faster a batch is written than its rows one by one."""


def run(*, quick: bool = False, rounds: int = 0) -> Result:
    """Measure all sides in turns. Raises ``Failed`` when a share is off, a row is lost or a query is asked."""
    rounds = max(rounds, 3 if quick else 5)
    keys = [f"member:{number}" for number in range(1, SUBJECTS + 1)]
    sides: dict[str, list[float]] = {
        name: [] for name in ("decide", "bare", "note", "batched", "single")
    }
    with scratch_database(), _Trial() as trial:
        count = _shares()
        trial.asks_nothing()
        for _round in range(rounds):
            _decisions(keys, sides)
            trial.exposures(keys[: 5_000 if quick else 20_000], 500 if quick else 2_000, sides)
    rate = {name: statistics.median(found) for name, found in sides.items()}
    ratio, batched = rate["decide"] / rate["bare"], rate["batched"] / rate["single"]
    return Result(
        bench="rollout",
        ours=round(rate["decide"]),
        baseline=round(rate["bare"]),
        ratio=round(ratio, 3),
        unit="decisions/s in process, against bare SHA-256 of the same subjects",
        detail={
            "rounds": rounds,
            "subjects": SUBJECTS,
            "in_of_ten_percent": count,
            "bar_ratio": LOWEST_RATIO,
            "notes_per_second": round(rate["note"]),
            "rows_per_second_batched": round(rate["batched"]),
            "rows_per_second_one_by_one": round(rate["single"]),
            "batched_over_one_by_one": round(batched, 1),
            "bar_batched_over_one_by_one": LEAST_BATCHED,
            "bars_met": {
                "ratio": ratio >= LOWEST_RATIO,
                "batched_over_one_by_one": batched >= LEAST_BATCHED,
            },
            "queries_on_the_path": 0,
            "lost": 0,
            "decisions_a_second_rounds": [round(one) for one in sides["decide"]],
            "bare_a_second_rounds": [round(one) for one in sides["bare"]],
            "batched_a_second_rounds": [round(one) for one in sides["batched"]],
        },
    )


def _shares() -> int:
    from apass.rollouts.rules import bucket

    places = {number: bucket("bench", f"member:{number}") for number in range(1, SUBJECTS + 1)}
    ten = {number for number, place in places.items() if place < 1000}
    thirty = {number for number, place in places.items() if place < 3000}
    if abs(len(ten) - 10_000) > 300 or not ten < thirty:
        raise Failed(f"10 % of {SUBJECTS:,} are {len(ten):,}, or widening let some go")
    return len(ten)


def _decisions(keys: list[str], sides: dict[str, list[float]]) -> None:
    from apass.rollouts.rules import Plan, StageRule, Subject, decide

    plan = Plan("bench", "bench", "member", "running", 1, (StageRule("share", share=1000),))
    subjects = [Subject(key) for key in keys]
    ours = _seconds(lambda: [decide(plan, one, NOW) for one in subjects])
    bare = _seconds(
        lambda: [
            int.from_bytes(hashlib.sha256(f"bench:{key}".encode()).digest()[:6]) % 10_000
            for key in keys
        ]
    )
    sides["decide"].append(len(keys) / ours)
    sides["bare"].append(len(keys) / bare)


class _Trial:
    """A rollout that is taken away again with all its exposures."""

    def __enter__(self) -> "_Trial":
        from django.db import transaction

        from apass.models import Rollout, RolloutStage

        self.transaction = transaction.atomic()
        self.transaction.__enter__()
        self.rollout = Rollout.objects.create(
            code="bench", name="bench", kind="feature", subject_kind="member", salt="b", made_at=NOW,
            state="running", reached=1, stage_since=NOW,
        )  # fmt: skip
        RolloutStage.objects.create(
            rollout=self.rollout, position=1, name="bench", kind="share", share=1000
        )
        return self

    def __exit__(self, *trouble: Any) -> None:
        from django.db import transaction

        from apass.rollouts import snapshot
        from apass.rollouts.exposures import notebook

        transaction.set_rollback(True)
        self.transaction.__exit__(*trouble)
        notebook.forget()
        snapshot.forget()

    def asks_nothing(self) -> None:
        """Let a thousand meet the rollout as a door does; nothing may be asked of the database."""
        from django.db import connection

        from apass.rollouts.deciding import meet
        from apass.rollouts.exposures import notebook
        from apass.rollouts.rules import Subject
        from apass.rollouts.snapshot import plan_of

        # What waits is taken away with the trial: no thread may write it meanwhile.
        notebook.starts_thread = False
        if plan_of("bench") is None:
            raise Failed("the rollout was not found")

        def refuse(*_asked: Any) -> None:
            raise Failed("a decision on the path of a request asked the database")

        with connection.execute_wrapper(refuse):
            found = [meet("bench", Subject(f"member:{n}"), now=NOW) for n in range(1000)]
        if notebook.waiting != len([one for one in found if one.arm]):
            raise Failed("somebody who met the rollout was not noted")
        notebook.forget()

    def exposures(self, keys: list[str], few: int, sides: dict[str, list[float]]) -> None:
        """Note and write ``keys`` in batches, then ``few`` of them one by one."""
        from django.db import connection

        from apass.models import Exposure
        from apass.rollouts.exposures import Notebook, Noted

        rows = Exposure.objects.filter(rollout=self.rollout)
        rows.delete()
        book = Notebook()
        book.starts_thread = False
        noted = [Noted(self.rollout.pk, key, "treated", 1, NOW) for key in keys]
        sides["note"].append(
            len(keys) / _seconds(lambda: [book.note(one) for one in noted], wall=True)
        )
        sides["batched"].append(len(keys) / _seconds(book.flush, wall=True))
        if rows.count() != len(keys):
            raise Failed("exposures were lost")
        rows.delete()

        def one_by_one() -> None:
            with connection.cursor() as cursor:
                for key in keys[:few]:
                    cursor.execute(
                        "INSERT INTO apass_exposure (rollout_id, subject, arm, stage, at)"
                        " VALUES (%s, %s, 'treated', 1, %s) ON CONFLICT DO NOTHING",
                        [self.rollout.pk, key, NOW],
                    )

        sides["single"].append(few / _seconds(one_by_one, wall=True))


def _seconds(work: Callable[[], object], *, wall: bool = False) -> float:
    """Return the seconds of ``work``: of the processor, or on the wall where the database works too."""
    clock = time.perf_counter if wall else time.process_time
    begun = clock()
    work()
    return clock() - begun
