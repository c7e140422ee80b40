"""Pages of notifications, without a browser."""

import pytest
import time_machine

from accounts.actions import notify
from accounts.models import EmailAddress, NotificationPreference, NotificationSettings
from accounts.notifications.mail import unsubscribe_token
from tests.notifications.conftest import NOW

CHOICES = "/profile/notices/"


@pytest.fixture(autouse=True)
def ten_oclock():
    with time_machine.travel(NOW, tick=False):
        yield


def test_strangers_sign_in_first(client, db):
    for url in ("/notifications/", CHOICES):
        assert client.get(url).status_code == 302


def test_the_list_shows_ones_own_alone(mei, chen, browser_of):
    notify(mei, "test.plain", title="给美的", body="<b>x</b>", url="/me/")
    notify(chen, "test.plain", title="给外人的", url="/me/")
    page = browser_of(mei).get("/notifications/").content.decode()
    assert "给美的" in page
    assert "给外人的" not in page
    assert "<b>x</b>" not in page


def test_an_empty_list_says_what_will_be_there(mei, browser_of):
    assert "没有新消息" in browser_of(mei).get("/notifications/").content.decode()


def test_it_works_without_scripts(mei, browser_of):
    first = notify(mei, "test.plain", title="一", url="/me/")
    notify(mei, "test.plain", title="二", url="/me/")
    client = browser_of(mei)
    client.post("/notifications/readings/", {"notification": f"ntf_{first.pk.hex}"})
    assert mei.notifications.unread().count() == 1
    client.post("/notifications/readings/")
    assert mei.notifications.unread().count() == 0
    for key in ("ntf_x", "usr_" + "0" * 32, "0"):
        assert client.post("/notifications/readings/", {"notification": key}).status_code == 404


@pytest.mark.parametrize("cursor", ["x", "W10", "WyJ4IiwieSJd", "a" * 500])
def test_a_cursor_of_nobodys_is_no_page(cursor, mei, browser_of):
    assert browser_of(mei).get("/notifications/", {"cursor": cursor}).status_code == 404


def test_the_page_of_choices_shows_what_goes(mei, browser_of, letters_to, phone_of, browser_sub_of):
    letters_to(mei)
    phone_of(mei)
    browser_sub_of(mei)
    page = browser_of(mei).get(CHOICES).content.decode()
    for words in ("mei@example.com", "iPhone", "Chromium", "我不在时客服的回复"):
        assert words in page
    assert "我推送的案例有了结果" not in page


def test_media_are_chosen_by_boxes(mei, browser_of):
    browser_of(mei).post(f"{CHOICES}media/", {"conversation.message email": "on"})
    chosen = {row.kind: row.media for row in NotificationPreference.objects.filter(person=mei)}
    assert chosen["conversation.message"] == ["email"]
    # What protects the account cannot be taken away, whatever was sent.
    assert "sign_in.new_device" not in chosen


def test_quiet_hours_are_set_and_ended(mei, browser_of):
    client = browser_of(mei)
    form = {
        "is_quiet": "on",
        "start": "22:00",
        "until": "07:30",
        "days": ["4", "5"],
        "zone": "Asia/Shanghai",
    }
    client.post(f"{CHOICES}quiet/", form)
    row = NotificationSettings.objects.get(person=mei)
    assert (str(row.quiet_from), row.quiet_days) == ("22:00:00", [4, 5])
    client.post(f"{CHOICES}quiet/", form | {"is_quiet": ""})
    row.refresh_from_db()
    assert row.quiet_from is None


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"start": ""}, "开始和结束的时间都要填"),
        ({"start": "later"}, "请填时间"),
        ({"days": []}, "至少选一天"),
        ({"zone": "Mars"}, ""),
    ],
)
def test_half_a_quiet_is_said_beside_the_field(change, said, mei, browser_of):
    form = {
        "is_quiet": "on",
        "start": "22:00",
        "until": "07:30",
        "days": ["4"],
        "zone": "Asia/Shanghai",
    }
    answer = browser_of(mei).post(f"{CHOICES}quiet/", form | change)
    assert answer.status_code == 422
    assert said in answer.content.decode()
    assert not NotificationSettings.objects.exists()


def test_a_wrong_address_and_a_wrong_code_are_said_beside_the_field(mei, browser_of):
    client = browser_of(mei)
    answer = client.post(f"{CHOICES}email/", {"address": "nobody"})
    assert answer.status_code == 422
    assert "这不是邮箱" in answer.content.decode()
    assert client.post(f"{CHOICES}email/code/", {"code": "1"}).status_code == 422
    client.post(f"{CHOICES}email/", {"address": "mei@example.com"})
    answer = client.post(f"{CHOICES}email/code/", {"code": "123"})
    assert answer.status_code == 422
    assert "验证码不对" in answer.content.decode()
    # The wrong try was counted although the page was refused.
    assert EmailAddress.objects.get().code_tries == 1


def test_others_browsers_and_phones_cannot_be_removed(mei, chen, browser_of, phone_of):
    phone = phone_of(mei)
    browser_of(chen).post(f"{CHOICES}phones/{phone.pk}/removal/")
    assert mei.push_devices.count() == 1
    browser_of(mei).post(f"{CHOICES}phones/{phone.pk}/removal/")
    assert mei.push_devices.count() == 0


def test_letters_end_by_one_press_without_signing_in(mei, client, letters_to):
    letters_to(mei)
    url = f"/notifications/unsubscribe/{unsubscribe_token(mei.pk, 'test.plain')}/"
    # Mail programs open addresses by themselves: that changes nothing.
    assert client.get(url).status_code == 200
    assert not NotificationPreference.objects.exists()
    assert client.post(url, {"List-Unsubscribe": "One-Click"}).status_code == 200
    assert NotificationPreference.objects.get(person=mei).media == ["mobile", "web"]
    assert client.post(url).status_code == 200


def test_what_guards_the_account_cannot_be_ended_by_letter(mei, client):
    url = f"/notifications/unsubscribe/{unsubscribe_token(mei.pk, 'sign_in.new_device')}/"
    client.post(url)
    assert not NotificationPreference.objects.exists()


def test_a_forged_or_old_word_ends_nothing(mei, client):
    token = unsubscribe_token(mei.pk, "test.plain")
    for word in (token[:-2] + "xx", "x", token.split(":")[0]):
        assert client.post(f"/notifications/unsubscribe/{word}/").status_code == 404
    with time_machine.travel("2027-02-27", tick=False):
        assert client.post(f"/notifications/unsubscribe/{token}/").status_code == 404
    assert not NotificationPreference.objects.exists()


def test_the_worker_of_notices_is_served_for_the_whole_house(client, db):
    answer = client.get("/sw.js")
    assert answer.headers["Content-Type"].startswith("text/javascript")
    assert answer.headers["Service-Worker-Allowed"] == "/"
    assert "default-src 'none'" in answer.headers["Content-Security-Policy"]
    assert b"showNotification" in answer.content
