"""The list of candidates: every night all members are looked over, in sets."""

import time
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Exists, OuterRef, Q, QuerySet

from accounts.models import MemberStanding
from apass.actions.moves import DUE
from apass.membership import rules
from apass.membership.queries import qualifying
from apass.models import CandidateRun, Membership, MembershipState, Origin
from common.deadlines import set_deadlines
from common.history import plain
from common.ids import uuid7
from common.models import Deadline, Event
from common.parameters import value
from common.rules import shanghai_day

CHUNK = 2_000
"""Candidates made or dropped in one transaction."""


def look_for_candidates(now: datetime) -> CandidateRun:
    """Put on the list who meets every check, take off it who does not any more; once a day.

    A transaction for each ``CHUNK``. A second call on one day finds what is new; the day keeps its count.
    """
    began = time.monotonic()
    dropped, found = _drop_all(now), _find_all(now)
    run, _made = CandidateRun.objects.update_or_create(
        on=shanghai_day(now),
        defaults={
            "at": now,
            "looked_at": MemberStanding.objects.count(),
            "found": found,
            "dropped": dropped,
            "seconds": round(time.monotonic() - began, 3),
        },
    )
    return run


def _find_all(now: datetime) -> int:
    after, found = 0, 0
    while True:
        rows = list(
            _unlisted(now)
            .filter(member_id__gt=after)
            .order_by("member_id")
            .values_list("member_id", "value", "credit", "spent")[:CHUNK]
        )
        if not rows:
            return found
        after = rows[-1][0]
        figures = {
            member: rules.Figures(points, credit, spent, real_name=True, honest=True)
            for member, points, credit, spent in rows
        }
        found += _find(figures, now)


def _unlisted(now: datetime) -> QuerySet[MemberStanding]:
    """Return the standing of those who qualify, have no open membership and were not asked lately."""
    lately: timedelta = value("apass.asked_again_after", now)
    known = Membership.objects.filter(
        Q(state__in=rules.OPEN) | Q(state__in=rules.NOT_ASKED_AGAIN, ended_at__gt=now - lately),
        member=OuterRef("member_id"),
    )
    return qualifying(now).filter(~Exists(known))


@transaction.atomic
def _find(figures: dict[int, rules.Figures], now: datetime) -> int:
    due_at = now + value("apass.candidate_waits", now)
    Membership.objects.bulk_create(
        [
            Membership(
                member_id=member,
                state=MembershipState.CANDIDATE,
                since=now,
                due_at=due_at,
                origin=Origin.LIST,
                figures=one.plain(),
                figures_at=now,
                made_at=now,
            )
            for member, one in figures.items()
        ],
        # Somebody may have been proposed, or come in by a friend's code, this very moment.
        ignore_conflicts=True,
    )
    made = list(
        Membership.objects.filter(
            member_id__in=list(figures), state=MembershipState.CANDIDATE, made_at=now,
            origin=Origin.LIST,
        )
    )  # fmt: skip
    set_deadlines(DUE, {str(one.pk): due_at for one in made})
    _write_lines(made, "membership.found", now, after={"state": MembershipState.CANDIDATE})
    return len(made)


def _drop_all(now: datetime) -> int:
    after, dropped = 0, 0
    while True:
        keys = list(
            Membership.objects.filter(
                state=MembershipState.CANDIDATE, origin=Origin.LIST, pk__gt=after
            )
            .order_by("pk")
            .values_list("pk", flat=True)[:CHUNK]
        )
        if not keys:
            return dropped
        after = keys[-1]
        dropped += _drop(keys, now)


@transaction.atomic
def _drop(keys: list[int], now: datetime) -> int:
    still = qualifying(now).filter(member_id=OuterRef("member_id"))
    gone = list(
        Membership.objects.select_for_update(of=("self",))
        .filter(~Exists(still), pk__in=keys, state=MembershipState.CANDIDATE)
        .order_by("pk")
    )
    ids = [one.pk for one in gone]
    Membership.objects.filter(pk__in=ids).update(
        state=MembershipState.DROPPED, since=now, due_at=None, ended_at=now
    )
    Deadline.objects.filter(kind=DUE, subject_id__in=[str(pk) for pk in ids], done_at=None).delete()
    _write_lines(gone, "membership.dropped", now, after={"state": MembershipState.DROPPED})
    return len(ids)


def _write_lines(
    rows: list[Membership], action: str, now: datetime, *, after: dict[str, str]
) -> None:
    Event.objects.bulk_create(
        Event(
            id=uuid7(now),
            at=now,
            action=action,
            subject_type=Membership._meta.label_lower,
            subject_id=str(one.pk),
            after=plain(after | {"figures": one.figures}),
        )
        for one in rows
    )
