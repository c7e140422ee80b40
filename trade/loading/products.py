"""Products by product_no, with the shops that offer them."""

from django.utils.translation import gettext as _

from common.loading import Fates, Key, Loader, Text, Truth
from common.loading.merge import Target, merge
from common.loading.rounds import one_row_per_key
from common.loading.runs import STAGE, Chunk
from trade.loading.columns import Amount

DEFAULTS = {"category": "''", "is_listed": "true"}


class ProductLoader(Loader):
    """Products by product_no; what the house took down stays down, whatever the file says."""

    kind = "products"
    key = "product_no"
    columns = (
        Key("product_no", 40, required=True),
        Key("shop_no", 32, required=True),
        Text("title", 200, required=True),
        Amount("price", required=True),
        Text("category", 60),
        Truth("is_listed"),
    )

    def store(self, chunk: Chunk) -> Fates:
        cursor, known = chunk.cursor, chunk.session.known
        fates = Fates()
        cursor.execute(f"ALTER TABLE {STAGE} ADD COLUMN shop_id bigint")
        cursor.execute(
            f"UPDATE {STAGE} s SET shop_id = p.id FROM merchants_shop p WHERE p.shop_no = s.shop_no"
        )
        fates.rejected = chunk.reject(
            f"DELETE FROM {STAGE} WHERE shop_id IS NULL RETURNING line, product_no",
            _("There is no shop with this shop_no."),
        )
        corrected = ["shop_id", "title", "price"]
        corrected += [name for name in DEFAULTS if name in known]
        target = Target(
            table="trade_product",
            key="product_no",
            columns=["product_no", *corrected],
            corrected=corrected,
            blank_keeps=chunk.session.blank_keeps,
        )
        for rows in one_row_per_key(chunk, self.key, fates):
            fates += merge(cursor, target, rows, DEFAULTS)
        return fates
