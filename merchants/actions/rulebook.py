"""Versions of rules on their way to the merchants: drafted, tested by three questions, reviewed by a second person.

What comes after the merchants were asked is in :mod:`merchants.actions.taking_effect`. Locks are taken
in one order: the rule, then its version.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal, InvalidOperation
from typing import Any

from django.db import IntegrityError, models, transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from common.deadlines import drop_deadline
from common.errors import DomainError
from common.history import record
from common.rights import require_right
from common.text import clean
from merchants.actions.rule_moves import ABOUT, DUE, LONGEST_TEXT, MANAGE, locked, move
from merchants.actions.taking_effect import catch_up
from merchants.models import (
    ArticleVersion,
    Rule,
    RuleCitation,
    RuleFamily,
    RuleState,
    RuleVersion,
    ViolationClass,
)
from merchants.rulebook import rules
from merchants.rulebook.conditions import check_condition
from merchants.rulebook.exceptions import check_exceptions

_CODE = re.compile(r"[a-z0-9][a-z0-9_-]*")
MOST_POINTS = Decimal(48)


@dataclass(frozen=True)
class Wording:
    """What a version is to say. ``points`` are what an act may cost, each above 0 and at most 48."""

    text: str
    violation_class: str = ""
    points: Iterable[Any] = ()
    condition: Mapping[str, Any] = field(default_factory=dict)
    exceptions: Iterable[Mapping[str, Any]] = ()
    articles: Iterable[ArticleVersion] = ()


@transaction.atomic
def add_rule(code: str, *, family: str, title: str, by: User | None) -> Rule:
    """Give a rule its name. Raises ``forbidden``, ``rule.family``, ``rule.code``, ``rule.taken``."""
    require_right(by, MANAGE)
    if family not in RuleFamily.values:
        raise DomainError("rule.family", _("There is no such family of rules."))
    name = clean(code, max_chars=40, single_line=True)
    if not _CODE.fullmatch(name):
        raise DomainError("rule.code", _("A code has small letters, digits and dashes."))
    try:
        with transaction.atomic():
            rule = Rule.objects.create(
                code=name, family=family, title=clean(title, max_chars=80, single_line=True)
            )
    except IntegrityError:
        raise DomainError("rule.taken", _("A rule has this code already.")) from None
    record(rule, "rule.added", by=by, after={"code": name, "family": family, "title": rule.title})
    return rule


@transaction.atomic
def draft_version(
    rule: Rule, wording: Wording, *, by: User, now: datetime | None = None
) -> RuleVersion:
    """Begin the next version of a rule. Raises ``forbidden``, ``rule.on_its_way`` and those of a wording."""
    require_right(by, MANAGE)
    rule = Rule.objects.select_for_update().get(pk=rule.pk)
    if rule.versions.on_its_way().exists():
        raise DomainError("rule.on_its_way", _("A version of this rule is being made already."))
    last = rule.versions.aggregate(models.Max("number"))["number__max"] or 0
    moment = now or timezone.now()
    version = RuleVersion.objects.create(
        rule=rule, number=last + 1, drafted_by=by, made_at=moment, state_since=moment,
        **_checked(wording),
    )  # fmt: skip
    _cite(version, wording.articles)
    record(version, "rule.drafted", by=by, after={"number": version.number}, at=now)
    return version


@transaction.atomic
def edit_draft(
    version: RuleVersion, wording: Wording, *, by: User, now: datetime | None = None
) -> RuleVersion:
    """Write a draft anew. What was shown to others is not edited. Raises as :func:`draft_version`."""
    require_right(by, MANAGE)
    version = locked(version)
    if version.state not in rules.EDITABLE:
        raise DomainError("rule.not_a_draft", _("Only a draft is written anew."))
    said = _checked(wording)
    before = {name: getattr(version, name) for name in said}
    changed = [name for name in said if before[name] != said[name]]
    for name in changed:
        setattr(version, name, said[name])
    if changed:
        version.save(update_fields=changed)
    _cite(version, wording.articles)
    record(
        version,
        "rule.edited",
        by=by,
        before={name: before[name] for name in changed},
        after={name: said[name] for name in changed},
        at=now,
    )
    return version


@transaction.atomic
def send_to_review(
    version: RuleVersion, *, by: User, reason: str, now: datetime | None = None
) -> RuleVersion:
    """Hand a draft to a second person. Raises ``forbidden``, ``rule.cannot_move``."""
    require_right(by, MANAGE)
    version = locked(version)
    return move(
        version, RuleState.INTERNAL_REVIEW, "rule.sent_to_review", by=by, reason=reason, now=now
    )


@transaction.atomic
def send_back(
    version: RuleVersion, *, by: User, reason: str, now: datetime | None = None
) -> RuleVersion:
    """Give a draft back to who wrote it; an order not to consult is void. Raises as :func:`send_to_review`."""
    require_right(by, MANAGE)
    version = locked(version)
    return move(
        version, RuleState.DRAFT, "rule.sent_back", by=by, reason=reason, now=now,
        skip_ground="", skip_order="", skip_reason="", skip_asked_by=None, skip_approved_by=None,
    )  # fmt: skip


@transaction.atomic
def drop_version(
    version: RuleVersion, *, by: User, reason: str, now: datetime | None = None
) -> RuleVersion:
    """Give a version up before it takes effect. Raises ``forbidden``, ``rule.cannot_move``."""
    require_right(by, MANAGE)
    # What is due is in force by the calendar, also when the clock has not come by yet.
    catch_up(version.rule, now=now or timezone.now())
    version = locked(version)
    dropped = move(version, RuleState.DROPPED, "rule.dropped", by=by, reason=reason, now=now)
    drop_deadline(DUE, version)
    return dropped


def _checked(wording: Wording) -> dict[str, Any]:
    """Return the columns of a wording. Raises ``rule.points``, ``rule.class``, ``condition.*``, ``exception.shape``."""
    if wording.violation_class and wording.violation_class not in ViolationClass.values:
        raise DomainError("rule.class", _("There is no such class of violations."))
    points = sorted({_point(one) for one in wording.points})
    if bool(points) != bool(wording.violation_class):
        raise DomainError("rule.points", _("Points and their class belong together."))
    return {
        "text": clean(wording.text, max_chars=LONGEST_TEXT),
        "violation_class": wording.violation_class,
        "points": points,
        # As they came: what is no object or no list is refused, not taken apart.
        "condition": check_condition(wording.condition, ABOUT),
        "exceptions": check_exceptions(wording.exceptions or []),
    }


def _point(given: Any) -> Decimal:
    try:
        point = Decimal(str(given))
        if not 0 < point <= MOST_POINTS or point != point.quantize(Decimal("0.1")):
            raise InvalidOperation
    except InvalidOperation:
        raise DomainError(
            "rule.points", _("Points are above 0, at most 48, with one decimal.")
        ) from None
    return point.quantize(Decimal("0.1"))


def _cite(version: RuleVersion, articles: Iterable[ArticleVersion]) -> None:
    wanted = {article.pk for article in articles}
    version.citations.exclude(article__in=wanted).delete()
    RuleCitation.objects.bulk_create(
        [RuleCitation(version=version, article_id=key) for key in sorted(wanted)],
        ignore_conflicts=True,
    )
