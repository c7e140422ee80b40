"""Which merchants are asked about a version: named, found by a filter, or drawn."""

from collections.abc import Iterable
from datetime import datetime

from django.db import connection, transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from common.errors import DomainError
from common.history import record
from common.rights import require_right
from merchants.actions.rule_moves import MANAGE, locked
from merchants.models import ConsultationInvite, Merchant, RuleState, RuleVersion, Shop

MOST_NAMED = 5_000
BEFORE = (RuleState.DRAFT, RuleState.INTERNAL_REVIEW)

_DRAW = """
INSERT INTO merchants_consultationinvite (version_id, merchant_id, how, at)
SELECT %(version)s, m.id, %(how)s, %(at)s
  FROM merchants_merchant m
 WHERE EXISTS (SELECT 1 FROM merchants_shop s WHERE s.merchant_id = m.id
                AND (%(category)s = '' OR s.category = %(category)s))
   AND NOT EXISTS (SELECT 1 FROM merchants_consultationinvite i
                    WHERE i.version_id = %(version)s AND i.merchant_id = m.id)
 ORDER BY md5(%(seed)s || ':' || m.merchant_no), m.id
 LIMIT %(most)s
ON CONFLICT DO NOTHING
"""
# Drawn by a digest of the version and the merchant's number: the same draw gives the same merchants.


@transaction.atomic
def invite_named(
    version: RuleVersion, merchant_nos: Iterable[str], *, by: User, now: datetime | None = None
) -> int:
    """Ask these merchants about a version; return how many are new. Raises ``forbidden``,
    ``invite.too_late``, ``invite.unknown`` (names them; nobody is asked then)."""
    version = _invitable(version, by)
    wanted = {number.strip() for number in merchant_nos if number.strip()}
    if len(wanted) > MOST_NAMED:
        raise DomainError("invite.too_many", _("Name at most %(most)s.") % {"most": MOST_NAMED})
    found = dict(Merchant.objects.filter(merchant_no__in=wanted).values_list("merchant_no", "pk"))
    if unknown := sorted(wanted - set(found)):
        raise DomainError(
            "invite.unknown",
            _("Nobody has these numbers: %(numbers)s.") % {"numbers": ", ".join(unknown[:10])},
            numbers=unknown[:100],
        )
    moment = now or timezone.now()
    before = version.invites.count()
    ConsultationInvite.objects.bulk_create(
        [
            ConsultationInvite(
                version=version, merchant_id=key, how=ConsultationInvite.How.NAMED, at=moment
            )
            for key in sorted(found.values())
        ],
        ignore_conflicts=True,
    )
    return _noted(version, before, "named", by, now)


@transaction.atomic
def invite_filtered(
    version: RuleVersion,
    *,
    category: str = "",
    sample: int | None = None,
    by: User,
    now: datetime | None = None,
) -> int:
    """Ask all merchants with a shop of a category (all when none is named), or a ``sample`` of them.

    A sample is stable: drawn again it gives the same merchants, and a larger one holds a smaller one.
    Returns how many are new. Raises ``forbidden``, ``invite.too_late``, ``invite.sample``.
    """
    version = _invitable(version, by)
    if sample is not None and not 0 < sample <= 1_000_000:
        raise DomainError("invite.sample", _("Draw at least one."))
    how = ConsultationInvite.How.FILTER if sample is None else ConsultationInvite.How.SAMPLE
    before = version.invites.count()
    drawn = _drawn(version, category) if sample is not None else 0
    with connection.cursor() as cursor:
        cursor.execute(
            _DRAW,
            {
                "version": version.pk,
                "how": how,
                "at": now or timezone.now(),
                "category": category,
                "seed": f"{version.rule.code}/{version.number}",
                "most": None if sample is None else max(sample - drawn, 0),
            },
        )
    return _noted(version, before, how, by, now)


def _drawn(version: RuleVersion, category: str) -> int:
    """Return how many are drawn already, of a category when one is named: each has its own sample."""
    rows = version.invites.filter(how=ConsultationInvite.How.SAMPLE)
    if category:
        rows = rows.filter(merchant__in=Shop.objects.filter(category=category).values("merchant"))
    return rows.count()


def _invitable(version: RuleVersion, by: User) -> RuleVersion:
    require_right(by, MANAGE)
    version = locked(version)
    if version.state not in BEFORE:
        raise DomainError("invite.too_late", _("Whoever is asked is asked from the beginning."))
    return version


def _noted(version: RuleVersion, before: int, how: str, by: User, now: datetime | None) -> int:
    added = version.invites.count() - before
    record(
        version, "rule.merchants_asked", by=by, after={"how": str(how), "merchants": added}, at=now
    )
    return added
