"""What is found, at once and from the index, and by whom."""

from datetime import timedelta

import pytest
import time_machine
from django.utils import timezone

from accounts.models import Member, Role
from common.ids import public_key
from common.models import SearchChange
from common.search import parse, search, statements
from common.search.kinds import kind_named
from merchants.models import Merchant, Shop
from tests.conftest import person
from tests.search.conftest import hits, say, settle
from tests.tickets.casts import answered
from tickets.actions.conversations import add_note
from tickets.actions.recall import recall_message
from tickets.models import Message
from trade.models import Order


@pytest.mark.parametrize("asked", ["坏了", "壞了", "一半 签收", "簽收", "怎么办？"])
def test_two_characters_find_what_was_said(talk, mei, bo, moment, asked):
    say(talk, "签收就坏了一半，怎么办？", mei)
    say(talk, "别的", mei)
    moment()
    (hit,) = hits(bo, asked, "message")
    assert hit.facts == {"conversation": public_key("cnv", talk.pk), "seq": 1}
    assert hit.snippet.text == "签收就坏了一半，怎么办？"
    assert hit.snippet.marks
    assert hit.title.text == "周*宁"


def test_traditional_words_are_found_by_simplified_ones(talk, mei, bo, moment):
    say(talk, "後臺說頭髮乾燥", mei)
    moment()
    assert len(hits(bo, "后台", "message")) == len(hits(bo, "干燥", "message")) == 1


def test_newest_first_and_page_by_page(talk, mei, bo, moment):
    for n in range(7):
        say(talk, f"退货第{n}次", mei)
    moment()
    (first,) = search(bo, "退货", kinds=["message"], limit=3)
    (second,) = search(bo, "退货", kinds=["message"], limit=3, cursor=first.next_cursor)
    (third,) = search(bo, "退货", kinds=["message"], limit=3, cursor=second.next_cursor)
    found = [hit.facts["seq"] for group in (first, second, third) for hit in group.hits]
    assert found == [7, 6, 5, 4, 3, 2, 1]
    assert third.next_cursor == ""


def test_a_recalled_message_vanishes_at_once(talk, mei, bo, moment):
    say(talk, "密码是芝麻开门", mei)
    moment()
    assert hits(bo, "芝麻", "message")
    recall_message(talk, 1, by=mei)
    assert hits(bo, "芝麻") == []
    moment()
    assert hits(bo, "芝麻") == []


def test_a_recalled_message_is_not_shown_even_if_the_index_lags(talk, mei, bo):
    say(talk, "密码是芝麻开门", mei)
    settle()
    Message.objects.filter(conversation=talk).update(recalled_at=timezone.now())
    SearchChange.objects.all().delete()
    assert hits(bo, "芝麻") == []


def test_what_others_say_stays_theirs(talk, mei, bo, dora, chen, ada, ops, lin, moment):
    say(talk, "签收就坏了一半", mei)
    moment()
    seen = {
        who.username: len(hits(who, "坏了", "message"))
        for who in (mei, bo, lin, ops, dora, chen, ada)
    }
    assert seen == {"mei": 1, "bo": 1, "lin": 1, "ops": 1, "dora": 0, "chen": 0, "ada": 0}


def test_notes_are_for_staff(talk, mei, bo, dora, ops, moment):
    add_note(talk, body="这家店本周第七次了", by=bo)
    moment()
    assert [hit.kind for hit in hits(bo, "第七次")] == ["note"]
    assert len(hits(ops, "第七次", "note")) == 1
    assert hits(mei, "第七次") == []
    assert hits(dora, "第七次") == []


@pytest.mark.parametrize("asked", ["车厘", "車厘", "坏果", "2611200341700001", "M10000001"])
def test_a_talk_is_found_by_what_it_is_about(talk, bo, chen, moment, asked):
    moment()
    assert [hit.id for hit in hits(bo, asked, "conversation")] == [public_key("cnv", talk.pk)]
    assert hits(chen, asked) == []


def test_a_talk_is_found_by_what_its_order_and_member_are_called_now(talk, order, mei, bo, moment):
    moment()
    Order.objects.filter(pk=order.pk).update(product="云南蓝莓")
    Member.objects.filter(pk=mei.member.pk).update(member_no="M20000009")
    moment()
    for asked in ("蓝莓", "M20000009"):
        assert [hit.id for hit in hits(bo, asked, "conversation")] == [public_key("cnv", talk.pk)]
    assert hits(bo, "M10000001", "conversation") == []


@pytest.mark.parametrize("part", [slice(None), slice(0, 8), slice(-5, None)])
def test_a_talk_is_found_by_its_number(talk, bo, moment, part):
    moment()
    asked = talk.conversation_no[part]
    assert [hit.id for hit in hits(bo, asked.lower(), "conversation")] == [
        public_key("cnv", talk.pk)
    ]


@pytest.mark.parametrize("asked", ["2611200341700001", "26112003", "700001"])
def test_an_order_is_found_by_number_beginning_and_end(order, bo, mei, chen, asked):
    assert [hit.id for hit in hits(bo, asked, "order")] == [order.order_no]
    assert [hit.id for hit in hits(mei, asked, "order")] == [order.order_no]
    assert hits(chen, asked, "order") == []


def test_members_find_their_own_orders_by_words(order, mei, ada):
    assert [hit.id for hit in hits(mei, "車厘子", "order")] == [order.order_no]
    assert hits(ada, "车厘子") == []


def test_the_exact_number_comes_first(bo, shop, moment):
    for n in range(30):
        Shop.objects.create(shop_no=f"S3001{n:02}", name=f"分店{n}", opened_at=timezone.now())
    moment()
    assert hits(bo, "S3001", "shop")[0].id == "S3001"


def test_the_exact_number_comes_once_however_many_pages(bo, shop, moment):
    for n in range(7):
        Shop.objects.create(shop_no=f"S3001{n}", name=f"分店{n}", opened_at=timezone.now())
    moment()
    found, cursor = [], ""
    while not found or cursor:
        (group,) = search(bo, "S3001", kinds=["shop"], limit=3, cursor=cursor)
        found += [hit.id for hit in group.hits]
        cursor = group.next_cursor
    assert found == ["S3001", *(f"S3001{n}" for n in range(6, -1, -1))]


@pytest.mark.parametrize(
    "asked", ["鲜果", "鮮果", "lingshang", "lsxg", "xianguo", "岭上农业", "S3001"]
)
def test_shops_by_name_pinyin_and_merchant(shop, bo, wen, mei, qiao, moment, asked):
    moment()
    assert [hit.id for hit in hits(bo, asked, "shop")] == ["S3001"]
    assert [hit.id for hit in hits(wen, asked, "shop")] == ["S3001"]
    assert hits(mei, asked) == []
    assert hits(qiao, asked) == []


def test_a_renamed_shop_is_found_by_its_new_name_alone(shop, bo, moment):
    moment()
    Shop.objects.filter(pk=shop.pk).update(name="云端果园")
    moment()
    assert hits(bo, "云端", "shop")
    assert hits(bo, "鲜果", "shop") == []


def test_a_renamed_merchant_renames_what_its_shops_are_found_by(shop, bo, moment):
    Shop.objects.create(shop_no="S3002", name="岭下小店", merchant=shop.merchant)
    Shop.objects.create(shop_no="S3003", name="别家的店")
    moment()
    Merchant.objects.filter(pk=shop.merchant_id).update(name="云端农业集团")
    moment()
    assert {hit.id for hit in hits(bo, "云端农业", "shop")} == {"S3001", "S3002"}
    assert hits(bo, "岭上农业", "shop") == []


@pytest.mark.parametrize("asked", ["禮盒", "chelizi", "G300101"])
def test_products(product, bo, mei, moment, asked):
    moment()
    assert [hit.id for hit in hits(bo, asked, "product")] == ["G300101"]
    assert hits(mei, asked, "product") == []


@pytest.fixture
def auditor(db):
    return person("aud", "审计", Role.AUDITOR)


@pytest.mark.parametrize(
    "asked", ["小宁", "周小", "zxn", "xiaoning", "xn", "zhouxiao", "小", "13800002", "2071"]
)
def test_a_masked_name_is_not_found_by_a_part_that_it_hides(mei, bo, ops, auditor, moment, asked):
    moment()
    for who in (bo, ops, auditor):
        assert hits(who, asked) == []


@pytest.mark.parametrize(
    "asked", ["周小宁", "週小寧", "zhouxiaoning", "Zhou Xiaoning", "13800002071", "138 0000 2071"]
)
def test_who_may_reveal_finds_a_member_by_whole_name_or_phone(
    mei, chen, bo, ops, auditor, moment, asked
):
    moment()
    for who in (bo, ops):
        (hit,) = hits(who, asked, "member")
        assert (hit.id, hit.title.text) == ("M10000001", "周*宁")
    assert hits(auditor, asked) == hits(chen, asked) == []


@pytest.mark.parametrize(
    "asked", ["周宁", "周*宁", "zhouning", "zn", "M10000001", "m1000000", "0001"]
)
def test_a_member_is_found_by_what_everybody_sees(mei, bo, moment, asked):
    moment()
    (hit,) = hits(bo, asked, "member")
    assert hit.title.text == "周*宁"
    assert "小" not in f"{hit}"


@pytest.mark.parametrize("asked", ["1380000207", "3800002071", "2071", "138****2071"])
def test_a_phone_is_found_whole_or_not_at_all(mei, ops, bo, moment, asked):
    moment()
    assert hits(ops, asked, "member") == []
    assert hits(bo, asked, "member") == []


@pytest.mark.parametrize("who", ["auditor", "ops"])
def test_who_is_no_party_does_not_find_what_is_masked(talk, mei, bo, request, moment, who):
    reader = request.getfixturevalue(who)
    say(talk, "我是周小宁，我的手机13800002071坏了", mei)
    moment()
    for asked in ("13800002071", "0000207", "周小宁", "小宁"):
        assert hits(reader, asked, "message") == []
        assert len(hits(bo, asked, "message")) == 1
    (hit,) = hits(reader, "坏了", "message")
    assert "13800002071" not in hit.snippet.text
    assert "小" not in hit.snippet.text


def test_masked_finds_leave_no_hole_in_a_page(talk, mei, ops, moment):
    for n in range(9):
        say(talk, "订 0000 张" if n % 4 == 0 else "打13800002071", mei)
    moment()
    (first,) = search(ops, "0000", kinds=["message"], limit=2)
    (second,) = search(ops, "0000", kinds=["message"], limit=2, cursor=first.next_cursor)
    found = [hit.facts["seq"] for hit in first.hits + second.hits]
    shown = [seq for seq in found if seq % 4 == 1]
    assert shown == [9, 5, 1]
    assert all("13800002071" not in hit.snippet.text for hit in first.hits + second.hits)


def test_merchants_find_nothing_yet(qiao, talk, shop, product, order, moment):
    moment()
    assert search(qiao, "车厘子") == []
    assert search(qiao, "S3001") == []


def test_a_talk_handed_to_another_team_is_lost_to_search_as_well(
    talk, mei, bo, dora, other_team, moment
):
    say(talk, "签收就坏了一半", mei)
    moment()
    type(talk).objects.filter(pk=talk.pk).update(team=other_team, owner=dora, first_owner=dora)
    assert hits(bo, "坏了", "message") == []
    assert len(hits(dora, "坏了", "message")) == 1


def test_cards_and_files_are_found_by_their_names(talk, bo, moment):
    Message.objects.create(
        conversation=talk, seq=1, author_kind="member", kind="file", sent_at=timezone.now(),
        payload={"attachment": "x", "name": "開箱視頻.mp4"},
    )  # fmt: skip
    moment()
    (hit,) = hits(bo, "开箱", "message")
    assert hit.snippet.text == "開箱視頻.mp4"


def test_a_thousand_common_words_are_filtered_before_they_are_counted(
    talk, mei, bo, dora, other_team, ada, moment
):
    """Dora's page is full of her own, however many of others' came in between."""
    other = answered(ada.member, other_team, dora)
    for n in range(3):
        say(other, f"退款{n}", ada)
    for n in range(60):
        say(talk, f"退款退款{n}", mei)
    moment()
    (group,) = search(dora, "退款", kinds=["message"], limit=5)
    assert len(group.hits) == 3
    assert group.next_cursor == ""


@pytest.mark.parametrize("asked", ["退", "的"])
def test_one_character_looks_through_the_newest(talk, mei, bo, moment, asked):
    say(talk, "退货的事", mei)
    moment()
    assert len(hits(bo, asked, "message")) == 1


def test_one_letter_looks_for_nothing(talk, mei, bo):
    say(talk, "a b c", mei)
    assert search(bo, "a") == search(bo, " ") == search(bo, "") == []


@pytest.mark.parametrize(
    "asked", ["%%", "__", "%", "\\", "100%", "a_b", "'; DROP TABLE x;--", "()[]", "{0}"]
)
def test_signs_mean_themselves(talk, mei, bo, moment, asked):
    say(talk, "什么都没有", mei)
    say(talk, f"这里是{asked}吧吧", mei)
    moment()
    found = [hit.facts["seq"] for hit in hits(bo, asked, "message")]
    assert found in ([2], []) if len(asked) == 1 else found == [2]


def ranked(found):
    return [(one.at, one.key) for one in found]


@pytest.mark.parametrize("far", [0.0, 1e12], ids=["by the index of a month", "by looking further"])
def test_an_old_talk_that_goes_on_stands_where_its_words_belong(
    mei, bo, team, talk, monkeypatch, far
):
    """The newest month is asked first; what was said today in a talk of long ago is not missed."""
    with time_machine.travel(timezone.now() - timedelta(days=70), tick=False):
        old = answered(mei.member, team, bo, subject="老问题")
        say(old, "釉色偏暗", mei)
    for number in range(6):
        say(talk if number % 2 else old, f"釉色第{number}次", mei)
    settle()
    monkeypatch.setattr(statements, "GLANCE", 2)
    monkeypatch.setattr(statements, "PROBE", 4)
    monkeypatch.setattr(statements.Statement, "_lines_asked", lambda self: far)
    kind, query = kind_named("message"), parse("釉色")
    whole = ranked(kind.find(bo, query, after=None, limit=50))
    assert len(whole) == 7
    page = kind.find(bo, query, after=None, limit=3)
    assert ranked(page) == whole[:3]
    assert ranked(kind.find(bo, query, after=page[-1], limit=4)) == whole[3:]
