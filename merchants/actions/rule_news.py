"""Telling merchants and the rule team how a rule goes on. Called inside the transaction of the move."""

from datetime import datetime
from typing import Any

from django.db.models import Q, QuerySet
from django.utils.translation import gettext_lazy as _

from accounts.actions import notify_many
from accounts.models import User
from common.rules import shanghai_day
from common.words import last_day_words
from merchants.models import EffectReview, RuleVersion, StaffAccount, StaffRight

DRAFTS, CHANGES, WORK = "rules.drafts", "rules.changes", "rules.work"


def tell_consultation(version: RuleVersion, *, now: datetime) -> int:
    """Tell who may vote for an asked merchant that a draft is open."""
    return _tell_asked(
        version,
        title=_("A draft is open for your comment: %(title)s"),
        body=_("Say what you think until %(until)s. Each objection gets an answer."),
        words={"until": last_day_words(version.consultation_ends_at)},  # type: ignore[arg-type]
        dedupe="consultation",
        now=now,
    )


def tell_result(version: RuleVersion, *, now: datetime) -> int:
    """Tell the asked merchants what came of what they said."""
    return _tell_asked(
        version,
        title=_("What came of your comments: %(title)s"),
        body=_("See the answer to yours, and what it changed."),
        words={},
        dedupe="result",
        now=now,
    )


def tell_notice(version: RuleVersion, *, now: datetime) -> int:
    """Tell everybody who works for a merchant from when on a rule holds."""
    return notify_many(
        User.objects.filter(pk__in=StaffAccount.objects.current().values("user")),
        CHANGES,
        title=_("A rule changes: %(title)s"),
        body=_("It holds from %(moment)s on. Read what changes."),
        url=f"/rules/{version.rule.code}/{version.number}/",
        subject=version,
        dedupe="notice",
        words={
            "title": version.rule.title,
            "moment": shanghai_day(version.planned_from).isoformat(),  # type: ignore[arg-type]
        },
        now=now,
    )


def tell_team(
    version: RuleVersion, title: object, *, dedupe: str, now: datetime, **words: object
) -> int:
    """Tell who drafted a version, and who runs the house, what waits for them."""
    people = User.objects.filter(
        Q(pk=version.drafted_by_id) | Q(roles__contains=["operations"]), is_active=True
    )
    return notify_many(
        people,
        WORK,
        title=title,
        url=f"/admin/merchants/ruleversion/{version.pk}/change/",
        subject=version,
        dedupe=dedupe,
        words={"title": version.rule.title, **words},
        now=now,
    )


def tell_unmoved(review: EffectReview, *, proposes_end: bool, now: datetime) -> int:
    """Raise the alarm that a rule did not move what it was made for."""
    title = (
        _("%(title)s did not move its target in %(days)s days: shall it end?")
        if proposes_end
        else _("%(title)s did not move its target in %(days)s days")
    )
    return tell_team(
        review.version, title, dedupe=f"unmoved:{review.days}", now=now, days=review.days
    )


def _tell_asked(version: RuleVersion, *, words: dict[str, Any], **how: Any) -> int:
    return notify_many(
        _voters(version),
        DRAFTS,
        url=f"/shop/rules/drafts/{version.rule.code}/{version.number}/",
        subject=version,
        words={"title": version.rule.title, **words},
        **how,
    )


def _voters(version: RuleVersion) -> "QuerySet[User]":
    accounts = StaffAccount.objects.current().filter(
        merchant__in=version.invites.values("merchant"), rights__contains=[StaffRight.VOTE]
    )
    return User.objects.filter(pk__in=accounts.values("user"))
