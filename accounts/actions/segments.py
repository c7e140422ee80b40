"""Segments are named and changed; who is in them is asked, never stored."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.actions.asking import require_reason
from accounts.models import Segment, User
from accounts.standing.segment_uses import uses_of
from accounts.standing.segments import BadConditions, Conditions
from accounts.standing.words import condition_problem_words
from common.errors import DomainError
from common.history import record
from common.rights import require_right

NAMES_SHOWN = 5
_WHY = gettext_lazy("Write what the segment is for.")


@transaction.atomic
def make_segment(
    code: str,
    name: str,
    conditions: Mapping[str, Any],
    *,
    by: User | None,
    reason: str,
    now: datetime,
) -> Segment:
    """Save conditions under a name.

    Raises ``forbidden``, ``segment.no_reason``, ``segment.bad_code``, ``segment.taken``,
    ``segment.no_name`` and ``segment.bad_conditions``, whose ``problems`` say what is wrong by field.
    """
    require_right(by, "standing.manage")
    require_reason(reason, code="segment.no_reason", message=_WHY)
    _require_code(code)
    kept = _kept(conditions)
    segment, made = Segment.objects.get_or_create(
        code=code,
        defaults={
            "name": _named(name),
            "conditions": kept,
            "made_by": by,
            "made_at": now,
        },
    )
    if not made:
        raise DomainError("segment.taken", _("Another segment has this code already."))
    record(
        segment,
        "segment.made",
        by=by,
        after={"code": code, "name": segment.name} | kept,
        reason=reason,
        at=now,
    )
    return segment


@transaction.atomic
def change_segment(
    segment: Segment,
    *,
    name: str,
    conditions: Mapping[str, Any],
    by: User | None,
    reason: str,
    now: datetime,
) -> Segment:
    """Give a segment another name or other conditions; its code stays. The same again changes nothing.

    Raises ``forbidden``, ``segment.no_reason``, ``segment.no_name``, ``segment.bad_conditions``.
    """
    require_right(by, "standing.manage")
    require_reason(reason, code="segment.no_reason", message=_WHY)
    kept, named = _kept(conditions), _named(name)
    segment = Segment.objects.select_for_update().get(pk=segment.pk)
    before = {"name": segment.name} | segment.conditions
    after = {"name": named} | kept
    if before == after:
        return segment
    segment.name, segment.conditions = named, kept
    segment.save(update_fields=["name", "conditions"])
    record(segment, "segment.changed", by=by, before=before, after=after, reason=reason, at=now)
    return segment


@transaction.atomic
def delete_segment(segment: Segment, *, by: User | None, reason: str, now: datetime) -> None:
    """Delete a segment nobody is served by; its history stays. A second call changes nothing.

    Raises ``forbidden``, ``segment.no_reason`` and ``segment.used`` (``used_by``).
    """
    require_right(by, "standing.manage")
    require_reason(reason, code="segment.no_reason", message=_WHY)
    known = Segment.objects.select_for_update().filter(pk=segment.pk).first()
    if known is None:
        return
    used_by = uses_of(known.code, now)
    if used_by:
        raise DomainError(
            "segment.used",
            _("Members are served by this segment: %(names)s. Let that end first.")
            % {"names": "、".join(used_by[:NAMES_SHOWN])},
            used_by=used_by,
        )
    before = {"code": known.code, "name": known.name} | known.conditions
    record(known, "segment.deleted", by=by, before=before, reason=reason, at=now)
    known.delete()


def _kept(conditions: Mapping[str, Any]) -> dict[str, Any]:
    try:
        return Conditions.of(conditions).stored()
    except BadConditions as bad:
        problems = {n: condition_problem_words(n, code) for n, code in bad.problems.items()}
        raise DomainError(
            "segment.bad_conditions", " ".join(problems.values()), problems=problems
        ) from None


def _named(name: str) -> str:
    if not name.strip():
        raise DomainError("segment.no_name", _("Give the segment a name."))
    return name.strip()


def _require_code(code: str) -> None:
    try:
        Segment._meta.get_field("code").run_validators(code)
    except ValidationError as error:
        raise DomainError("segment.bad_code", " ".join(error.messages)) from None
    if not code:
        raise DomainError("segment.bad_code", _("Give the segment a code."))
