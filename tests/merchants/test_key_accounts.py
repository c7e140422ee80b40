"""Who looks after a shop, whom it calls while they are away, and what the portfolio shows."""

from datetime import UTC, date, datetime, timedelta

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone

from accounts.models import Notification
from common.history import history_of
from merchants.actions.key_accounts import (
    assign_manager,
    end_absence,
    end_assignment,
    hand_over,
    note_absence,
    note_contact,
)
from merchants.key_accounts import rules
from merchants.key_accounts.registry import Told
from merchants.models import ContactNote, DSRSnapshot, ManagerAssignment, StaffAccount
from merchants.queries.key_accounts import manager_card, who_to_call
from merchants.queries.portfolio import portfolio_page
from tests.conftest import person
from tests.merchants.casts_key_accounts import DAY, HOUR, NOW, WHY, assigned, works_for
from tests.merchants.casts_penalties import decided, noticed, refused
from tests.waiting import Beside

pytestmark = pytest.mark.django_db


def called(shop, at=NOW):
    found = who_to_call(shop, at)
    return found.role, found.why, found.person


def away(who, by=None, *, first=date(2026, 11, 12), last=date(2026, 11, 13), now=NOW):
    by = by or who
    return note_absence(
        who, first_day=first, last_day=last, why="leave", by=by,
        reason="" if by == who else WHY, now=now,
    )  # fmt: skip


def test_a_shop_calls_its_manager(shop, looked_after, wen):
    assert called(shop) == (rules.MANAGER, rules.IN_CHARGE, wen)
    card = manager_card(shop, NOW)
    assert (card["name"], card["person"], card["role"]) == ("方舟", wen.public_key, "manager")


def test_a_shop_without_one_calls_operations(shop):
    assert called(shop) == (rules.QUEUE, rules.NOBODY, None)
    assert manager_card(shop, NOW)["name"] == "运营商家服务台"


def test_a_merchants_manager_has_all_its_shops_but_those_with_their_own(
    shop, second_shop, wen, sui, ops
):
    other = person("other", "别人", "account_manager")
    assigned(shop.merchant, wen, sui, ops)
    assigned(second_shop, other, sui, ops)
    assert (called(shop)[2], called(second_shop)[2]) == (wen, other)


@pytest.mark.parametrize(
    ("at", "role"),
    [
        # Away on the 12th and 13th of November in Shanghai, which is UTC+8.
        (datetime(2026, 11, 11, 15, 59, 59, 999999, tzinfo=UTC), rules.MANAGER),
        (datetime(2026, 11, 11, 16, 0, tzinfo=UTC), rules.DEPUTY),
        (datetime(2026, 11, 13, 15, 59, 59, 999999, tzinfo=UTC), rules.DEPUTY),
        (datetime(2026, 11, 13, 16, 0, tzinfo=UTC), rules.MANAGER),
    ],
)
def test_the_deputy_is_called_on_whole_days_of_shanghai(shop, looked_after, wen, at, role):
    away(wen)
    assert called(shop, at)[0] == role


def test_when_both_are_away_operations_are_called(shop, looked_after, wen, sui):
    away(wen)
    away(sui, first=date(2026, 11, 13), last=date(2026, 11, 20))
    noon = datetime(2026, 11, 13, 4, tzinfo=UTC)
    assert called(shop, noon) == (rules.QUEUE, rules.BOTH_AWAY, None)
    assert called(shop, noon - DAY)[0] == rules.DEPUTY
    assert manager_card(shop, noon)["manager_back_on"] == date(2026, 11, 14)


def test_a_closed_account_is_not_called(shop, looked_after, wen, sui):
    wen.is_active = False
    wen.save()
    assert called(shop)[2] == sui
    sui.roles = []
    sui.save()
    assert called(shop)[0] == rules.QUEUE


def test_who_comes_back_early_is_called_from_that_moment(shop, looked_after, wen):
    absence = away(wen, first=date(2026, 11, 10), last=date(2026, 11, 20))
    end_absence(absence, by=wen, now=NOW + HOUR)
    assert (called(shop, NOW)[0], called(shop, NOW + HOUR)[0]) == (rules.DEPUTY, rules.MANAGER)
    assert end_absence(absence, by=wen, now=NOW + DAY).ended_at == NOW + HOUR


def test_an_absence_tells_the_deputy(looked_after, wen, sui, django_capture_on_commit_callbacks):
    with django_capture_on_commit_callbacks(execute=True):
        away(wen)
    titles = [str(one.title) for one in Notification.objects.filter(person=sui)]
    assert any("方舟" in title for title in titles)


def test_bad_days_are_refused(wen, ops):
    with refused("absence.backwards"):
        away(wen, first=date(2026, 11, 13), last=date(2026, 11, 12))
    with refused("absence.over"):
        away(wen, first=date(2026, 11, 1), last=date(2026, 11, 9))
    with refused("absence.too_long"):
        away(wen, first=date(2026, 11, 12), last=date(2027, 11, 12))
    with refused("manager.not_a_manager"):
        away(ops)
    away(wen)
    with refused("absence.overlap"):
        away(wen, first=date(2026, 11, 13), last=date(2026, 11, 14))


def test_nobody_notes_an_absence_for_a_colleague(wen, sui, bo, ops):
    for who in (sui, bo):
        with refused("forbidden"):
            away(wen, by=who)
    assert away(wen, by=ops).noted_by == ops


@pytest.mark.parametrize("who", ["wen", "bo", "qiao", "mei"])
def test_only_operations_assign(who, request, shop, wen, sui):
    with refused("forbidden"):
        assigned(shop, wen, sui, request.getfixturevalue(who))


def test_bad_assignments_are_refused_and_nothing_is_stored(shop, wen, sui, bo, ops):
    with refused("manager.same_person"):
        assigned(shop, wen, wen, ops)
    with refused("manager.not_a_manager"):
        assigned(shop, wen, bo, ops)
    with refused("manager.in_the_past"):
        assigned(shop, wen, sui, ops, since=NOW - HOUR)
    with refused("manager.backwards"):
        assigned(shop, wen, sui, ops, since=NOW + DAY, until=NOW + DAY)
    with refused("manager.no_reason"):
        assign_manager(shop, manager=wen, deputy=sui, by=ops, reason=" ", now=NOW)
    StaffAccount.objects.create(
        user=sui, merchant=shop.merchant, since=NOW - 9 * DAY, ended_at=NOW - DAY
    )
    with refused("manager.own_merchant"):
        assigned(shop, wen, sui, ops)
    assert not ManagerAssignment.objects.exists()


def test_times_may_touch_and_not_overlap(shop, looked_after, wen, sui, ops):
    with refused("manager.overlap"):
        assigned(shop, sui, wen, ops, since=NOW + 30 * DAY)
    end_assignment(looked_after, at=NOW + DAY, by=ops, reason=WHY, now=NOW)
    with refused("manager.overlap"):
        assigned(shop, sui, wen, ops, since=NOW + DAY - timedelta(microseconds=1))
    assigned(shop, sui, wen, ops, since=NOW + DAY)
    assert (called(shop, NOW + DAY - HOUR)[2], called(shop, NOW + DAY)[2]) == (wen, sui)


def test_the_database_itself_refuses_an_overlap(shop, looked_after, wen, sui):
    for whose in ({"shop": shop},):
        with pytest.raises(IntegrityError), transaction.atomic():
            ManagerAssignment.objects.create(**whose, manager=sui, deputy=wen, since=NOW + DAY)


def test_an_account_is_handed_over_without_a_gap(shop, looked_after, wen, sui, ops):
    new = hand_over(looked_after, manager=sui, deputy=wen, by=ops, reason=WHY, now=NOW + DAY)
    looked_after.refresh_from_db()
    assert (looked_after.until, new.since, called(shop, NOW + DAY)[2]) == (
        NOW + DAY,
        NOW + DAY,
        sui,
    )
    assert [event.action for event in history_of(looked_after).order_by("id")] == [
        "manager.assigned", "manager.handed_over",
    ]  # fmt: skip
    with refused("manager.over"):
        hand_over(looked_after, manager=wen, deputy=sui, by=ops, reason=WHY, now=NOW + 2 * DAY)
    with refused("forbidden"):
        hand_over(new, manager=wen, deputy=sui, by=wen, reason=WHY, now=NOW + 2 * DAY)


def test_what_has_not_begun_never_does_when_it_is_ended(shop, wen, sui, ops):
    later = assigned(shop, wen, sui, ops, since=NOW + 5 * DAY)
    end_assignment(later, by=ops, reason=WHY, now=NOW)
    assert called(shop, NOW + 6 * DAY)[0] == rules.QUEUE
    assigned(shop, sui, wen, ops, since=NOW + 5 * DAY)
    with refused("manager.over"):
        end_assignment(later, by=ops, reason=WHY, now=NOW + 6 * DAY)


def test_a_contact_is_noted_masked_with_its_next_day(looked_after, wen):
    note = note_contact(
        looked_after, medium="phone", text="老板电话 13800138000，下周谈包装",
        next_on=date(2026, 11, 17), by=wen, now=NOW,
    )  # fmt: skip
    assert "13800138000" not in note.text
    assert history_of(looked_after).filter(action="manager.contact_noted").exists()
    for bad in (date(2026, 11, 9), date(2028, 1, 1)):
        with refused("contact.bad_day"):
            note_contact(looked_after, medium="phone", text="x", next_on=bad, by=wen, now=NOW)
    with refused("contact.unknown"):
        note_contact(looked_after, medium="pigeon", text="x", by=wen, now=NOW)


def test_nobody_notes_a_contact_with_a_colleagues_account(looked_after, bo, qiao, ops):
    other = person("other", "别人", "account_manager")
    for who in (other, bo, qiao):
        with refused("not_found"):
            note_contact(looked_after, medium="phone", text="x", by=who, now=NOW)
    note_contact(looked_after, medium="phone", text="x", by=ops, now=NOW)
    assert ContactNote.objects.count() == 1


# The portfolio.


@pytest.fixture
def two_accounts(shop, second_shop, looked_after, wen, sui, ops):
    return looked_after, assigned(second_shop, wen, sui, ops)


def portfolio(user, now=NOW + HOUR, **more):
    return portfolio_page(user, now, **more)[0]


def names(user, now=NOW + HOUR):
    return [card["name"] for card in portfolio(user, now)]


def test_manager_deputy_and_operations_see_it_and_nobody_else(two_accounts, wen, sui, ops, bo):
    other = person("other", "别人", "account_manager")
    assert [len(portfolio(who)) for who in (wen, sui, ops, other, bo)] == [2, 2, 2, 0, 0]
    assert [card["is_deputy"] for card in portfolio(sui)] == [True, True]


def test_it_says_what_is_open(shop, two_accounts, wen, bo, ops, judge):
    noticed(shop, bo, judge, now=NOW)
    decided(shop, bo, judge, now=NOW - 20 * DAY, points="12")
    today = date(2026, 11, 9)
    for n in range(3):
        day = today - n * timedelta(days=1)
        score = 480_000 - n * 1000
        DSRSnapshot.objects.create(
            id=DSRSnapshot.key(day, shop.pk), day=day, shop=shop, desc_e5=score, service_e5=score,
            logistics_e5=score,
            **dict.fromkeys(
                ("desc_sum", "desc_count", "service_sum", "service_count", "logistics_sum",
                 "logistics_count", "positive", "neutral", "negative", "credit"), 1,
            ),
        )  # fmt: skip
    first, second = portfolio(wen)
    assert (first["name"], first["cases"].count, first["penalties"].count) == (shop.name, 1, 1)
    assert first["cases"].due_at == datetime(2026, 11, 13, 16, tzinfo=UTC)
    assert first["points"] == {"A": 12}
    assert (float(first["trend"].last), float(first["trend"].change)) == (4.8, 0.02)
    assert (second["cases"], second["trend"], second["nearest"]) == (Told(0), None, None)


def test_the_nearest_clock_comes_first_and_an_overdue_contact_before_it(
    shop, second_shop, two_accounts, wen, bo, judge
):
    noticed(second_shop, bo, judge, now=NOW)
    assert names(wen) == [second_shop.name, shop.name]
    note_contact(
        two_accounts[0], medium="visit", text="谈过", next_on=date(2026, 11, 10), by=wen, now=NOW
    )
    # Due today: it is the nearest of all moments. Overdue once the day is over in Shanghai.
    assert [card["is_overdue"] for card in portfolio(wen)] == [False, False]
    midnight = datetime(2026, 11, 10, 16, tzinfo=UTC)
    before = portfolio(wen, midnight - timedelta(seconds=1))[0]
    after = portfolio(wen, midnight)[0]
    assert (before["is_overdue"], after["is_overdue"], after["name"]) == (False, True, shop.name)


def test_notes_stay_when_the_manager_changes(two_accounts, wen, sui, ops):
    note_contact(two_accounts[0], medium="visit", text="谈过包装", by=wen, now=NOW)
    other = person("other", "别人", "account_manager")
    hand_over(two_accounts[0], manager=other, deputy=sui, by=ops, reason=WHY, now=NOW + HOUR)
    (card,) = portfolio(other, NOW + 2 * HOUR)
    assert [note.text for note in card["notes"]] == ["谈过包装"]
    assert len(portfolio(wen, NOW + 2 * HOUR)) == 1


def test_open_conversations_come_from_above(two_accounts, shop, wen, mei, team):
    from tickets.models import Conversation, State

    Conversation.objects.create(
        member=mei.member, shop=shop, team=team, state=State.WAITING, opened_at=NOW, queued_at=NOW,
        waiting_since=NOW,
    )  # fmt: skip
    card = portfolio(wen)[0]
    ((label, told),) = card["figures"]
    assert (str(label), told.count) == ("进行中的会话", 1)
    assert (told.due_at, card["nearest"]) == (NOW + timedelta(minutes=3),) * 2


def test_pages_do_not_repeat_nor_leave_out(shop, wen, sui, ops):
    from merchants.models import Shop

    for n in range(7):
        one = Shop.objects.create(shop_no=f"S40{n}", name=f"店{n}", merchant=shop.merchant)
        assigned(one, wen, sui, ops)
    seen, cursor = [], ""
    while True:
        cards, cursor = portfolio_page(wen, NOW + HOUR, cursor=cursor, limit=3)
        seen += [card["name"] for card in cards]
        if not cursor:
            break
    assert (len(seen), len(set(seen))) == (7, 7)


def test_the_page_asks_the_same_however_many_accounts(
    shop, second_shop, two_accounts, wen, sui, ops, bo, judge, browser_of,
    django_assert_max_num_queries,
):  # fmt: skip
    from merchants.models import Shop

    for n in range(10):
        one = Shop.objects.create(shop_no=f"S50{n}", name=f"店{n}", merchant=shop.merchant)
        row = assigned(one, wen, sui, ops)
        noticed(one, bo, judge, now=NOW)
        note_contact(row, medium="phone", text="谈过", by=wen, now=NOW)
    with django_assert_max_num_queries(6):
        assert len(portfolio(wen)) == 12
    page = browser_of(wen)
    with django_assert_max_num_queries(10):
        assert page.get("/portfolio/").status_code == 200


def test_a_contact_is_noted_on_the_page(shop, wen, sui, ops, browser_of):
    row = assigned(shop, wen, sui, ops, now=timezone.now())
    page, url = browser_of(wen), f"/portfolio/{row.public_key}/contacts/"
    prefix = row.public_key
    assert page.post(url, {f"{prefix}-medium": "phone"}).status_code == 422
    sent = {f"{prefix}-medium": "phone", f"{prefix}-text": "谈过包装"}
    assert page.post(url, sent).status_code == 302
    assert "谈过包装" in page.get("/portfolio/").content.decode()
    assert browser_of(person("other", "别人", "account_manager")).post(url, sent).status_code == 404


def test_a_shops_people_read_whom_to_call_and_no_other_shops(
    shop, looked_after, qiao, wen, mei, browser_of
):
    url = f"/api/v1/shops/{shop.shop_no}/manager/"
    assert browser_of(qiao).get(url).status_code == 404
    works_for(qiao, shop.merchant)
    ManagerAssignment.objects.update(since=timezone.now() - DAY)
    answer = browser_of(qiao).get(url).json()
    assert (answer["name"], answer["role"], answer["presence"]) == ("方舟", "manager", None)
    assert browser_of(mei).get(url).status_code == 404


@pytest.mark.django_db(transaction=True)
def test_of_two_who_assign_at_once_one_is_refused(shop, wen, sui, ops):
    def tried():
        return assigned(shop, wen, sui, ops)

    from merchants.models import Shop

    with transaction.atomic():
        Shop.objects.select_for_update().get(pk=shop.pk)
        running = [Beside(tried), Beside(tried)]
        assert all(one.waits() for one in running)
    codes = []
    for one in running:
        try:
            one.done()
        except Exception as refusal:
            codes.append(refusal.code)
    assert (codes, ManagerAssignment.objects.count()) == (["manager.overlap"], 1)


@pytest.mark.django_db(transaction=True)
def test_two_writers_that_pass_by_the_actions_do_not_overlap_either(shop, wen, sui):
    def write():
        return ManagerAssignment.objects.create(shop=shop, manager=wen, deputy=sui, since=NOW)

    with transaction.atomic():
        write()
        second = Beside(write)
        assert second.waits()
    with pytest.raises(IntegrityError):
        second.done()


def test_who_comes_back_keeps_the_leave_after_it(wen, browser_of):
    today, now = timezone.localdate(), timezone.now()
    first = away(wen, first=today, last=today + DAY, now=now)
    later = away(wen, first=today + 30 * DAY, last=today + 31 * DAY, now=now)
    assert browser_of(wen).post("/portfolio/return/").status_code == 302
    first.refresh_from_db()
    later.refresh_from_db()
    assert first.ended_at is not None
    assert later.ended_at is None
