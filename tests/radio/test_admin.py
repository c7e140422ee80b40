import pytest
from django.contrib import admin
from django.urls import reverse

from accounts.models import Role
from common.admin import BaseAdmin
from common.history import history_of
from config.schedules import TASK_FUNCTIONS
from radio.actions import issue_feed_token, select_case, submit_case, subscribe
from radio.models import Channel
from tests.conftest import person

pytestmark = pytest.mark.django_db
PAGES = {
    model._meta.label_lower: page
    for model, page in admin.site._registry.items()
    if model._meta.app_label == "radio"
}


def url(label: str, page: str = "changelist", *args) -> str:
    return reverse(f"admin:{label.replace('.', '_')}_{page}", args=args)


def act(client, row, name, **answers):
    where = url(row._meta.label_lower, "act", row.pk, name)
    return client.post(where, {"step": "do", **answers})


@pytest.fixture
def auditor(db):
    return person("aud", "严查", Role.AUDITOR)


@pytest.fixture
def world(case, fresh, he, sen, thursday):
    subscribe(fresh, by=he)
    issue_feed_token(fresh, by=he)
    select_case(case, channels=[fresh], headline="坏了六成", by=sen, now=thursday)


@pytest.mark.parametrize("label", PAGES)
def test_lists_and_rows_open_for_operations_and_auditors(label, world, ops, auditor, browser_of):
    row = PAGES[label].model._default_manager.first()
    for who in (ops, auditor):
        client = browser_of(who)
        assert client.get(url(label)).status_code == 200
        if who is ops:
            assert client.get(url(label, "change", row.pk)).status_code == 200
            assert client.get(url(label, "history", row.pk)).status_code == 200


@pytest.mark.parametrize("who", ["bo", "sen", "lin", "he", "wen", "mei", "chen"])
def test_the_back_office_does_not_exist_for_others(who, world, browser_of, request):
    client = browser_of(request.getfixturevalue(who))
    assert {client.get(url(label)).status_code for label in PAGES} == {404}


def test_pages_stand_on_the_base_class():
    assert PAGES
    assert all(isinstance(page, BaseAdmin) for page in PAGES.values())


def test_a_feed_secret_is_on_no_page(world, ops, browser_of, he):
    token = he.feed_tokens.get()
    page = browser_of(ops).get(url("radio.feedtoken", "change", token.pk)).content.decode()
    assert token.token_hash not in page


def test_operations_select_with_a_reason(case, fresh, ops, browser_of):
    answers = {"channels": [fresh.pk], "headline": "", "severity": "", "reason": "八点半还没筛"}
    act(browser_of(ops), case, "select", **answers)
    case.refresh_from_db()
    assert (case.state, case.screened_by) == ("selected", ops)
    assert history_of(case).filter(action="case.selected").get().reason == "八点半还没筛"


def test_a_private_channel_has_no_name_for_auditors(secret, world, auditor, browser_of):
    for label in PAGES:
        assert "风控" not in browser_of(auditor).get(url(label)).content.decode()


def test_without_a_reason_nothing_moves(case, ops, browser_of):
    act(browser_of(ops), case, "reject", reason="")
    case.refresh_from_db()
    assert case.state == "pending"


def test_operations_return_and_merge(case, talk_with, ada, bo, ops, browser_of):
    other, _ = submit_case(talk_with(ada), reason="同一家店", by=bo)
    client = browser_of(ops)
    act(client, other, "merge", into=str(case.pk), reason="同一件")
    act(client, case, "reject", reason="上周播过了")
    case.refresh_from_db()
    other.refresh_from_db()
    assert (case.reject_reason, other.merged_into_id) == ("上周播过了", case.pk)


def test_a_state_cannot_be_typed(case, ops, browser_of):
    browser_of(ops).post(url("radio.case", "change", case.pk), {"state": "selected"})
    case.refresh_from_db()
    assert case.state == "pending"


def test_a_channel_is_opened_changed_and_closed(ops, he, browser_of):
    client = browser_of(ops)
    sent = {"code": "risk", "name": "风控", "description": "", "position": 3}
    client.post(url("radio.channel", "add"), sent | {"is_private": "on", "people": [he.pk]})
    channel = Channel.objects.get(code="risk")
    assert (channel.is_private, list(channel.people.all())) == (True, [he])
    assert channel.editions.count() == 1
    change = {"name": "风险", "description": "", "position": 3, "owner": ops.pk}
    client.post(url("radio.channel", "change", channel.pk), change)
    channel.refresh_from_db()
    assert (channel.name, channel.is_private, channel.owner) == ("风险", False, ops)
    act(client, channel, "close", reason="并了")
    channel.refresh_from_db()
    assert not channel.is_active
    act(client, channel, "reopen", reason="又开")
    actions = [line.action for line in history_of(channel)]
    assert sorted(actions) == [
        "channel.changed", "channel.closed", "channel.opened", "channel.reopened",
    ]  # fmt: skip


def test_operations_revoke_a_feed_address(world, ops, he, browser_of):
    token = he.feed_tokens.get()
    act(browser_of(ops), token, "revoke", reason="外泄")
    token.refresh_from_db()
    assert token.revoked_at is not None


def test_the_worker_may_deliver():
    assert "radio.tasks.deliver_edition" in TASK_FUNCTIONS
