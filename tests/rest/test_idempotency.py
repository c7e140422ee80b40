"""Idempotency keys: the same request twice is one change, and one answer."""

import threading
import uuid
from datetime import timedelta
from unittest import mock

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.utils import timezone

from common.clock import upkeep
from common.models import KeptAnswer
from tests.tickets.casts import answered, waiting
from tickets.models import Attachment, Conversation, Message, Note

pytestmark = pytest.mark.django_db
API = "/api/v1"


def post(client, path, data, key):
    return client.post(
        f"{API}/{path}", data, content_type="application/json", headers={"Idempotency-Key": key}
    )


def help_wanted(client, key, body="车厘子坏了一半"):
    return post(client, "conversations/", {"medium": "app", "body": body}, key)


def test_the_same_again_is_answered_the_same(browser_of, mei, team):
    client = browser_of(mei)
    first, again = help_wanted(client, "k-1"), help_wanted(client, "k-1")
    assert (first.status_code, again.status_code) == (201, 201)
    assert first.content == again.content
    assert "Idempotent-Replayed" not in first
    assert again["Idempotent-Replayed"] == "true"
    assert Message.objects.count() == 1


def test_another_request_under_the_same_key_is_refused(browser_of, mei, bo, lin, team):
    help_wanted(browser_of(mei), "k-1")
    other = help_wanted(browser_of(mei), "k-1", body="别的事")
    assert (other.status_code, other.json()["code"]) == (422, "idempotency.other_request")
    one, two = (answered(mei.member, team, bo) for _ in range(2))
    post(browser_of(lin), f"conversations/{one.pk}/notes/", {"body": "催过"}, "k-2")
    there = post(browser_of(lin), f"conversations/{two.pk}/notes/", {"body": "催过"}, "k-2")
    assert there.status_code == 422


def test_keys_belong_to_one_person_and_one_address(browser_of, mei, ada, team):
    first, hers = help_wanted(browser_of(mei), "k-1"), help_wanted(browser_of(ada), "k-1")
    assert first.json()["id"] != hers.json()["id"]
    assert Conversation.objects.count() == 2


def test_a_refusal_is_kept_and_changes_nothing(browser_of, mei, bo, lin, team):
    talk = answered(mei.member, team, bo)
    first = post(browser_of(lin), f"conversations/{talk.pk}/acceptance/", {}, "k-1")
    again = post(browser_of(lin), f"conversations/{talk.pk}/acceptance/", {}, "k-1")
    assert first.status_code == again.status_code == 409
    assert first.json()["code"] == "conversation.taken"
    assert again["Idempotent-Replayed"] == "true"
    assert again["Content-Type"] == "application/problem+json"


def test_what_was_malformed_may_be_mended_under_the_same_key(browser_of, mei, team):
    client = browser_of(mei)
    assert post(client, "conversations/", {"medium": "pigeon"}, "k-1").status_code == 400
    assert help_wanted(client, "k-1").status_code == 201


def test_a_failure_of_ours_leaves_nothing_behind(browser_of, mei, team):
    client = browser_of(mei)
    client.raise_request_exception = False
    with mock.patch(
        "tickets.api.base.conversation_card", side_effect=RuntimeError("after the write")
    ):
        broken = help_wanted(client, "k-1")
    assert broken.status_code == 500
    assert not Conversation.objects.exists()
    assert not KeptAnswer.objects.exists()
    assert help_wanted(client, "k-1").status_code == 201


@pytest.mark.parametrize("key", ["x" * 256, "mit ä", "tab\there"])
def test_a_key_that_cannot_be_one_is_refused(browser_of, mei, team, key):
    response = help_wanted(browser_of(mei), key)
    assert (response.status_code, response.json()["code"]) == (400, "idempotency.bad_key")
    assert help_wanted(browser_of(mei), "x" * 255).status_code == 201


def test_a_file_is_known_by_its_bytes(browser_of, mei, team):
    talk, client = waiting(mei.member, team), browser_of(mei)

    def send(content):
        file = SimpleUploadedFile("说明.txt", content, content_type="text/plain")
        return client.post(
            f"{API}/conversations/{talk.pk}/attachments/",
            {"file": file},
            headers={"Idempotency-Key": "k-1"},
        )

    first, again, other = send("坏了一半".encode()), send("坏了一半".encode()), send(b"other bytes")
    assert (first.status_code, again.status_code, other.status_code) == (201, 201, 422)
    assert first.json() == again.json()
    assert Attachment.objects.count() == 1


def test_after_a_day_a_key_is_free_again(browser_of, mei, team):
    help_wanted(browser_of(mei), "k-1")
    KeptAnswer.objects.update(at=timezone.now() - timedelta(hours=25))
    again = help_wanted(browser_of(mei), "k-1")
    assert "Idempotent-Replayed" not in again
    assert KeptAnswer.objects.count() == 1


def test_upkeep_forgets_what_was_kept_long_enough(browser_of, mei, team):
    help_wanted(browser_of(mei), "old")
    KeptAnswer.objects.update(at=timezone.now() - timedelta(hours=25))
    help_wanted(browser_of(mei), "new")
    assert upkeep(timezone.now()) is True
    assert [kept.key for kept in KeptAnswer.objects.all()] == ["new"]


@pytest.mark.django_db(transaction=True)
def test_thirty_at_once_with_one_key_make_one_row(mei, bo, team):
    talk = answered(mei.member, team, bo)
    clients = [Client() for _ in range(30)]
    for client in clients:
        client.force_login(bo)
    start, answers = threading.Barrier(30), []

    def note(client):
        try:
            start.wait()
            answers.append(post(client, f"conversations/{talk.pk}/notes/", {"body": "催过"}, "k-1"))
        finally:
            connection.close()

    threads = [threading.Thread(target=note, args=[client]) for client in clients]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert Note.objects.count() == 1
    assert {answer.status_code for answer in answers} <= {201, 409}
    made = [a for a in answers if a.status_code == 201]
    assert len({a.content for a in made}) == 1
    assert sum("Idempotent-Replayed" not in a for a in made) == 1
    assert {a.json()["code"] for a in answers if a.status_code == 409} <= {"idempotency.running"}
    assert all(a["Retry-After"] == "1" for a in answers if a.status_code == 409)


def test_nobody_needs_a_key(browser_of, mei, team):
    client, data = (
        browser_of(mei),
        {"medium": "app", "body": "在吗", "client_id": str(uuid.uuid4())},
    )
    assert (
        client.post(f"{API}/conversations/", data, content_type="application/json").status_code
        == 201
    )
    assert not KeptAnswer.objects.exists()
