"""The search asks with which weight shops are shown to a member; what it asks about a flagged one is counted."""

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal

from django.db import connection, transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.models import Member, User
from common.errors import DomainError
from common.parameters import value
from common.rights import require_right
from common.rules import shanghai_day
from merchants.models import Arm
from merchants.queries.flags import UNCHANGED, running_flag, shops_by_no, vulnerable_among

RIGHT = "exposures.weigh"
MOST = 200

_COUNT = """
INSERT INTO merchants_reviewerexposure AS e (flag_id, shop_id, day, count)
SELECT %s, shop, %s, 1 FROM unnest(%s::bigint[]) AS shop
ON CONFLICT (flag_id, shop_id, day) DO UPDATE SET count = e.count + 1
"""


@transaction.atomic
def weigh_shops(
    member: Member, shop_nos: Sequence[str], *, by: User | None, now: datetime | None = None
) -> dict[str, Decimal]:
    """Return the weight of each shop for a member, by number, and count one exposure of each weak one.

    Both arms are counted alike. Unknown shops are left out. Raises ``forbidden`` and
    ``exposures.too_many``.
    """
    require_right(by, RIGHT)
    if len(shop_nos) > MOST:
        raise DomainError(
            "exposures.too_many", _("Ask about %(n)s shops at most.") % {"n": MOST}, most=MOST
        )
    now = now or timezone.now()
    shops = shops_by_no(shop_nos)
    flag = running_flag(member.pk, now)
    if flag is None:
        return dict.fromkeys(shops, UNCHANGED)
    weak = vulnerable_among(shops.values(), now)
    if weak:
        with connection.cursor() as cursor:
            # By key: two searches of one member wait, never lock each other.
            cursor.execute(_COUNT, [flag.pk, shanghai_day(now), sorted(weak)])
    weight = UNCHANGED if flag.arm == Arm.HOLDOUT else value("reviewer_flag.weight", now)
    return {number: weight if shop in weak else UNCHANGED for number, shop in shops.items()}
