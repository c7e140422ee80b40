"""Orders become months, months become scores, scores become tiers."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from accounts.actions import begin_guide, post_entry
from accounts.actions import standing as actions
from accounts.models import (
    Cause,
    Guide,
    Member,
    MemberMonth,
    MemberPeriod,
    MemberStanding,
    StandingRun,
    Tier,
)
from common.changes import begin_afresh
from common.models import Event
from tests.standing.casts import NOW, buy, differing, run
from trade.loading.months import ORDERS
from trade.models import Order, OrderStatus

pytestmark = pytest.mark.django_db
OCTOBER = datetime(2026, 10, 15, 4, 0, tzinfo=UTC)


def standing(user) -> MemberStanding:
    return MemberStanding.objects.get(member=user.member)


def tier_of(user) -> str:
    user.member.refresh_from_db()
    return user.member.tier


def rich(user, shop, count: int = 3, at: datetime = OCTOBER) -> None:
    """Months at the cap of spending: 400 + 7 points each."""
    for n in range(count):
        buy(user.member, shop, f"R{user.pk}-{n}", at - timedelta(days=31 * n), "10000.00")


def test_orders_count_by_month_and_score_by_score(mei, shop):
    buy(mei.member, shop, "A1", OCTOBER, "100.00")
    buy(mei.member, shop, "A2", OCTOBER, "60.00", refunded_amount=Decimal("10.00"))
    run()
    month = MemberMonth.objects.get(member=mei.member)
    assert (month.month, month.orders, month.clean_count, month.spent) == (
        date(2026, 10, 1), 2, 1, Decimal("150.00"),
    )  # fmt: skip
    # 150 // 25 + 2 * 5 + 1 * 2; 600 + 2; 20 + 2 * 8
    assert (standing(mei).value, standing(mei).credit, standing(mei).activity) == (18, 602, 36)


def test_a_member_without_orders_stands_at_the_start(chen):
    run()
    assert (standing(chen).value, standing(chen).credit, standing(chen).activity) == (0, 600, 0)


def test_an_order_on_its_way_does_not_count_yet_and_does_when_received(mei, shop):
    run()
    order = buy(mei.member, shop, "A1", OCTOBER, status=OrderStatus.SHIPPED, signed_at=None)
    run()
    assert standing(mei).value == 0
    order.status = OrderStatus.SIGNED
    order.save()
    run()
    assert standing(mei).value == 11
    assert differing() == []


def test_the_month_is_shanghais(mei, shop):
    # 16:30 of 30 September in Greenwich is 00:30 of 1 October in Shanghai.
    buy(mei.member, shop, "A1", datetime(2026, 9, 30, 16, 30, tzinfo=UTC))
    run()
    assert MemberMonth.objects.get(member=mei.member).month == date(2026, 10, 1)


def test_a_later_run_takes_only_what_changed_and_equals_a_recomputation(mei, chen, shop):
    buy(mei.member, shop, "A1", OCTOBER)
    run()
    buy(mei.member, shop, "A2", OCTOBER + timedelta(days=1))
    buy(chen.member, shop, "B1", OCTOBER)
    taken = run()
    assert (taken.kind, taken.members) == ("take", 2)
    assert differing() == []


def test_a_run_without_changes_looks_at_nobody(mei, shop):
    buy(mei.member, shop, "A1", OCTOBER)
    run()
    run(NOW + timedelta(minutes=10), upto=timezone.now() + timedelta(minutes=1))
    assert run(NOW + timedelta(minutes=20)).members == 0


def test_an_order_that_is_anothers_leaves_nothing_behind(mei, chen, shop):
    order = buy(mei.member, shop, "A1", OCTOBER)
    run()
    Order.objects.filter(pk=order.pk).update(member=chen.member)
    run()
    assert not MemberMonth.objects.filter(member=mei.member).exists()
    assert (standing(mei).value, standing(chen).value) == (0, 11)
    assert differing() == []


def test_a_deleted_order_is_not_counted(mei, shop):
    order = buy(mei.member, shop, "A1", OCTOBER)
    run()
    order.delete()
    run()
    assert standing(mei).value == 0
    assert differing() == []


def test_months_attached_at_once_are_counted_from_zero(mei, shop):
    run()
    buy(mei.member, shop, "A1", OCTOBER)
    begin_afresh(ORDERS)
    assert run(NOW + timedelta(minutes=1)).kind == "settle"
    assert standing(mei).value == 11


def test_a_high_value_makes_a_super_member_at_once_and_says_why(mei, shop):
    run()
    rich(mei, shop)
    run(NOW + timedelta(hours=1))
    assert tier_of(mei) == Tier.SUPER
    period = MemberPeriod.objects.get(member=mei.member, until=None)
    assert (period.tier, period.why) == (Tier.SUPER, "orders")
    line = Event.objects.get(action="member.tier_moved")
    assert (line.before, line.after["tier"], line.after["value"]) == (
        {"tier": "normal"}, "super", 1221,
    )  # fmt: skip


def test_the_tier_of_any_past_moment_can_be_asked(mei, shop):
    run(NOW - timedelta(days=2))
    rich(mei, shop)
    run()
    periods = list(MemberPeriod.objects.filter(member=mei.member).order_by("since"))
    assert [p.tier for p in periods] == [Tier.NORMAL, Tier.SUPER]
    assert periods[0].until == periods[1].since == NOW
    assert periods[0].since == mei.member.registered_at


def test_a_tier_falls_on_the_8th_alone(mei, shop):
    run()
    rich(mei, shop)
    run()
    Order.objects.update(refunded_amount=Decimal("10000.00"))
    run(datetime(2026, 12, 7, 15, 59, tzinfo=UTC))  # 7 December, 23:59 in Shanghai
    assert (tier_of(mei), standing(mei).value) == (Tier.SUPER, 15)
    run(datetime(2026, 12, 7, 16, 0, tzinfo=UTC))  # the 8th has begun
    assert tier_of(mei) == Tier.NORMAL
    assert differing(datetime(2026, 12, 7, 16, 0, tzinfo=UTC)) == []


def test_the_8th_falls_once_however_often_it_is_run(ada, shop):
    run()
    ada.member.refresh_from_db()
    assert ada.member.tier == Tier.APASS  # without a title, but not on the 8th
    eighth = datetime(2026, 12, 8, 4, 0, tzinfo=UTC)
    run(eighth)
    run(eighth + timedelta(hours=1))
    run(eighth + timedelta(days=1))
    assert tier_of(ada) == Tier.SUPER  # one step
    run(datetime(2027, 1, 8, 4, 0, tzinfo=UTC))
    assert tier_of(ada) == Tier.NORMAL


def test_a_month_is_let_go_on_the_8th(mei, shop):
    buy(mei.member, shop, "A1", datetime(2025, 11, 15, tzinfo=UTC))
    run()
    assert standing(mei).value == 11
    run(datetime(2026, 12, 8, 4, 0, tzinfo=UTC))
    assert standing(mei).value == 0
    assert standing(mei).credit == 602  # clean orders count for longer
    assert differing(datetime(2026, 12, 8, 4, 0, tzinfo=UTC)) == []


def test_a_wrong_total_is_found_and_mended(mei, shop):
    buy(mei.member, shop, "A1", OCTOBER)
    run()
    MemberStanding.objects.filter(member=mei.member).update(value_sum=99, value=99)
    assert [(one.where, one.rows, one.example) for one in differing()] == [
        ("totals", 1, f"member {mei.member.pk}")
    ]


@pytest.mark.parametrize(
    ("wrong", "where"),
    [
        ({"orders": 5}, ["2026-10", "totals"]),
        ({"spent": Decimal("1.00")}, ["2026-10", "totals"]),
        ({"value_points": 7}, ["2026-10", "totals"]),
        ({"credit_points": 7}, ["2026-10", "totals"]),
        ({"rules_version": 9}, ["2026-10"]),
    ],
)
def test_a_wrong_month_is_found_and_mended(mei, shop, wrong, where):
    buy(mei.member, shop, "A1", OCTOBER)
    run()
    right = MemberMonth.objects.values().get()
    MemberMonth.objects.update(**wrong)
    assert [one.where for one in differing()] == where
    with pytest.raises(CommandError, match="rows differ"):
        call_command("recompute", check=True, stdout=StringIO())
    call_command("recompute", stdout=StringIO())
    assert differing() == []
    assert MemberMonth.objects.values().get() == right


def test_a_member_whom_no_run_has_seen_yet_is_no_difference(mei, shop, chen):
    buy(mei.member, shop, "A1", OCTOBER)
    run()
    MemberStanding.objects.filter(member=chen.member).delete()
    assert differing() == []
    MemberStanding.objects.filter(member=mei.member).delete()
    assert [one.where for one in differing()] == ["totals"]


def test_an_order_of_the_month_that_begins_during_a_run_is_not_lost(mei, shop):
    last = datetime(2026, 11, 30, 15, 59, 59, tzinfo=UTC)  # a second before December in Shanghai
    run(last)
    buy(mei.member, shop, "A1", last + timedelta(seconds=2))
    run(last, upto=timezone.now() + timedelta(minutes=1))
    run(last + timedelta(minutes=10), upto=timezone.now() + timedelta(minutes=1))
    assert standing(mei).value == 11
    assert differing(last + timedelta(minutes=10)) == []


def test_the_command_says_that_nothing_differs(mei, shop):
    buy(mei.member, shop, "A1", OCTOBER)
    run()
    said = StringIO()
    call_command("recompute", check=True, only=["standing"], stdout=said)
    assert said.getvalue().endswith("0 differences\n")
    assert "standing 2026-10: 0 differ\n" in said.getvalue()


def test_the_command_refuses_what_it_does_not_know():
    with pytest.raises(CommandError, match="nothing is called weather; known: "):
        call_command("recompute", only=["weather"], stdout=StringIO())


def test_an_amount_beyond_everything_counts_as_the_most_and_stops_nobody(mei, chen, shop):
    for n in range(3):
        buy(mei.member, shop, f"A{n}", OCTOBER, "999999999999.99")
    buy(chen.member, shop, "B1", OCTOBER)
    run()
    # 400 + 3 * 5 + 3 * 2
    assert (standing(mei).value, standing(chen).value) == (421, 11)
    assert standing(mei).spent == Decimal("2999999999999.97")
    assert differing() == []


class Cut(Exception):
    """The process dies."""


@pytest.fixture
def dying(monkeypatch):
    """Let settling look at one member at a time, and die at one of them when told to."""
    settle_stretch = actions._settle_stretch

    def die_at(member) -> None:
        def stretch(run, after, upto, **given):
            if after < member.pk <= upto:
                raise Cut
            return settle_stretch(run, after, upto, **given)

        monkeypatch.setattr(actions, "_settle_stretch", stretch)

    monkeypatch.setattr(actions, "CHUNK", 1)
    die_at.never = lambda: monkeypatch.setattr(actions, "_settle_stretch", settle_stretch)
    return die_at


EIGHTH = datetime(2026, 12, 8, 4, 0, tzinfo=UTC)


def at_apass(*users) -> None:
    """Three who were APASS once and have no title any more."""
    Member.objects.filter(pk__in=[user.member.pk for user in users]).update(tier=Tier.APASS)
    run()


def test_a_settling_cut_short_lets_everybody_fall_one_step_and_nobody_two(mei, chen, ada, dying):
    first, second, third = sorted((mei, chen, ada), key=lambda user: user.member.pk)
    at_apass(mei, chen, ada)
    dying(second.member)
    with pytest.raises(Cut):
        run(EIGHTH)
    assert [tier_of(one) for one in (first, second, third)] == [
        Tier.SUPER, Tier.APASS, Tier.APASS,
    ]  # fmt: skip
    dying.never()
    done = run(EIGHTH + timedelta(minutes=10))
    assert (done.kind, done.finished_at) == ("settle", EIGHTH + timedelta(minutes=10))
    assert {tier_of(one) for one in (first, second, third)} == {Tier.SUPER}
    assert StandingRun.objects.filter(settled_on=date(2026, 12, 8)).count() == 1
    assert differing(EIGHTH + timedelta(minutes=10)) == []


def test_orders_that_come_while_a_settling_lies_cut_are_taken_after_it(mei, chen, shop, dying):
    buy(mei.member, shop, "A1", OCTOBER)
    run()
    dying(max(mei.member, chen.member, key=lambda member: member.pk))
    with pytest.raises(Cut):
        run(EIGHTH)
    buy(mei.member, shop, "A2", OCTOBER)
    buy(chen.member, shop, "B1", OCTOBER)
    dying.never()
    run(EIGHTH + timedelta(minutes=10))
    run(EIGHTH + timedelta(minutes=20))
    assert (standing(mei).value, standing(chen).value) == (22, 11)
    assert differing(EIGHTH + timedelta(minutes=20)) == []


def test_a_row_posted_during_a_settling_counts_by_the_new_windows(mei, chen, shop, dying):
    buy(mei.member, shop, "A1", datetime(2025, 11, 15, tzinfo=UTC))
    buy(chen.member, shop, "B1", datetime(2025, 11, 15, tzinfo=UTC))
    run()
    assert standing(mei).value == standing(chen).value == 11
    first, second = sorted((mei, chen), key=lambda user: user.member.pk)
    dying(second.member)
    with pytest.raises(Cut):
        run(EIGHTH)
    # The old month has gone for both: for who was settled, and for who is touched before.
    for one in (first, second):
        post_entry(
            one.member, "value", 5, Cause.GOOD_DEED, "deed", by=None, reason="举报", now=EIGHTH
        )
        assert standing(one).value == 5
    dying.never()
    run(EIGHTH + timedelta(minutes=10))
    assert (standing(first).value, standing(second).value) == (5, 5)
    assert differing(EIGHTH + timedelta(minutes=10)) == []


def test_a_guide_that_begins_after_its_orders_were_taken_counts_them(mei, shop):
    mei.member.registered_at = NOW - timedelta(days=10)
    mei.member.save()
    for n in range(2):
        buy(mei.member, shop, f"G{n}", NOW - timedelta(days=5 - n))
    run()
    begin_guide(mei.member, now=NOW)
    run(NOW + timedelta(minutes=10), upto=timezone.now() + timedelta(minutes=1))
    guide = Guide.objects.get()
    assert (guide.completed, guide.first_order_no) == (2, "G0")


def test_orders_of_a_guide_that_are_gone_are_not_counted_any_more(mei, shop):
    mei.member.registered_at = NOW - timedelta(days=10)
    mei.member.save()
    begin_guide(mei.member, now=NOW)
    order = buy(mei.member, shop, "G0", NOW - timedelta(days=5))
    run()
    assert Guide.objects.get().completed == 1
    order.delete()
    run(NOW + timedelta(minutes=10))
    guide = Guide.objects.get()
    assert (guide.completed, guide.first_order_no, guide.first_completed_at) == (0, "", None)


def test_runs_are_written_down(mei, shop):
    run()
    run()
    assert list(StandingRun.objects.order_by("pk").values_list("kind", flat=True)) == [
        "settle", "take",
    ]  # fmt: skip


def test_the_third_order_ends_the_guide(mei, shop):
    mei.member.registered_at = NOW - timedelta(days=10)
    mei.member.save()
    Guide.objects.create(
        member=mei.member,
        began_at=NOW - timedelta(days=10),
        ends_at=NOW + timedelta(days=80),
    )
    run()
    assert tier_of(mei) == Tier.NEW
    for n in range(2):
        buy(mei.member, shop, f"G{n}", NOW - timedelta(days=5 - n))
    run()
    guide = Guide.objects.get(member=mei.member)
    assert (tier_of(mei), guide.completed, guide.first_order_no) == (Tier.NEW, 2, "G0")
    third = buy(mei.member, shop, "G2", NOW - timedelta(days=2))
    run(NOW + timedelta(hours=1))
    guide.refresh_from_db()
    assert (tier_of(mei), guide.ended_at) == (Tier.NORMAL, third.signed_at)
