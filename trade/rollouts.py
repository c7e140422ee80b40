"""What the testbed knows of trade: products as something to be opened, ordering again as a figure."""

from collections.abc import Mapping
from datetime import datetime

from django.db import connection
from django.utils.translation import gettext_lazy as _

from accounts.models import Member, User
from apass.rollouts.deciding import is_open, meet, member_subject
from apass.rollouts.features import declare_feature
from apass.rollouts.metrics import HIGHER, metric
from apass.rollouts.snapshot import plan_of

PRODUCTS, PRODUCT_SEARCH = "products", "product-search"

declare_feature(PRODUCTS, _("Members show products in a talk"), open_without=True)
declare_feature(PRODUCT_SEARCH, _("Members find products in the search"), open_without=False)

ORDERED_AGAIN_SQL = """
SELECT k.subject,
       EXISTS (SELECT 1 FROM trade_order o
                WHERE o.member_id = k.member AND o.paid_at > k.since AND o.paid_at <= %s)::int
  FROM unnest(%s::text[], %s::bigint[], %s::timestamptz[]) AS k(subject, member, since)
"""


@metric("ordered_again", _("Ordered again"), "", better=HIGHER, is_share=True)
def ordered_again(since: Mapping[str, datetime], until: datetime) -> Mapping[str, float]:
    """Return 1 for members who have paid an order since they met the rollout, 0 for the others."""
    keys = list(since)
    members = [int(key.partition(":")[2]) for key in keys]
    with connection.cursor() as cursor:
        cursor.execute(ORDERED_AGAIN_SQL, [until, keys, members, [since[key] for key in keys]])
        return dict(cursor.fetchall())


def shows_products(user: User) -> bool:
    """Tell whether products are there for ``user`` at all: to pick, to read, to send."""
    return is_open(PRODUCTS, user)


def may_send_products(member_id: int | None) -> bool:
    """Tell whether a talk's member may send a product. Reads nothing while there is no rollout."""
    if plan_of(PRODUCTS) is None:
        return True
    member = Member.objects.filter(pk=member_id).first() if member_id is not None else None
    return member is not None and meet(PRODUCTS, member_subject(member)).is_in
