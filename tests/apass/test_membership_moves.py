"""Any sequence of moves: no state without its clock, no member with two memberships."""

import contextlib
from datetime import timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from accounts.models import MemberStanding
from apass import actions
from apass.actions.moves import DUE
from apass.membership import rules
from apass.models import Membership
from common.errors import DomainError
from common.models import Deadline
from tests.apass.casts import (
    NOW,
    WHY,
    give_figures,
)

pytestmark = pytest.mark.django_db

STEPS = (
    "approve",
    "reject",
    "invite",
    "accept",
    "decline",
    "renew",
    "lapse",
    "clock",
    "look",
    "propose",
)


def step(name: str, user, figures: bool, now):
    newest = Membership.objects.filter(member=user.member).order_by("-pk").first()
    given = {"by": None, "reason": WHY, "now": now}
    if name == "look":
        return actions.look_for_candidates(now)
    if name == "propose":
        return actions.propose(user.member, **given)
    if newest is None:
        return None
    match name:
        case "approve":
            return actions.approve(newest, **given)
        case "reject":
            return actions.reject(newest, **given)
        case "invite":
            return actions.invite(newest, by=None, now=now)
        case "accept":
            return actions.accept_invitation(newest, by=user, now=now)
        case "decline":
            return actions.decline_invitation(newest, by=user, now=now)
        case "renew":
            return actions.renew(newest, **given)
        case "lapse":
            return actions.let_lapse(newest, **given)
    return actions.advance(newest, now=newest.due_at or now)


@settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(st.lists(st.tuples(st.sampled_from(STEPS), st.booleans()), min_size=4, max_size=14))
def test_no_state_is_without_its_clock_and_no_member_has_two(mei, steps):
    Membership.objects.all().delete()
    Deadline.objects.all().delete()
    now = NOW
    for name, fits in steps:
        give_figures(mei, value=2600 if fits else 10)
        before = {row.pk: row.state for row in Membership.objects.all()}
        with contextlib.suppress(DomainError):
            step(name, mei, fits, now)
        rows = list(Membership.objects.filter(member=mei.member))
        still_open = [row for row in rows if row.state in rules.OPEN]
        assert len(still_open) <= 1
        running = set(
            Deadline.objects.filter(kind=DUE, done_at=None).values_list("subject_id", "due_at")
        )
        assert running == {(str(row.pk), row.due_at) for row in still_open}
        for row in rows:
            was = before.get(row.pk, row.state)
            # A term may end and the next one begin within one turn of the clock.
            assert row.state == was or rules.may_move(was, row.state)
        now = max([now, *(row.since for row in rows)]) + timedelta(minutes=1)
    assert MemberStanding.objects.filter(member=mei.member).exists()
