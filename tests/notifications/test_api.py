"""REST of one's own notifications."""

from datetime import timedelta

import pytest
import time_machine
from django_q.models import OrmQ
from django_q.signing import SignedPackage

from accounts.actions import issue_integration_token, notify
from accounts.actions.notice_targets import add_email, confirm_email
from accounts.models import EmailAddress, Notification, NotificationDelivery, PushSubscription
from accounts.notifications import webpush
from common.ids import public_key
from tests.notifications.conftest import NOW
from tests.notifications.push_service import FakeBrowser

API = "/api/v1/notifications/"


@pytest.fixture(autouse=True)
def ten_oclock():
    with time_machine.travel(NOW, tick=False):
        yield


def tell(who, number=0, **more):
    given = {"title": f"第 {number} 件", "url": "/me/", "now": NOW + timedelta(seconds=number)}
    return notify(who, "test.plain", **given | more)


def key(row):
    return public_key("ntf", row.pk)


def send(client, method, path, body=None):
    return getattr(client, method)(
        API + path, {} if body is None else body, content_type="application/json"
    )


def test_pages_go_on_where_they_ended(mei, chen, browser_of):
    rows = [tell(mei, number) for number in range(5)]
    tell(chen, 9)
    client, seen, cursor = browser_of(mei), [], ""
    while True:
        page = client.get(f"{API}?limit=2&cursor={cursor}").json()
        seen += [one["id"] for one in page["data"]]
        cursor = page["next_cursor"]
        if not cursor:
            break
    assert seen == [key(row) for row in reversed(rows)]
    assert page["unread"] == 5


def test_a_list_costs_the_same_however_long(mei, browser_of, django_assert_max_num_queries):
    for number in range(30):
        tell(mei, number)
    client = browser_of(mei)
    client.get(API)
    with django_assert_max_num_queries(6):
        assert len(client.get(f"{API}?limit=30").json()["data"]) == 30


def test_reading_one_and_all_and_up_to(mei, browser_of):
    first, second, third = (tell(mei, number) for number in range(3))
    client = browser_of(mei)
    assert send(client, "post", f"{key(first)}/reading/").json() == {"unread": 2}
    assert send(client, "post", f"{key(first)}/reading/").json() == {"unread": 2}
    assert send(client, "post", "readings/", {"up_to": key(second)}).json() == {"unread": 1}
    third.refresh_from_db()
    assert third.read_at is None
    with time_machine.travel(NOW + timedelta(minutes=1), tick=False):
        assert send(client, "post", "readings/", {}).json() == {"unread": 0}


def test_opening_the_page_it_is_about_reads_it(mei, browser_of):
    tell(mei, 1, url="/me/chat/x/")
    tell(mei, 2)
    assert send(browser_of(mei), "post", "readings/", {"url": "/me/chat/x/"}).json() == {
        "unread": 1
    }


def test_somebody_elses_is_answered_like_none(mei, chen, browser_of):
    row = tell(mei)
    client = browser_of(chen)
    nobody = send(client, "post", f"ntf_{'0' * 32}/reading/")
    answer = send(client, "post", f"{key(row)}/reading/")
    assert answer.status_code == nobody.status_code == 404
    assert send(client, "post", "readings/", {"up_to": key(row)}).status_code == 404
    row.refresh_from_db()
    assert row.read_at is None
    assert client.get(API).json()["data"] == []


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("get", ""),
        ("get", "unread/"),
        ("post", "readings/"),
        ("get", "preferences/"),
        ("patch", "preferences/"),
        ("post", "push-subscriptions/"),
        ("post", "devices/"),
        ("post", "tests/"),
        ("get", "deliveries/"),
        ("post", "email/"),
        ("post", "email/confirmation/"),
    ],
)
def test_strangers_are_told_nothing(method, path, client, db):
    assert getattr(client, method)(API + path).status_code in {401, 403}


def test_choices_are_shown_and_changed(mei, browser_of):
    client = browser_of(mei)
    before = client.get(f"{API}preferences/").json()
    assert before["web_push_key"] == webpush.public_key()
    assert before["quiet"] is None
    kinds = {one["kind"]: one for one in before["kinds"]}
    assert kinds["sign_in.new_device"]["fixed"] == ["email", "mobile", "web"]
    assert "case.fate" not in kinds  # members push no cases
    changed = {
        "media": {"conversation.message": ["email"]},
        "quiet": {"start": "22:00", "until": "07:30", "days": [0, 1, 2]},
        "discreet": True,
    }
    after = send(client, "patch", "preferences/", changed).json()
    kinds = {one["kind"]: one for one in after["kinds"]}
    assert kinds["conversation.message"]["media"] == ["email"]
    assert after["quiet"]["days"] == [0, 1, 2]
    assert after["discreet"] is True
    again = send(client, "patch", "preferences/", {"quiet": None}).json()
    assert (again["quiet"], again["discreet"]) == (None, True)


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"media": {"no.such": []}}, 409),
        ({"media": {"case.fate": ["web"]}}, 409),
        ({"media": {"sign_in.new_device": []}}, 409),
        ({"media": {"conversation.message": ["fax"]}}, 400),
        ({"media": {"conversation.message": "web"}}, 400),
        ({"quiet": {"start": "22:00"}}, 400),
        ({"quiet": {"start": "25:00", "until": "07:00"}}, 400),
        ({"quiet": {"start": "22:00", "until": "07:00", "days": [7]}}, 400),
        ({"quiet": {"start": "22:00", "until": "07:00", "zone": "Mars/Olympus"}}, 409),
        ({"person": 1}, 400),
        ([], 400),
        ({"quiet": {"start": "22:00", "until": "07:00", "zone": "../../etc/passwd"}}, 409),
    ],
)
def test_what_cannot_be_chosen_is_refused(body, status, mei, browser_of):
    answer = send(browser_of(mei), "patch", "preferences/", body)
    assert answer.status_code == status, answer.content


def test_a_browser_is_subscribed_once_and_removed(mei, chen, browser_of):
    sent = {
        "endpoint": "https://fcm.googleapis.com/fcm/send/abc",
        "keys": FakeBrowser().keys,
        "expirationTime": None,
        "label": "Chrome, Linux",
    }
    client = browser_of(mei)
    first = send(client, "post", "push-subscriptions/", sent)
    assert first.status_code == 201
    assert send(client, "post", "push-subscriptions/", sent).json()["id"] == first.json()["id"]
    assert "fcm" not in first.content.decode()
    row = PushSubscription.objects.get()
    assert row.session_hash
    assert send(browser_of(chen), "delete", f"push-subscriptions/{row.pk}/").status_code == 404
    assert send(client, "delete", f"push-subscriptions/{row.pk}/").status_code == 204
    assert send(client, "delete", f"push-subscriptions/{row.pk}/").status_code == 404


def test_an_address_inside_is_refused(mei, browser_of):
    sent = {"endpoint": "https://127.0.0.1/x", "keys": FakeBrowser().keys}
    answer = send(browser_of(mei), "post", "push-subscriptions/", sent)
    assert (answer.status_code, answer.json()["code"]) == (409, "push.unknown_service")


def test_a_phone_is_registered_and_moves_with_its_token(mei, chen, browser_of):
    sent = {"platform": "android", "token": "abc", "label": "Pixel"}
    key_of_mei = send(browser_of(mei), "post", "devices/", sent).json()["id"]
    assert send(browser_of(chen), "post", "devices/", sent).status_code == 201
    assert send(browser_of(mei), "delete", f"devices/{key_of_mei}/").status_code == 404
    assert chen.push_devices.count() == 1


def test_tests_are_sent_logged_and_counted(mei, browser_of, phone_of):
    client = browser_of(mei)
    refused = send(client, "post", "tests/", {"medium": "mobile"})
    assert refused.json()["code"] == "notification.no_target"
    assert not Notification.objects.exists()
    phone_of(mei)
    for _number in range(10):
        assert send(client, "post", "tests/", {"medium": "mobile"}).status_code == 202
    assert send(client, "post", "tests/", {"medium": "page"}).json()["code"] == (
        "notification.too_many_tests"
    )
    log = client.get(f"{API}deliveries/").json()["data"]
    assert len(log) == 10
    assert {(one["medium"], one["target"], one["state"]) for one in log} == {
        ("mobile", "iPhone", "queued")
    }
    assert NotificationDelivery.objects.exclude(medium="mobile").count() == 0


def test_an_address_is_used_once_its_code_came_back(mei, browser_of):
    from django.core import mail

    from accounts.tasks import send_email_code

    client = browser_of(mei)
    send(client, "post", "email/", {"address": "mei@example.com"})
    assert client.get(f"{API}preferences/").json()["email"] is None
    task = SignedPackage.loads(OrmQ.objects.get().payload)
    assert task["func"] == "accounts.tasks.send_email_code"
    send_email_code(*task["args"])
    code = task["args"][1]
    assert code in mail.outbox[0].body
    assert code not in EmailAddress.objects.get().code_hash
    wrong = f"{(int(code) + 1) % 1_000_000:06d}"
    refused = send(client, "post", "email/confirmation/", {"code": wrong})
    assert refused.json()["code"] == "email.wrong_code"
    done = send(client, "post", "email/confirmation/", {"code": f" {code[:3]} {code[3:]} "})
    assert done.json() == {"email": "mei@example.com", "email_waiting": None}
    again = send(client, "post", "email/confirmation/", {"code": code})
    assert again.json()["code"] == "email.nothing_waiting"


def test_a_code_dies_after_five_tries_and_after_half_an_hour(mei, browser_of):
    client = browser_of(mei)

    def code():
        return SignedPackage.loads(OrmQ.objects.latest("pk").payload)["args"][1]

    send(client, "post", "email/", {"address": "mei@example.com"})
    for _try in range(5):
        send(client, "post", "email/confirmation/", {"code": "x"})
    over = send(client, "post", "email/confirmation/", {"code": code()})
    assert over.json()["code"] == "email.code_over"
    send(client, "post", "email/", {"address": "mei@example.com"})
    with time_machine.travel(NOW + timedelta(minutes=31), tick=False):
        over = send(client, "post", "email/confirmation/", {"code": code()})
    assert over.json()["code"] == "email.code_over"
    for _more in range(3):
        send(client, "post", "email/", {"address": "mei@example.com"})
    too_many = send(client, "post", "email/", {"address": "mei@example.com"})
    assert too_many.json()["code"] == "email.too_many_codes"


def test_a_code_is_understood_as_a_chinese_keyboard_types_it(mei):
    add_email(mei, "mei@example.com", now=NOW)
    code = SignedPackage.loads(OrmQ.objects.get().payload)["args"][1]
    typed = " ".join(chr(ord(digit) - ord("0") + ord("０")) for digit in code)
    assert confirm_email(mei, typed, now=NOW) == EmailAddress.objects.get()


def test_a_key_does_not_take_back_that_a_code_was_wrong(mei, browser_of):
    client = browser_of(mei)
    send(client, "post", "email/", {"address": "mei@example.com"})
    for number in range(5):
        wrong = client.post(
            f"{API}email/confirmation/",
            {"code": "x"},
            content_type="application/json",
            headers={"Idempotency-Key": f"guess-{number}"},
        )
        assert wrong.json()["code"] == "email.wrong_code"
    assert EmailAddress.objects.get().code_tries == 5
    over = send(client, "post", "email/confirmation/", {"code": "x"})
    assert over.json()["code"] == "email.code_over"


def test_a_code_outlives_a_change_of_the_key(mei, settings):
    add_email(mei, "mei@example.com", now=NOW)
    code = SignedPackage.loads(OrmQ.objects.get().payload)["args"][1]
    settings.SECRET_KEY_FALLBACKS = [settings.SECRET_KEY]
    settings.SECRET_KEY = "a newer key"
    assert confirm_email(mei, code, now=NOW) == EmailAddress.objects.get()


def test_nobody_learns_whether_an_address_is_taken(mei, chen, browser_of, letters_to):
    letters_to(mei, "both@example.com")
    answer = send(browser_of(chen), "post", "email/", {"address": "both@example.com"})
    assert answer.status_code == 202
    assert answer.json() == {"email": None, "email_waiting": "both@example.com"}


def test_the_old_address_is_used_until_the_new_one_is_confirmed(mei, browser_of, letters_to):
    letters_to(mei, "old@example.com")
    client = browser_of(mei)
    send(client, "post", "email/", {"address": "new@example.com"})
    answer = client.get(f"{API}preferences/").json()
    assert (answer["email"], answer["email_waiting"]) == ("old@example.com", "new@example.com")
    assert send(client, "delete", "email/").status_code == 204
    assert not EmailAddress.objects.exists()


def test_a_token_reads_notifications_and_sets_up_no_way_out(mei, ops, client):
    _row, secret = issue_integration_token(
        mei,
        name="手表",
        scopes=["notifications:read", "notifications:write"],
        expires_at=NOW + timedelta(days=1),
        by=ops,
        reason="对接",
    )
    head = {"HTTP_AUTHORIZATION": f"Bearer {secret}"}
    assert client.get(API, **head).status_code == 200
    for path, body in (
        ("email/", {"address": "thief@example.com"}),
        ("devices/", {"platform": "ios", "token": "x"}),
        ("tests/", {"medium": "page"}),
    ):
        answer = client.post(API + path, body, content_type="application/json", **head)
        assert answer.status_code == 403
    assert not EmailAddress.objects.exists()
