"""Other systems acting for a person: issued, used within scopes, renewed, revoked, refused."""

from datetime import timedelta

import pytest
import time_machine
from django.contrib.messages import get_messages
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from rest_framework.response import Response
from rest_framework.test import APIRequestFactory

from accounts.actions import (
    close_account,
    issue_integration_token,
    revoke_integration_token,
    rotate_integration_token,
    set_password,
    set_roles,
)
from accounts.models import IntegrationToken, Role, User
from accounts.scopes import RESOURCES, SCOPES
from common.errors import DomainError, Forbidden
from common.history import history_of
from common.models import Event
from common.rest import Endpoint
from tests.conftest import person

API = "/api/v1"


class Orders(Endpoint):
    """Something that tokens may read or write."""

    resource = "orders"

    def get(self, request):
        return Response({"name": request.user.username, "caller": request.auth.caller})

    post = get


class Undeclared(Endpoint):
    """Something nobody thought of when tokens were made."""

    permission_classes = ()

    def get(self, request):
        return Response({})


@pytest.fixture
def erp(db) -> User:
    return person("erp", "进销存", Role.ACCOUNT_MANAGER)


def issue(owner, *scopes, by=None, days=30, **fields):
    return issue_integration_token(
        owner,
        **{
            "name": "进销存同步",
            "scopes": list(scopes or ["orders:read"]),
            "expires_at": timezone.now() + timedelta(days=days),
            "by": by,
            "reason": "对接",
        }
        | fields,
    )


def ask(secret, view=Orders, method="get", **extra):
    request = getattr(APIRequestFactory(), method)(
        "/", headers={"Authorization": f"Bearer {secret}"}, **extra
    )
    response = view.as_view()(request)
    response.render()
    return response


def refusal(response):
    return response.status_code, response.data["code"]


def test_a_token_acts_for_its_owner(erp, ops):
    token, secret = issue(erp, by=ops)
    assert secret.startswith("xit_")
    assert ask(secret).data == {"name": "erp", "caller": f"token:{token.pk}"}
    (line,) = history_of(token)
    assert (line.action, line.actor, line.reason) == ("integration_token.issued", ops, "对接")


def test_the_secret_is_kept_nowhere(erp, ops):
    _token, secret = issue(erp, by=ops)
    ask(secret)
    kept = repr(IntegrationToken.objects.values().get()) + repr(list(Event.objects.values()))
    assert secret not in kept
    assert secret[10:40] not in kept


def test_a_token_does_no_more_than_its_scopes(erp):
    _token, secret = issue(erp, "orders:read")
    refused = ask(secret, method="post")
    assert refusal(refused) == (403, "token.scope")
    assert refused["WWW-Authenticate"] == (
        'Bearer realm="xiaoer", error="insufficient_scope", scope="orders:write"'
    )


def test_to_write_is_not_to_read(erp, monkeypatch):
    monkeypatch.setitem(RESOURCES, "orders", ("orders", ("read", "write")))
    _token, secret = issue(erp, "cases:write", "cases:read")
    assert refusal(ask(secret)) == (403, "token.scope")


def test_what_declares_no_resource_is_closed_to_tokens(erp):
    _token, secret = issue(erp, *SCOPES)
    refused = ask(secret, Undeclared)
    assert refusal(refused) == (403, "token.scope")
    assert 'error="insufficient_scope"' in refused["WWW-Authenticate"]


@pytest.mark.parametrize(
    ("method", "door"),
    [
        ("get", "devices/"),
        ("delete", "devices/"),
        ("delete", f"devices/dev_{'0' * 32}/"),
        ("delete", "sign-ins/current/"),
    ],
)
def test_no_token_touches_sign_ins(method, door, erp):
    _token, secret = issue(erp, *SCOPES)
    answer = getattr(Client(), method)(
        f"{API}/{door}", headers={"Authorization": f"Bearer {secret}"}
    )
    assert (answer.status_code, answer.json()["code"]) == (403, "token.scope")


def test_a_token_has_no_more_rights_than_its_owner_has_now(erp):
    class Rights(Orders):
        def get(self, request):
            return Response({"may": request.user.can("radio.read")})

    _token, secret = issue(erp)
    assert ask(secret, Rights).data == {"may": True}
    User.objects.filter(pk=erp.pk).update(roles=[])
    assert ask(secret, Rights).data == {"may": False}


def test_a_token_ends_on_its_day(erp):
    with time_machine.travel("2026-11-20 09:00:00Z", tick=False) as clock:
        _token, secret = issue(erp, days=1)
        clock.shift(86_399)
        assert ask(secret).status_code == 200
        clock.shift(1)
        assert refusal(ask(secret)) == (401, "token.expired")


@pytest.mark.parametrize("days", [0, -1, 366, 400])
def test_a_token_ends_within_a_year(days, erp):
    with pytest.raises(DomainError) as refused:
        issue(erp, days=days)
    assert refused.value.code == "integration_token.too_long"


def test_a_revoked_token_is_refused_and_stays_so(erp, ops):
    token, secret = issue(erp)
    for _ in range(2):
        revoke_integration_token(token, by=ops, reason="停用")
    assert refusal(ask(secret)) == (401, "token.revoked")
    assert history_of(token).filter(action="integration_token.revoked").count() == 1
    with pytest.raises(DomainError) as refused:
        rotate_integration_token(
            token, expires_at=timezone.now() + timedelta(days=1), by=ops, reason="再用"
        )
    assert refused.value.code == "integration_token.revoked"


def test_a_renewed_token_knows_the_new_secret_alone(erp, ops):
    token, old = issue(erp)
    new = rotate_integration_token(
        token, expires_at=timezone.now() + timedelta(days=60), by=ops, reason="例行"
    )
    assert refusal(ask(old)) == (401, "token.revoked")
    assert ask(new).status_code == 200
    line = history_of(token).first()
    assert line.action == "integration_token.rotated"
    assert new not in repr(line.after)


@pytest.mark.parametrize(
    "spoil",
    [
        lambda secret: "",
        lambda secret: secret[:-1],
        lambda secret: secret[:4] + secret[4:].swapcase(),
        lambda secret: secret + "A",
        lambda secret: "xat_" + secret[4:],
        lambda secret: secret.replace("xit_", "xrt_"),
        lambda secret: f"{secret},Bearer {secret}",
        lambda secret: "xit_" + "A" * 80,
    ],
)
def test_a_spoiled_secret_opens_nothing(spoil, erp, django_assert_num_queries):
    _token, secret = issue(erp)
    with django_assert_num_queries(1):  # the stranger's turn is counted, nothing is looked up
        assert ask(spoil(secret)).status_code == 401


@pytest.mark.parametrize(
    ("act", "is_closed"),
    [
        (lambda user, ops: close_account(user, by=ops, reason="停"), True),
        (lambda user, ops: set_password(user, "open-sesame-99", by=user, reason="换"), False),
        (lambda user, ops: set_roles(user, [Role.BUSINESS], by=ops, reason="换"), False),
    ],
)
def test_what_changes_its_owner_ends_a_token(act, is_closed, erp, ops):
    token, secret = issue(erp)
    act(erp, ops)
    assert refusal(ask(secret)) == (401, "token.revoked")
    token.refresh_from_db()
    assert token.revoked_at is not None


def test_asking_costs_one_query_and_a_write_a_minute(erp, django_assert_num_queries):
    with time_machine.travel("2026-11-20 09:00:00Z", tick=False) as clock:
        token, secret = issue(erp)
        ask(secret, REMOTE_ADDR="10.1.1.1")
        clock.shift(59)
        with django_assert_num_queries(1):
            ask(secret)
        clock.shift(1)
        with django_assert_num_queries(2):
            ask(secret, REMOTE_ADDR="10.2.2.2")
        token.refresh_from_db()
        assert (token.last_used_at, token.last_used_address) == (timezone.now(), "10.2.2.2")


@pytest.mark.parametrize("who", ["chen", "mei", "bo", "lin", "sen", "qiao", "wen", "he"])
@pytest.mark.parametrize("act", ["issue", "rotate", "revoke"])
def test_who_has_no_right_touches_no_token(act, who, erp, request):
    by, (token, secret) = request.getfixturevalue(who), issue(erp)
    soon = timezone.now() + timedelta(days=1)
    with pytest.raises(Forbidden):
        {
            "issue": lambda: issue(by, by=by),
            "rotate": lambda: rotate_integration_token(token, expires_at=soon, by=by, reason="我"),
            "revoke": lambda: revoke_integration_token(token, by=by, reason="我"),
        }[act]()
    assert ask(secret).status_code == 200
    assert IntegrationToken.objects.count() == 1


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"reason": "  "}, "no_reason"),
        ({"scopes": []}, "no_scope"),
        ({"scopes": ["orders:read", "orders:delete"]}, "unknown_scope"),
        ({"scopes": ["everything"]}, "unknown_scope"),
    ],
)
def test_an_issue_that_cannot_be_is_refused(fields, code, erp, ops):
    with pytest.raises(DomainError) as refused:
        issue(erp, by=ops, **fields)
    assert refused.value.code == f"integration_token.{code}"


def test_nothing_acts_for_a_superuser_or_a_closed_account(erp, ops, db):
    root = User.objects.create_superuser("root", "open-sesame-88")
    close_account(erp, by=ops, reason="停")
    for owner, code in ((root, "superuser"), (erp, "closed")):
        with pytest.raises(DomainError) as refused:
            issue(owner, by=ops)
        assert refused.value.code == f"integration_token.{code}"


# --- The back office ----------------------------------------------------------------------------

ADD = reverse("admin:accounts_integrationtoken_add")


def answers(owner, /, **changed):
    day = timezone.localdate() + timedelta(days=90)
    return {
        "name": "进销存同步",
        "owner": owner.pk,
        "scopes": ["orders:read", "messages:write"],
        "expires_at": day.isoformat(),
        "reason": "新对接",
    } | changed


def secret_in(answer) -> str:
    ((_token, secret),) = answer.context["secrets"]
    assert secret in answer.content.decode()
    assert "no-store" in answer["Cache-Control"]
    return secret


def test_operations_issue_a_token_and_see_its_secret_once(browser_of, ops, erp):
    office = browser_of(ops)
    assert office.get(ADD).status_code == 200
    answer = office.post(ADD, answers(erp))
    assert ask(secret_in(answer)).status_code == 200
    token = IntegrationToken.objects.get()
    assert token.scopes == ["messages:write", "orders:read"]
    assert history_of(token).get().reason == "新对接"
    secret = secret_in(answer)
    for door in ("changelist", "change", "history"):
        args = [] if door == "changelist" else [token.pk]
        page = office.get(reverse(f"admin:accounts_integrationtoken_{door}", args=args))
        assert page.status_code == 200
        assert secret not in page.content.decode()
        assert token.secret_hash not in page.content.decode()
        assert not [m for m in get_messages(page.wsgi_request) if secret in str(m)]


@pytest.mark.parametrize(
    ("field", "given"),
    [
        ("reason", ""),
        ("scopes", []),
        ("scopes", ["orders:delete"]),
        ("owner", ""),
        ("owner", "999999"),
        ("expires_at", "2020-01-01"),
        ("expires_at", "9999-12-31"),
        ("expires_at", "tomorrow"),
        ("name", "x" * 65),
    ],
)
def test_a_form_that_cannot_be_says_which_field(field, given, browser_of, ops, erp):
    answer = browser_of(ops).post(ADD, answers(erp, **{field: given}))
    assert answer.status_code == 200
    assert answer.context["adminform"].form.errors[field]
    assert not IntegrationToken.objects.exists()


def test_the_last_day_of_a_year_can_be_chosen(browser_of, ops, erp):
    day = timezone.localdate(timezone.now() + timedelta(days=365))
    answer = browser_of(ops).post(ADD, answers(erp, expires_at=day.isoformat()))
    assert answer.context.get("secrets")


def test_a_superuser_cannot_be_chosen(browser_of, ops):
    root = User.objects.create_superuser("root", "open-sesame-88")
    answer = browser_of(ops).post(ADD, answers(root))
    assert answer.context["adminform"].form.errors["owner"]


def act(office, token, name, **given):
    url = reverse("admin:accounts_integrationtoken_act", args=[token.pk, name])
    return office.post(url, {"step": "do", "reason": "例行"} | given)


def test_operations_renew_and_revoke(browser_of, ops, erp):
    office, (token, old) = browser_of(ops), issue(erp)
    day = (timezone.localdate() + timedelta(days=30)).isoformat()
    tried = act(office, token, "rotate", step="try", expires_at=day)
    assert "secrets" not in tried.context
    assert ask(old).status_code == 200
    new = secret_in(act(office, token, "rotate", expires_at=day))
    assert (ask(old).status_code, ask(new).status_code) == (401, 200)
    assert act(office, token, "revoke").status_code == 302
    assert ask(new).status_code == 401


@pytest.mark.parametrize("who", ["aud", "wen"])
def test_who_may_not_finds_no_way_to_issue(who, browser_of, erp):
    role = {"aud": Role.AUDITOR, "wen": Role.ACCOUNT_MANAGER}[who]
    browser, (token, secret) = browser_of(person(who, "甲", role)), issue(erp)
    assert browser.get(ADD).status_code in (403, 404)
    assert browser.post(ADD, answers(erp)).status_code in (403, 404)
    assert act(browser, token, "revoke").status_code == 404
    assert (IntegrationToken.objects.count(), ask(secret).status_code) == (1, 200)
