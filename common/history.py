"""History: one line per change, written in the same transaction as the change."""

from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.db import models
from django.utils import timezone

from common.ids import uuid7
from common.masking import mask_text
from common.models import Event


def record(
    subject: models.Model,
    action: str,
    *,
    by: Any,
    before: Mapping[str, Any] | None = None,
    after: Mapping[str, Any] | None = None,
    reason: str = "",
    at: datetime | None = None,
) -> Event:
    """Write one history line about ``subject``; ``action`` is past tense, noun first.

    ``by`` is a person or None for the system. ``before`` and ``after`` hold the changed fields;
    moments, dates, amounts, ids and rows become strings.
    """
    moment = at or timezone.now()
    return Event.objects.create(
        id=uuid7(moment),
        at=moment,
        actor=by,
        action=action,
        subject_type=subject._meta.label_lower,
        subject_id=str(subject.pk),
        before=plain(before or {}),
        after=plain(after or {}),
        # History cannot be changed: what points at a member must never get into it.
        reason=mask_text(reason) if reason else "",
    )


def history_of(subject: models.Model) -> models.QuerySet[Event]:
    """Return the lines about ``subject``, newest first."""
    return (
        Event.objects.filter(subject_type=subject._meta.label_lower, subject_id=str(subject.pk))
        .select_related("actor")
        .order_by("-id")
    )


def plain(value: Any) -> Any:
    """Return ``value`` ready for JSON: moments, dates, amounts, ids and rows become strings."""
    match value:
        case Mapping():
            return {str(k): plain(v) for k, v in value.items()}
        case list() | tuple() | set() | frozenset():
            return [plain(v) for v in value]
        case datetime() | date():
            return value.isoformat()
        case Decimal() | UUID():
            return str(value)
        case models.Model():
            return str(value.pk)
        case None | bool() | int() | float() | str():
            return value
        case _:
            return str(value)
