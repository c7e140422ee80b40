"""Files in a conversation: who may send, who may open, what the browser is told."""

import io
import uuid

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils import timezone
from PIL import Image

from common import parameters
from tickets.actions import attachments
from tickets.actions.posting import post_message
from tickets.actions.recall import recall_message
from tickets.models import Attachment, Conversation, State

pytestmark = pytest.mark.django_db
API = "/api/v1"


@pytest.fixture(autouse=True)
def media(settings, tmp_path):
    settings.STORAGES = settings.STORAGES | {
        "default": {
            "BACKEND": "django.core.files.storage.FileSystemStorage",
            "OPTIONS": {"location": str(tmp_path), "base_url": None},
        }
    }
    return tmp_path


def picture(name="坏果.png") -> SimpleUploadedFile:
    stream = io.BytesIO()
    Image.new("RGB", (40, 30), "red").save(stream, "PNG")
    return SimpleUploadedFile(name, stream.getvalue(), content_type="image/png")


def upload(client, conversation, file):
    return client.post(f"{API}/conversations/{conversation.pk}/attachments/", {"file": file})


def sent(conversation, by, key, kind="image"):
    author = "agent" if by.is_agent else "member"
    return post_message(
        conversation, by=by, author_kind=author, kind=kind, payload={"attachment": key}
    )


def limit(key, number, ops):
    parameters.set_value(key, number, by=ops, reason="test")
    parameters.forget()


def test_a_picture_is_taken_in_and_described(browser_of, mei, conversation):
    response = upload(browser_of(mei), conversation, picture())
    assert response.status_code == 201
    facts = response.json()
    assert (facts["kind"], facts["name"], facts["width"], facts["height"]) == (
        "image",
        "坏果.png",
        40,
        30,
    )
    assert facts["url"] == f"{API}/attachments/{facts['id']}/"


def test_the_name_never_reaches_the_disk(browser_of, mei, conversation, media):
    upload(browser_of(mei), conversation, picture("../../../etc/x.png"))
    (stored,) = [path for path in media.rglob("*") if path.is_file()]
    assert stored.name == str(Attachment.objects.get().pk)


def test_others_open_it_once_it_was_sent(browser_of, mei, bo, conversation):
    facts = upload(browser_of(mei), conversation, picture()).json()
    assert browser_of(mei).get(facts["url"]).status_code == 200
    assert browser_of(bo).get(facts["url"]).status_code == 404
    sent(conversation, mei, facts["id"])
    response = browser_of(bo).get(facts["url"], headers={"accept": "image/*"})
    assert response.status_code == 200
    assert response["Content-Type"] == "image/png"
    assert response["X-Content-Type-Options"] == "nosniff"
    assert response["Cache-Control"] == "private, no-store"
    assert "sandbox" in response["Content-Security-Policy"]
    assert response["Content-Disposition"].startswith("inline")


def test_a_file_is_downloaded_not_shown(browser_of, mei, bo, conversation):
    text = SimpleUploadedFile("清单.txt", "三箱 <b>坏果</b>".encode())
    facts = upload(browser_of(mei), conversation, text).json()
    sent(conversation, mei, facts["id"], kind="file")
    response = browser_of(bo).get(facts["url"])
    assert response["Content-Disposition"].startswith("attachment")


def test_strangers_see_nothing(browser_of, mei, chen, dora, qiao, he, conversation):
    facts = upload(browser_of(mei), conversation, picture()).json()
    sent(conversation, mei, facts["id"])
    for who in (chen, dora, qiao, he):
        assert browser_of(who).get(facts["url"]).status_code == 404
        assert upload(browser_of(who), conversation, picture()).status_code == 404
    assert browser_of(mei).get(f"{API}/attachments/{uuid.uuid4()}/").status_code == 404


def test_a_recalled_picture_is_gone_for_both_sides(browser_of, mei, bo, conversation):
    facts = upload(browser_of(mei), conversation, picture()).json()
    posted = sent(conversation, mei, facts["id"])
    recall_message(conversation, posted.seq, by=mei)
    for who in (mei, bo):
        assert browser_of(who).get(facts["url"]).status_code == 404


def test_a_colleague_who_does_not_own_it_sends_no_file(browser_of, lin, conversation):
    response = upload(browser_of(lin), conversation, picture())
    assert (response.status_code, response.json()["code"]) == (409, "not_owner")


def test_a_closed_conversation_takes_no_files(browser_of, mei, conversation):
    now = timezone.now()
    Conversation.objects.filter(pk=conversation.pk).update(
        state=State.CLOSED, resolved_at=now, closed_at=now
    )
    assert upload(browser_of(mei), conversation, picture()).json()["code"] == "closed"


def test_what_it_is_not_is_refused_and_leaves_nothing(browser_of, mei, conversation, media):
    page = SimpleUploadedFile(
        "坏果.png", b"<html><script>alert(1)</script>", content_type="image/png"
    )
    response = upload(browser_of(mei), conversation, page)
    assert (response.status_code, response.json()["code"]) == (400, "file.kind")
    assert not Attachment.objects.exists()
    assert not [path for path in media.rglob("*") if path.is_file()]


def test_no_file_is_a_bad_request(browser_of, mei, conversation):
    response = browser_of(mei).post(f"{API}/conversations/{conversation.pk}/attachments/", {})
    assert response.status_code == 400


def test_too_large_is_refused_before_it_is_read(browser_of, mei, ops, conversation):
    limit("chat.upload_bytes", 1024, ops)
    large = SimpleUploadedFile("a.txt", b"x" * 40_000)
    response = upload(browser_of(mei), conversation, large)
    assert (response.status_code, response.json()["code"]) == (413, "file.too_large")
    slightly = SimpleUploadedFile("a.txt", b"x" * 2_000)
    assert upload(browser_of(mei), conversation, slightly).json()["code"] == "file.too_large"


class Unread(io.BytesIO):
    """A body that must not be read."""

    def read(self, *_given):
        raise AssertionError("the body was read")


def send_unread(client, conversation, size, **headers):
    return client.generic(
        "POST",
        f"{API}/conversations/{conversation.pk}/attachments/",
        content_type="multipart/form-data; boundary=x",
        headers=headers,
        **{"CONTENT_LENGTH": str(size), "wsgi.input": Unread()},
    )


@pytest.mark.parametrize("size", [500, 40_000])
def test_nothing_is_read_of_who_may_not_send(mei, ops, conversation, size):
    limit("chat.upload_bytes", 1024, ops)
    stranger, elsewhere = Client(), Client(enforce_csrf_checks=True)
    elsewhere.force_login(mei)
    elsewhere.get("/me/")  # the page brings the cookie without which no form is looked at
    assert send_unread(stranger, conversation, size).status_code == 401
    assert send_unread(stranger, conversation, size, authorization="Bearer x").status_code == 401
    assert send_unread(elsewhere, conversation, size).json()["code"] == "csrf"


def test_nothing_is_read_of_who_is_too_fast(browser_of, mei, ops, conversation):
    limit("chat.upload_bytes", 1024, ops)
    limit("api.writes_a_minute", 6, ops)
    client = browser_of(mei)
    for _time in range(6):
        assert upload(client, conversation, picture()).status_code in (201, 413)
    assert send_unread(client, conversation, 40_000).status_code == 429


def test_strangers_who_send_too_much_are_counted(conversation, ops):
    limit("api.strangers_a_minute", 5, ops)
    answers = [send_unread(Client(), conversation, 1 << 30).status_code for _time in range(6)]
    assert answers == [401] * 5 + [429]


def test_so_many_in_an_hour_is_refused(browser_of, mei, ops, conversation):
    limit("chat.uploads_an_hour", 1, ops)
    client = browser_of(mei)
    assert upload(client, conversation, picture()).status_code == 201
    assert upload(client, conversation, picture()).json()["code"] == "attachment.too_many"


def test_bytes_without_a_row_do_not_stay(mei, conversation, media, monkeypatch):
    def broken(attachment, by):
        raise RuntimeError("the database is away")

    monkeypatch.setattr(attachments, "_insert", broken)
    with pytest.raises(RuntimeError):
        attachments.upload_attachment(conversation, source=picture().file, name="a.png", by=mei)
    assert not [path for path in media.rglob("*") if path.is_file()]


def test_bytes_that_are_gone_are_no_such_thing(browser_of, mei, conversation, media):
    facts = upload(browser_of(mei), conversation, picture()).json()
    for path in media.rglob("*"):
        if path.is_file():
            path.unlink()
    assert browser_of(mei).get(facts["url"]).status_code == 404
