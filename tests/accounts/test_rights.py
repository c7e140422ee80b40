"""Who must not: every action that changes people, products or numbers asks before it acts."""

import pytest
from django.utils import timezone

from accounts.actions import (
    close_account,
    end_all_sessions,
    invite,
    lift_sign_in_lock,
    reopen_account,
    reset_second_step,
    set_language,
    set_password,
    set_roles,
)
from accounts.models import Role
from common.errors import Forbidden
from common.history import history_of
from common.parameters import set_value
from trade.actions import relist_product, take_down_product
from workforce.actions import join_team, leave_team, set_presence

ACTS = {
    "roles": lambda by, w: set_roles(w["bo"], [Role.OPERATIONS], by=by, reason="自己来"),
    "close": lambda by, w: close_account(w["bo"], by=by, reason="自己来"),
    "reopen": lambda by, w: reopen_account(w["bo"], by=by, reason="自己来"),
    "password": lambda by, w: set_password(w["bo"], "open-sesame-99", by=by, reason="自己来"),
    "unlock": lambda by, w: lift_sign_in_lock(w["bo"], by=by, reason="自己来"),
    "language": lambda by, w: set_language(w["bo"], "en", by=by),
    "end all": lambda by, w: end_all_sessions(w["bo"], by=by, reason="自己来"),
    "second step": lambda by, w: reset_second_step(w["bo"], by=by, reason="自己来"),
    "invite": lambda by, w: invite(w["bo"], by=by, reason="自己来", now=timezone.now()),
    "join": lambda by, w: join_team(w["team"], w["mei"], by=by),
    "leave": lambda by, w: leave_team(w["team"], w["bo"], by=by),
    "presence": lambda by, w: set_presence(w["bo"], "offline", by=by),
    "take down": lambda by, w: take_down_product(w["product"], by=by, reason="自己来"),
    "relist": lambda by, w: relist_product(w["product"], by=by, reason="自己来"),
    "number": lambda by, w: set_value("queue.usual_wait", 1, by=by, reason="自己来"),
}


@pytest.fixture
def world(mei, bo, team, product):
    return {"mei": mei, "bo": bo, "team": team, "product": product}


@pytest.mark.parametrize("who", ["chen", "mei", "qiao", "wen", "he", "sen", "dora"])
@pytest.mark.parametrize("act", ACTS)
def test_who_has_no_right_changes_nothing(act, who, world, request):
    by = request.getfixturevalue(who)
    with pytest.raises(Forbidden):
        ACTS[act](by, world)
    assert not any(history_of(thing).filter(actor=by).exists() for thing in world.values())


@pytest.mark.parametrize("act", ["password", "language", "presence"])
def test_people_change_their_own(act, world, bo):
    ACTS[act](bo, world)


def test_a_closed_account_may_nothing(ops, world):
    close_account(ops, by=None, reason="离职")
    ops.refresh_from_db()
    with pytest.raises(Forbidden):
        ACTS["take down"](ops, world)
