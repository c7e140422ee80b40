"""Every door that takes a file, with files that want to be something else."""

import io
import unicodedata

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from PIL import Image
from rest_framework.parsers import MultiPartParser

from tests.hostile.corpus import files
from tests.hostile.doors import doors
from tests.hostile.test_input import doorman  # noqa: F401
from tickets.models import Attachment

pytestmark = pytest.mark.django_db

CORPUS = files()
# What may be kept, in whatever form it is kept; everything else is refused.
KEPT = {
    "jpeg and html", "jpeg and zip", "where it was taken", "gb18030", "utf-16", "path", "windows path",
    "zero width name", "turned name", "nul name", "header name", "reserved name", "long name", "no name",
    "markup name", "html as txt",
    "htaccess",  # as text, under a name of ours
}  # fmt: skip


def taking_files(world):
    for door in doors(world.rows):
        view = door.api
        if view and "post" in door.methods and list(view.parser_classes) == [MultiPartParser]:
            yield door


def test_hostile_files(world, doorman):  # noqa: F811
    found = list(taking_files(world))
    assert found
    kept = set()
    for door in found:
        for what, (name, data) in CORPUS.items():
            sent = SimpleUploadedFile("x", data, "image/jpeg")
            sent._name = name  # as the wire has it: Django would tidy it first
            answer = doorman.send(door, "post", what, data={"file": sent})
            if answer.status_code < 400:
                kept.add(what)
            doorman.asked += 5
    assert kept <= KEPT, kept - KEPT
    assert kept, "the door lets harmless pictures in"


def test_what_is_kept_is_harmless(world, doorman):  # noqa: F811
    door = next(iter(taking_files(world)))
    for what, (name, data) in CORPUS.items():
        sent = SimpleUploadedFile("x", data, "image/jpeg")
        sent._name = name
        doorman.send(door, "post", what, data={"file": sent})
        doorman.asked += 5
    rows = list(Attachment.objects.all())
    assert rows
    for row in rows:
        assert not any(unicodedata.category(c) in ("Cc", "Cf") for c in row.name), row.name
        assert not set(row.name) & set('/\\<>"'), row.name
        with row.file.open("rb") as stored:
            data = stored.read()
        assert b"<script" not in data or row.content_type.startswith("text/plain")
        assert b"GPS-CANARY" not in data
        if row.content_type.startswith("image/"):
            assert not Image.open(io.BytesIO(data)).getexif()
        answer = doorman.clients["root"].get(f"/api/v1/attachments/att_{row.pk.hex}/")
        if answer.status_code == 200:
            assert answer["X-Content-Type-Options"] == "nosniff"
            assert "X-Evil" not in answer.headers
            assert "sandbox" in answer["Content-Security-Policy"]
