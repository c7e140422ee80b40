"""Two who act on one case at the same moment: exactly one wins, and nobody waits for ever."""

import pytest
from django.db import transaction
from django.utils import timezone

from common.errors import DomainError
from common.models import Event
from merchants.actions import penalties
from merchants.actions.appeals import file_appeal, rule_appeal
from merchants.actions.cases import hold_shop
from merchants.actions.penalties import decide_violation
from merchants.actions.points import clear_points
from merchants.actions.shop_acts import end_act, undo_act
from merchants.actions.violations import declare_emergency, state_side
from merchants.models import (
    Penalty,
    PointsBalance,
    PointsEntry,
    Ruling,
    ShopAct,
    Statement,
    Violation,
)
from merchants.queries.penalties import limits_of_shop, points_of_shop
from tests.merchants.casts_penalties import DAY, HEARD, SECOND, WHY, decided, noticed
from tests.merchants.test_points_clearing import END
from tests.merchants.test_shop_acts import acted
from tests.waiting import Beside

pytestmark = pytest.mark.django_db(transaction=True)


def tried(action):
    """Return an action that answers with the code of its refusal."""

    def run():
        try:
            return action()
        except DomainError as refusal:
            return refusal.code

    return run


def both(shop, *actions):
    """Let two actions meet at the lock of a shop that somebody holds, then let them go."""
    with transaction.atomic():
        hold_shop(shop.pk, None)
        running = [Beside(tried(action)) for action in actions]
        assert all(one.waits() for one in running)
    return [one.done() for one in running]


def codes(answers):
    return sorted(one for one in answers if isinstance(one, str))


def test_two_judges_decide_one_case_once(shop, bo, ops, judge, third):
    violation = noticed(shop, bo, ops)
    answers = both(
        shop,
        lambda: decide_violation(violation, points="12", reason=WHY, by=judge, now=HEARD),
        lambda: decide_violation(violation, points="6", reason=WHY, by=third, now=HEARD),
    )
    assert codes(answers) == ["violation.cannot_move"]
    penalty = Penalty.objects.get()
    assert points_of_shop(shop.pk)["A"] == penalty.points
    assert PointsEntry.objects.count() == 1
    assert Event.objects.filter(action="violation.decided").count() == 1


def test_two_judges_rule_one_appeal_once(shop, bo, ops, judge, third, staff):
    penalty = decided(shop, bo, ops, points="12")
    appeal = file_appeal(penalty, text="不是我们", by=staff, now=HEARD + DAY)
    answers = both(
        shop,
        lambda: rule_appeal(appeal, outcome="revoked", reason=WHY, by=judge, now=HEARD + DAY),
        lambda: rule_appeal(appeal, outcome="upheld", reason=WHY, by=third, now=HEARD + DAY),
    )
    assert codes(answers) == ["appeal.decided"]
    left = 0 if Ruling.objects.get().outcome == "revoked" else 12
    assert points_of_shop(shop.pk)["A"] == left
    assert Event.objects.filter(action="appeal.ruled").count() == 1


def test_an_appeal_is_filed_once(shop, bo, ops, staff):
    penalty = decided(shop, bo, ops, points="12")
    say = lambda: file_appeal(penalty, text="不是我们", by=staff, now=HEARD + DAY)  # noqa: E731
    assert codes(both(shop, say, say)) == ["appeal.already"]


def test_a_statement_of_the_last_second_is_before_the_decision(shop, bo, ops, judge, staff):
    violation = noticed(shop, bo, ops)
    answers = both(
        shop,
        lambda: state_side(violation, text="听我们说", by=staff, now=HEARD - SECOND),
        lambda: decide_violation(violation, reason=WHY, by=judge, now=HEARD),
    )
    # Whoever comes first: the statement is in only when the decision is not; late words are refused.
    stated = Statement.objects.exists()
    assert Penalty.objects.exists()
    assert stated == ("violation.too_late" not in codes(answers))


def test_the_same_moment_is_too_late_for_one_and_early_enough_for_the_other(
    shop, bo, ops, judge, staff
):
    violation = noticed(shop, bo, ops)
    answers = both(
        shop,
        lambda: state_side(violation, text="听我们说", by=staff, now=HEARD),
        lambda: decide_violation(violation, reason=WHY, by=judge, now=HEARD),
    )
    assert codes(answers) == ["violation.too_late"]
    assert not Statement.objects.exists()


def test_two_people_declare_an_emergency_at_once(shop, ops, judge, third):
    violation = noticed(shop, ops, judge)
    both(
        shop,
        *(
            lambda who=who: declare_emergency(
                violation, by=who, reason=WHY, now=violation.noticed_at
            )
            for who in (judge, third)
        ),
    )
    violation.refresh_from_db()
    assert violation.emergency_at is not None
    assert {violation.emergency_first_by, violation.emergency_second_by} == {judge, third}


def test_an_act_is_undone_or_over_never_both(shop, lin):
    now = timezone.now()
    act = acted(shop, lin, days=1, now=now)
    answers = both(
        shop,
        lambda: undo_act(act, by=lin, reason=WHY, now=now + DAY - SECOND),
        lambda: end_act(act, now=now + DAY),
    )
    act = ShopAct.objects.get()
    assert act.state in {"undone", "over"}
    assert (codes(answers) == []) == (act.state == "undone")
    ends = Event.objects.filter(action__in=["shop_act.undone", "shop_act.over"])
    assert ends.count() == 1
    assert limits_of_shop(shop.pk) == []


def test_the_years_end_waits_for_a_decision_of_the_old_year(shop, bo, ops, judge, monkeypatch):
    violation = noticed(shop, bo, ops, now=END - 20 * DAY)
    with transaction.atomic():
        penalty = decide_violation(violation, points="12", reason=WHY, by=judge, now=END - SECOND)
        clearing = Beside(lambda: clear_points(2026, now=END))
        assert clearing.waits()
    assert clearing.done().shops == 1
    assert penalty.points == 12
    assert points_of_shop(shop.pk)["A"] == 0
    assert sum(PointsEntry.objects.values_list("points", flat=True)) == 0


def test_two_clocks_clear_a_year_once(shop, bo, ops):
    decided(shop, bo, ops, points="12")
    clocks = [Beside(lambda: clear_points(2026, now=END)) for _one in range(2)]
    assert {clock.done().pk for clock in clocks} == {2026}
    assert PointsEntry.objects.filter(cause="clearing").count() == 1
    assert PointsBalance.objects.get().points == 0
    assert Event.objects.filter(action="points.cleared").count() == 1


def test_a_decision_that_fails_half_way_leaves_nothing(shop, bo, ops, judge, monkeypatch):
    violation = noticed(shop, bo, ops)

    def broken(*args, **kwargs):
        raise RuntimeError("no")

    monkeypatch.setattr(penalties, "begin_penalty", broken)
    with pytest.raises(RuntimeError):
        decide_violation(violation, points="12", reason=WHY, by=judge, now=HEARD)
    assert Violation.objects.get().state == "noticed"
    assert not Penalty.objects.exists()
    assert not PointsEntry.objects.exists()
