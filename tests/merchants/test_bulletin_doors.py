"""Bulletins in the back office, on the shop's pages and at the API; the region that shops are loaded with."""

from datetime import timedelta

import pytest
from django.conf import settings
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from common.models import SavedView
from common.parameters import forget
from merchants.actions.bulletin_sending import send_bulletin, tell_waiting
from merchants.models import Bulletin, BulletinRecipient, BulletinState, StaffAccount
from tests.merchants.casts_bulletins import (
    ALL,
    WHY,
    WORDS,
    approved,
    drafted,
    number,
    open_shop,
    sent,
)

pytestmark = pytest.mark.django_db

LIST = reverse("admin:merchants_bulletin_changelist")
ADD = reverse("admin:merchants_bulletin_add")
TYPED = {
    "title_zh": "双十一发货时限", "title_en": "Shipping times", "body_zh": "48小时内发货。",
    "body_en": "Ship within 48 hours.", "link": "/rules/", "urgency": "normal",
}  # fmt: skip


@pytest.fixture
def office(browser_of, ops):
    return browser_of(ops)


@pytest.fixture
def street(db):
    return [
        open_shop("A", category="生鲜", region="浙江"),
        open_shop("B", category="珠宝", region="云南"),
    ]


def act(browser, row, name, step="do", **answers):
    url = reverse("admin:merchants_bulletin_act", args=[row.pk, name])
    return browser.post(url, {"step": step, "reason": WHY} | answers)


def page(browser, row) -> str:
    return browser.get(reverse("admin:merchants_bulletin_change", args=[row.pk])).content.decode()


def reader_of(shop):
    return StaffAccount.objects.get(merchant=shop.merchant).user


# --- Back office ------------------------------------------------------------------------------------


def test_operations_draft_with_a_form_and_land_on_the_dry_run(office, ops, street):
    open_shop("D", readers=0, category="生鲜")
    answer = office.post(
        ADD,
        TYPED | {"categories": "生鲜\r\n珠宝\r\n", "credit": ["none", "heart"], "dsr_below": "",
                 "shop_nos": "A\r\n\r\nB\r\nD\r\nNO"},
        follow=True,
    )  # fmt: skip
    row = Bulletin.objects.get()
    assert row.drafted_by == ops
    assert row.audience == {
        "categories": ["生鲜", "珠宝"], "credit": ["none", "heart"], "shop_nos": ["A", "B", "D", "NO"],
    }  # fmt: skip
    assert answer.status_code == 200
    shown = page(office, row)
    assert "将通知2家店铺、2人。" in shown
    for words in (
        TYPED["body_zh"],
        TYPED["body_en"],
        "没有这个号的店铺。",
        "店铺目前没有能看通知的人。",
    ):
        assert words in shown
    assert not BulletinRecipient.objects.exists()


@pytest.mark.parametrize(
    ("typed", "field", "words"),
    [
        ({}, None, "请写明发给谁"),
        ({"everybody": "on", "regions": "浙江"}, None, "两者不能并用"),
        ({"shop_nos": "A\r\nB，C"}, "shop_nos", "第2行"),
        ({"dsr_from": "4.8", "dsr_below": "4.6"}, "dsr_from", "须小于"),
        ({"everybody": "on", "link": "http://a.example"}, None, "https://"),
        ({"everybody": "on", "title_en": ""}, "title_en", ""),
    ],
)
def test_what_is_refused_is_said_at_its_field_with_all_that_was_typed(office, typed, field, words):
    answer = office.post(ADD, TYPED | typed)
    form = answer.context["adminform"].form
    said = form.errors[field] if field else form.non_field_errors()
    assert words in "".join(said)
    assert form["body_zh"].value() == TYPED["body_zh"]
    assert not Bulletin.objects.exists()


def test_a_draft_is_edited_with_what_it_says(office, ops, street):
    row = drafted(ops, {"regions": ["浙江", "云南"], "key_accounts": True})
    asked = office.get(reverse("admin:merchants_bulletin_act", args=[row.pk, "edit"]))
    form = asked.context["form"]
    assert form["regions"].value() == "浙江\n云南"
    assert form["key_accounts"].value() is True
    act(office, row, "edit", **TYPED, regions="云南")
    row.refresh_from_db()
    assert row.audience == {"regions": ["云南"]}


def test_two_people_take_a_bulletin_to_its_shops(office, browser_of, ops, judge, street):
    number("bulletin.second_person_above", 1)
    row = drafted(ops)
    assert "须第二人审批" in page(office, row)
    act(office, row, "send_out")
    row.refresh_from_db()
    assert row.state == BulletinState.DRAFT
    act(office, row, "ask")
    act(office, row, "approve")
    row.refresh_from_db()
    assert row.state == BulletinState.WAITING
    act(browser_of(judge), row, "approve")
    act(office, row, "send_out")
    row.refresh_from_db()
    assert (row.state, row.approved_by, row.shops) == ("sending", judge, 2)
    tell_waiting()
    assert "2家店铺已通知2家（100%）" in page(office, row)


def test_trying_an_action_keeps_nothing(office, ops, street):
    row = drafted(ops)
    act(office, row, "send_out", step="try")
    row.refresh_from_db()
    assert (row.state, BulletinRecipient.objects.count()) == ("draft", 0)


def test_it_is_stopped_goes_on_and_is_sent_back_or_dropped(office, browser_of, ops, judge, street):
    row = send_bulletin(drafted(ops), by=ops)
    for name, state in (("stop", "stopped"), ("go_on", "sending")):
        act(office, row, name)
        row.refresh_from_db()
        assert row.state == state
    other = drafted(ops)
    act(office, other, "ask")
    for who, name, state in (
        (browser_of(judge), "send_back", "draft"),
        (office, "drop_it", "dropped"),
    ):
        act(who, other, name)
        other.refresh_from_db()
        assert other.state == state


def test_account_managers_read_and_do_nothing(browser_of, wen, ops, judge, street):
    row = approved(ops, judge)
    assert "试算" in page(browser_of(wen), row)
    assert act(browser_of(wen), row, "send_out").status_code == 404
    assert browser_of(wen).get(ADD).status_code == 404


def test_both_lists_are_kept_as_views(office, ops, street):
    sent(ops)
    for name, query in (("bulletin", "state__exact=sent"), ("bulletinrecipient", "told=unread")):
        office.post(reverse(f"admin:merchants_{name}_views"), {"name": "要看的", "query": query})
        answer = office.get(reverse(f"admin:merchants_{name}_changelist") + f"?{query}")
        assert answer.context["cl"].result_list
    assert SavedView.objects.count() == 2


@pytest.mark.parametrize(("told", "count"), [("waiting", 0), ("unread", 2), ("read", 0)])
def test_shops_are_listed_by_what_became_of_them(office, ops, street, told, count):
    row = sent(ops)
    url = reverse("admin:merchants_bulletinrecipient_changelist")
    answer = office.get(url, {"told": told, "bulletin": row.public_key})
    assert len(answer.context["cl"].result_list) == count


def test_a_list_takes_the_same_number_of_queries_for_any_number_of_rows(office, ops, street):
    def asked() -> int:
        with CaptureQueriesContext(connection) as queries:
            assert office.get(LIST).status_code == 200
        return len(queries)

    drafted(ops)
    asked()
    few = asked()
    for _one in range(5):
        drafted(ops)
    assert asked() == few


# --- The shop ---------------------------------------------------------------------------------------


@pytest.fixture
def told(ops, street):
    """A bulletin to shop A alone."""
    forget()
    return sent(ops, {"shop_nos": ["A"]}, now=timezone.now() - timedelta(hours=1))


def test_a_shop_reads_its_bulletins_and_says_so(browser_of, told, street):
    browser = browser_of(reader_of(street[0]))
    listed = browser.get(reverse("shop-bulletins")).content.decode()
    assert WORDS.title_zh in listed
    assert "未读" in listed
    one = reverse("shop-bulletin", args=[told.pk])
    assert WORDS.body_zh in browser.get(one).content.decode()
    assert browser.post(reverse("shop-bulletin-reading", args=[told.pk])).url == one
    assert "您已于" in browser.get(one).content.decode()
    assert "未读" not in browser.get(reverse("shop-bulletins")).content.decode()
    assert told.recipients.get().read_by == reader_of(street[0])


def test_who_reads_english_reads_english(browser_of, told, street):
    browser = browser_of(reader_of(street[0]))
    browser.cookies[settings.LANGUAGE_COOKIE_NAME] = "en"
    shown = browser.get(reverse("shop-bulletin", args=[told.pk]))
    assert WORDS.body_en in shown.content.decode()


def test_no_other_shop_and_no_buyer_finds_it(browser_of, client, told, street, mei, ops):
    names = ("shop-bulletin", "shop-bulletin-reading")
    for who in (reader_of(street[1]), mei, ops):
        browser = browser_of(who)
        assert browser.get(reverse(names[0], args=[told.pk])).status_code == 404
        assert browser.post(reverse(names[1], args=[told.pk])).status_code == 404
        for part in ("", "reading/"):
            url = f"/api/v1/shops/A/bulletins/{told.public_key}/{part}"
            answer = browser.post(url) if part else browser.get(url)
            assert answer.status_code == 404
        assert browser.get("/api/v1/shops/A/bulletins/").status_code == 404
    assert browser_of(mei).get(reverse("shop-bulletins")).status_code == 404
    assert client.get(reverse("shop-bulletins")).status_code == 302
    assert told.recipients.get().read_at is None


def test_a_shop_without_bulletins_is_told_so(browser_of, told, street):
    shown = browser_of(reader_of(street[1])).get(reverse("shop-bulletins")).content.decode()
    assert "平台还没有给您的店铺发过通知。" in shown
    assert (
        browser_of(reader_of(street[1])).get(reverse("shop-bulletins") + "?cursor=x").status_code
        == 404
    )


# --- The API ----------------------------------------------------------------------------------------


def test_the_api_lists_one_shops_bulletins_and_takes_the_read_mark(browser_of, ops, told, street):
    second = sent(ops, ALL, now=timezone.now() - timedelta(minutes=1))
    browser = browser_of(reader_of(street[0]))
    first = browser.get("/api/v1/shops/A/bulletins/?limit=1").json()
    assert [one["id"] for one in first["data"]] == [second.public_key]
    rest = browser.get(f"/api/v1/shops/A/bulletins/?cursor={first['next_cursor']}").json()
    (line,) = rest["data"]
    assert (line["id"], line["title"], line["read_at"]) == (told.public_key, WORDS.title_zh, None)
    url = f"/api/v1/shops/A/bulletins/{told.public_key}/"
    once = browser.post(f"{url}reading/").json()["read_at"]
    assert once is not None
    assert browser.post(f"{url}reading/").json()["read_at"] == once
    assert browser.get(url).json()["read_at"] == once
    assert browser.get("/api/v1/shops/B/bulletins/").status_code == 404
    assert browser.get("/api/v1/shops/A/bulletins/?cursor=x").json()["code"] == "cursor.bad"
