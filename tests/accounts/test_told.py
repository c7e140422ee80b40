"""What sockets are told when rights change: whose, by the key that everybody outside reads."""

import pytest
from django.utils import timezone

from accounts.actions import (
    close_account,
    end_device,
    end_session,
    reopen_account,
    revoke_integration_token,
    rotate_integration_token,
    set_password,
    set_roles,
)
from accounts.models import Role, WebSession
from tests.accounts.test_devices import device_of
from tests.accounts.test_integration_tokens import issue
from tests.accounts.test_sessions import come_in
from workforce.actions import join_team, leave_team

CHANGES = {
    "roles": lambda bo, ops, it: set_roles(bo, [Role.SENIOR], by=ops, reason="升职"),
    "password": lambda bo, ops, it: set_password(bo, "open-sesame-99", by=bo, reason="换"),
    "account": lambda bo, ops, it: close_account(bo, by=ops, reason="离职"),
    "account again": lambda bo, ops, it: reopen_account(
        close_account(bo, by=ops, reason="离职"), by=ops, reason="回来"
    ),
    "device": lambda bo, ops, it: end_device(it["device"], by=bo, now=timezone.now()),
    "session": lambda bo, ops, it: end_session(WebSession.objects.get(user=bo), by=bo),
    "token": lambda bo, ops, it: revoke_integration_token(it["token"], by=ops, reason="停用"),
    "secret": lambda bo, ops, it: rotate_integration_token(
        it["token"], expires_at=it["token"].expires_at, by=ops, reason="例行"
    ),
    "team joined": lambda bo, ops, it: join_team(it["team"], bo, by=ops),
    "team left": lambda bo, ops, it: leave_team(bo.teams.get(), bo, by=ops),
}


@pytest.mark.parametrize("change", CHANGES)
def test_a_change_of_rights_names_the_person_and_no_row(
    change, bo, ops, other_team, monkeypatch, django_capture_on_commit_callbacks
):
    come_in(bo)
    has = {"device": device_of(bo).device, "token": issue(bo)[0], "team": other_team}
    told = []
    monkeypatch.setattr("common.push.send_now", lambda topic, it: told.append((topic, it)))
    with django_capture_on_commit_callbacks(execute=True):
        CHANGES[change](bo, ops, has)
    changed = [(topic, it["ids"]) for topic, it in told if it["event"] == "rights.changed"]
    assert changed
    assert all(one == (f"user.{bo.pk}", {"user": bo.public_key}) for one in changed)
