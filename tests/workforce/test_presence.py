"""Presence with reasons, minutes by state, lost lines, and how many talks somebody carries."""

from datetime import timedelta

import pytest
from django.utils import timezone

from common import parameters
from common.deadlines import sweep
from common.errors import DomainError, Forbidden
from common.history import history_of
from common.models import Deadline
from common.parameters import set_value
from tests.tickets.casts import waiting
from tickets.actions.ownership import accept_conversation
from workforce import clock, rules
from workforce.actions import (
    set_capacity,
    set_level,
    set_presence,
    tell_lines,
    turn_away_lost,
)
from workforce.models import AgentLine, AgentStatus, Presence, PresenceSpan
from workforce.queries import capacities, minutes_of

pytestmark = pytest.mark.django_db

NOW = timezone.now().replace(microsecond=0)


def after(**time) -> object:
    return NOW + timedelta(**time)


def standing(user) -> tuple[str, str]:
    status = AgentStatus.objects.get(user=user)
    return status.presence, status.reason


def refused(code, verb, *args, **kwargs):
    with pytest.raises(DomainError) as refusal:
        verb(*args, **kwargs)
    assert refusal.value.code == code


@pytest.fixture
def there(bo):
    """Bo takes chats since an hour, with a line that was seen just now."""
    AgentStatus.objects.filter(user=bo).update(since=after(hours=-1))
    tell_lines("live@a:1", {bo.pk: 1}, now=NOW)
    return bo


# --- Reasons and minutes --------------------------------------------------------------------------


def test_a_presence_keeps_its_reason(bo):
    set_presence(bo, "meeting", why="team_meeting", by=bo)
    assert standing(bo) == ("meeting", "team_meeting")
    event = history_of(bo.agent_status).filter(action="presence.set").first()
    assert event.after == {"presence": "meeting", "reason": "team_meeting"}


@pytest.mark.parametrize(
    ("presence", "why"),
    [("online", "rest"), ("break", "course"), ("meeting", "nonsense"), ("away", rules.LINE_LOST)],
)
def test_a_reason_that_does_not_fit_is_refused(bo, presence, why):
    refused("presence.reason_unknown", set_presence, bo, presence, why=why, by=bo)
    assert standing(bo) == ("online", "")


def test_every_reason_of_the_rules_has_words_and_its_presence():
    for presence, reasons in rules.REASONS.items():
        assert presence in Presence.values
        assert all(rules.reason_fits(presence, why) for why in reasons)


def test_minutes_are_counted_by_presence(bo):
    AgentStatus.objects.filter(user=bo).update(since=after(minutes=-90))
    set_presence(bo, "break", why="rest", by=bo, now=after(minutes=-60))
    set_presence(bo, "online", by=bo, now=after(minutes=-45))
    set_presence(bo, "lunch", by=bo, now=after(minutes=-20))
    spent = minutes_of(bo, after(minutes=-80), NOW)
    assert spent == {"online": 20 + 25, "break": 15, "lunch": 20}
    spans = PresenceSpan.objects.filter(user=bo).order_by("began_at")
    assert [(s.presence, s.ended_at) for s in spans] == [
        ("online", after(minutes=-60)),
        ("break", after(minutes=-45)),
        ("online", after(minutes=-20)),
        ("lunch", None),
    ]


def test_who_has_not_moved_stands_as_the_status_says(bo):
    AgentStatus.objects.filter(user=bo).update(since=after(minutes=-30))
    assert minutes_of(bo, after(minutes=-10), NOW) == {"online": 10}


def test_the_same_again_changes_nothing(bo):
    set_presence(bo, "break", why="rest", by=bo)
    set_presence(bo, "break", why="rest", by=bo)
    assert PresenceSpan.objects.filter(user=bo, presence="break").count() == 1


# --- Lost lines -----------------------------------------------------------------------------------


@pytest.mark.parametrize(("seconds", "expected"), [(89, "online"), (90, "away"), (3600, "away")])
def test_who_lost_their_line_is_away_after_ninety_seconds(there, seconds, expected):
    tell_lines("live@a:1", {there.pk: 0}, now=NOW)
    turn_away_lost(now=after(seconds=seconds))
    assert standing(there)[0] == expected


def test_it_says_why_and_is_done_once(there):
    tell_lines("live@a:1", {there.pk: 0}, now=NOW)
    assert turn_away_lost(now=after(seconds=95)) == 1
    assert turn_away_lost(now=after(seconds=105)) == 0
    assert standing(there) == ("away", rules.LINE_LOST)
    (event,) = history_of(there.agent_status).filter(action="presence.set")
    assert (event.after["reason"], event.reason, event.actor_id) == (rules.LINE_LOST, "", None)


def test_a_killed_process_holds_nobody_at_the_desk(there):
    # Nothing closed the socket: the process has just stopped saying that it is there.
    tell_lines("live@a:1", {there.pk: 1}, now=after(seconds=10))
    turn_away_lost(now=after(seconds=99))
    assert standing(there)[0] == "online"
    turn_away_lost(now=after(seconds=100))
    assert standing(there) == ("away", rules.LINE_LOST)


def test_a_line_in_another_process_counts(there):
    tell_lines("live@b:2", {there.pk: 2}, now=after(seconds=80))
    tell_lines("live@a:1", {there.pk: 0}, now=after(seconds=1))
    turn_away_lost(now=after(seconds=120))
    assert standing(there)[0] == "online"


def test_who_never_had_a_line_is_left_alone(bo):
    AgentStatus.objects.filter(user=bo).update(since=after(hours=-5))
    assert turn_away_lost(now=NOW) == 0
    assert standing(bo)[0] == "online"


def test_who_has_just_gone_online_is_given_the_time(there):
    tell_lines("live@a:1", {there.pk: 0}, now=after(minutes=-10))
    set_presence(there, "break", by=there, now=after(minutes=-9))
    set_presence(there, "online", by=there, now=after(seconds=-30))
    assert turn_away_lost(now=NOW) == 0
    assert turn_away_lost(now=after(seconds=60)) == 1


def test_a_break_stays_a_break(there):
    set_presence(there, "lunch", by=there, now=NOW)
    assert turn_away_lost(now=after(hours=1)) == 0
    assert standing(there) == ("lunch", "")


@pytest.mark.parametrize(("minutes", "expected"), [(10, "online"), (11, "away")])
def test_who_comes_back_soon_takes_chats_again(there, minutes, expected):
    turn_away_lost(now=after(seconds=90))
    tell_lines("live@a:1", {there.pk: 1}, now=after(seconds=90, minutes=minutes))
    assert standing(there)[0] == expected


def test_who_went_away_by_hand_is_not_brought_back(there):
    set_presence(there, "away", why="errand", by=there, now=NOW)
    tell_lines("live@a:1", {there.pk: 1}, now=after(seconds=30))
    assert standing(there) == ("away", "errand")


def test_back_by_ones_own_hand(there):
    turn_away_lost(now=after(seconds=90))
    set_presence(there, "online", by=there, now=after(hours=2))
    assert standing(there) == ("online", "")


def test_the_clock_looks_and_comes_back(there):
    clock.begin(after(seconds=95))
    sweep(after(seconds=95))
    assert standing(there) == ("away", rules.LINE_LOST)
    due = Deadline.objects.get(kind=clock.LINES)
    assert (due.due_at, due.done_at) == (after(seconds=105), None)


def test_what_dead_processes_left_is_cleared(there):
    set_presence(there, "offline", by=there, now=NOW)
    turn_away_lost(now=after(days=1, seconds=1))
    assert not AgentLine.objects.exists()


# --- How many at once -----------------------------------------------------------------------------


@pytest.mark.parametrize(("level", "carries"), [(1, 2), (2, 2), (3, 3), (4, 4), (5, 5)])
def test_the_level_says_how_many(level, carries):
    assert capacities().of(level) == carries


@pytest.mark.parametrize(("own", "carries"), [(None, 3), (0, 0), (1, 1), (5, 5), (6, 5), (1000, 5)])
def test_ones_own_number_counts_and_nobody_passes_the_most(own, carries):
    assert capacities().of(3, own) == carries


def test_a_level_is_set_with_a_reason(bo, ops):
    refused("person.no_reason", set_level, bo, 2, by=ops, reason=" ")
    refused("level.unknown", set_level, bo, 6, by=ops, reason="升级")
    set_level(bo, 2, by=ops, reason="转岗")
    event = history_of(bo.agent_status).filter(action="agent.level_set").first()
    assert (event.before, event.after, event.reason) == ({"level": 5}, {"level": 2}, "转岗")


def test_a_number_of_ones_own_stays_below_the_most(bo, ops):
    refused("capacity.above_max", set_capacity, bo, 6, by=ops, reason="能手")
    set_capacity(bo, 1, by=ops, reason="新工具")
    assert AgentStatus.objects.get(user=bo).capacity == 1
    set_capacity(bo, None, by=ops, reason="熟了")
    assert AgentStatus.objects.get(user=bo).capacity is None


def test_who_may_not_set_them(bo, lin, mei):
    for who in (bo, lin, mei):
        with pytest.raises(Forbidden):
            set_level(bo, 5, by=who, reason="给自己")
        with pytest.raises(Forbidden):
            set_capacity(bo, 5, by=who, reason="给自己")


def test_the_most_holds_when_it_is_lowered_later(bo, ops, mei, team):
    set_value("agents.capacity_max", 1, by=ops, reason="系统慢")
    parameters.forget()
    accept_conversation(waiting(mei.member, team), by=bo)
    refused("conversation.at_capacity", accept_conversation, waiting(mei.member, team), by=bo)
