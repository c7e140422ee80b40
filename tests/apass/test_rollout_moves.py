"""Two people widen, one takes back; guardrails step back by the clock; promises hold."""

from datetime import timedelta
from threading import Barrier, Thread

import pytest
from django.db import connection, transaction

from accounts.models import Role, User
from apass import actions
from apass.actions import guardrails
from apass.models import Guardrail, MetricSnapshot, RolloutPromise, StageChange
from apass.rollouts import snapshot
from apass.rollouts.deciding import decide, meet, member_subject, promised
from apass.rollouts.exposures import notebook
from apass.rollouts.rules import bucket
from common.deadlines import sweep
from common.errors import DomainError
from common.models import Deadline, Event
from tests.apass.conftest import NOW, pilot, widen
from tests.apass.test_rollout_stages import refused
from tests.waiting import Beside, Halt
from tickets.models import Conversation
from workforce.models import Team

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)


@pytest.fixture
def opened(rollout, ops, zhao, mei, ada, chen, bo):
    """Mei is a pilot and in; APASS and all are to come."""
    pilot(rollout, "M10000001", ops)
    actions.add_stage(rollout, "APASS", kind="tiers", tiers=["apass"], by=ops, reason="随后")
    actions.add_stage(rollout, "全量", kind="all", by=ops, reason="最后")
    widen(rollout, ops, zhao)
    return rollout


def is_in(user, now=NOW):
    snapshot.recheck()
    return decide("products", member_subject(user.member), now=now).is_in


def test_a_step_is_proposed_with_its_figures_and_opened_by_another(opened, ops, zhao, mei, ada):
    assert is_in(mei)
    assert not is_in(ada)
    meet("products", member_subject(mei.member), now=NOW)
    notebook.flush()
    # Each is observed for a week.
    later = NOW + timedelta(days=7)
    actions.propose_stage(opened, by=ops, reason="试点顺利", now=later)
    change = StageChange.objects.get(state="waiting")
    figures = MetricSnapshot.objects.filter(change=change, arm="treated")
    assert dict(figures.values_list("metric", "size")) == {
        "contacts_per_member": 1,
        "ordered_again": 1,
    }
    assert not is_in(ada)
    actions.approve_stage(opened, by=zhao, reason="指标正常", now=later)
    assert is_in(ada)
    line = Event.objects.filter(action="rollout.widened").get(reason="指标正常", at=later)
    assert (line.actor, line.before, line.after) == (zhao, {"stage": 1}, {"stage": 2})


def test_who_proposes_does_not_approve(opened, ops, ada):
    actions.propose_stage(opened, by=ops, reason="试点顺利")
    with refused("rollout.own_proposal"):
        actions.approve_stage(opened, by=ops, reason="我看行")
    assert not is_in(ada)


def test_one_step_waits_at_a_time(opened, ops, zhao):
    actions.propose_stage(opened, by=ops, reason="试点顺利")
    with refused("rollout.waiting"):
        actions.propose_stage(opened, by=zhao, reason="试点顺利")
    actions.reject_stage(opened, by=zhao, reason="再看看")
    with refused("rollout.nothing_waits"):
        actions.approve_stage(opened, by=zhao, reason="指标正常")


def test_a_held_rollout_keeps_who_is_in_and_takes_nobody(opened, ops, zhao, mei):
    actions.propose_stage(opened, by=ops, reason="试点顺利")
    actions.hold(opened, by=ops, reason="看看")
    assert is_in(mei)
    with refused("rollout.nothing_waits"):
        actions.approve_stage(opened, by=zhao, reason="指标正常")
    with refused("rollout.held"):
        actions.propose_stage(opened, by=ops, reason="试点顺利")
    actions.resume(opened, by=zhao, reason="没事")
    actions.propose_stage(opened, by=ops, reason="试点顺利")


def test_a_roll_back_honours_what_was_promised(opened, ops, zhao, mei, ada, chen):
    widen(opened, ops, zhao)
    widen(opened, ops, zhao)
    assert is_in(chen)
    actions.give_promise(
        opened, member_subject(ada.member), until=NOW + 24 * HOUR, by=None, now=NOW
    )
    actions.roll_back(opened, by=ops, reason="投诉变多", now=NOW + HOUR)
    assert not is_in(mei, NOW + HOUR)
    assert is_in(ada, NOW + HOUR)
    assert decide("products", member_subject(ada.member), now=NOW + HOUR).why == "promised"
    assert promised(opened, f"member:{ada.member.pk}", now=NOW + HOUR)
    # It holds as long as it was promised.
    assert not is_in(ada, NOW + 24 * HOUR)
    with refused("rollout.closed"):
        actions.give_promise(opened, member_subject(mei.member), until=None, by=None)
    assert RolloutPromise.objects.count() == 1


def test_a_second_promise_only_lengthens(opened, mei):
    subject = member_subject(mei.member)
    for until in (NOW + 2 * HOUR, NOW + HOUR, NOW + 3 * HOUR):
        actions.give_promise(opened, subject, until=until, by=None, now=NOW)
    assert RolloutPromise.objects.get().until == NOW + 3 * HOUR
    with refused("rollout.promise_is_over"):
        actions.give_promise(opened, subject, until=NOW, by=None, now=NOW)


def guard(rollout, ops, *, smallest=1, threshold=1.0):
    return actions.add_guardrail(
        rollout, "contacts_per_member", direction="at_most", threshold=threshold,
        window=24 * HOUR, smallest=smallest, by=ops, reason="投诉多了就退",
    )  # fmt: skip


def asks_twice_of(user, now):
    for number in (1, 2):
        Conversation.objects.create(
            conversation_no=f"C{user.pk}{number}",
            member=user.member,
            team=Team.objects.get(),
            state="open",
            owner=User.objects.get(username="bo"),
            queued_at=None,
            opened_at=now,
            accepted_at=now,
        )


def test_a_guardrail_that_trips_steps_back_within_one_evaluation(opened, ops, zhao, mei, ada):
    guard(opened, ops)
    widen(opened, ops, zhao)
    for user in (mei, ada):
        meet("products", member_subject(user.member), now=NOW)
    notebook.flush()
    actions.give_promise(opened, member_subject(ada.member), until=None, by=None, now=NOW)
    for user in (mei, ada):
        asks_twice_of(user, NOW + timedelta(minutes=5))
    actions.propose_stage(opened, by=ops, reason="还想放开", now=NOW)
    due = Deadline.objects.get(kind="rollout.guardrails", done_at=None).due_at
    assert sweep(due).ran == 1
    opened.refresh_from_db()
    assert (opened.state, opened.reached, opened.stepped_back_at) == ("held", 1, due)
    rail = Guardrail.objects.get()
    assert (rail.measured, rail.sample, rail.tripped_at) == (2.0, 2, due)
    assert is_in(mei)
    assert decide("products", member_subject(ada.member)).why == "promised"
    assert StageChange.objects.filter(state="waiting").count() == 0
    with refused("rollout.nothing_waits"):
        actions.approve_stage(opened, by=zhao, reason="晚了")
    line = Event.objects.get(action="rollout.stepped_back")
    assert line.after == {"stage": 1, "guardrails": ["contacts_per_member"]}
    # What was measured before the step back is not held against the stage before.
    again = Deadline.objects.get(kind="rollout.guardrails", done_at=None).due_at
    sweep(again)
    opened.refresh_from_db()
    assert opened.reached == 1


@pytest.mark.parametrize(
    ("smallest", "threshold", "trips"),
    [(2, 1.0, False), (1, 2.0, False), (1, 1.99, True)],
)
def test_a_guardrail_needs_its_sample_and_holds_at_its_threshold(
    smallest, threshold, trips, opened, ops, mei
):
    guard(opened, ops, smallest=smallest, threshold=threshold)
    meet("products", member_subject(mei.member), now=NOW)
    notebook.flush()
    asks_twice_of(mei, NOW + timedelta(minutes=5))
    assert actions.evaluate_guardrails(opened.pk, now=NOW + HOUR) is trips
    opened.refresh_from_db()
    assert (opened.state == "back") is trips


def test_guardrails_are_refused_without_a_figure(opened, ops):
    with refused("guardrail.not_measured"):
        actions.add_guardrail(
            opened, "csat", direction="at_least", threshold=4, window=HOUR, smallest=30,
            by=ops, reason="x",
        )  # fmt: skip
    rail = guard(opened, ops)
    with refused("guardrail.taken"):
        guard(opened, ops)
    with refused("guardrail.needed"):
        actions.drop_guardrail(opened, rail, by=ops, reason="x")
    actions.hold(opened, by=ops, reason="看看")
    actions.drop_guardrail(opened, rail, by=ops, reason="x")
    assert not Guardrail.objects.exists()


def test_the_holdout_stays_out_until_it_is_let_in(ops, zhao, mei, ada):
    trial = actions.open_rollout(
        "products", "商品卡", kind="feature", subject_kind="member", holdout_share=5000,
        by=ops, now=NOW,
    )  # fmt: skip
    type(trial).objects.filter(pk=trial.pk).update(salt=_salt_that_holds_out(mei.member))
    actions.add_stage(trial, "全量", kind="all", by=ops, reason="试")
    widen(trial, ops, zhao)
    assert decide("products", member_subject(mei.member)).why == "holdout"
    with refused("rollout.bad_move"):
        actions.release_holdout(trial, by=zhao, reason="太早")
    actions.finish(trial, by=zhao, reason="完成")
    assert not is_in(mei)
    actions.release_holdout(trial, by=zhao, reason="对照结束")
    assert is_in(mei)


def _salt_that_holds_out(member):
    return next(
        f"s{n}" for n in range(100) if bucket(f"s{n}:holdout", f"member:{member.pk}") < 5000
    )


def test_it_is_not_finished_before_it_is_open_to_all(opened, ops):
    with refused("rollout.not_through"):
        actions.finish(opened, by=ops, reason="够了")


@pytest.mark.django_db(transaction=True)
def test_of_two_who_approve_at_once_one_does(opened, ops, zhao, lin):
    User.objects.filter(pk=lin.pk).update(roles=[Role.OPERATIONS])
    second = User.objects.get(pk=lin.pk)
    actions.propose_stage(opened, by=ops, reason="试点顺利")
    barrier, said = Barrier(2), []

    def approve(by):
        barrier.wait()
        try:
            actions.approve_stage(opened, by=by, reason="指标正常")
            said.append("opened")
        except DomainError as refusal:
            said.append(refusal.code)
        finally:
            connection.close()

    threads = [Thread(target=approve, args=(by,)) for by in (zhao, second)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    opened.refresh_from_db()
    assert sorted(said) == ["opened", "rollout.nothing_waits"]
    assert opened.reached == 2
    assert Event.objects.filter(action="rollout.widened").count() == 2  # the pilots', and this one


@pytest.mark.django_db(transaction=True)
def test_a_promise_and_a_step_back_at_once_agree(opened, ops, mei):
    """Either the promise was first and holds, or the step back was and nothing is promised."""
    subject, barrier, said = member_subject(mei.member), Barrier(2), {}

    def run(name, move):
        barrier.wait()
        try:
            move()
            said[name] = "done"
        except DomainError as refusal:
            said[name] = refusal.code
        finally:
            connection.close()

    moves = {
        "promise": lambda: actions.give_promise(opened, subject, until=None, by=None, now=NOW),
        "back": lambda: actions.roll_back(opened, by=ops, reason="退", now=NOW),
    }
    threads = [Thread(target=run, args=pair) for pair in moves.items()]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert said["back"] == "done"
    assert is_in(mei) is (said["promise"] == "done")


@pytest.mark.django_db(transaction=True)
def test_whoever_moves_it_does_not_wait_while_its_guardrails_are_measured(
    opened, ops, mei, monkeypatch
):
    """What was measured of the stage that was left says nothing of the one that stands now."""
    rail, halt = guard(opened, ops), Halt()
    meet("products", member_subject(mei.member), now=NOW)
    notebook.flush()
    asks_twice_of(mei, NOW + timedelta(minutes=5))
    due = Deadline.objects.get(kind="rollout.guardrails", done_at=None).due_at
    monkeypatch.setattr(guardrails, "watch", halt.before(guardrails.watch))
    clock = Beside(lambda: sweep(due))
    halt.reached()
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET LOCAL lock_timeout = '2s'")
        actions.hold(opened, by=ops, reason="看看", now=due)
    halt.go_on()
    assert clock.done().failed == 0
    opened.refresh_from_db()
    rail.refresh_from_db()
    assert (opened.state, opened.reached, rail.tripped_at) == ("held", 1, None)
    again = Deadline.objects.get(kind="rollout.guardrails", done_at=None).due_at
    assert again > due
    assert sweep(again).ran == 1
    opened.refresh_from_db()
    assert (opened.state, opened.reached) == ("back", 0)
