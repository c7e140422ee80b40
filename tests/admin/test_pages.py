"""Every page of the back office, for everyone who may and may not see it."""

from datetime import timedelta

import pytest
from django.contrib import admin
from django.db import transaction
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.actions import (
    add_endpoint,
    ask_about_data,
    issue_integration_token,
    notify,
    place_hold,
    reveal,
    send_test,
    sign_in_device,
)
from accounts.actions.notice_targets import register_device
from accounts.models import (
    ErasureCertificate,
    NotificationDelivery,
    PushSubscription,
    SimulatedPush,
    WebhookHost,
    WebSession,
)
from common.admin import BaseAdmin
from common.deadlines import set_deadline
from common.models import (
    CalendarDay,
    ChainAnchor,
    Export,
    Heartbeat,
    HistoryCheck,
    ImportFile,
    ImportRun,
    Job,
)
from tests.conftest import make_order
from tests.rights.back_office import ADD, DELETE
from tests.rights.rows import key_of_a_row
from tickets.models import CannedReply, Disposition

HOUSE = {"accounts", "apass", "common", "merchants", "radio", "tickets", "trade", "workforce"}
PAGES = sorted(
    (model._meta.label_lower, page)
    for model, page in admin.site._registry.items()
    # The simulated texts open in the demo world alone (tests/accounts/test_office.py).
    if model._meta.app_label in HOUSE and model._meta.label_lower != "accounts.senttext"
)
LABELS = [label for label, _page in PAGES]


def list_url(label: str) -> str:
    return reverse(f"admin:{label.replace('.', '_')}_changelist")


# A parameter's page asks for its key; the words taken back open for auditors alone.
ROWS = [
    (label, page)
    for label, page in PAGES
    if label not in {"common.parameter", "tickets.recalledmessage"}
]


@pytest.fixture
def world(owned, ops, shop, order, product, dora):
    """One row of everything that has pages."""
    now = timezone.now()
    CalendarDay.objects.create(day=now.date(), name="国庆节", is_off=True)
    Heartbeat.objects.create(instance="clock here:1", process="clock", at=now)
    CannedReply.objects.create(shortcut="nh", title="问好", body="您好", folder="开场")
    Disposition.objects.create(code="solved", name="已解决")
    set_deadline("conversation.close", owned, now)
    endpoint, _secret = add_endpoint(url="https://a.example/", events=["case.merged"], by=ops)
    send_test(endpoint, by=ops)
    WebhookHost.objects.create(host="a.example", failures=1)
    ChainAnchor.objects.create(position=1, hash=bytes(32), at=now)
    HistoryCheck.objects.create(started_at=now, finished_at=now)
    sign_in_device(
        dora,
        method="password",
        name="手机",
        platform="ios",
        app_version="1",
        address="",
        now=now,
    )
    issue_integration_token(
        dora,
        name="质检",
        scopes=["messages:read"],
        expires_at=now + timedelta(days=1),
        by=ops,
        reason="对接",
    )
    WebSession.objects.create(user=ops, key_hash="0" * 40)

    member = owned.member
    place_hold(member, ordered_by="杭州互联网法院", by=ops, reason="来函")
    asked, _made = ask_about_data(member, "erasure", by=ops)
    reveal(member, "phone", by=ops, reason="核对")
    ErasureCertificate.objects.create(
        number="D-1", request=asked, stage="hidden", issued_at=now, counts={"orders": 1}, kept={}
    )

    phone = register_device(dora, platform="ios", token="a token")
    told = notify(dora, "notification.test", title="试试", url="/", media=["mobile"])
    delivery = NotificationDelivery.objects.get(notification=told)
    SimulatedPush.objects.create(
        delivery=delivery, platform=phone.platform, title="试试", url="/", behaviour="deliver"
    )
    PushSubscription.objects.create(person=dora, endpoint="https://web.push.apple.com/x")
    Job.objects.create(by=ops, listing="trade.product", act="take_down", made_at=now, total=3)
    Export.objects.create(
        by=ops, listing="trade.order", format="csv", file_name="订单.csv", made_at=now
    )
    ImportFile.objects.create(by=ops, kind="members", file_name="m.csv", size=9, made_at=now)
    ImportRun.objects.create(kind="members", file_name="m.csv", size=9, started_at=now)


def answers(browser: Client, urls: dict[str, str]) -> dict[str, int]:
    """Ask for every page in one world; none that breaks keeps the others from being asked."""
    browser.raise_request_exception = False
    answered = {}
    for name, url in urls.items():
        with transaction.atomic():
            answered[name] = browser.get(url).status_code
            transaction.set_rollback(True)
    return answered


LISTS = {label: list_url(label) for label in LABELS}


def test_every_list_opens_for_operations(world, browser_of, ops):
    expected = dict.fromkeys(LABELS, 200) | {"tickets.recalledmessage": 404}
    assert answers(browser_of(ops), LISTS) == expected


def test_every_list_opens_for_an_auditor(world, browser_of, auditor):
    assert answers(browser_of(auditor), LISTS) == dict.fromkeys(LABELS, 200)


def test_an_account_manager_sees_shops_and_orders_only(world, browser_of, wen):
    answered = answers(browser_of(wen), LISTS)
    allowed = {label for label in LABELS if label.split(".")[0] in {"merchants", "trade"}}
    assert answered == {label: 200 if label in allowed else 404 for label in LABELS}


@pytest.mark.parametrize("who", ["bo", "mei", "chen", "he", "qiao", "lin"])
def test_the_back_office_does_not_exist_for_others(who, request, browser_of):
    browser = browser_of(request.getfixturevalue(who))
    for url in (
        reverse("admin:index"),
        list_url("tickets.conversation"),
        reverse("admin:selftest"),
    ):
        assert browser.get(url).status_code == 404


def test_a_stranger_is_sent_to_the_house_door(client, db):
    answer = client.get(reverse("admin:index"))
    assert answer.status_code == 302
    door = client.get(answer.url)
    assert door.url.startswith("/?next=")


@pytest.mark.parametrize("who", ["ops", "auditor"])
def test_every_row_opens_with_its_history(who, world, request, browser_of):
    keys = {label.replace(".", "_"): key_of_a_row(page.model) for label, page in ROWS}
    urls = {
        f"{name} {act}": reverse(f"admin:{name}_{act}", args=[key])
        for name, key in keys.items()
        for act in ("change", "history")
    }
    person = request.getfixturevalue(who)
    assert answers(browser_of(person), urls) == dict.fromkeys(urls, 200)


def test_every_form_opens_for_operations(world, browser_of, ops):
    names = {label: label.replace(".", "_") for label, _page in ROWS}
    urls = {f"add {label}": reverse(f"admin:{names[label]}_add") for label in ADD}
    urls |= {f"export {label}": reverse(f"admin:{it}_export") for label, it in names.items()}
    for label in DELETE:
        key = key_of_a_row(dict(PAGES)[label].model)
        urls[f"delete {label}"] = reverse(f"admin:{names[label]}_delete", args=[key])
    assert answers(browser_of(ops), urls) == dict.fromkeys(urls, 200)


@pytest.mark.parametrize(("label", "page"), PAGES, ids=LABELS)
def test_every_page_stands_on_the_base_class(label, page):
    assert isinstance(page, BaseAdmin)
    relations = {
        field.name
        for field in page.model._meta.fields
        if field.is_relation and field.name in page.list_display
    }
    assert relations <= set(page.list_select_related), "name every relation the list shows"


def test_an_auditor_changes_nothing(auditor, rf):
    request = rf.get("/")
    request.user = auditor
    offered = {
        label: (
            page.has_add_permission(request),
            page.has_change_permission(request),
            page.has_delete_permission(request),
            page.acts_for(request),
        )
        for label, page in PAGES
    }
    assert offered == dict.fromkeys(LABELS, (False, False, False, []))


def test_only_colleagues_are_offered_for_a_team(browser_of, ops, mei, bo):
    answer = browser_of(ops).get(
        reverse("admin:autocomplete"),
        {
            "app_label": "workforce",
            "model_name": "teammembership",
            "field_name": "user",
            "term": "",
        },
    )
    names = {row["text"] for row in answer.json()["results"]}
    assert "许青禾" in names
    assert "周小宁" not in names


@pytest.mark.parametrize("sent", ["nobody", "9" * 400, "a\x00b", "-1", "0.5"])
def test_a_box_to_pick_from_takes_whatever_is_sent(sent, browser_of, ops, team):
    browser = browser_of(ops)
    channel = {"name": "生鲜", "code": "fresh", "position": "1", "owner": sent, "people": [sent]}
    answer = browser.post(reverse("admin:radio_channel_add"), channel)
    assert set(answer.context["adminform"].form.errors) >= {"owner", "people"}
    rows = {"TOTAL_FORMS": "1", "INITIAL_FORMS": "0", "0-user": sent}
    answer = browser.post(
        reverse("admin:workforce_team_change", args=[team.pk]),
        {"name": "生鲜组"} | {f"memberships-{name}": text for name, text in rows.items()},
    )
    assert answer.context["inline_admin_formsets"][0].formset.forms[0].errors["user"]


def test_things_are_found_by_the_command_bar(browser_of, ops, auditor, wen, order, owned):
    def found(user, term):
        return (
            browser_of(user)
            .get(reverse("admin:search"), {"s": term, "extended": "1"})
            .content.decode()
        )

    assert order.order_no in found(ops, order.order_no)
    assert owned.conversation_no in found(ops, owned.conversation_no)
    assert owned.conversation_no not in found(wen, owned.conversation_no)
    by_number = found(auditor, "M10000001")
    assert "周*宁" in by_number
    assert "周小宁" not in by_number


def test_choosing_all_does_not_name_a_number_nobody_counted(browser_of, ops, mei, shop):
    for number in range(60):
        make_order(mei, shop, f"X{number}", timezone.now())
    changes = browser_of(ops).get(list_url("trade.order")).context["cl"]
    assert changes.older_url
    assert not changes.is_whole
