"""The back office finds through the same registry, for those alone who may."""

import pytest

from accounts.models import Role
from merchants.models import Shop
from tests.conftest import make_order, person
from tests.search.conftest import say

LISTS = {
    "conversation": "/admin/tickets/conversation/",
    "member": "/admin/accounts/member/",
    "order": "/admin/trade/order/",
    "shop": "/admin/merchants/shop/",
    "user": "/admin/accounts/user/",
}


@pytest.fixture
def auditor(db):
    return person("aud", "审计", Role.AUDITOR)


def listed(client, name, asked):
    """Return the rows that a list of the back office shows for ``asked``."""
    answer = client.get(LISTS[name], {"q": asked})
    assert answer.status_code == 200
    return [str(row) for row in answer.context["cl"].result_list]


def bar(client, asked):
    """Return what the command bar of the back office shows."""
    answer = client.get("/admin/search/", {"s": asked, "extended": "1"})
    assert answer.status_code == 200
    return answer.content.decode()


@pytest.mark.parametrize(
    "asked", ["壞了", "车厘", "2611200341700001", "M10000001", "周小宁", "zhouning"]
)
def test_talks_are_listed_by_words_numbers_and_names(talk, mei, ops, browser_of, moment, asked):
    say(talk, "签收就坏了一半", mei)
    moment()
    assert listed(browser_of(ops), "conversation", asked) == [talk.conversation_no]


@pytest.mark.parametrize(
    ("name", "asked"),
    [
        ("member", "zhouning"),
        ("member", "13800002071"),
        ("order", "700001"),
        ("order", "lsxg"),
        ("order", "M10000001"),
        ("shop", "鮮果"),
    ],
)
def test_lists_find_by_the_same_words(order, mei, chen, ops, browser_of, moment, name, asked):
    other = Shop.objects.create(shop_no="S3002", name="云端书店")
    make_order(chen, other, "9911200341799999", order.paid_at, product="台历")
    moment()
    (found,) = listed(browser_of(ops), name, asked)
    assert found == str({"member": mei.member, "order": order, "shop": order.shop}[name])
    assert listed(browser_of(ops), name, "没有这个") == []


@pytest.mark.parametrize("asked", ["小宁", "周小宁", "xiaoning", "13800002071", "0000207"])
def test_lists_hide_what_is_masked(talk, mei, auditor, browser_of, moment, asked):
    say(talk, "我是周小宁，电话13800002071", mei)
    moment()
    client = browser_of(auditor)
    for name in ("member", "user", "conversation"):
        assert listed(client, name, ""), name
        assert listed(client, name, asked) == [], name


def test_the_command_bar_finds_what_was_said(talk, mei, ops, browser_of, moment):
    say(talk, "簽收就壞了一半", mei)
    moment()
    shown = bar(browser_of(ops), "坏了")
    assert "簽收就壞了一半" in shown
    assert f"/admin/tickets/conversation/{talk.pk}/change/" in shown


def test_the_command_bar_shows_pages_one_may_open(talk, mei, wen, shop, browser_of, moment):
    say(talk, "岭上签收", mei)
    moment()
    shown = bar(browser_of(wen), "岭上")
    assert "岭上鲜果旗舰店" in shown
    assert "签收" not in shown
    assert "conversation" not in shown


@pytest.mark.parametrize("asked", ["a", "字" * 10_000, "\u202e%_\\", "(((", "的"])
def test_bad_input_breaks_no_list_and_no_bar(talk, ops, browser_of, asked):
    client = browser_of(ops)
    assert "/change/" in bar(client, "车厘")
    assert "/change/" not in bar(client, asked)
    for name in LISTS:
        assert listed(client, name, "")
        assert listed(client, name, asked) == [], name
