"""Every door that takes a file, with files that want to be something else."""

import io
import unicodedata

import pytest
from PIL import Image
from rest_framework.parsers import MultiPartParser

from tests.hostile.corpus import files
from tests.hostile.doors import doors
from tickets.models import Attachment

pytestmark = pytest.mark.django_db

CORPUS = files()
# What is kept, in whatever form it is kept; everything else is refused.
KEPT = {
    "jpeg and html", "jpeg and zip", "where it was taken", "gb18030", "utf-16", "path", "windows path",
    "zero width name", "turned name", "nul name", "header name", "reserved name", "long name", "markup name",
    "htaccess",  # as text, under a name of ours
}  # fmt: skip


def taking_files(world):
    for door in doors(world.rows):
        view = door.api
        if view and "post" in door.methods and list(view.parser_classes) == [MultiPartParser]:
            yield door


def form(name, data):
    """Return a form with one file as the wire has it: no client has tidied its name."""
    head = f'Content-Disposition: form-data; name="file"; filename="{name}"\r\n'
    return {
        "data": f"--x\r\n{head}Content-Type: image/jpeg\r\n\r\n".encode() + data + b"\r\n--x--\r\n",
        "content_type": "multipart/form-data; boundary=x",
    }


def test_hostile_files(world, doorman):
    found, doorman.least = list(taking_files(world)), len(CORPUS)
    assert found
    kept = set()
    for door in found:
        for what, (name, data) in CORPUS.items():
            answer = doorman.send(door, "post", what, **form(name, data))
            if answer.status_code < 400:
                kept.add(what)
    assert kept == KEPT


def test_what_is_kept_is_harmless(world, doorman):
    door, doorman.least = next(iter(taking_files(world))), len(CORPUS)
    for what, (name, data) in CORPUS.items():
        doorman.send(door, "post", what, **form(name, data))
    rows = list(Attachment.objects.select_related("uploaded_by"))
    assert len(rows) >= len(KEPT)
    for row in rows:
        assert row.name
        assert not any(unicodedata.category(c) in ("Cc", "Cf") for c in row.name), row.name
        assert not set(row.name) & set('/\\<>"'), row.name
        with row.file.open("rb") as stored:
            data = stored.read()
        assert b"<script" not in data
        assert b"GPS-CANARY" not in data
        if row.content_type.startswith("image/"):
            assert not Image.open(io.BytesIO(data)).getexif()
        # Until a message carries it, nobody else may open it.
        url = f"/api/v1/attachments/{row.public_key}/"
        assert doorman.clients["root"].get(url).status_code == 404
        answer = doorman.clients[row.uploaded_by.username].get(url)
        assert answer.status_code == 200
        assert answer["X-Content-Type-Options"] == "nosniff"
        assert "X-Evil" not in answer.headers
        assert "sandbox" in answer["Content-Security-Policy"]
        if not row.content_type.startswith("image/"):
            assert answer["Content-Disposition"].startswith("attachment")
