"""What the doors need to know about people."""

from datetime import datetime, timedelta
from uuid import UUID

from django.conf import settings
from django.db.models import Q

from accounts.models import (
    Device,
    IntegrationToken,
    Method,
    Passkey,
    Role,
    Totp,
    User,
    WebSession,
)
from accounts.phones import mainland_phone
from accounts.sessions import digest_of
from common.parameters import since, value

DEMO_ROLES = (
    Role.AGENT,
    Role.LEAD,
    Role.SENIOR,
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
    """Return one person per role to play in the demo world, each with the name of that role."""
    found: dict[str, User] = {}
    for role in DEMO_ROLES:
        person = (
            User.objects.filter(is_active=True, roles__contains=[role])
            .exclude(pk__in=[user.pk for user in found.values()])
            .order_by("id")
            .first()
        )
        if person is not None:
            found[role] = person
    return [(person, str(Role(role).label)) for role, person in found.items()]


def access_ended(*, since: datetime, until: datetime) -> set[tuple[UUID, int]]:
    """Return what was ended or ran out in this span (device or integration token), each with its person."""
    return {
        *Device.objects.ended_between(since, until).values_list("pk", "user_id"),
        *IntegrationToken.objects.ended_between(since, until).values_list("pk", "owner_id"),
    }
