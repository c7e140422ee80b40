"""Emergency measures on the shelves: taken down while a measure holds, given back exactly when it ends."""

from django.db import connection, transaction
from django.utils import timezone

from common.history import record
from merchants.models import EMERGENCY_HOLDS, EmergencyMeasure
from trade.models import Product
from trade.webhooks import tell_product

_FIND = """
INSERT INTO merchants_emergencytarget (measure_id, kind, number)
SELECT t.measure_id, 'product', p.product_no
  FROM merchants_emergencytarget t
  JOIN merchants_shop s ON t.kind = 'shop' AND s.shop_no = t.number
  JOIN trade_product p ON p.shop_id = s.id
 WHERE t.measure_id = %s
ON CONFLICT DO NOTHING
"""

_TAKE_DOWN = """
WITH moved AS (
    UPDATE trade_product p SET taken_down_at = %(now)s
      FROM merchants_emergencytarget t
     WHERE t.measure_id = %(measure)s AND t.kind = 'product' AND t.acted_at IS NULL
       AND p.product_no = t.number AND p.taken_down_at IS NULL
    RETURNING p.id, p.product_no
), noted AS (
    UPDATE merchants_emergencytarget t SET acted_at = %(now)s FROM moved
     WHERE t.measure_id = %(measure)s AND t.kind = 'product' AND t.number = moved.product_no
)
SELECT id FROM moved ORDER BY id
"""

_GIVE_BACK = """
WITH mine AS (
    SELECT p.id, p.product_no, t.acted_at,
           (SELECT min(o.id) FROM merchants_emergencytarget o
              JOIN merchants_emergencymeasure e ON e.id = o.measure_id
             WHERE o.kind = 'product' AND o.number = t.number AND o.measure_id <> t.measure_id
               AND o.acted_at IS NULL AND e.state IN ('active', 'confirmed')) AS heir
      FROM merchants_emergencytarget t JOIN trade_product p ON p.product_no = t.number
     WHERE t.measure_id = %(measure)s AND t.kind = 'product' AND t.acted_at IS NOT NULL
       AND p.taken_down_at = t.acted_at
       FOR UPDATE OF p
), passed AS (
    UPDATE merchants_emergencytarget o SET acted_at = mine.acted_at FROM mine WHERE o.id = mine.heir
), back AS (
    UPDATE trade_product p SET taken_down_at = NULL FROM mine
     WHERE p.id = mine.id AND mine.heir IS NULL
    RETURNING p.id
)
SELECT id FROM back ORDER BY id
"""
# What another measure holds as well stays down, and is that measure's to give back.


@transaction.atomic
def follow_emergency(measure: EmergencyMeasure) -> int:
    """Take the products of a measure down while it holds, give them back when it has ended.

    What was down already is left alone, and so is what somebody has moved since: a product is given back
    only while it stands as the measure left it. Returns how many moved; a second call moves nothing.
    """
    measure = EmergencyMeasure.objects.select_for_update().get(pk=measure.pk)
    holds = measure.state in EMERGENCY_HOLDS
    with connection.cursor() as cursor:
        # Drawn up once: what a shop lists later is not in it.
        if holds and measure.subject == "shop" and not measure.targets.filter(kind="product"):
            cursor.execute(_FIND, [measure.pk])
        sql = _TAKE_DOWN if holds else _GIVE_BACK
        cursor.execute(sql, {"measure": measure.pk, "now": timezone.now()})
        moved = [key for (key,) in cursor.fetchall()]
    event = "product.taken_down" if holds else "product.relisted"
    for product in Product.objects.filter(pk__in=moved).select_related("shop").order_by("pk"):
        record(
            product,
            event,
            by=measure.ordered_by if holds else None,
            after={"taken_down_at": product.taken_down_at, "measure": measure},
            reason=measure.title,
        )
        tell_product(product, event)
    return len(moved)
