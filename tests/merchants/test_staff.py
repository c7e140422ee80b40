"""Who works for a merchant: let in, given rights, let go; never without somebody who may manage accounts."""

import pytest
from django.db import transaction

from accounts.models import Notification, Role
from common.errors import DomainError
from common.history import history_of
from merchants.actions.staff import end_staff, invite_staff, set_staff_rights
from merchants.actions.violations import state_side
from merchants.models import Merchant, StaffAccount, StaffRight, shops_of
from tests.conftest import person
from tests.merchants.casts_key_accounts import DAY, NOW, WHY, works_for
from tests.merchants.casts_penalties import noticed, refused
from tests.waiting import Beside

pytestmark = pytest.mark.django_db
ANSWER, VOTE, STAFF = StaffRight.ANSWER, StaffRight.VOTE, StaffRight.STAFF


@pytest.fixture
def newcomer(db):
    """Tao has a merchant's account and works for nobody yet."""
    return person("tao", "陶然", Role.MERCHANT_STAFF, phone="13911112222")


@pytest.fixture
def own(owner):
    return StaffAccount.objects.get(user=owner)


def invited(merchant, by, who="tao", rights=(VOTE,), **fields):
    return invite_staff(merchant, who, rights=rights, by=by, now=NOW, **fields)


@pytest.mark.parametrize("who", ["tao", "TAO", "13911112222", "139 1111 2222"])
def test_somebody_is_let_in_by_name_or_phone(who, shop, owner, newcomer):
    account = invited(shop.merchant, owner, who)
    assert (account.user, account.rights) == (newcomer, ["vote"])
    assert shops_of(newcomer).get() == shop
    event = history_of(account).get()
    assert (event.action, event.actor_id) == ("staff.invited", owner.pk)
    assert Notification.objects.filter(person=newcomer, kind="shop.people").exists()


def test_who_has_no_merchants_account_is_not_let_in(shop, owner, mei, bo):
    for who in ("nobody", "mei", "bo", "13800002071", "0"):
        with refused("staff.unknown_person"):
            invited(shop.merchant, owner, who)


def test_bad_rights_and_a_second_time_are_refused(shop, owner, newcomer):
    with refused("staff.unknown_right"):
        invited(shop.merchant, owner, rights=["everything"])
    account = invited(shop.merchant, owner)
    with refused("staff.already"):
        invited(shop.merchant, owner)
    with refused("staff.unknown_right"):
        set_staff_rights(account, ["everything"], by=owner)


def test_only_who_may_manage_accounts_of_that_merchant(
    shop, owner, newcomer, stranger, wen, bo, mei, stranger_shop
):
    for who in (stranger, wen, bo, mei, newcomer):
        with refused("not_found"):
            invited(shop.merchant, who)
    plain = invited(shop.merchant, owner)
    with refused("forbidden"):
        set_staff_rights(plain, [STAFF], by=newcomer)
    theirs = StaffAccount.objects.get(user=stranger)
    for act in (
        lambda: set_staff_rights(theirs, [], by=owner),
        lambda: end_staff(theirs, by=owner),
    ):
        with refused("not_found"):
            act()


def test_operations_do_it_with_a_reason(shop, owner, newcomer, ops):
    with refused("staff.no_reason"):
        invited(shop.merchant, ops)
    account = invited(shop.merchant, ops, reason=WHY)
    assert history_of(account).get().reason == WHY


def test_operations_do_not_for_a_merchant_of_their_own(shop, owner, newcomer, ops):
    works_for(ops, shop.merchant)
    with refused("conflict.own_case"):
        invited(shop.merchant, ops, reason=WHY)


def test_a_right_taken_away_holds_at_once(shop, owner, newcomer, bo, judge):
    account = invited(shop.merchant, owner, rights=[ANSWER])
    case = noticed(shop, bo, judge, now=NOW)
    set_staff_rights(account, [VOTE], by=owner, now=NOW)
    with refused("forbidden"):
        state_side(case, text="我们有证书", by=newcomer, now=NOW)
    event = history_of(account).filter(action="staff.rights_set").get()
    assert (event.before, event.after) == ({"rights": ["answer"]}, {"rights": ["vote"]})
    end_staff(account, by=owner, now=NOW)
    with refused("not_found"):
        state_side(case, text="我们有证书", by=newcomer, now=NOW)
    assert not shops_of(newcomer).exists()


def test_who_has_gone_may_come_back(shop, owner, newcomer):
    account = invited(shop.merchant, owner)
    end_staff(account, by=owner, now=NOW)
    assert end_staff(account, by=owner, now=NOW + DAY).ended_at == NOW
    with refused("staff.ended"):
        set_staff_rights(account, [], by=owner)
    assert invited(shop.merchant, owner).pk != account.pk


def test_the_last_one_who_manages_accounts_stays(shop, owner, own, newcomer, ops):
    for by, reason in ((owner, ""), (ops, WHY)):
        with refused("staff.last_one"):
            end_staff(own, by=by, reason=reason)
        with refused("staff.last_one"):
            set_staff_rights(own, [VOTE], by=by, reason=reason)
    second = invited(shop.merchant, owner, rights=[STAFF])
    newcomer.is_active = False
    newcomer.save()
    with refused("staff.last_one"):
        end_staff(own, by=owner)
    newcomer.is_active = True
    newcomer.save()
    end_staff(own, by=owner)
    with refused("staff.last_one"):
        end_staff(second, by=newcomer)


@pytest.mark.django_db(transaction=True)
def test_two_who_end_each_other_leave_one(shop, owner, own, newcomer):
    second = invited(shop.merchant, owner, rights=[STAFF])

    def tried(account, by):
        def run():
            try:
                return end_staff(account, by=by)
            except DomainError as refusal:
                return refusal.code

        return run

    with transaction.atomic():
        Merchant.objects.select_for_update().get(pk=shop.merchant_id)
        running = [Beside(tried(second, owner)), Beside(tried(own, newcomer))]
        assert all(one.waits() for one in running)
    answers = [one.done() for one in running]
    # Whoever came second is no manager of accounts any more: there is nothing of theirs to see.
    assert [one for one in answers if isinstance(one, str)] == ["not_found"]
    assert StaffAccount.objects.current().filter(rights__contains=[STAFF]).count() == 1


def test_the_api_lists_lets_in_gives_rights_and_lets_go(shop, owner, newcomer, browser_of):
    page = browser_of(owner)
    sent = {"merchant_no": "B2001", "account": "tao", "rights": ["vote"]}
    made = page.post("/api/v1/shop/staff/", sent, content_type="application/json")
    assert (made.status_code, made.json()["person"]) == (201, newcomer.public_key)
    listed = page.get("/api/v1/shop/staff/").json()["data"]
    assert [one["name"] for one in listed] == ["乔木", "陶然"] or len(listed) == 2
    url = f"/api/v1/shop/staff/B2001/{newcomer.public_key}/"
    given = page.put(url, {"rights": ["answer", "vote"]}, content_type="application/json")
    assert given.json()["rights"] == ["answer", "vote"]
    assert browser_of(newcomer).get("/api/v1/shop/staff/").json()["data"] == []
    assert browser_of(newcomer).delete(url).status_code == 404
    assert page.delete(url).status_code == 204
    last = page.delete(f"/api/v1/shop/staff/B2001/{owner.public_key}/")
    assert (last.status_code, last.json()["code"]) == (409, "staff.last_one")


def test_two_merchants_see_nothing_of_each_other(
    shop, owner, stranger, stranger_shop, newcomer, browser_of
):
    StaffAccount.objects.filter(user=stranger).update(rights=[STAFF])
    ours, theirs = browser_of(owner), browser_of(stranger)
    assert [one["account"] for one in theirs.get("/api/v1/shop/staff/").json()["data"]] == ["yan"]
    assert "乔木" not in theirs.get("/shop/people/").content.decode()
    sent = {"merchant_no": "B2002", "account": "tao", "rights": []}
    answer = ours.post("/api/v1/shop/staff/", sent, content_type="application/json")
    assert answer.status_code == 404
    for part in ("rights", "end"):
        url = f"/shop/people/B2002/{stranger.public_key}/{part}/"
        assert ours.post(url).status_code == 404


def test_the_page_lets_in_and_shows_whom_to_call(shop, owner, newcomer, browser_of):
    page = browser_of(owner)
    url = "/shop/people/B2001/invite/"
    assert page.post(url, {"B2001-account": "nobody"}).status_code == 422
    assert page.post(url, {"B2001-account": "tao", "B2001-rights": ["vote"]}).status_code == 302
    text = page.get("/shop/people/").content.decode()
    assert ("陶然" in text, "运营商家服务台" in text) == (True, True)
    assert (
        "陶然"
        not in browser_of(newcomer).get("/shop/people/").content.decode().split("<main", 1)[1]
    )


def test_the_page_asks_the_same_however_many(
    shop, owner, browser_of, django_assert_max_num_queries
):
    for n in range(8):
        works_for(person(f"s{n}", f"员工{n}", Role.MERCHANT_STAFF), shop.merchant)
    page = browser_of(owner)
    with django_assert_max_num_queries(10):
        assert page.get("/shop/people/").status_code == 200
