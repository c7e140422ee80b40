import re
from datetime import date

import pytest
import time_machine
from django.core.cache import cache

from accounts.doors import doors_of
from common.calendars import set_day
from common.deadlines import sweep
from radio.actions import (
    deliver_edition,
    merge_case,
    mute_channel,
    open_channel,
    reject_case,
    select_case,
    submit_case,
    subscribe,
)
from radio.models import Case, CaseState, FeedToken, Reading, Subscription
from tests.radio.conftest import at

pytestmark = pytest.mark.django_db


def text_of(answer) -> str:
    """Return the words of a page, tags and runs of white space taken out."""
    body = re.sub(r"<(script|style).*?</\1>", " ", answer.content.decode(), flags=re.S)
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", body))


def read_at(client, moment: str, url: str = "/radio/", **query):
    with time_machine.travel(at(moment), tick=False):
        return client.get(url, query)


@pytest.fixture
def friday(case, fresh, sen, he, thursday):
    """Friday's edition of 生鲜, with one story; He subscribed."""
    subscribe(fresh, by=he)
    (item,) = select_case(
        case, channels=[fresh], headline="坏了六成，只赔一成", severity="red", by=sen, now=thursday
    )
    return item.edition


# --- today --------------------------------------------------------------------------------------


def test_before_nine_the_page_says_when(friday, he, browser_of):
    words = text_of(read_at(browser_of(he), "2026-11-20 08:59:59"))
    assert "今天的一期09:00出刊" in words
    assert "坏了六成" not in words


def test_at_nine_the_edition_is_there(friday, he, browser_of):
    words = text_of(read_at(browser_of(he), "2026-11-20 09:00:00"))
    for said in ("坏了六成，只赔一成", "生鲜 第1期", "1未读", "周*宁 上海", "听到", "这一期读完了"):
        assert said in words, said
    assert "下一期 11月23日 星期一 09:00" in words
    for secret in ("周小宁", "13800002071", "2611200341700001"):
        assert secret not in words


def test_a_day_off_says_when_the_next_one_comes(friday, he, browser_of):
    answer = read_at(browser_of(he), "2026-11-21 10:00:00")
    words = text_of(answer)
    assert "今天不出刊" in words
    assert "11月23日 星期一见" in words
    assert "坏了六成" in words  # what was heard last


def test_a_holiday_is_named(friday, he, browser_of):
    set_day(date(2026, 11, 24), is_off=True, name="店庆", by=None, reason="放一天")
    assert "今天不出刊（店庆）" in text_of(read_at(browser_of(he), "2026-11-24 10:00:00"))


def test_a_make_up_saturday_has_its_edition(holidays, db, he, browser_of):
    open_channel(code="fresh", name="生鲜", by=None, now=at("2026-10-09 10:00:00"))
    assert "生鲜 第1期" in text_of(read_at(browser_of(he), "2026-10-10 09:00:00"))


def test_a_quiet_channel_says_so(fresh, he, browser_of):
    assert "生鲜今天没有新声音" in text_of(read_at(browser_of(he), "2026-11-20 09:00:00"))


def test_an_old_quiet_edition_does_not_speak_of_today(fresh, he, browser_of):
    words = text_of(
        read_at(
            browser_of(he),
            "2026-11-22 09:00:00",
            f"/radio/editions/{fresh.editions.get().public_key}/",
        )
    )
    assert "生鲜这一期没有新声音" in words


def test_a_quiet_day_repeats_what_was_heard_last(friday, he, browser_of):
    deliver_edition(friday, now=friday.publish_at)
    sweep(at("2026-11-20 09:00:00"))
    words = text_of(read_at(browser_of(he), "2026-11-23 09:00:00"))
    assert "生鲜今天没有新声音" in words
    assert "坏了六成" in words


def test_an_unread_channel_comes_first(friday, logistics, he, browser_of):
    subscribe(logistics, by=he)
    logistics.position = 0
    logistics.save()
    assert "生鲜 第1期" in text_of(read_at(browser_of(he), "2026-11-20 09:00:00"))


def test_without_channels_the_page_explains(he, browser_of):
    assert "还没有频道开播" in text_of(browser_of(he).get("/radio/"))


def test_what_was_merged_counts_as_customers(friday, case, talk_with, ada, bo, sen, he, browser_of):
    other, _ = submit_case(talk_with(ada), reason="同一家店", by=bo)
    merge_case(other, into=case, by=sen, now=at("2026-11-19 18:00:00"))
    assert "2 位客人" in text_of(read_at(browser_of(he), "2026-11-20 09:00:00")).replace(
        "2 位", "2 位"
    )


def test_an_edition_keeps_its_address(friday, he, browser_of):
    url = f"/radio/editions/{friday.public_key}/"
    assert read_at(browser_of(he), "2026-11-20 08:59:59", url).status_code == 404
    assert read_at(browser_of(he), "2026-11-20 09:00:00", url).status_code == 200
    assert "坏了六成" in text_of(read_at(browser_of(he), "2026-11-30 09:00:00", url))


def test_reading_without_script(friday, he, browser_of):
    with time_machine.travel(at("2026-11-20 09:10:00"), tick=False):
        answer = browser_of(he).post(f"/radio/editions/{friday.public_key}/reading/")
    assert answer.status_code == 302
    assert Reading.objects.get(user=he).read_at is not None
    words = text_of(read_at(browser_of(he), "2026-11-20 09:11:00"))
    assert "读完" in words
    assert "都读过了" not in words


def test_a_quote_cannot_become_markup(talk_with, mei, bo, sen, fresh, he, browser_of, thursday):
    nasty = talk_with(mei, words=[("member", "<script>alert(1)</script>**<b>")])
    case, _ = submit_case(nasty, reason="<img src=x>", quotes=[1], by=bo, now=thursday)
    page = browser_of(sen).get(f"/radio/kitchen/{case.public_key}/").content.decode()
    assert "<script>alert" not in page
    assert "<img src=x" not in page
    select_case(case, channels=[fresh], headline="坏果", by=sen, now=thursday)
    page = read_at(browser_of(he), "2026-11-20 09:00:00").content.decode()
    assert "<script>alert" not in page
    assert "<img src=x" not in page


# --- who must not -------------------------------------------------------------------------------

PAGES = ("/radio/", "/radio/channels/", "/radio/mine/", "/radio/kitchen/")


@pytest.mark.parametrize(
    ("who", "opens"),
    [
        ("mei", set()),
        ("chen", set()),
        ("qiao", set()),
        ("he", {"/radio/", "/radio/channels/"}),
        ("wen", {"/radio/", "/radio/channels/"}),
        ("bo", {"/radio/", "/radio/channels/", "/radio/mine/"}),
        ("sen", set(PAGES)),
        ("lin", set(PAGES)),
        ("ops", {"/radio/", "/radio/channels/", "/radio/kitchen/"}),
    ],
)
def test_pages_exist_for_who_has_them(who, opens, browser_of, request):
    client = browser_of(request.getfixturevalue(who))
    assert {page for page in PAGES if client.get(page).status_code == 200} == opens
    assert all(client.get(page).status_code == 404 for page in set(PAGES) - opens)


def test_strangers_are_sent_to_the_sign_in(client, db):
    for page in PAGES:
        answer = client.get(page)
        assert (answer.status_code, answer.url) == (302, f"/?next={page}")


@pytest.mark.parametrize("who", ["bo", "sen", "wen"])
def test_a_private_channel_is_nowhere(secret, case, sen, who, browser_of, thursday, request):
    secret.people.add(sen)
    (item,) = select_case(case, channels=[secret], headline="悄悄话", by=sen, now=thursday)
    secret.people.remove(sen)
    client = browser_of(request.getfixturevalue(who))
    urls = ["/radio/", "/radio/channels/", "/radio/kitchen/", "/radio/mine/"]
    for url in urls:
        answer = read_at(client, "2026-11-20 09:00:00", url)
        assert "风控" not in answer.content.decode() or answer.status_code == 404
    assert read_at(client, "2026-11-20 09:00:00", "/radio/", channel="risk").status_code == 404
    assert (
        read_at(client, "2026-11-20 09:00:00", f"/radio/editions/{item.edition_id}/").status_code
        == 404
    )
    for door in ("subscription", "feed"):
        assert client.post(f"/radio/channels/risk/{door}/", {"do": "subscribe"}).status_code == 404


# --- channels -----------------------------------------------------------------------------------


def test_people_subscribe_mute_and_leave_by_themselves(fresh, he, browser_of):
    client, url = browser_of(he), "/radio/channels/fresh/subscription/"
    for do, left in (("subscribe", "静音"), ("mute", "恢复"), ("subscribe", "静音")):
        client.post(url, {"do": do})
        assert left in text_of(client.get("/radio/channels/"))
    client.post(url, {"do": "leave"})
    assert not Subscription.objects.exists()
    assert client.post(url, {"do": "steal"}).status_code == 404


def test_a_feed_address_is_shown_once(fresh, he, browser_of):
    client = browser_of(he)
    shown = client.post("/radio/channels/fresh/feed/").content.decode()
    (address,) = re.findall(r"http://testserver(/feeds/[\w-]+/)", shown)
    assert "/feeds/" not in client.get("/radio/channels/").content.decode().replace(
        "/radio/feeds/", ""
    )
    assert client.get(address).status_code == 200


def test_a_feed_address_is_revoked_by_its_person(fresh, he, wen, browser_of):
    browser_of(he).post("/radio/channels/fresh/feed/")
    token = FeedToken.objects.get()
    url = f"/radio/feeds/{token.pk}/revocation/"
    assert browser_of(wen).post(url).status_code == 404
    browser_of(he).post(url)
    token.refresh_from_db()
    assert token.revoked_at is not None


# --- kitchen ------------------------------------------------------------------------------------


def test_the_kitchen_shows_who_waits_how_long(case, fresh, sen, browser_of):
    words = text_of(read_at(browser_of(sen), "2026-11-20 08:00:00", "/radio/kitchen/"))
    for said in ("待筛 1", "坏果过半只赔一成", "许青禾", "08:30前清空", "为什么该被听到", "0 / 5"):
        assert said in words, said


def test_after_half_past_eight_the_kitchen_says_what_is_left(case, fresh, sen, browser_of):
    words = text_of(read_at(browser_of(sen), "2026-11-20 08:31:00", "/radio/kitchen/"))
    assert "08:30已过，还有1件没筛" in words


def test_an_empty_kitchen_says_so(fresh, sen, browser_of):
    assert "厨房清空了" in text_of(browser_of(sen).get("/radio/kitchen/"))


def test_ones_own_push_is_shown_locked(case, talk_with, ada, sen, browser_of):
    own, _ = submit_case(talk_with(ada), reason="我推的", headline="保价窗口关掉就失效", by=sen)
    answer = browser_of(sen).get(f"/radio/kitchen/{own.public_key}/")
    assert "由别人来筛" in text_of(answer)
    assert "selection-form" not in answer.content.decode()
    # The first one on the table is somebody else's.
    assert "坏果过半只赔一成" in browser_of(sen).get("/radio/kitchen/").content.decode()


def test_the_identity_is_blacked_out(case, sen, browser_of):
    page = browser_of(sen).get("/radio/kitchen/").content.decode()
    assert '138<span class="blackout"' in page
    assert "13800002071" not in page


def test_selecting_goes_on_to_the_next_one(case, fresh, sen, talk_with, ada, bo, browser_of):
    other, _ = submit_case(talk_with(ada), reason="另一件", by=bo)
    client = browser_of(sen)
    sent = {"channels": ["fresh"], "headline": "坏了六成，只赔一成", "severity": "red"}
    answer = client.post(f"/radio/kitchen/{case.public_key}/selection/", sent)
    assert (answer.status_code, answer.url) == (302, f"/radio/kitchen/{other.public_key}/")
    case.refresh_from_db()
    assert (case.state, case.severity) == (CaseState.SELECTED, "red")
    assert "选用了" in text_of(client.get(answer.url))


@pytest.mark.parametrize(
    ("sent", "said"),
    [
        ({"headline": "好"}, "至少选一个在播的频道。"),
        ({"channels": ["fresh"], "headline": ""}, "写个标题。"),
        ({"channels": ["fresh"], "headline": "一" * 17}, "标题最多16个字，这个有17个。"),
        ({"channels": ["risk"], "headline": "好"}, "risk"),
    ],
)
def test_a_selection_that_cannot_be_keeps_what_was_typed(
    case, fresh, secret, sen, browser_of, sent, said
):
    answer = browser_of(sen).post(f"/radio/kitchen/{case.public_key}/selection/", sent)
    assert answer.status_code == 422
    assert said in text_of(answer)
    assert f'value="{sent["headline"]}"' in answer.content.decode() or not sent["headline"]
    assert Case.objects.get().state == CaseState.PENDING


def test_returning_and_merging_by_form(case, sen, talk_with, ada, bo, browser_of):
    other, _ = submit_case(talk_with(ada), reason="另一件", by=bo)
    client = browser_of(sen)
    refused = client.post(f"/radio/kitchen/{other.public_key}/rejection/", {"reason": " "})
    assert refused.status_code == 422
    client.post(f"/radio/kitchen/{other.public_key}/merger/", {"into": str(case.pk)})
    client.post(f"/radio/kitchen/{case.public_key}/rejection/", {"reason": "上周播过了"})
    assert sorted(Case.objects.values_list("state", flat=True)) == ["merged", "rejected"]


def test_who_comes_second_reads_who_was_first(case, fresh, sen, lin, browser_of):
    reject_case(case, reason="上周播过了", by=sen)
    sent = {"channels": ["fresh"], "headline": "好"}
    answer = browser_of(lin).post(f"/radio/kitchen/{case.public_key}/selection/", sent)
    assert answer.status_code == 422
    assert "姜半夏 已经定了这一件：已退回。" in text_of(answer)


def test_a_fragment_holds_the_lists_and_not_the_table(case, fresh, sen, browser_of):
    page = browser_of(sen).get("/radio/kitchen/", headers={"X-Fragment": "1"}).content.decode()
    assert "kitchen-queue" in page
    assert "selection-form" not in page
    assert "<html" not in page


# --- what became of mine ------------------------------------------------------------------------


def test_the_pusher_reads_the_reason(case, bo, sen, browser_of):
    reject_case(case, reason="上周播过了", by=sen)
    words = text_of(browser_of(bo).get("/radio/mine/"))
    assert "姜半夏 退回，原因：" in words
    assert "上周播过了" in words


def test_the_pusher_sees_where_it_was_aired(friday, bo, browser_of):
    before = text_of(read_at(browser_of(bo), "2026-11-19 20:00:00", "/radio/mine/"))
    assert "生鲜 11月20日 星期五播出" in before
    assert "已播" not in before
    assert "已播" in text_of(read_at(browser_of(bo), "2026-11-20 09:00:00", "/radio/mine/"))


# --- how much is asked --------------------------------------------------------------------------


def test_pages_ask_the_same_whatever_their_length(
    fresh,
    talk_with,
    mei,
    ada,
    chen,
    bo,
    sen,
    he,
    browser_of,
    thursday,
    django_assert_max_num_queries,
):
    subscribe(fresh, by=he)
    for n, member in enumerate((mei, ada, chen)):
        one, _ = submit_case(
            talk_with(member), reason="值得一听", quotes=[1, 2], by=bo, now=thursday
        )
        submit_case(talk_with(member), reason="还在等", quotes=[1], by=bo, now=thursday)
        select_case(one, channels=[fresh], headline=f"第{n}件", by=sen, now=thursday)
    for n in range(6):
        open_channel(code=f"c{n}", name=f"频道{n}", by=None, now=thursday)
    reader, screener, pusher = browser_of(he), browser_of(sen), browser_of(bo)
    for client, url, most in (
        (reader, "/radio/", 19),
        (reader, "/radio/channels/", 8),
        (screener, "/radio/kitchen/", 20),
        (pusher, "/radio/mine/", 14),
    ):
        with time_machine.travel(at("2026-11-20 09:00:00"), tick=False):
            client.get(url)
            cache.clear()
            with django_assert_max_num_queries(most):
                assert client.get(url).status_code == 200


def test_the_door_counts_what_is_unread_and_not_muted(friday, fresh, he, sen, browser_of):
    with time_machine.travel(at("2026-11-20 09:00:00"), tick=False):
        assert radio_fact(he).badge == "1件未读"
        mute_channel(fresh, by=he)
        assert radio_fact(he).badge == ""
        assert "已静音" in text_of(browser_of(he).get("/radio/"))


def test_the_kitchen_door_counts_what_others_pushed(case, sen, talk_with, ada):
    submit_case(talk_with(ada), reason="我推的", by=sen)
    facts = {door.door.key: door.fact.badge for door in doors_of(sen)}
    assert facts["kitchen"] == "1件待筛"


def radio_fact(user):
    return next(door.fact for door in doors_of(user) if door.door.key == "radio")
