"""What the doors need to know about people."""

from datetime import datetime

from django.db.models import Max

from accounts.models import Role, SignInGuard, User

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


def locked_until(account: str, *, address: str, now: datetime) -> datetime | None:
    """Return until when this account name is locked at ``address``, or None when it is open."""
    return SignInGuard.objects.filter(
        account=account.strip().casefold()[:64],
        address__in=[address, ""],
        locked_until__gt=now,
    ).aggregate(until=Max("locked_until"))["until"]


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
