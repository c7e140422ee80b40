"""Files of cases: taken through the gate, attached to a statement, an appeal or the evidence, or let go."""

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
from merchants.actions.cases import PROPOSE, hold_case, require_house, require_staff
from merchants.models import CaseFile, Part, Violation, ViolationState, shops_of

UNUSED = "case_file.unused"
OPEN = {ViolationState.NOTICED, ViolationState.DECIDED, ViolationState.EXECUTING}


def upload_case_file(violation: Violation, *, source: BinaryIO, name: str, by: User) -> CaseFile:
    """Take a file into a case.

    Of the shop's people it belongs to nothing until a statement or an appeal names it, and is let go
    after a day; of the house's it is evidence, until the shop is told. Raises ``not_found``,
    ``forbidden``, ``conflict.own_case``, ``violation.cannot_move``, ``file.too_many`` and the codes of
    :func:`common.files.admit_file`.
    """
    part = _part_of(violation, by)
    lately = CaseFile.objects.filter(
        uploaded_by=by, uploaded_at__gt=timezone.now() - timedelta(days=1)
    ).count()
    if lately >= value("case.uploads_a_day"):
        raise DomainError("file.too_many", _("So many files in one day. Please go on tomorrow."))
    # Drawing a picture again takes a second of work: before the transaction, not inside it.
    admitted = admit_file(source, name=name, max_bytes=value("case.upload_bytes"))
    return _store(violation, admitted, part, by)


def attach(violation: Violation, keys: Sequence[str], part: str, *, by: User) -> list[str]:
    """Attach uploads of ``by`` to a part of a held case; return their keys. Inside another action.

    Raises ``file.unknown`` for what is not there, not theirs or attached already, and ``file.too_many``.
    """
    wanted = {parsed for key in keys if (parsed := _parsed(key)) is not None}
    if len(set(keys)) > value("case.files"):
        raise DomainError("file.too_many", _("These are too many files."))
    rows = CaseFile.objects.select_for_update().filter(
        pk__in=wanted, violation=violation, uploaded_by=by, part=Part.NONE
    )
    found = list(rows.order_by("pk"))
    if len(found) != len(set(keys)):
        raise DomainError("file.unknown", _("One of these files is not there any more."))
    for file in found:
        drop_deadline(UNUSED, file)
    CaseFile.objects.filter(pk__in=[file.pk for file in found]).update(part=part)
    return [file.public_key for file in found]


@transaction.atomic
def let_go(file: CaseFile, *, now: datetime) -> bool:
    """Delete an upload that was attached to nothing, with its bytes. False when it was attached since."""
    held = CaseFile.objects.select_for_update().filter(pk=file.pk, part=Part.NONE).first()
    if held is None:
        return False
    record(held.violation, "case_file.let_go", by=None, before={"file": held.pk}, at=now)
    storage, name = held.file.storage, str(held.file.name)
    held.delete()
    # Only once the row is really gone: a file without a row is litter, a row without its file a lie.
    transaction.on_commit(lambda: storage.delete(name), robust=True)
    return True


def _part_of(violation: Violation, by: User) -> str:
    if shops_of(by).filter(pk=violation.shop_id).exists():
        require_staff(violation, by)
        if violation.state not in OPEN and not hasattr(violation, "penalty"):
            raise _over(violation)
        return Part.NONE
    require_house(violation.shop, by, PROPOSE)
    _require_untold(violation)
    return Part.EVIDENCE


def _require_untold(violation: Violation) -> None:
    if violation.state != ViolationState.DETECTED:
        raise _over(violation)


def _over(violation: Violation) -> DomainError:
    return DomainError(
        "violation.cannot_move",
        _("This is not possible while it is “%(state)s”.")
        % {"state": violation.get_state_display()},
        state=violation.state,
    )


def _store(violation: Violation, admitted: AdmittedFile, part: str, by: User) -> CaseFile:
    file = CaseFile(
        id=uuid.uuid4(),
        violation=violation,
        part=part,
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
def _insert(file: CaseFile, by: User) -> None:
    if file.part == Part.EVIDENCE:
        # The shop may have been told while the file was read.
        violation, _now = hold_case(file.violation, None)
        _require_untold(violation)
    file.save(force_insert=True)
    after = {"file": file.pk, "size": file.size, "sha256": file.sha256, "part": file.part}
    record(file.violation, "case_file.uploaded", by=by, after=after, at=file.uploaded_at)
    if file.part == Part.NONE:
        set_deadline(UNUSED, file, file.uploaded_at + value("case.file_waits"))


def _parsed(key: str) -> uuid.UUID | None:
    try:
        return parse_key("cfl", key)
    except ValueError:
        return None
