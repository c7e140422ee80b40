"""Who works for a merchant, as its own people see it."""

from typing import Any
from uuid import UUID

from accounts.models import User
from merchants.models import StaffAccount, StaffRight


def own_accounts(user: User) -> list[StaffAccount]:
    """Return the accounts ``user`` has at merchants now, by merchant."""
    rows = StaffAccount.objects.of(user).select_related("merchant")
    return list(rows.order_by("merchant__name", "pk"))


def colleagues(user: User) -> list[StaffAccount]:
    """Return all who work for the merchants whose accounts ``user`` manages, by merchant and name."""
    managed = StaffAccount.objects.of(user, StaffRight.STAFF).values("merchant")
    rows = StaffAccount.objects.current().filter(merchant__in=managed)
    return list(
        rows.select_related("merchant", "user").order_by(
            "merchant__name", "user__display_name", "pk"
        )
    )


def colleague(user: User, merchant_no: str, person: UUID) -> StaffAccount | None:
    """Return one of :func:`colleagues`, by merchant and person."""
    managed = StaffAccount.objects.of(user, StaffRight.STAFF).values("merchant")
    rows = StaffAccount.objects.current().filter(
        merchant__in=managed, merchant__merchant_no=merchant_no[:32], user__public_id=person
    )
    return rows.select_related("merchant", "user").first()


def staff_card(account: StaffAccount, user: User) -> dict[str, Any]:
    """Return one account as its merchant's people and programs read it."""
    return {
        "merchant_no": account.merchant.merchant_no,
        "merchant": account.merchant.name,
        "person": account.user.public_key,
        "account": account.user.username,
        "name": account.user.display_name,
        "rights": account.rights,
        "since": account.since,
        "is_me": account.user_id == user.pk,
    }
