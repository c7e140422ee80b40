"""What one of ours does to a shop at once: limits by role, a second person above them, undone in time."""

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone

from accounts.models import Notification
from common.deadlines import sweep
from common.parameters import forget, set_value
from merchants.actions.shop_acts import act_on_shop, approve_act, refuse_act, undo_act
from merchants.models import ShopAct
from merchants.queries.penalties import limits_of_shop
from tests.merchants.casts_penalties import (
    DAY,
    HEARD,
    NOW,
    SECOND,
    WHY,
    decided,
    lines_of,
    refused,
    rule,
)

pytestmark = pytest.mark.django_db


def acted(shop, by, kind="restrict", days=1, now=NOW, code="misdescription"):
    return act_on_shop(
        shop, kind, days=days, reason=WHY, rule=rule(code) if code else None, by=by, now=now
    )


def test_within_ones_limit_it_holds_at_once(shop, bo):
    act = acted(shop, bo)
    assert (act.state, act.until) == ("in_force", NOW + DAY)
    assert limits_of_shop(shop.pk) == ["listing_ban"]
    assert (act.before, act.after) == ([], ["listing_ban"])
    assert set(lines_of(act)) == {"shop_act.asked", "shop_act.began"}


def test_above_it_a_second_person_is_needed(shop, bo, lin, sen):
    act = acted(shop, bo, "close", days=3)
    assert (act.state, limits_of_shop(shop.pk)) == ("waiting", [])
    with refused("shop_act.same_person"):
        approve_act(act, by=bo, reason=WHY, now=NOW)
    act = approve_act(act, by=lin, reason=WHY, now=NOW)
    assert (act.second_by, limits_of_shop(shop.pk)) == (lin, ["shop_close"])
    with refused("shop_act.cannot_move"):
        refuse_act(act, by=sen, reason=WHY, now=NOW)


def test_the_database_itself_asks_for_the_second_person(shop, bo):
    act = acted(shop, bo)
    with pytest.raises(IntegrityError, match="two_above"), transaction.atomic():
        ShopAct.objects.filter(pk=act.pk).update(days=30)
    with pytest.raises(IntegrityError, match="two_above"), transaction.atomic():
        ShopAct.objects.filter(pk=act.pk).update(days=30, second_by=bo)


def test_two_agents_cannot_close_a_shop_together(shop, bo, dora):
    act = acted(shop, bo, "close")
    with refused("shop_act.no_limit"):
        approve_act(act, by=dora, reason=WHY, now=NOW)


def test_a_second_person_who_says_no_or_never_comes_leaves_the_shop_alone(shop, bo, lin):
    refuse_act(acted(shop, bo, "close"), by=lin, reason=WHY, now=NOW)
    waits = acted(shop, bo, "close")
    sweep(NOW + 2 * DAY - SECOND)
    waits.refresh_from_db()
    assert waits.state == "waiting"
    sweep(NOW + 2 * DAY)
    waits.refresh_from_db()
    assert (waits.state, limits_of_shop(shop.pk)) == ("refused", [])


def test_who_comes_too_late_as_the_second_person_comes_too_late(shop, bo, lin):
    act = acted(shop, bo, "close", days=3)
    # The clock has not come by yet.
    for verb in (approve_act, refuse_act):
        with refused("shop_act.too_late"):
            verb(act, by=lin, reason=WHY, now=NOW + 2 * DAY)
    assert limits_of_shop(shop.pk) == []
    assert approve_act(act, by=lin, reason=WHY, now=NOW + 2 * DAY - SECOND).second_by == lin


def test_an_act_is_undone_within_its_window(shop, lin, sen, bo):
    act = acted(shop, lin, days=7)
    with refused("shop_act.not_yours"):
        undo_act(act, by=bo, reason=WHY, now=NOW)
    with refused("shop_act.too_late"):
        undo_act(act, by=lin, reason=WHY, now=NOW + DAY)
    act = undo_act(act, by=lin, reason=WHY, now=NOW + DAY - SECOND)
    assert (act.state, limits_of_shop(shop.pk)) == ("undone", [])
    with refused("shop_act.cannot_move"):
        undo_act(act, by=lin, reason=WHY, now=NOW)
    assert lines_of(act)[-1] == "shop_act.undone"


def test_it_ends_by_itself(shop, sen):
    act = acted(shop, sen, "delist", days=1)
    assert limits_of_shop(shop.pk) == ["delist_all"]
    for _twice in range(2):
        sweep(NOW + DAY)
    act.refresh_from_db()
    assert (act.state, limits_of_shop(shop.pk)) == ("over", [])


def test_a_reward_shows_the_shop_more_beside_whatever_else_holds(shop, bo, ops, lin):
    decided(shop, bo, ops, points="12")
    acted(shop, lin, "reward", days=7, code="", now=HEARD)
    assert limits_of_shop(shop.pk)[-1] == "exposure_boost"
    assert len(limits_of_shop(shop.pk)) == 4


def test_what_punishes_names_a_rule_in_force(shop, bo):
    with refused("shop_act.no_rule"):
        acted(shop, bo, code="")
    with refused("violation.no_rule"):
        acted(shop, bo, now=NOW.replace(year=2019))
    with refused("shop_act.unknown"):
        acted(shop, bo, "burn")
    for days in (0, -1, 91):
        with refused("shop_act.bad_days"):
            acted(shop, bo, days=days)
    assert not ShopAct.objects.exists()


def test_members_managers_and_the_merchant_act_on_no_shop(shop, mei, wen, staff, he):
    for who in (mei, wen, staff, he, None):
        with refused("forbidden"):
            acted(shop, who)


def test_nobody_acts_on_the_shop_they_worked_for(shop, bo):
    shop.merchant.staff.create(user=bo, rights=[], since=NOW - DAY, ended_at=NOW)
    with refused("conflict.own_case"):
        acted(shop, bo, "reward", code="")


def test_one_of_a_kind_at_a_time(shop, bo, lin):
    acted(shop, bo)
    with refused("shop_act.already"):
        acted(shop, lin)


def test_limits_are_parameters_with_a_date(shop, bo, ops):
    set_value("shop_act.restrict_agent", 0, by=ops, reason=WHY)
    forget()
    assert acted(shop, bo, now=timezone.now()).state == "waiting"


def test_the_shop_hears_what_was_done_to_it_and_reads_why_and_by_which_rule(
    shop, bo, lin, staff, stranger, browser_of
):
    at = timezone.now()
    told = Notification.objects.filter(person=staff, kind="shop.penalty")
    act = acted(shop, bo, "close", days=3, now=at)
    # Nothing holds while it waits for a second person, and nothing is said.
    assert not told.exists()
    approve_act(act, by=lin, reason=WHY, now=at)
    assert told.get().body == f"原因：{WHY}"
    page = browser_of(staff).get("/shop/violations/").content.decode()
    for words in (WHY, "描述不符", "商家不得如此"):
        assert words in page
    assert bo.display_name not in page
    assert WHY not in browser_of(stranger).get("/shop/violations/").content.decode()
    undo_act(act, by=lin, reason="看错了", now=at)
    assert told.count() == 2
    assert WHY not in browser_of(staff).get("/shop/violations/").content.decode()


def test_the_shop_hears_once_that_it_is_over(shop, bo, staff):
    acted(shop, bo)
    for _twice in range(2):
        sweep(NOW + DAY)
    assert Notification.objects.filter(person=staff, kind="shop.penalty").count() == 2
