"""Rollouts: decisions in process against a bare hash of the same run, exposures in batches against one by one.

``python manage.py bench rollout``. Checked in the same run: 10 % of 100,000 subjects are 10,000 ± 300,
widening keeps them, and every exposure that was noted is in the table, once.
"""

import hashlib
import statistics
import time
from collections.abc import Callable
from datetime import UTC, datetime

from bench.report import Failed, Result

SUBJECTS = 100_000
NOW = datetime(2026, 11, 20, tzinfo=UTC)


def run(*, quick: bool = False, rounds: int = 0) -> Result:
    """Measure both and return the figures. Raises ``Failed`` when a share is off or a row is lost."""
    import django

    django.setup()
    rounds = max(rounds, 3)
    keys = [f"member:{number}" for number in range(1, SUBJECTS + 1)]
    decisions, bare = _decisions(keys, rounds)
    rows, count = _exposures(keys[: 5_000 if quick else 20_000], 500 if quick else 2_000)
    return Result(
        bench="rollout",
        ours=round(decisions),
        baseline=round(bare),
        ratio=round(decisions / bare, 3),
        unit="decisions/s in process, against bare SHA-256 of the same subjects",
        detail={"subjects": SUBJECTS, "in_of_ten_percent": count, **rows},
    )


def _decisions(keys: list[str], rounds: int) -> tuple[float, float]:
    from apass.rollouts.rules import Plan, StageRule, Subject, decide

    stage = StageRule("share", share=1000)
    plan = Plan("bench", "bench", "member", "running", 1, (stage,))
    subjects = [Subject(key) for key in keys]
    taken: dict[str, list[float]] = {"ours": [], "bare": []}
    for _round in range(rounds):
        taken["ours"].append(_seconds(lambda: [decide(plan, one, NOW) for one in subjects]))
        taken["bare"].append(
            _seconds(
                lambda: [
                    int.from_bytes(hashlib.sha256(f"bench:{key}".encode()).digest()[:6]) % 10_000
                    for key in keys
                ]
            )
        )
    return tuple(len(keys) / statistics.median(taken[side]) for side in ("ours", "bare"))  # type: ignore[return-value]


def _exposures(keys: list[str], few: int) -> tuple[dict[str, float], int]:
    from django.db import connection, transaction

    from apass.models import Exposure, Rollout
    from apass.rollouts.exposures import Notebook, Noted
    from apass.rollouts.rules import bucket

    ten = {n for n in range(1, SUBJECTS + 1) if bucket("bench", f"member:{n}") < 1000}
    thirty = {n for n in range(1, SUBJECTS + 1) if bucket("bench", f"member:{n}") < 3000}
    if abs(len(ten) - 10_000) > 300 or not ten < thirty:
        raise Failed(f"10 % of {SUBJECTS:,} are {len(ten):,}, or widening let some go")
    with transaction.atomic():
        rollout = Rollout.objects.create(
            code="bench", name="bench", kind="feature", subject_kind="member", salt="b", made_at=NOW
        )
        book = Notebook()
        book.starts_thread = False
        noting = _seconds(
            lambda: [book.note(Noted(rollout.pk, key, "treated", 1, NOW)) for key in keys],
            wall=True,
        )
        batched = _seconds(book.flush, wall=True)
        if Exposure.objects.filter(rollout=rollout).count() != len(keys):
            raise Failed("exposures were lost")
        Exposure.objects.filter(rollout=rollout).delete()

        def one_by_one() -> None:
            with connection.cursor() as cursor:
                for key in keys[:few]:
                    cursor.execute(
                        "INSERT INTO apass_exposure (rollout_id, subject, arm, stage, at)"
                        " VALUES (%s, %s, 'treated', 1, %s) ON CONFLICT DO NOTHING",
                        [rollout.pk, key, NOW],
                    )

        single = _seconds(one_by_one, wall=True)
        transaction.set_rollback(True)
    rates = {
        "notes_per_second": round(len(keys) / noting),
        "rows_per_second_batched": round(len(keys) / batched),
        "rows_per_second_one_by_one": round(few / single),
        "batched_over_one_by_one": round((len(keys) / batched) / (few / single), 1),
        "lost": 0,
    }
    return rates, len(ten)


def _seconds(work: Callable[[], object], *, wall: bool = False) -> float:
    """Return the seconds of ``work``: of the processor, or on the wall where the database works too."""
    clock = time.perf_counter if wall else time.process_time
    begun = clock()
    work()
    return clock() - begun
