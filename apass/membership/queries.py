"""What is asked of memberships: who qualifies and why not, what a member is told, who looks after them."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from django.db.models import Exists, OuterRef, Q, QuerySet

from accounts.models import Cause, Guide, Member, MemberStanding, ScoreEntry, User
from accounts.standing.numbers import rules_at
from apass.membership import presence, rules
from apass.models import CodeKind, InvitationCode, ManagerAssignment, Membership
from common.parameters import value
from common.rules import midnight, shanghai_day


def needs_at(now: datetime) -> rules.Needs:
    """Return what APASS asks of a member by the rules in force at ``now``."""
    numbers = rules_at(now).numbers
    return rules.Needs(numbers.apass_value, numbers.apass_credit, numbers.apass_spent)


def flagged(now: datetime, member: str = "pk") -> Q:
    """Return the condition for members with a flag of fraud; ``member`` is the column with their key.

    A young bad entry of ``rules.FRAUD_CAUSES`` that counts and was not taken back, or a guide that
    is an older account's.
    """
    taken_back = ScoreEntry.objects.filter(about=OuterRef("pk"), cause=Cause.REVERSAL)
    bad = ScoreEntry.objects.filter(
        Q(expires_at=None) | Q(expires_at__gt=now),
        ~Exists(taken_back),
        member=OuterRef(member),
        cause__in=rules.FRAUD_CAUSES,
        points__lt=0,
        at__gt=now - timedelta(days=rules.FRAUD_DAYS),
    )
    doubled = Guide.objects.filter(member=OuterRef(member), doubled_with__isnull=False)
    return Q(Exists(bad)) | Q(Exists(doubled))


def qualifying(now: datetime) -> QuerySet[MemberStanding]:
    """Return the standing of everybody who meets every check of APASS at ``now``."""
    needs = needs_at(now)
    return MemberStanding.objects.filter(
        ~flagged(now, "member_id"),
        value__gte=needs.value,
        credit__gte=needs.credit,
        spent__gte=needs.spent,
        member__real_name_verified=True,
        member__hidden_at=None,
        member__erased_at=None,
    )


def figures_of(member_ids: Iterable[int], now: datetime) -> dict[int, rules.Figures]:
    """Return the figures of members by their key, in two queries; without orders they are those of a beginner."""
    members = Member.objects.filter(pk__in=list(member_ids)).select_related("standing")
    dishonest = set(members.filter(flagged(now)).values_list("pk", flat=True))
    start = rules_at(now).numbers.credit_start
    return {
        member.pk: _figures(member, honest=member.pk not in dishonest, credit=start)
        for member in members
    }


def figures_now(member: Member, now: datetime) -> rules.Figures:
    """Return the figures of one member."""
    return figures_of([member.pk], now)[member.pk]


def why_not(member: Member, now: datetime) -> list[rules.Check]:
    """Return every check of APASS for ``member`` with what they have and need; for operations alone."""
    return rules.checks(figures_now(member, now), needs_at(now))


def open_membership(member: Member) -> Membership | None:
    """Return the member's membership with a clock, if there is one."""
    return Membership.objects.open().filter(member=member).first()


def told_membership(member: Member) -> Membership | None:
    """Return what the member knows of: the newest membership they were told about."""
    return Membership.objects.told().filter(member=member).order_by("-pk").first()


def year_of(membership: Membership, now: datetime) -> tuple[datetime, datetime]:
    """Return when the running year of an active membership began and when the next one begins."""
    began = membership.activated_at or now
    first, following = rules.year_of(shanghai_day(began), shanghai_day(now))
    return midnight(first), midnight(following)


def friend_codes(membership: Membership, now: datetime) -> QuerySet[InvitationCode]:
    """Return the codes given to friends in the running year of the membership, the oldest first."""
    since, until = year_of(membership, now)
    return (
        InvitationCode.objects.filter(
            membership=membership, kind=CodeKind.FRIEND, made_at__gte=since, made_at__lt=until
        )
        .select_related("used_by")
        .order_by("made_at")
    )


def assignment_at(member: Member, at: datetime) -> ManagerAssignment | None:
    """Return who was named for ``member`` at a moment, with the people."""
    return (
        ManagerAssignment.objects.filter(Q(until=None) | Q(until__gt=at), member=member, since__lte=at)
        .select_related("manager", "deputy")
        .order_by("-since")
        .first()
    )  # fmt: skip


def managers_of(memberships: Iterable[Membership], now: datetime) -> dict[int, ManagerAssignment]:
    """Return who looks after the member of each running membership, and who did at the end of an ended one.

    By the membership's key, in one query.
    """
    rows = list(memberships)
    named: dict[int, list[ManagerAssignment]] = {}
    found = ManagerAssignment.objects.filter(member__in=[row.member_id for row in rows])
    for one in found.select_related("manager", "deputy").order_by("since"):
        named.setdefault(one.member_id, []).append(one)
    looked_after = {}
    for row in rows:
        moment = now if row.is_running else (row.ended_at or now) - rules.MOMENT
        for one in named.get(row.member_id, ()):
            is_its_own = row.activated_at is not None and one.since >= row.activated_at
            if is_its_own and one.since <= moment and (one.until is None or one.until > moment):
                looked_after[row.pk] = one
    return looked_after


def who_looks_after(
    member: Member, at: datetime, is_here: presence.IsHere | None = None
) -> User | None:
    """Return who looks after ``member`` at a moment: the manager, or the deputy while the manager is away.

    Whoever has left the desk for good looks after nobody. ``is_here`` answers for presence; left out,
    the app that knows it is asked.
    """
    named = assignment_at(member, at)
    return on_duty(named, at, is_here) if named else None


def on_duty(
    named: ManagerAssignment, at: datetime, is_here: presence.IsHere | None = None
) -> User | None:
    """Return who of the two named for a member takes them at a moment."""
    asked = is_here or presence.is_here
    able = [one for one in (named.manager, named.deputy) if one.can("desk.use")]
    if named.manager in able and not asked(named.manager.pk, at):
        able = [one for one in able if one != named.manager] or able
    return able[0] if able else None


@dataclass(frozen=True)
class Friends:
    """A member's codes for friends in the running year: how many in all, how many left, until when."""

    a_year: int
    left: int
    until: datetime
    given: list[InvitationCode]


def friends_of(membership: Membership, now: datetime) -> Friends:
    """Return how many friends the member may still invite this year, and which codes were given."""
    given = list(friend_codes(membership, now))
    most: int = value("apass.friend_codes_a_year", now)
    return Friends(most, max(most - len(given), 0), year_of(membership, now)[1], given)


def invitation_of(membership: Membership) -> InvitationCode | None:
    """Return the invitation that was sent to the member last."""
    return (
        InvitationCode.objects.filter(membership=membership, kind=CodeKind.OWN)
        .order_by("-made_at")
        .first()
    )


def _figures(member: Member, *, honest: bool, credit: int) -> rules.Figures:
    standing: MemberStanding | None = getattr(member, "standing", None)
    return rules.Figures(
        value=standing.value if standing else 0,
        credit=standing.credit if standing else credit,
        spent=standing.spent if standing else Decimal(0),
        real_name=member.real_name_verified,
        honest=honest,
    )
