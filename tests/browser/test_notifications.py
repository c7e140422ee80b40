"""The bell, the list, what one chooses, and notices of the browser, in a real one."""

import json

import pytest
from playwright.sync_api import expect

from accounts.actions import mark_read, notify
from accounts.models import Notification, NotificationDelivery, NotificationPreference
from tests.notifications.push_service import FakeBrowser, PushService

from .pages import assert_fits, assert_touchable, shot, wait_for, wait_until

CHOICES = "/profile/notices/"
SIGN_IN = "sign_in.new_device"


def tell(who, title="许青禾 把一个会话交给您", body="客人要主管", url="/profile/", **more):
    return notify(who, "notification.test", title=title, body=body, url=url, media=[], **more)


def bell(page):
    return page.locator("[data-bell]")


def test_the_bell_counts_live_and_opens_by_keyboard(new_page, house, lin):
    page = new_page(lin)
    page.goto(house.url + "/notifications/")
    expect(page.get_by_text("没有新消息。")).to_be_visible()
    assert not page.locator("[data-bell-count]").is_visible()
    tell(lin)
    expect(page.locator("[data-bell-count]")).to_have_text("1")
    # What one is reading does not move: the new one is offered.
    expect(page.get_by_role("link", name="有新通知，点开看")).to_be_visible()
    tell(lin, title="「生鲜」开播了")
    expect(bell(page)).to_have_attribute("aria-label", "通知，2条未读")
    bell(page).focus()
    page.keyboard.press("Enter")
    panel = page.get_by_role("dialog", name="通知")
    expect(panel.locator(".notice").first).to_be_focused()
    shot(page, "bell-light")
    page.keyboard.press("ArrowDown")
    expect(panel.locator(".notice").nth(1)).to_be_focused()
    page.keyboard.press("Escape")
    expect(panel).to_be_hidden()
    expect(bell(page)).to_be_focused()


def test_one_that_came_before_the_page_listened_is_offered_too(new_page, house, lin):
    page = new_page(lin)

    def tell_before_it_listens(route):
        tell(lin)
        route.continue_()

    page.route("**/bell.*.js", tell_before_it_listens, times=1)
    page.goto(house.url + "/notifications/")
    expect(page.get_by_text("没有新消息。")).to_be_visible()
    expect(page.locator("[data-bell-count]")).to_have_text("1")
    page.get_by_role("link", name="有新通知，点开看").click()
    expect(page.get_by_role("main").get_by_text("客人要主管")).to_be_visible()
    # What the list shows is not offered again.
    expect(page.locator("[data-bell-count]")).to_have_text("1")
    expect(page.locator("[data-new-notices]")).to_be_hidden()


def test_opening_one_reads_it_and_another_page_hears_it(new_page, house, lin):
    first, other = new_page(lin), new_page(lin)
    tell(lin)
    tell(lin, title="另一件", url="/look/")
    for page in (first, other):
        page.goto(house.url + "/notifications/")
        expect(page.locator("[data-bell-count]")).to_have_text("2")
    bell(first).click()
    first.get_by_role("dialog").get_by_text("许青禾 把一个会话交给您").click()
    first.wait_for_url("**/profile/")
    expect(other.locator("[data-bell-count]")).to_have_text("1")
    bell(other).click()
    other.get_by_role("dialog").get_by_role("button", name="全部标为已读").click()
    expect(first.locator("[data-bell-count]")).to_be_hidden()
    assert not Notification.objects.filter(person=lin, read_at=None).exists()


def test_the_desk_has_the_bell_in_its_rail(new_page, house, bo):
    page = new_page(bo)
    page.goto(house.url + "/desk/")
    tell(bo)
    expect(page.locator("[data-bell-count]")).to_have_text("1")
    bell(page).click()
    expect(page.get_by_role("dialog", name="通知").get_by_text("客人要主管")).to_be_visible()
    shot(page, "bell-desk")


def test_the_back_office_has_the_bell_too(new_page, house, ops):
    page = new_page(ops)
    page.goto(house.url + "/admin/")
    tell(ops)
    expect(page.locator("[data-bell-count]")).to_have_text("1")
    bell(page).click()
    expect(page.get_by_role("dialog", name="通知").get_by_text("客人要主管")).to_be_visible()
    shot(page, "bell-admin")


def test_a_member_has_the_bell_on_the_phone(new_page, house, mei):
    for number in range(3):
        tell(
            mei, title=f"许青禾 回复您了 {number}", body="退款两天内到账，您的樱桃不用寄回来。" * 3
        )
    mark_read(mei, [Notification.objects.first().pk])
    page = new_page(mei, phone=True)
    page.goto(house.url + "/me/")
    expect(page.locator("[data-bell-count]")).to_have_text("2")
    bell(page).click()
    expect(page.get_by_role("dialog", name="通知").locator(".notice")).to_have_count(3)
    assert_fits(page)
    shot(page, "bell-phone")
    page.get_by_role("link", name="全部通知").click()
    assert_fits(page)
    assert_touchable(page)
    shot(page, "notifications-phone")
    page.get_by_role("button", name="全部标为已读").click()
    expect(page.get_by_text("都读过了。")).to_be_visible()


def test_the_list_in_the_dark(new_page, house, mei):
    tell(mei)
    page = new_page(mei, dark=True)
    page.goto(house.url + "/notifications/")
    shot(page, "notifications-dark")
    assert_fits(page)


def test_media_and_quiet_hours_are_chosen(new_page, house, bo):
    page = new_page(bo)
    page.goto(house.url + CHOICES)
    shot(page, "choices-light", full=True)
    page.get_by_label("我推送的案例有了结果, 邮件").check()
    expect(page.get_by_label("有新设备登录我的账号, 邮件")).to_be_disabled()
    page.get_by_role("form", name="什么发到哪儿").get_by_role("button", name="保存").click()
    expect(page.get_by_text("存好了，从现在起生效。")).to_be_visible()
    row = NotificationPreference.objects.get(person=bo, kind="case.fate")
    assert row.media == ["email", "web"]
    page.get_by_label("开启安静时段").check()
    page.get_by_label("从", exact=True).fill("23:15")
    page.get_by_role("form", name="安静时段").get_by_role("button", name="保存").click()
    expect(page.get_by_label("从", exact=True)).to_have_value("23:15")
    expect(page.get_by_label("开启安静时段")).to_be_checked()
    phone = new_page(bo, phone=True, dark=True)
    phone.goto(house.url + CHOICES)
    assert_fits(phone)
    shot(phone, "choices-phone-dark", full=True)


def test_the_bell_can_be_tested(new_page, house, bo):
    page = new_page(bo)
    page.goto(house.url + CHOICES)
    page.get_by_role("button", name="试试铃铛").click()
    expect(page.get_by_text("已发出，结果看下面的记录。")).to_be_visible()
    # It is about this very page, and so it is read where it is shown.
    wait_for(lambda: Notification.objects.filter(person=bo, read_at__isnull=False).exists(), page)


STUB = """
  const kept = %s;
  const leave = async () => { localStorage.removeItem("fake"); return true; };
  const made = () => ({ toJSON: () => kept, options: {}, unsubscribe: leave });
  PushManager.prototype.subscribe = async () => { localStorage.setItem("fake", "1"); return made(); };
  PushManager.prototype.getSubscription = async () => (localStorage.getItem("fake") ? made() : null);
"""


@pytest.fixture
def service(house):
    running = PushService(port=house.push_port).start()
    yield running
    running.stop()


def test_a_browser_is_switched_on_tested_and_off(new_page, house, bo, service):
    mine = FakeBrowser()
    page = new_page(bo)
    page.context.grant_permissions(["notifications"], origin=house.url)
    # The browser's own push service is on another machine; this one stands in for it.
    kept = {"endpoint": f"{service.url}/box", "expirationTime": None, "keys": mine.keys}
    page.add_init_script(STUB % json.dumps(kept))
    page.goto(house.url + CHOICES)
    page.get_by_role("button", name="在这个浏览器开启").click()
    expect(page.get_by_role("button", name="在这个浏览器关闭")).to_be_visible()
    expect(page.get_by_text("Chrome, Linux")).to_be_visible()
    house.up("worker")
    try:
        page.locator("button[name=medium][value=web]").click()
        wait_for(lambda: len(service.got) == 1, page)
        # The log follows without a reload.
        expect(page.locator("[data-log] .tag--ok").first).to_have_text("已发出")
    finally:
        house.down("worker")
    assert mine.opened(service.got[0][2])["title"] == "这是一条测试"
    shot(page, "choices-on", full=True)
    page.get_by_role("button", name="在这个浏览器关闭").click()
    expect(page.get_by_role("button", name="在这个浏览器开启")).to_be_visible()
    assert not bo.push_subscriptions.exists()
    assert NotificationDelivery.objects.get().state == "sent"


def test_the_worker_shows_what_is_pushed_and_opens_its_page(new_page, house, mei):
    page = new_page(mei)
    page.context.grant_permissions(["notifications"], origin=house.url)
    page.goto(house.url + CHOICES)
    page.evaluate(
        "() => navigator.serviceWorker.register('/sw.js').then(() => navigator.serviceWorker.ready).then(() => 0)"
    )
    line = page.context.new_cdp_session(page)
    versions = []
    line.on(
        "ServiceWorker.workerRegistrationUpdated", lambda e: versions.extend(e["registrations"])
    )
    line.send("ServiceWorker.enable")
    wait_for(lambda: bool(versions), page)
    said = {"title": "许青禾 回复您了", "body": "退款到了", "url": "/notifications/", "tag": "t"}
    line.send(
        "ServiceWorker.deliverPushMessage",
        {
            "origin": house.url,
            "registrationId": versions[0]["registrationId"],
            "data": json.dumps(said),
        },
    )
    wait_until(
        page,
        "navigator.serviceWorker.ready.then((r) => r.getNotifications()).then((all) =>"
        " all.length === 1 && all[0].title === '许青禾 回复您了' && all[0].body === '退款到了'"
        " && all[0].data.url === '/notifications/')",
    )
