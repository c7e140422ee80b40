"""What the doors need to know about people."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db.models import Max, Q, QuerySet

from accounts.masks import shown_member
from accounts.models import (
    Device,
    IntegrationToken,
    Member,
    Method,
    Passkey,
    RecoveryCode,
    Role,
    Tier,
    Totp,
    User,
    WebSession,
)
from accounts.phones import mainland_phone
from accounts.sessions import digest_of
from common.api_numbers import numbers_for_apps
from common.cursors import as_number, decode_cursor, encode_cursor
from common.parameters import since, value

DEMO_ROLES = (
    Role.AGENT,
    Role.LEAD,
    Role.SENIOR,
    Role.PARTNER_AGENT,
    Role.BUSINESS,
    Role.MEMBER,
    Role.OPERATIONS,
    Role.ACCOUNT_MANAGER,
    Role.EXECUTIVE,
)


def named(account: str) -> Q:
    """Return the condition for the person of an account name (any case) or a phone number."""
    name = account.strip()
    return Q(username__iexact=name) | Q(phone=mainland_phone(name) or name or "-")


def spellings_of(phone: str) -> list[str]:
    """Return how the number ``phone`` (eleven digits) may stand in tables that were loaded."""
    return [phone, f"+86{phone}", f"86{phone}", f"+86-{phone}"]


def own_member(user: User) -> Member | None:
    """Return the member that ``user`` is, for what members do for themselves; None for all others."""
    if not user.can("me.use"):
        return None
    return Member.objects.visible_to(user).filter(user=user).first()


def account_of_phone(phone: str) -> User | None:
    """Return the person who signs in with ``phone``, or whose buyer has it; nobody when in doubt."""
    own = User.objects.filter(phone__in=spellings_of(phone)).order_by("id").first()
    through = list(User.objects.filter(member__phone__in=spellings_of(phone)).order_by("id")[:2])
    return own or (through[0] if len(through) == 1 else None)


def is_known_device(account: str, device: str) -> bool:
    """Tell whether the person of ``account`` has signed in with this browser or app before."""
    if not device:
        return False
    people = User.objects.filter(named(account))
    return WebSession.objects.filter(device_hash=digest_of(device), user__in=people).exists()


def people_lately_at(address: str, *, now: datetime) -> int:
    """Return how many different people came in from ``address`` within a week, 1,000 at most."""
    lately = WebSession.objects.filter(address=address, signed_in_at__gt=now - timedelta(days=7))
    return len(lately.values_list("user", flat=True).distinct()[:1000])


def ways_of(user: User) -> tuple[str, ...]:
    """Return the second steps ``user`` has set up: ``totp``, ``recovery``, ``passkey``; none when empty."""
    ways = []
    if Totp.objects.filter(user=user, confirmed_at__isnull=False).exists():
        ways.append("totp")
    if Passkey.objects.filter(user=user).exists():
        ways.append("passkey")
    return (*ways, "recovery") if ways else ()


@dataclass(frozen=True)
class SecondStepState:
    """What somebody has set up: the code app's beginning, passkeys, recovery codes left."""

    code_app_since: datetime | None
    passkeys: list[Passkey]
    recovery_codes_left: int

    @property
    def is_set(self) -> bool:
        """Tell whether there is a second step at all."""
        return self.code_app_since is not None or bool(self.passkeys)


def second_step_state(user: User) -> SecondStepState:
    """Return what ``user`` has set up."""
    totp = Totp.objects.filter(user=user, confirmed_at__isnull=False).first()
    return SecondStepState(
        code_app_since=totp.confirmed_at if totp else None,
        passkeys=list(Passkey.objects.filter(user=user)),
        recovery_codes_left=RecoveryCode.objects.filter(user=user, used_at=None).count(),
    )


@dataclass(frozen=True)
class IdentityFacts:
    """What the list of people shows of how somebody signs in."""

    has_second_step: bool = False
    seen_at: datetime | None = None


def identity_facts(people: list[int]) -> dict[int, IdentityFacts]:
    """Return the facts of each of ``people``, by their number, in three queries."""
    with_app = Totp.objects.filter(user__in=people, confirmed_at__isnull=False)
    stepped = {
        *with_app.values_list("user", flat=True),
        *Passkey.objects.filter(user__in=people).values_list("user", flat=True),
    }
    seen = dict(
        WebSession.objects.filter(user__in=people)
        .values_list("user")
        .annotate(at=Max("seen_at"))
        .values_list("user", "at")
    )
    return {key: IdentityFacts(key in stepped, seen.get(key)) for key in people}


def must_have_second_step(user: User) -> bool:
    """Tell whether the house asks a second step of people with these roles; superusers always."""
    wanted = set(value("second_step.required_roles").replace(",", " ").split())
    return bool(wanted) and (user.is_superuser or not wanted.isdisjoint(user.roles))


def second_step_due_at(user: User) -> datetime:
    """Return from when on ``user`` comes in with a second step only, if the house asks one at all."""
    began: datetime = max(user.date_joined, since("second_step.required_roles") or user.date_joined)
    return began + value("second_step.grace")


def owes_second_step(user: User, method: str, *, now: datetime) -> bool:
    """Tell whether somebody who came in by ``method`` must set up or prove a second step first."""
    if Method(method).is_strong or (method == Method.DEMO and settings.DEMO):
        return False
    return must_have_second_step(user) and now >= second_step_due_at(user)


def demo_people() -> list[tuple[User, str]]:
    """Return who can be played in the demo world, each with the role's name; of members one of each tier."""
    active = User.objects.filter(is_active=True)
    found: dict[int, tuple[User, str]] = {}

    def add(people: QuerySet[User], words: str) -> None:
        person = people.exclude(pk__in=found).order_by("id").first()
        if person is not None:
            found[person.pk] = (person, words)

    for role in DEMO_ROLES:
        people, words = active.filter(roles__contains=[role]), str(Role(role).label)
        if role != Role.MEMBER:
            add(people, words)
            continue
        for tier in Tier:
            add(people.filter(member__tier=tier), f"{words} {tier.label}")
    return list(found.values())


def access_ended(*, since: datetime, until: datetime) -> dict[UUID, User]:
    """Return what was ended or ran out in this span (device or integration token), each with its person."""
    devices = Device.objects.ended_between(since, until).select_related("user")
    tokens = IntegrationToken.objects.ended_between(since, until).select_related("owner")
    return {one.pk: one.user for one in devices} | {one.pk: one.owner for one in tokens}


def me_card(user: User) -> dict[str, Any]:
    """Return who ``user`` is as JSON for themselves: roles, rights, and the numbers an app works with."""
    member = getattr(user, "member", None)
    return {
        "id": user.public_key,
        "name": user.display_name,
        "roles": user.roles,
        "rights": sorted(user.rights),
        "language": user.language,
        "member": member_card(member, user) if member else None,
        "numbers": numbers_for_apps(),
    }


def member_page(
    user: User, *, cursor: str = "", limit: int = 50
) -> tuple[list[dict[str, Any]], str]:
    """Return a page of the members ``user`` may see, the last made first. Raises ``cursor.bad``."""
    rows = Member.objects.visible_to(user)
    if cursor:
        (last,) = decode_cursor(cursor, as_number)
        rows = rows.filter(pk__lt=last)
    found = list(rows.order_by("-pk")[: limit + 1])
    page = found[:limit]
    next_cursor = encode_cursor([page[-1].pk]) if len(found) > limit else ""
    return [member_card(member, user) for member in page], next_cursor


def visible_member(user: User, member_no: str) -> Member | None:
    """Return the member ``member_no``; None when ``user`` may not see them."""
    return Member.objects.visible_to(user).filter(member_no=member_no[:32]).first()


def member_card(member: Member, user: User) -> dict[str, Any]:
    """Return ``member`` as JSON for ``user``; masked to everybody but themselves."""
    return {
        "member_no": member.member_no,
        **shown_member(member, to=user),
        "tier": member.tier,
        "tier_label": str(Tier(member.tier).label),
        "real_name_verified": member.real_name_verified,
        "registered_at": member.registered_at,
    }
