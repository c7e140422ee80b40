"""The copy of a member's data: gathered store by store in the background, kept for some days."""

import csv
import hashlib
import io
import tempfile
import zipfile
from collections.abc import Iterator
from datetime import date, datetime
from typing import IO, Any

import orjson
from django.core.files import File
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.db import transaction
from django.template.loader import render_to_string
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from accounts.actions.requests import PACKAGE_ENDS, locked_request, move_request
from accounts.copy_files import drop_parts, part_name
from accounts.models import (
    AccessKind,
    Member,
    PersonalDataAccess,
    PersonalDataRequest,
    RequestState,
    User,
)
from accounts.people import language_of
from accounts.personal_data import subject_of
from common.deadlines import set_deadline
from common.history import record
from common.ids import uuid7
from common.parameters import value
from common.personal_data import Store, stores
from common.sheets.cells import inert

SLICE = 2000
ROWS_ON_THE_PAGE = 200


@transaction.atomic
def gather_slice(request: PersonalDataRequest) -> bool:
    """Put the next slice of a copy aside; False when there is nothing more to do.

    The slice and where the next one begins are kept together, so a crash repeats at most one.
    """
    request = locked_request(request)
    if request.state != RequestState.IN_PROGRESS or request.package:
        return False
    keys = [store.key for store in _in_the_copy()]
    progress = request.progress or {"store": keys[0], "after": None, "parts": []}
    store = next((one for one in _in_the_copy() if one.key == progress["store"]), None)
    if store is None:
        return False
    member = Member.objects.select_related("user").get(pk=request.member_id)
    with translation.override(language_of(member.user)):
        found = store.rows(subject_of(member), progress["after"], SLICE)
        data = orjson.dumps(found.rows, default=_plain)
    name = part_name(request, f"{store.key}-{len(progress['parts'])}.json")
    default_storage.delete(name)
    progress["parts"].append([store.key, default_storage.save(name, ContentFile(data))])
    progress["after"] = found.next
    if found.next is None:
        place = keys.index(store.key) + 1
        progress["store"] = keys[place] if place < len(keys) else ""
    request.progress = progress
    request.save(update_fields=["progress"])
    return True


def finish_copy(request: PersonalDataRequest, *, now: datetime | None = None) -> bool:
    """Pack what was gathered, with the files, into one archive; False when it is not time for that.

    Packing takes as long as the files are large, so nothing is locked meanwhile: who packs the same
    at the same time and is second drops their archive.
    """
    request = PersonalDataRequest.objects.get(pk=request.pk)
    if not _is_gathered(request):
        return False
    moment = now or timezone.now()
    member = Member.objects.select_related("user").get(pk=request.member_id)
    with tempfile.TemporaryFile() as packed, translation.override(language_of(member.user)):
        try:
            _pack(packed, request, member, moment)
        except FileNotFoundError:
            # Withdrawn, or handed over by another, while we were reading: the parts are gone.
            if _is_gathered(PersonalDataRequest.objects.get(pk=request.pk)):
                raise
            return False
        request.package_size = packed.tell()
        packed.seek(0)
        request.package_sha256 = hashlib.file_digest(packed, "sha256").hexdigest()
        packed.seek(0)
        request.package.save(f"{request.request_no}.zip", File(packed), save=False)
    archive = str(request.package.name)
    try:
        is_first = _hand_over(request, archive, now=moment)
    except BaseException:
        default_storage.delete(archive)
        raise
    if not is_first:
        default_storage.delete(archive)
    return is_first


@transaction.atomic
def _hand_over(packed: PersonalDataRequest, archive: str, *, now: datetime) -> bool:
    """Let the member have ``archive``; False when the request has moved on meanwhile."""
    request = locked_request(packed)
    if not _is_gathered(request):
        return False
    request.package = archive
    request.package_size, request.package_sha256 = packed.package_size, packed.package_sha256
    request.progress = {}
    request.package_expires_at = now + value("personal_data.package_kept", now)
    columns = ["package", "package_size", "package_sha256", "package_expires_at", "progress"]
    move_request(request, RequestState.READY, by=None, at=now, fields=columns)
    set_deadline(PACKAGE_ENDS, request, request.package_expires_at)
    transaction.on_commit(lambda: drop_parts(request), robust=True)
    return True


def _is_gathered(request: PersonalDataRequest) -> bool:
    return request.state == RequestState.IN_PROGRESS and (request.progress or {}).get("store") == ""


@transaction.atomic
def note_download(request: PersonalDataRequest, *, by: User, address: str = "") -> None:
    """Write down that the member fetched their copy."""
    now = timezone.now()
    PersonalDataAccess.objects.create(
        id=uuid7(now),
        at=now,
        kind=AccessKind.COPY,
        actor=by,
        member_id=request.member_id,
        address=address[:64],
    )
    record(request, "personal_data.downloaded", by=by, at=now)


@transaction.atomic
def end_package(request: PersonalDataRequest, *, now: datetime) -> bool:
    """Delete a copy whose time is over; a second call changes nothing."""
    request = locked_request(request)
    if request.state != RequestState.READY or not request.package_expires_at:
        return False
    if now < request.package_expires_at:
        return False
    request.package.delete(save=False)
    request.package = ""
    move_request(request, RequestState.DONE, by=None, at=now, fields=["package"])
    return True


def _in_the_copy() -> list[Store]:
    return [store for store in stores() if store.columns]


def _pack(packed: IO[bytes], request: PersonalDataRequest, member: Member, now: datetime) -> None:
    subject = subject_of(member)
    sections = []
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED, compresslevel=6) as archive:
        for store in _in_the_copy():
            rows = list(_gathered(request, store.key))
            archive.writestr(f"{store.key}.json", orjson.dumps(rows, option=orjson.OPT_INDENT_2))
            archive.writestr(f"{store.key}.csv", _csv(store, rows))
            for enclosed in store.files(subject):
                _enclose(archive, enclosed.name, enclosed.open())
            sections.append(_section(store, rows))
        context = {
            "request": request,
            "made_at": now,
            "sections": sections,
            "left_out": [one for one in stores() if one.left_out],
        }
        archive.writestr("index.html", render_to_string("accounts/copy/index.html", context))
        archive.writestr("README.txt", _readme(request, sections))


def _readme(request: PersonalDataRequest, sections: list[dict[str, Any]]) -> str:
    lines = [
        f"{_('A copy of my data')} {request.request_no}",
        "",
        _(
            "Open index.html to read it. Each part is there as JSON (for programs) and CSV (for "
            "spreadsheets), all in UTF-8; pictures and files lie in the folder “files”."
        ),
        "",
        *(f"{it['store'].key}  {it['store'].title} ({it['count']})" for it in sections),
        "",
        *(f"{store.title}: {store.left_out}" for store in stores() if store.left_out),
    ]
    return "\n".join(str(line) for line in lines) + "\n"


def _gathered(request: PersonalDataRequest, key: str) -> Iterator[dict[str, Any]]:
    for store, name in request.progress["parts"]:
        if store == key:
            with default_storage.open(name) as part:
                yield from orjson.loads(part.read())


def _csv(store: Store, rows: list[dict[str, Any]]) -> bytes:
    written = io.StringIO()
    table = csv.writer(written)
    table.writerow([str(label) for label in store.columns.values()])
    table.writerows([inert(_said(row.get(name))) for name in store.columns] for row in rows)
    # With its mark, so that spreadsheets read UTF-8.
    return written.getvalue().encode("utf-8-sig")


def _section(store: Store, rows: list[dict[str, Any]]) -> dict[str, Any]:
    shown = rows[:ROWS_ON_THE_PAGE]
    return {
        "store": store,
        "count": len(rows),
        "more": max(len(rows) - len(shown), 0),
        "rows": [[_said(row.get(name)) for name in store.columns] for row in shown],
    }


def _said(found: Any) -> str:
    return "" if found is None else str(found)


def _enclose(archive: zipfile.ZipFile, name: str, file: Any) -> None:
    # Pictures are packed already: they are stored as they are.
    entry = zipfile.ZipInfo(name, date_time=timezone.localtime().timetuple()[:6])
    with file as source, archive.open(entry, "w", force_zip64=True) as target:
        for chunk in iter(lambda: source.read(1 << 20), b""):
            target.write(chunk)


def _plain(found: Any) -> str:
    if isinstance(found, datetime):
        return timezone.localtime(found).isoformat(timespec="seconds")
    return found.isoformat() if isinstance(found, date) else str(found)
