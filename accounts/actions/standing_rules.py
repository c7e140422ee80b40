"""Rules of standing: drafted, previewed on everybody, published from a day on, or dropped."""

from collections.abc import Mapping
from dataclasses import asdict
from datetime import date, datetime
from typing import Any

from django.db import connection, transaction
from django.db.models import Max
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.actions.asking import require_reason
from accounts.models import StandingRules, User
from accounts.standing.numbers import BUILT_IN, forget, rules_at
from accounts.standing.previews import asked, is_ready, is_whole
from accounts.standing.rules import SHANGHAI, BadNumbers, Numbers
from accounts.standing.words import problem_words
from common.errors import DomainError
from common.history import record
from common.rights import require_right

_WHY = gettext_lazy("Write why the rules change.")
_VERSIONS_LOCK = 0x78_69_61_6F_04


@transaction.atomic
def draft_rules(
    numbers: Mapping[str, Any], *, by: User | None, reason: str, now: datetime
) -> StandingRules:
    """Write a new version of the rules down; nothing follows from a draft but its preview.

    Numbers left out are those a house begins with. Raises ``forbidden``, ``rules.no_reason``,
    ``rules.same`` and ``rules.bad_numbers``, whose ``problems`` say in words what is wrong by field.
    """
    require_right(by, "standing.manage")
    require_reason(reason, code="rules.no_reason", message=_WHY)
    try:
        wanted = Numbers.of(numbers)
    except BadNumbers as bad:
        problems = {name: problem_words(name, code) for name, code in bad.problems.items()}
        words = " ".join(problems.values())
        raise DomainError("rules.bad_numbers", words, problems=problems) from None
    _hold_versions()
    if wanted == rules_at(now).numbers:
        raise DomainError("rules.same", _("These numbers are in force already."))
    last = StandingRules.objects.aggregate(last=Max("version"))["last"] or BUILT_IN
    draft = StandingRules.objects.create(
        version=last + 1,
        numbers=asdict(wanted),
        reason=reason,
        made_by=by,
        made_at=now,
        preview=asked(now),
    )
    was = asdict(rules_at(now).numbers)
    changed = {name: value for name, value in draft.numbers.items() if value != was[name]}
    record(
        draft,
        "rules.drafted",
        by=by,
        before={name: was[name] for name in changed},
        after=changed,
        reason=reason,
        at=now,
    )
    return draft


@transaction.atomic
def ask_for_preview(
    draft: StandingRules, *, by: User | None, reason: str, now: datetime
) -> StandingRules:
    """Have the preview of a draft computed anew; one that is being computed goes on.

    Raises ``forbidden``, ``rules.no_reason``, ``rules.not_a_draft``.
    """
    require_right(by, "standing.manage")
    require_reason(reason, code="rules.no_reason", message=_WHY)
    draft = _locked(draft)
    if draft.preview is None or is_ready(draft.preview):
        draft.preview = asked(now)
        draft.save(update_fields=["preview"])
        record(draft, "rules.preview_asked", by=by, reason=reason, at=now)
    return draft


@transaction.atomic
def publish_rules(
    draft: StandingRules, *, effective_on: date, by: User | None, reason: str, now: datetime
) -> StandingRules:
    """Put a draft into force from the day ``effective_on`` (Shanghai's) on; a second call changes nothing.

    Raises ``forbidden``, ``rules.no_reason``, ``rules.not_a_draft``, ``rules.in_the_past``,
    ``rules.day_taken``, ``rules.no_preview``, ``rules.preview_old``, ``rules.nobody``,
    ``rules.everybody``.
    """
    require_right(by, "standing.manage")
    require_reason(reason, code="rules.no_reason", message=_WHY)
    _hold_versions()
    draft = StandingRules.objects.select_for_update().get(pk=draft.pk)
    if draft.published_at is not None and draft.effective_on == effective_on:
        return draft
    _require_draft(draft)
    if effective_on < now.astimezone(SHANGHAI).date():
        raise DomainError("rules.in_the_past", _("Rules cannot begin in the past."))
    taken = StandingRules.objects.filter(published_at__isnull=False, effective_on=effective_on)
    if taken.exists():
        raise DomainError("rules.day_taken", _("Other rules begin on that day already."))
    _require_preview(draft, now)
    draft.effective_on, draft.published_at = effective_on, now
    draft.save(update_fields=["effective_on", "published_at"])
    record(
        draft, "rules.published", by=by, after={"effective_on": effective_on}, reason=reason, at=now
    )
    transaction.on_commit(forget)
    return draft


@transaction.atomic
def drop_draft(
    draft: StandingRules, *, by: User | None, reason: str, now: datetime
) -> StandingRules:
    """Put a draft aside for good; its number is not used again. A second call changes nothing.

    Raises ``forbidden``, ``rules.no_reason``, ``rules.not_a_draft``.
    """
    require_right(by, "standing.manage")
    require_reason(reason, code="rules.no_reason", message=_WHY)
    draft = StandingRules.objects.select_for_update().get(pk=draft.pk)
    if draft.dropped_at is not None:
        return draft
    _require_draft(draft)
    draft.dropped_at = now
    draft.save(update_fields=["dropped_at"])
    record(draft, "rules.dropped", by=by, reason=reason, at=now)
    return draft


def _require_preview(draft: StandingRules, now: datetime) -> None:
    """Refuse rules whose consequences nobody has seen, or that make all alike."""
    preview = draft.preview
    if preview is None or not is_whole(preview) or preview["numbers"] != draft.numbers:
        raise DomainError(
            "rules.no_preview", _("Wait for the preview of these numbers and look at it first.")
        )
    if preview["compared_with"] != rules_at(now).version:
        raise DomainError(
            "rules.preview_old", _("Other rules are in force since this preview. Compute it anew.")
        )
    if not preview["members"] or not preview["changed"]:
        return
    if preview["by_points"] == 0:
        raise DomainError("rules.nobody", _("By these rules nobody would be SUPER."))
    if preview["by_points"] == preview["members"]:
        raise DomainError("rules.everybody", _("By these rules everybody would be SUPER."))
    if preview["candidates"] == preview["members"]:
        raise DomainError(
            "rules.everybody", _("By these rules everybody would be a candidate for APASS.")
        )


def _locked(draft: StandingRules) -> StandingRules:
    row = StandingRules.objects.select_for_update().get(pk=draft.pk)
    _require_draft(row)
    return row


def _require_draft(row: StandingRules) -> None:
    if not row.is_draft:
        raise DomainError("rules.not_a_draft", _("These rules are no draft any more."))


def _hold_versions() -> None:
    """Let one writer at a time count versions and give days away, and see what the others did."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_VERSIONS_LOCK])
    forget()
