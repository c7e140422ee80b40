"""Files of complaints: taken through the gate, attached when the complaint names them, or let go."""

import uuid
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import BinaryIO

from django.core.files.base import ContentFile
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from common.deadlines import drop_deadline, set_deadline
from common.errors import DomainError
from common.files import AdmittedFile, admit_file
from common.history import record
from common.ids import parse_key
from common.parameters import value
from merchants.models import ComplaintFile, Rating, ReviewComplaint

UNUSED = "complaint_file.unused"


def store_complaint_file(rating: Rating, *, source: BinaryIO, name: str, by: User) -> ComplaintFile:
    """Take a file for a complaint about ``rating``; the caller has asked who may.

    It belongs to nothing until a complaint names it, and is let go after a day. Raises
    ``file.too_many`` and the codes of :func:`common.files.admit_file`.
    """
    lately = ComplaintFile.objects.filter(
        uploaded_by=by, uploaded_at__gt=timezone.now() - timedelta(days=1)
    ).count()
    if lately >= value("case.uploads_a_day"):
        raise DomainError("file.too_many", _("So many files in one day. Please go on tomorrow."))
    # Drawing a picture again takes a second of work: before the transaction, not inside it.
    admitted = admit_file(source, name=name, max_bytes=value("case.upload_bytes"))
    return _store(rating, admitted, by)


def attach_files(complaint: ReviewComplaint, keys: Sequence[str], *, by: User) -> list[str]:
    """Attach uploads of ``by`` to a complaint; return their keys. Inside another action.

    Raises ``file.unknown`` for what is not there, not theirs or attached already, and ``file.too_many``.
    """
    if len(set(keys)) > value("complaint.files"):
        raise DomainError("file.too_many", _("These are too many files."))
    wanted = {parsed for key in keys if (parsed := _parsed(key)) is not None}
    rows = ComplaintFile.objects.select_for_update().filter(
        pk__in=wanted, rating=complaint.rating_id, uploaded_by=by, complaint=None
    )
    found = list(rows.order_by("pk"))
    if len(found) != len(set(keys)):
        raise DomainError("file.unknown", _("One of these files is not there any more."))
    for file in found:
        drop_deadline(UNUSED, file)
    ComplaintFile.objects.filter(pk__in=[file.pk for file in found]).update(complaint=complaint)
    return [file.public_key for file in found]


@transaction.atomic
def let_go_complaint_file(file: ComplaintFile, *, now: datetime) -> bool:
    """Delete an upload that was attached to nothing, with its bytes. False when it was attached since."""
    held = ComplaintFile.objects.select_for_update().filter(pk=file.pk, complaint=None).first()
    if held is None:
        return False
    record(held, "complaint_file.let_go", by=None, before={"rating": held.rating_id}, at=now)
    storage, name = held.file.storage, str(held.file.name)
    drop_deadline(UNUSED, held)
    held.delete()
    # Only once the row is really gone: a file without a row is litter, a row without its file a lie.
    transaction.on_commit(lambda: storage.delete(name), robust=True)
    return True


def _store(rating: Rating, admitted: AdmittedFile, by: User) -> ComplaintFile:
    file = ComplaintFile(
        id=uuid.uuid4(),
        rating=rating,
        uploaded_by=by,
        uploaded_at=timezone.now(),
        name=admitted.name,
        kind=admitted.kind,
        content_type=admitted.content_type,
        size=admitted.size,
        sha256=admitted.sha256,
    )
    file.file.save(admitted.name, ContentFile(admitted.content), save=False)
    try:
        _insert(file, by)
    except BaseException:
        # The bytes go with the row, or nothing would ever find them again.
        file.file.delete(save=False)
        raise
    return file


@transaction.atomic
def _insert(file: ComplaintFile, by: User) -> None:
    file.save(force_insert=True)
    after = {"rating": file.rating_id, "size": file.size, "sha256": file.sha256}
    record(file, "complaint_file.uploaded", by=by, after=after, at=file.uploaded_at)
    set_deadline(UNUSED, file, file.uploaded_at + value("case.file_waits"))


def _parsed(key: str) -> uuid.UUID | None:
    try:
        return parse_key("rcf", key)
    except ValueError:
        return None
