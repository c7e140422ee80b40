"""Merchants take part in making a rule: who is asked, what they say, how it is answered, what it changed."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from common.deadlines import set_deadline
from common.errors import DomainError, Forbidden, NotFound
from common.history import record
from common.parameters import value
from common.rights import require_right
from common.text import clean
from merchants.actions.rule_moves import (
    APPROVE,
    DUE,
    LONGEST_ANSWER,
    LONGEST_TEXT,
    MANAGE,
    locked,
    move,
    require_move,
    require_second,
)
from merchants.actions.rule_news import tell_consultation, tell_result
from merchants.actions.rule_review import require_gates
from merchants.models import (
    Choice,
    Merchant,
    OpinionGroup,
    RuleState,
    RuleTextChange,
    RuleVersion,
    RuleVote,
    StaffAccount,
    StaffRight,
)
from merchants.rulebook import rules
from merchants.rulebook.differing import changed_paragraphs

LONGEST_COMMENT = 2_000
LONGEST_CONSULTATION = timedelta(days=60)


@transaction.atomic
def open_consultation(
    version: RuleVersion,
    *,
    by: User,
    reason: str,
    lasts: timedelta | None = None,
    now: datetime | None = None,
) -> RuleVersion:
    """Show a reviewed version to the merchants who are asked; a second person does, never who drafted it.

    It lasts as long as the parameter says, or longer. Raises ``forbidden``, ``rule.cannot_move``,
    ``rule.same_person``, ``gate.missing``, ``gate.too_low``, ``consultation.nobody_asked``,
    ``consultation.too_short``, ``consultation.too_long``.
    """
    require_right(by, APPROVE)
    version = locked(version)
    require_move(version, RuleState.CONSULTATION)
    require_second(by, version.drafted_by_id)
    moment = now or timezone.now()
    require_gates(version, now=moment)
    if not version.invites.exists():
        raise DomainError("consultation.nobody_asked", _("No merchant is asked yet."))
    least: timedelta = value("rules.consultation", moment)
    span = least if lasts is None else lasts
    if span < least:
        raise DomainError("consultation.too_short", _("Merchants have seven days at least."))
    if span > LONGEST_CONSULTATION:
        raise DomainError("consultation.too_long", _("A consultation lasts sixty days at most."))
    ends = moment + span
    move(
        version, RuleState.CONSULTATION, "rule.consultation_opened", by=by, reason=reason, now=now,
        consultation_began_at=moment, consultation_ends_at=ends,
        result_due_at=ends + value("rules.result_within", moment), consulted_text=version.text,
    )  # fmt: skip
    set_deadline(DUE, version, ends)
    tell_consultation(version, now=moment)
    return version


@transaction.atomic
def say_of_draft(
    version: RuleVersion,
    merchant: Merchant,
    *,
    choice: str,
    comment: str = "",
    by: User,
    now: datetime | None = None,
) -> RuleVote:
    """Say what a merchant thinks of a draft, or change it: one voice a merchant, until the end.

    Raises ``draft.unknown`` for who is not asked, ``forbidden`` without the right to vote,
    ``consultation.over``, ``vote.choice``, ``vote.no_comment`` (who wants something else says what).
    """
    version = RuleVersion.objects.select_for_update().get(pk=version.pk)
    moment = now or timezone.now()
    works_there = StaffAccount.objects.of(by).filter(merchant=merchant)
    if not works_there.exists() or not version.invites.filter(merchant=merchant).exists():
        raise NotFound("draft.unknown", _("There is no such draft, or it is not yours to see."))
    if not StaffAccount.objects.of(by, StaffRight.VOTE).filter(merchant=merchant).exists():
        raise Forbidden(_("Your account may not vote for the merchant."))
    if not version.is_open_at(moment):
        raise DomainError("consultation.over", _("The consultation is over; nothing is changed."))
    if choice not in Choice.values:
        raise DomainError("vote.choice", _("Say for it, with changes, or against it."))
    said = clean(comment, max_chars=LONGEST_COMMENT, required=False)
    if choice != Choice.FOR and not said:
        raise DomainError("vote.no_comment", _("Say what should be different, in a sentence."))
    before = RuleVote.objects.filter(version=version, merchant=merchant).first()
    vote, made = RuleVote.objects.update_or_create(
        version=version,
        merchant=merchant,
        defaults={"choice": choice, "comment": said, "by": by, "changed_at": moment, "group": None},
        create_defaults={"choice": choice, "comment": said, "by": by, "at": moment},
    )
    record(
        vote,
        "rule_vote.said" if made else "rule_vote.changed",
        by=by,
        before={"choice": before.choice} if before else None,
        after={"choice": choice, "characters": len(said)},
        at=now,
    )
    return vote


@transaction.atomic
def group_objections(
    version: RuleVersion,
    title: str,
    votes: Sequence[int],
    *,
    by: User,
    group: OpinionGroup | None = None,
    now: datetime | None = None,
) -> OpinionGroup:
    """Put objections that say the same together, in a new group or in ``group``; an answer stays.

    ``votes`` are their keys. Raises ``forbidden``, ``group.closed``, ``group.foreign``.
    """
    require_right(by, MANAGE)
    version = locked(version)
    _require_answering(version)
    rows = RuleVote.objects.filter(version=version, pk__in=votes).exclude(comment="")
    if not votes or rows.count() != len(set(votes)):
        raise DomainError("group.foreign", _("Choose objections in words to this version."))
    if group is None:
        group = OpinionGroup.objects.create(
            version=version,
            title=clean(title, max_chars=120, single_line=True),
            made_by=by,
            made_at=now or timezone.now(),
        )
    elif group.version_id != version.pk:
        raise DomainError("group.foreign", _("Choose objections in words to this version."))
    rows.update(group=group)
    record(
        version, "rule.objections_grouped", by=by,
        after={"group": group.title, "voices": sorted(set(votes))}, at=now,
    )  # fmt: skip
    return group


@transaction.atomic
def answer_group(
    group: OpinionGroup, *, answer: str, by: User, now: datetime | None = None
) -> OpinionGroup:
    """Give a group of objections its official answer, or a better one. Raises ``forbidden``, ``group.closed``."""
    require_right(by, MANAGE)
    version = locked(group.version)
    _require_answering(version)
    group = OpinionGroup.objects.select_for_update().get(pk=group.pk)
    before = group.answer
    group.answer, group.answered_by = clean(answer, max_chars=LONGEST_ANSWER), by
    group.answered_at = now or timezone.now()
    group.save(update_fields=["answer", "answered_by", "answered_at"])
    record(
        version, "rule.objections_answered", by=by, before={"answer": before},
        after={"group": group.title, "answer": group.answer}, at=now,
    )  # fmt: skip
    return group


@transaction.atomic
def revise_text(
    version: RuleVersion,
    text: str,
    *,
    because_of: Sequence[OpinionGroup],
    by: User,
    now: datetime | None = None,
) -> list[RuleTextChange]:
    """Change the text after the consultation, because of what was said; each changed paragraph is kept.

    Raises ``forbidden``, ``rule.too_early``, ``group.closed``, ``group.foreign``, ``rule.no_change``.
    """
    require_right(by, MANAGE)
    version = locked(version)
    _require_answering(version)
    moment = now or timezone.now()
    _require_over(version, moment)
    if not because_of or any(group.version_id != version.pk for group in because_of):
        raise DomainError("group.foreign", _("Say which objections the change goes back to."))
    new = clean(text, max_chars=LONGEST_TEXT)
    changes = changed_paragraphs(version.text, new)
    if not changes:
        raise DomainError("rule.no_change", _("The text is what it was."))
    kept = RuleTextChange.objects.bulk_create(
        [
            RuleTextChange(
                version=version, groups=sorted(group.pk for group in because_of),
                before=one.before, after=one.after, by=by, at=moment,
            )
            for one in changes
        ]
    )  # fmt: skip
    version.text = new
    version.save(update_fields=["text"])
    record(
        version, "rule.revised", by=by,
        after={"paragraphs": len(kept), "groups": [group.title for group in because_of]}, at=now,
    )  # fmt: skip
    return kept


@transaction.atomic
def publish_result(
    version: RuleVersion, *, result: str, by: User, reason: str = "", now: datetime | None = None
) -> RuleVersion:
    """Say what came of the consultation; from then on what the version says never changes.

    Raises ``forbidden``, ``rule.cannot_move``, ``rule.too_early``, ``result.ungrouped`` and
    ``result.unanswered``. Later than seven days after the end it says so in its history.
    """
    require_right(by, MANAGE)
    version = locked(version)
    require_move(version, RuleState.RESULT_PUBLISHED)
    moment = now or timezone.now()
    _require_over(version, moment)
    loose = version.votes.filter(~Q(choice=Choice.FOR), ~Q(comment=""), group=None).count()
    if loose:
        raise DomainError(
            "result.ungrouped",
            _("%(n)s objections belong to no group yet.") % {"n": loose},
            objections=loose,
        )
    silent = version.groups.filter(answer="", votes__isnull=False).distinct().count()
    if silent:
        raise DomainError(
            "result.unanswered",
            _("%(n)s groups of objections have no answer yet.") % {"n": silent},
            groups=silent,
        )
    is_late = version.result_due_at is not None and moment > version.result_due_at
    move(
        version, RuleState.RESULT_PUBLISHED,
        "rule.result_published_late" if is_late else "rule.result_published",
        by=by, reason=reason, now=now, result_published_at=moment,
        result_text=clean(result, max_chars=LONGEST_ANSWER),
    )  # fmt: skip
    tell_result(version, now=moment)
    return version


def _require_answering(version: RuleVersion) -> None:
    if version.state != RuleState.CONSULTATION:
        raise DomainError(
            "group.closed", _("Objections are answered until the result is published.")
        )


def _require_over(version: RuleVersion, now: datetime) -> None:
    """Raise ``rule.too_early`` while merchants still have their time."""
    began, ends = version.consultation_began_at, version.consultation_ends_at
    least = value("rules.consultation", began)
    if not began or not ends or now < ends or not rules.consultation_lasted(began, now, least):
        raise DomainError(
            "rule.too_early",
            _("The consultation is not over yet."),
            ends_at=ends.isoformat() if ends else "",
        )
