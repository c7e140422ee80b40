"""Flags of malicious reviewers: put on two independent signs, ended by themselves, by us, or on appeal.

Whoever changes a member's flags holds the member, after the complaint and the review when these are
held too, so that nobody is flagged twice at once.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction
from django.db.models import Count, Exists, OuterRef, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.actions.asking import refuse_own_case
from accounts.models import MarkKind, Member, MemberMark, User
from apass.rollouts.rules import BUCKETS
from common.deadlines import drop_deadline, set_deadline
from common.errors import DomainError, Forbidden
from common.history import record
from common.parameters import value
from common.rights import require_right
from merchants.actions.complaint_telling import tell_flag_ended, tell_flagged
from merchants.actions.complaint_words import reason_of
from merchants.actions.held_reviews import show_all_of
from merchants.complaints import rules
from merchants.models import (
    ComplaintOutcome,
    FlagEnd,
    FlagSignal,
    Grade,
    Rating,
    ReviewComplaint,
    ReviewerFlag,
    Shop,
    works_for,
)
from merchants.models.complaints import JUDGE

OVER = "reviewer_flag.over"
_PERSONAL = (MarkKind.DEVICE, MarkKind.PAYER)
"""What two accounts of one person share; an address is shared by families and offices."""


@transaction.atomic
def flag_reviewer(
    member: Member, *, by: User | None, reason: str, now: datetime | None = None
) -> ReviewerFlag:
    """Flag a member: enough upheld complaints within the window, and two independent signs.

    Raises ``forbidden``, ``conflict.own_case``, ``complaint.no_reason``, ``flag.running``,
    ``flag.too_few`` and ``flag.one_sign`` (details ``signs``: those there are).
    """
    now = now or timezone.now()
    if by is not None:
        require_right(by, JUDGE)
        refuse_own_case(member.pk, by)
    why = reason_of(reason)
    member = _hold(member.pk)
    if ReviewerFlag.objects.running(now).filter(member=member).exists():
        raise DomainError("flag.running", _("This member is flagged already."))
    upheld = upheld_of(member, now)
    found = signs_of(member, upheld, now)
    if by is not None:
        _refuse_own_merchant([one.key for one in upheld], by)
    least = value("reviewer_flag.complaints", now)
    if len(upheld) < least:
        raise DomainError(
            "flag.too_few",
            _("%(n)s complaints were upheld in the time that counts; a flag needs %(least)s.")
            % {"n": len(upheld), "least": least},
        )
    if not rules.may_flag(upheld, found, least):
        raise DomainError(
            "flag.one_sign",
            _("A flag needs two independent signs; here is one at most."),
            signs=[one.kind for one in found],
        )
    return _flag(member, upheld, found, by=by, why=why, now=now)


def flag_if_due(member: Member, *, reason: str, now: datetime) -> ReviewerFlag | None:
    """Flag a member whose complaints and signs suffice now; None otherwise. Inside another action."""
    member = _hold(member.pk)
    if ReviewerFlag.objects.running(now).filter(member=member).exists():
        return None
    upheld = upheld_of(member, now)
    least = value("reviewer_flag.complaints", now)
    if len(upheld) < least:
        return None
    found = signs_of(member, upheld, now)
    if not rules.may_flag(upheld, found, least):
        return None
    return _flag(member, upheld, found, by=None, why=reason, now=now)


@transaction.atomic
def lift_flag(
    flag: ReviewerFlag, *, by: User | None, reason: str, now: datetime | None = None
) -> ReviewerFlag:
    """End a flag before its time. Raises ``forbidden``, ``conflict.own_case``, ``complaint.no_reason``,
    ``flag.ended``.
    """
    if by is None:
        raise Forbidden()
    require_right(by, JUDGE)
    refuse_own_case(flag.member_id, by)
    _refuse_own_merchant(flag.complaints, by)
    why = reason_of(reason)
    return end_flag(flag, FlagEnd.LIFTED, by=by, reason=why, now=now or timezone.now())


@transaction.atomic
def expire_flag(flag: ReviewerFlag, *, now: datetime) -> bool:
    """End a flag whose time is over. False when it has ended, or has time left."""
    _hold(flag.member_id)
    held = ReviewerFlag.objects.filter(pk=flag.pk, ended_at=None, until__lte=now).first()
    if held is None:
        return False
    _end(held, FlagEnd.EXPIRED, by=None, reason="", now=now)
    return True


def end_flag(
    flag: ReviewerFlag, why: str, *, by: User | None, reason: str, now: datetime
) -> ReviewerFlag:
    """End a running flag, and everything it does. Inside another action. Raises ``flag.ended``."""
    _hold(flag.member_id)
    held = ReviewerFlag.objects.select_related("member").get(pk=flag.pk)
    if held.ended_at is not None:
        raise DomainError("flag.ended", _("This flag has ended already."))
    _end(held, why, by=by, reason=reason, now=now)
    drop_deadline(OVER, held)
    return held


def end_without_basis(complaint: ReviewComplaint, *, reason: str, now: datetime) -> bool:
    """End the running flags that no longer rest on enough, now that ``complaint`` was taken back.

    Its author's, when it rests on the complaint; and those of others who are seen to be one with them.
    """
    ended = 0
    for flag in _resting_on(complaint):
        # What was answered to one of them is nobody else's to read.
        why = reason if flag.member_id == complaint.member_id else ""
        ended += _end_unless_founded(flag, reason=why, now=now)
    return bool(ended)


def hold_with_linked(member: Member) -> None:
    """Hold a member and all who are seen to be one with them, in one order: their flags may end."""
    keys = sorted({member.pk, *_seen_as_one_with(member.pk)})
    list(
        Member.objects.select_for_update(no_key=True)
        .filter(pk__in=keys)
        .order_by("pk")
        .values_list("pk", flat=True)
    )


def _seen_as_one_with(member_id: int) -> list[int]:
    """Return the keys of members who were seen with a device or payer of this one."""
    own = MemberMark.objects.filter(
        member=member_id, kind__in=_PERSONAL, kind=OuterRef("kind"), digest=OuterRef("digest")
    )
    linked = MemberMark.objects.filter(Exists(own)).exclude(member=member_id)
    return list(linked.values_list("member_id", flat=True).distinct())


def _resting_on(complaint: ReviewComplaint) -> list[ReviewerFlag]:
    """Return the running flags that rest on a complaint or on what linked their member to its author."""
    own = Q(member=complaint.member_id, complaints__contains=[complaint.pk])
    linked = FlagSignal.objects.filter(kind=rules.LINKED).values("flag")
    others = Q(member__in=_seen_as_one_with(complaint.member_id), pk__in=linked)
    flags = ReviewerFlag.objects.filter(own | others, ended_at=None)
    return list(flags.select_related("member").order_by("member"))


def _end_unless_founded(flag: ReviewerFlag, *, reason: str, now: datetime) -> bool:
    left = _seen(ReviewComplaint.objects.filter(pk__in=flag.complaints, reversed_at=None))
    kinds = set(flag.signals.values_list("kind", flat=True))
    if len({one.merchant for one in left if one.merchant is not None}) < 2:
        kinds.discard(rules.SEVERAL_MERCHANTS)
    if not _linked(flag.member):
        kinds.discard(rules.LINKED)
    if len(left) >= value("reviewer_flag.complaints", flag.since) and (
        len(kinds) >= rules.SIGNALS_NEEDED
    ):
        return False
    end_flag(flag, FlagEnd.BASIS, by=None, reason=reason, now=now)
    return True


def upheld_of(member: Member, now: datetime) -> list[rules.Upheld]:
    """Return the upheld complaints about a member that count at ``now``: each towards one flag alone."""
    used = [
        key
        for keys in ReviewerFlag.objects.filter(member=member).values_list("complaints", flat=True)
        for key in keys
    ]
    standing = ReviewComplaint.objects.filter(
        member=member, outcome=ComplaintOutcome.UPHELD, reversed_at=None
    ).exclude(pk__in=used)
    window = timedelta(days=value("reviewer_flag.window_days", now))
    return rules.within(_seen(standing), now, window)


def signs_of(member: Member, upheld: Sequence[rules.Upheld], now: datetime) -> list[rules.Signal]:
    """Return the independent signs against a member at ``now``."""
    return rules.signals(
        upheld,
        linked=_linked(member),
        others=_others(member, now),
        least_graded=value("reviewer_flag.pattern_least", now),
        least_share=value("reviewer_flag.pattern_share", now),
    )


def _linked(member: Member) -> list[str]:
    """Return by what a member is seen to be one with another about whom a complaint was upheld."""
    upheld = ReviewComplaint.objects.filter(outcome=ComplaintOutcome.UPHELD, reversed_at=None)
    others = MemberMark.objects.filter(
        kind=OuterRef("kind"), digest=OuterRef("digest"), member__in=upheld.values("member")
    ).exclude(member=member)
    marks = MemberMark.objects.filter(member=member, kind__in=_PERSONAL).filter(Exists(others))
    return list(marks.order_by("kind").values_list("kind", flat=True).distinct())


def _others(member: Member, now: datetime) -> rules.OtherReviews:
    upheld = ReviewComplaint.objects.filter(
        member=member, outcome=ComplaintOutcome.UPHELD, reversed_at=None
    )
    since = now - timedelta(days=value("reviewer_flag.pattern_days", now))
    rows = Rating.objects.filter(
        member=member, is_default=False, grade__isnull=False, is_excluded=False,
        withdrawn_at=None, rated_at__gt=since, rated_at__lte=now,
    ).exclude(pk__in=upheld.values("rating"))  # fmt: skip
    counts = rows.aggregate(
        graded=Count("pk"), negative=Count("pk", filter=Q(grade=Grade.NEGATIVE))
    )
    return rules.OtherReviews(counts["graded"], counts["negative"])


def _seen(rows: "object") -> list[rules.Upheld]:
    found = rows.values_list("pk", "shop__merchant", "upheld_at")  # type: ignore[attr-defined]
    return [rules.Upheld(*row) for row in found]


def _hold(member_id: int) -> Member:
    return Member.objects.select_for_update(no_key=True).get(pk=member_id)


def _refuse_own_merchant(complaints: Sequence[UUID], by: User) -> None:
    shops = Shop.objects.filter(review_complaints__in=complaints).distinct()
    if any(works_for(by, shop) for shop in shops):
        raise Forbidden(
            _("You work or have worked for this merchant. A colleague does it."),
            code="conflict.own_case",
        )


def _flag(
    member: Member,
    upheld: Sequence[rules.Upheld],
    found: Sequence[rules.Signal],
    *,
    by: User | None,
    why: str,
    now: datetime,
) -> ReviewerFlag:
    # One whose time is over and whom no clock has come by yet makes room.
    for past in ReviewerFlag.objects.filter(member=member, ended_at=None):
        _end(past, FlagEnd.EXPIRED, by=None, reason="", now=now)
    share = round(value("reviewer_flag.holdout_share", now) * BUCKETS)
    flag = ReviewerFlag.objects.create(
        member=member,
        complaints=[one.key for one in upheld],
        arm=rules.arm_of(member.pk, share),
        since=now,
        until=now + timedelta(days=value("reviewer_flag.days", now)),
        by=by,
        reason=why,
    )
    FlagSignal.objects.bulk_create(
        FlagSignal(flag=flag, kind=one.kind, facts=one.facts, at=now) for one in found
    )
    record(
        flag, "reviewer_flag.put", by=by, reason=why, at=now,
        after={"until": flag.until, "signs": [one.kind for one in found],
               "complaints": flag.complaints},
    )  # fmt: skip
    set_deadline(OVER, flag, flag.until)
    tell_flagged(flag, now=now)
    return flag


def _end(flag: ReviewerFlag, why: str, *, by: User | None, reason: str, now: datetime) -> None:
    flag.ended_at, flag.ended_why, flag.ended_by, flag.ended_reason = now, why, by, reason
    flag.save(update_fields=["ended_at", "ended_why", "ended_by", "ended_reason"])
    record(
        flag, "reviewer_flag.ended", by=by, before={"until": flag.until}, reason=reason, at=now,
        after={"ended_at": now, "why": why},
    )  # fmt: skip
    show_all_of(flag.member_id, now=now)
    tell_flag_ended(flag, now=now)
