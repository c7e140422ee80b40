"""The radio in a real browser: the kitchen's keys, an edition that is read, nine o'clock heard live."""

from datetime import timedelta

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from radio.actions import (
    air_edition,
    lay_out_editions,
    merge_case,
    open_channel,
    select_case,
    submit_case,
    subscribe,
)
from radio.models import Case, Edition, Reading
from radio.schedule import last_publish_moment
from tests.radio.conftest import talk_with as talk_with

from .pages import assert_fits, assert_touchable, has_subscribed, heard_by, shot, wait_for

VOICES = (
    (
        "你们规则写得好好的，到他那儿就不算数。",
        "同一家店一周七单，都把「约六成坏」压成「按一成赔」，客人只能转人工。",
    ),
    (
        "箱子押金退得快，可邮费要我先垫，等了三天。",
        "冷链箱子要客人先垫邮费寄回，说三天内补，常常要等更久。",
    ),
    ("写着现摘，发货地是仓库。", "详情页写「现摘」，物流第一站却是外地仓库，十几位客人问过。"),
)
TITLES = ("坏了六成，只赔一成", "冷链箱要退，邮费谁垫", "写着「现摘」，其实在仓库")


@pytest.fixture
def pushed(talk_with, mei, ada, chen, bo):
    """Three cases of Bo's, pushed an hour before the last edition came out."""
    moment = last_publish_moment(timezone.now()) - timedelta(hours=1)
    cases = []
    for member, (voice, reason), title in zip((mei, ada, chen), VOICES, TITLES, strict=True):
        words = [
            ("member", f"我是{member.display_name}，电话13800002071。"),
            ("agent", "您好，我看看。"),
            ("member", voice),
        ]
        case, _ = submit_case(
            talk_with(member, words=words),
            reason=reason,
            headline=title,
            quotes=[3, 1],
            by=bo,
            now=moment,
        )
        cases.append(case)
    return cases


@pytest.fixture
def channels(db, he):
    opened = timezone.now() - timedelta(days=21)
    made = [
        open_channel(code=code, name=name, position=n, by=None, now=opened)
        for n, (code, name) in enumerate(
            (("fresh", "生鲜"), ("logistics", "物流"), ("home", "家居"))
        )
    ]
    before = last_publish_moment(timezone.now()) - timedelta(hours=2)
    for channel in made:
        lay_out_editions(channel, now=before)
        lay_out_editions(channel, now=timezone.now())
    for channel in made[:2]:
        subscribe(channel, by=he)
    return made


@pytest.fixture
def edition(channels, pushed, sen):
    """The last edition of 生鲜, with three stories."""
    moment = last_publish_moment(timezone.now()) - timedelta(minutes=40)
    items = [
        select_case(
            case, channels=[channels[0]], headline=title, severity=severity, by=sen, now=moment
        )[0]
        for case, title, severity in zip(pushed, TITLES, ("red", "orange", "yellow"), strict=True)
    ]
    return items[0].edition


def test_an_edition_is_read_to_its_end(new_page, house, he, edition):
    page = new_page(he)
    page.goto(f"{house.url}/radio/editions/{edition.public_key}/")
    expect(page.get_by_role("heading", level=1)).to_have_text("九点电台")
    expect(page.get_by_text("坏了六成，只赔一成")).to_be_visible()
    assert_fits(page)
    shot(page, "radio-edition-light")
    for story in page.locator(".story").all():
        story.locator(".echo").scroll_into_view_if_needed()
        expect(story).not_to_have_attribute("data-unread", "")
    expect(page.locator("[data-unread]")).to_have_count(0)
    expect(page.locator("[data-mark]")).to_have_count(0)
    expect(page.locator(".rack__item[aria-current] [data-rack-state]")).to_have_text("读完")
    assert Reading.objects.filter(user=he, read_at__isnull=False).count() == 3
    shot(page, "radio-edition-whole-light", full=True)


def test_an_edition_by_night_and_in_the_hand(new_page, house, he, edition):
    url = f"{house.url}/radio/editions/{edition.public_key}/"
    page = new_page(he, dark=True)
    page.goto(url)
    shot(page, "radio-edition-dark")
    for dark in (False, True):
        phone = new_page(he, phone=True, dark=dark)
        phone.goto(url)
        expect(phone.get_by_role("heading", level=1)).to_be_visible()
        assert_fits(phone)
        assert_touchable(phone)
        shot(phone, f"radio-edition-phone-{'dark' if dark else 'light'}", full=True)


def test_today_and_the_channels_fit_everywhere(new_page, house, he, edition, channels):
    for phone in (False, True):
        page = new_page(he, phone=phone)
        quiet = f"editions/{channels[2].editions.published().latest('day').public_key}/"
        for path, name in (("", "today"), (quiet, "quiet"), ("channels/", "channels")):
            page.goto(f"{house.url}/radio/{path}")
            assert_fits(page)
            if phone:
                assert_touchable(page, 26 if name == "channels" else 44)
            shot(page, f"radio-{name}{'-phone' if phone else ''}-light", full=True)
    page = new_page(he, language="en")
    page.goto(f"{house.url}/radio/editions/{edition.public_key}/")
    assert_fits(page)
    shot(page, "radio-edition-en")


def test_a_feed_address_is_made_and_copied(new_page, house, he, channels):
    page = new_page(he)
    page.goto(f"{house.url}/radio/channels/")
    page.get_by_role("button", name="生成订阅地址").first.click()
    address = page.get_by_label("订阅地址", exact=True)
    expect(address).to_be_visible()
    answer = page.request.get(address.input_value())
    assert answer.status == 200
    assert "atom" in answer.headers["content-type"]
    shot(page, "radio-feed-light")


def test_a_screener_works_by_keys(new_page, house, sen, channels, pushed, lin):
    merge_case(pushed[2], into=pushed[1], by=lin)
    page = new_page(sen)
    page.goto(f"{house.url}/radio/kitchen/")
    expect(page.get_by_role("heading", level=1)).to_have_text(TITLES[0])
    assert "13800002071" not in page.content()
    assert_fits(page)
    shot(page, "radio-kitchen-light")
    page.keyboard.press("n")
    expect(page.get_by_role("heading", level=1)).to_have_text(TITLES[1])
    page.keyboard.press("n")
    expect(page.get_by_role("heading", level=1)).to_have_text(TITLES[0])
    page.locator(".chip-check", has_text="生鲜").click()
    title = page.get_by_label("标题")
    title.fill("一二三四五六七八九十一二三四五六七")
    expect(page.locator("[data-count]")).to_have_text("17 / 16字")
    title.press("s")
    expect(title).to_have_value("一二三四五六七八九十一二三四五六七s")
    title.fill("坏了六成，只赔一成")
    expect(page.locator("[data-count]")).to_have_text("9 / 16字")
    title.blur()
    page.keyboard.press("s")
    expect(page.get_by_text("选用了，")).to_be_visible()
    # What is said on top does not push the acts off the screen.
    expect(page.get_by_role("button", name="退回，写原因")).to_be_in_viewport(ratio=1)
    expect(page.get_by_role("heading", level=1)).to_have_text(TITLES[1])
    expect(page.locator("#kitchen-editions")).to_contain_text("坏了六成，只赔一成")
    page.keyboard.press("x")
    dialog = page.get_by_role("dialog")
    expect(dialog.get_by_label("退回的原因")).to_be_focused()
    shot(page, "radio-kitchen-return-light")
    page.keyboard.type("上周播过了")
    dialog.get_by_role("button", name="退回").click()
    expect(page.get_by_text("厨房清空了")).to_be_visible()
    shot(page, "radio-kitchen-empty-light")
    assert sorted(Case.objects.values_list("state", flat=True)) == [
        "merged",
        "rejected",
        "selected",
    ]


def test_the_kitchen_by_night_in_the_hand_and_merging(new_page, house, sen, channels, pushed):
    page = new_page(sen, dark=True)
    page.goto(f"{house.url}/radio/kitchen/")
    shot(page, "radio-kitchen-dark")
    phone = new_page(sen, phone=True)
    phone.goto(f"{house.url}/radio/kitchen/")
    assert_fits(phone)
    assert_touchable(phone)
    shot(phone, "radio-kitchen-phone-light", full=True)
    page.keyboard.press("m")
    page.get_by_role("dialog").get_by_text(TITLES[1]).click()
    shot(page, "radio-kitchen-merge-dark")
    page.get_by_role("dialog").get_by_role("button", name="并入").click()
    expect(page.get_by_text(f"并入了「{TITLES[1]}」")).to_be_visible()


def test_two_screeners_see_each_other(
    new_page, house, sen, lin, channels, pushed, bo, talk_with, mei
):
    page = new_page(lin)
    page.goto(f"{house.url}/radio/kitchen/{pushed[0].public_key}/")
    title = page.get_by_label("标题")
    title.fill("写到一半")
    expect(page.locator(".krow")).to_have_count(3)
    page.wait_for_function("document.body.dataset.live !== undefined")
    row = page.locator(".krow", has_text=pushed[1].headline)
    row.focus()
    submit_case(talk_with(mei), reason="又一件", headline="刚推来的", by=bo)
    expect(page.locator(".krow")).to_have_count(4)
    expect(row).to_be_focused()
    expect(page.locator(".topbar__nav [aria-current]")).to_have_text("中央厨房 4")
    select_case(pushed[0], channels=channels[:1], headline="先到的选了", by=sen)
    expect(page.locator("#kitchen-fate")).to_contain_text("姜半夏 已经定了这一件：已选用。")
    expect(page.locator("#kitchen-editions")).to_contain_text("先到的选了")
    expect(title).to_have_value("写到一半")
    expect(page.get_by_role("button", name="选用")).to_be_disabled()
    shot(page, "radio-kitchen-decided-light")


def test_a_new_edition_is_heard_by_who_reads_an_old_one(new_page, house, he, edition):
    page = new_page(he)
    told = heard_by(page)
    page.goto(f"{house.url}/radio/editions/{edition.public_key}/")
    expect(page.get_by_text(TITLES[0])).to_be_visible()
    now = timezone.now()
    following = Edition.objects.upcoming(now).get(channel=edition.channel)
    Edition.objects.filter(pk=following.pk).update(publish_at=now - timedelta(seconds=1))
    # Who is not on the line yet does not hear it: the push is repeated by nobody.
    wait_for(lambda: has_subscribed(told, "radio"), page)
    assert air_edition(following, now=now)
    expect(page.get_by_text("新的一期出来了。")).to_be_visible()


def test_the_pusher_reads_what_became_of_it(new_page, house, bo, edition):
    for phone in (False, True):
        page = new_page(bo, phone=phone)
        page.goto(f"{house.url}/radio/mine/")
        expect(page.get_by_text("姜半夏 选用了它。").first).to_be_visible()
        assert_fits(page)
        shot(page, f"radio-mine{'-phone' if phone else ''}-light", full=True)
