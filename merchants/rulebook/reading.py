"""Rules as people read them: those in force, one with its versions, what changed, drafts one is asked about."""

from collections import Counter, defaultdict
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Count, Q, QuerySet
from django.utils.translation import gettext as _

from accounts.models import User
from common.cursors import decode_cursor, encode_cursor
from common.errors import DomainError, NotFound
from common.rules import SHANGHAI
from common.search.finding import found_keys
from merchants.models import (
    Choice,
    ConsultationInvite,
    Merchant,
    OpinionGroup,
    Rule,
    RuleState,
    RuleVersion,
    StaffAccount,
    StaffRight,
)
from merchants.rulebook.differing import Part, difference
from merchants.rulebook.rules import Spared, vote_split

SEE_DRAFTS = ("rules.manage", "history.read")
SHOWN = timedelta(days=180)
"""How long after its result a draft stays on the list of those one was asked about."""

SHOWN_STATES = (RuleState.CONSULTATION, RuleState.RESULT_PUBLISHED, RuleState.NOTICE,
                RuleState.TRIAL, RuleState.EFFECTIVE, RuleState.SUPERSEDED,
                RuleState.RETIRED, RuleState.DROPPED)  # fmt: skip


def rule_page(
    user: User, now: datetime, *, family: str = "", q: str = "", cursor: str = "", limit: int = 50
) -> tuple[list[dict[str, Any]], str]:
    """Return a page of the rules in force at ``now`` by code, and the cursor of the next one.

    ``q`` finds by two characters. Raises ``cursor.bad``.
    """
    rows = RuleVersion.objects.in_force(now).select_related("rule")
    if family:
        rows = rows.filter(rule__family=family)
    if q.strip():
        rows = rows.filter(pk__in=found_keys("rule", user, q))
    if cursor:
        (last,) = decode_cursor(cursor, str)
        rows = rows.filter(rule__code__gt=last)
    found = list(rows.order_by("rule__code")[: limit + 1])
    page = [_row(version) for version in found[:limit]]
    return page, encode_cursor([page[-1]["code"]]) if len(found) > limit else ""


def rule_card(code: str, now: datetime) -> dict[str, Any] | None:
    """Return a rule with its published versions, newest first, and the one in force; None without any."""
    rule = Rule.objects.filter(code=code[:40]).first()
    versions = list(rule.versions.published().order_by("-number")) if rule else []
    if rule is None or not versions:
        return None
    in_force = next((one for one in versions if _holds(one, now)), None)
    coming = next(
        (one for one in versions if one.state in (RuleState.NOTICE, RuleState.TRIAL)), None
    )
    return {
        "code": rule.code,
        "title": rule.title,
        "family": rule.family,
        "family_label": rule.get_family_display(),
        "in_force": in_force.number if in_force else None,
        "coming": coming.number if coming else None,
        "versions": [_version_row(one) for one in versions],
    }


def version_card(code: str, number: int) -> dict[str, Any] | None:
    """Return one published version with its text and what it costs; None when there is none."""
    version = _published(code, number)
    if version is None:
        return None
    return _version_row(version) | {
        "code": version.rule.code,
        "title": version.rule.title,
        "text": version.text,
        "violation_class": version.violation_class,
        "points": [str(point) for point in version.points],
        "condition": version.condition,
        "exceptions": version.exceptions,
        "articles": cited_by(version),
    }


def cited_by(version: RuleVersion) -> list[dict[str, Any]]:
    """Return the articles of the law a version rests on, each in the text it cites."""
    return [
        {
            "article_no": one.article.article.article_no,
            "title": one.article.title,
            "body": one.article.body,
            "effective_from": one.article.effective_from,
        }
        for one in version.citations.select_related("article__article").order_by("article")
    ]


def diff_card(code: str, number: int, against: int | None = None) -> dict[str, Any] | None:
    """Return what changed from one published version to another; None when either is not there.

    Without ``against`` it is the published version before.
    """
    version = _published(code, number)
    if version is None:
        return None
    others = version.rule.versions.published().exclude(pk=version.pk)
    other = (
        others.filter(number=against).first()
        if against is not None
        else others.filter(number__lt=number).order_by("-number").first()
    )
    if other is None and against is not None:
        return None
    before = other.text if other else ""
    return {
        "code": version.rule.code,
        "number": number,
        "against": other.number if other else None,
        "parts": told_parts(difference(before, version.text)),
    }


def download(code: str, number: int) -> str | None:
    """Return a published version as plain text to keep; None when there is none."""
    version = _published(code, number)
    if version is None:
        return None
    when = _span(version)
    head = [version.rule.title, _("Version %(number)s") % {"number": number}, when]
    return "\n".join([*filter(None, head), "", version.text, ""])


def draft_list(user: User, now: datetime) -> list[dict[str, Any]]:
    """Return the drafts that merchants of ``user`` are or were asked about, the open ones first."""
    merchants = merchants_of(user)
    rows = (
        RuleVersion.objects.filter(
            pk__in=ConsultationInvite.objects.filter(merchant__in=merchants).values("version"),
            state__in=SHOWN_STATES,
            consultation_ends_at__gt=now - SHOWN,
        )
        .select_related("rule")
        .annotate(said=Count("votes", filter=Q(votes__merchant__in=merchants)))
        .order_by("-consultation_ends_at", "-pk")[:100]
    )
    cards = [
        _row(version)
        | {
            "number": version.number,
            "is_open": version.is_open_at(now),
            "began_at": version.consultation_began_at,
            "ends_at": version.consultation_ends_at,
            "has_said": bool(version.said),  # type: ignore[attr-defined]
        }
        for version in rows
    ]
    return sorted(cards, key=lambda card: (not card["is_open"],))


def draft_of(user: User, code: str, number: int) -> RuleVersion | None:
    """Return a version that merchants were asked about, when ``user`` may see it so."""
    version = (
        RuleVersion.objects.filter(rule__code=code[:40], number=number, state__in=SHOWN_STATES)
        .exclude(consultation_began_at=None)
        .select_related("rule")
        .first()
    )
    if version is None:
        return None
    is_asked = version.invites.filter(merchant__in=merchants_of(user)).exists()
    return version if is_asked or any(user.can(right) for right in SEE_DRAFTS) else None


def draft_card(user: User, version: RuleVersion, now: datetime) -> dict[str, Any]:
    """Return a draft as an asked merchant sees it: the text, until when, how voices split, one's own,
    the answer to the group it fell into and the paragraphs it changed."""
    merchants = merchants_of(user)
    counts = Counter(dict(version.votes.values_list("choice").annotate(Count("pk"))))
    asked = version.invites.filter(merchant__in=merchants).values("merchant")
    votes = {
        vote.merchant_id: vote
        for vote in version.votes.filter(merchant__in=merchants).select_related("group")
    }
    may_vote = _voting(user)
    # Also of one that was dropped or ended since: what was answered stays answered.
    is_told = version.result_published_at is not None
    changes = _changes_by_group(version) if is_told else {}
    own = [
        _own(merchant, votes.get(merchant.pk), merchant.pk in may_vote, is_told, changes)
        for merchant in Merchant.objects.filter(pk__in=asked).order_by("merchant_no")
    ]
    labels = dict(Choice.choices)
    return _row(version) | {
        "number": version.number,
        "is_open": version.is_open_at(now),
        "began_at": version.consultation_began_at,
        "ends_at": version.consultation_ends_at,
        "text": version.consulted_text,
        "final_text": version.text if is_told else None,
        "violation_class": version.violation_class,
        "points": [str(point) for point in version.points],
        "exceptions": version.exceptions,
        "diff": told_parts(difference(_text_before(version), version.consulted_text)),
        "changed": told_parts(difference(version.consulted_text, version.text)) if is_told else [],
        "split": [
            {"choice": one, "label": str(labels[one]), "voices": n, "percent": percent}
            for one, n, percent in vote_split(counts)
        ],
        "asked": version.invites.count(),
        "gates": [
            {
                "dimension": gate.dimension,
                "label": gate.get_dimension_display(),
                "score": gate.score,
                "text": gate.text,
                "question": gate.question,
                "data": gate.data,
            }
            for gate in version.gates.order_by("pk")
        ],
        "result": version.result_text if is_told else "",
        "result_published_at": version.result_published_at,
        "groups": _groups(version) if is_told else [],
        "own": own,
    }


def merchants_of(user: User) -> "QuerySet[StaffAccount, int]":
    """Return the keys of the merchants somebody works for now."""
    return StaffAccount.objects.of(user).values_list("merchant", flat=True)


def merchant_for(user: User, merchant_no: str, version: RuleVersion) -> Merchant:
    """Return the asked merchant that ``user`` speaks for: the one named, or the only one.

    Raises ``vote.which_merchant`` when there are several and none is named; ``draft.unknown``.
    """
    asked = version.invites.filter(merchant__in=merchants_of(user)).values("merchant")
    rows = Merchant.objects.filter(pk__in=asked)
    if merchant_no:
        rows = rows.filter(merchant_no=merchant_no)
    found = list(rows[:2])
    if not found:
        raise NotFound("draft.unknown", _("There is no such draft, or it is not yours to see."))
    if len(found) > 1:
        raise DomainError("vote.which_merchant", _("Say which merchant you speak for."))
    return found[0]


def told_parts(parts: Iterable[Part]) -> list[dict[str, str]]:
    """Return the parts of a difference as JSON."""
    return [{"kind": part.kind, "text": part.text} for part in parts]


def exceptions_of(version: RuleVersion) -> list[Spared]:
    """Return whom a version spares."""
    return [Spared.of(one) for one in version.exceptions]


def _own(
    merchant: Merchant, vote: Any, may_vote: bool, is_told: bool, changes: dict[int, list[Any]]
) -> dict[str, Any]:
    group = vote.group if vote and is_told else None
    return {
        "merchant_no": merchant.merchant_no,
        "name": merchant.name,
        "may_vote": may_vote,
        "choice": vote.choice if vote else None,
        "choice_label": vote.get_choice_display() if vote else "",
        "comment": vote.comment if vote else "",
        "at": (vote.changed_at or vote.at) if vote else None,
        "group": group.title if group else None,
        "answer": group.answer if group else None,
        "changes": changes.get(group.pk, []) if group else [],
    }


def _changes_by_group(version: RuleVersion) -> dict[int, list[dict[str, Any]]]:
    found: dict[int, list[dict[str, Any]]] = defaultdict(list)
    for change in version.text_changes.order_by("pk"):
        told = {
            "before": change.before,
            "after": change.after,
            "parts": told_parts(difference(change.before, change.after)),
        }
        for group in change.groups:
            found[group].append(told)
    return found


def _groups(version: RuleVersion) -> list[dict[str, Any]]:
    groups = OpinionGroup.objects.filter(version=version).annotate(voices=Count("votes"))
    return [
        {"title": one.title, "voices": one.voices, "answer": one.answer}
        for one in groups.filter(voices__gt=0).order_by("-voices", "pk")
    ]


def _voting(user: User) -> set[int]:
    return set(StaffAccount.objects.of(user, StaffRight.VOTE).values_list("merchant", flat=True))


def _text_before(version: RuleVersion) -> str:
    before = (
        version.rule.versions.published().filter(number__lt=version.number).order_by("-number")
    ).first()
    return before.text if before else ""


def _published(code: str, number: int) -> RuleVersion | None:
    if not 0 < number < 32_768:
        return None
    rows = RuleVersion.objects.published().filter(rule__code=code[:40], number=number)
    return rows.select_related("rule").first()


def _holds(version: RuleVersion, now: datetime) -> bool:
    begins, ends = version.effective_from, version.effective_until
    return begins is not None and begins <= now and (ends is None or now < ends)


def _row(version: RuleVersion) -> dict[str, Any]:
    return {
        "code": version.rule.code,
        "title": version.rule.title,
        "family": version.rule.family,
        "family_label": version.rule.get_family_display(),
        "number": version.number,
        "state": version.state,
        "state_label": version.get_state_display(),
        "effective_from": version.effective_from or version.planned_from,
    }


def _version_row(version: RuleVersion) -> dict[str, Any]:
    return {
        "number": version.number,
        "state": version.state,
        "state_label": version.get_state_display(),
        "effective_from": version.effective_from or version.planned_from,
        "effective_until": version.effective_until,
        "was_consulted": version.consultation_began_at is not None,
    }


def _span(version: RuleVersion) -> str:
    begins = version.effective_from or version.planned_from
    if begins is None:
        return ""
    words = _("In force from %(since)s") % {"since": begins.astimezone(SHANGHAI).isoformat()}
    if version.effective_until:
        words += " " + _("until %(until)s") % {
            "until": version.effective_until.astimezone(SHANGHAI).isoformat()
        }
    return words
