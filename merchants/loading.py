"""Loading shops, and the merchants behind them, from a file."""

from django.utils.translation import gettext_lazy as _

from common.loading import Fates, Key, Loader, Moment, Text
from common.loading.merge import Target, merge
from common.loading.rounds import one_row_per_key
from common.loading.runs import STAGE, Chunk


class ShopLoader(Loader):
    """Shops by shop_no; a merchant is found or made by merchant_no."""

    kind = "shops"
    key = "shop_no"
    columns = (
        Key("shop_no", 32, required=True),
        Text("name", 120, required=True),
        Text("category", 60),
        Text("region", 40),
        Moment("opened_at"),
        Key("merchant_no", 32),
        Text("merchant_name", 120),
    )

    def store(self, chunk: Chunk) -> Fates:
        known, cursor = chunk.session.known, chunk.cursor
        fates = Fates()
        if "merchant_name" in known and "merchant_no" in known:
            fates.rejected = chunk.reject(
                f"DELETE FROM {STAGE} WHERE merchant_name IS NOT NULL AND merchant_no IS NULL "
                "RETURNING line, shop_no",
                _("merchant_name is given without merchant_no."),
            )
        named = ("name", "category", "region", "opened_at")
        corrected: list[str] = [n for n in named if n in known]
        if "merchant_no" in known:
            self._store_merchants(chunk)
            cursor.execute(f"ALTER TABLE {STAGE} ADD COLUMN merchant_id bigint")
            cursor.execute(
                f"UPDATE {STAGE} s SET merchant_id = m.id FROM merchants_merchant m "
                "WHERE m.merchant_no = s.merchant_no"
            )
            corrected.append("merchant_id")
        target = Target(
            table="merchants_shop",
            key="shop_no",
            columns=["shop_no", *corrected],
            corrected=corrected,
            blank_keeps=chunk.session.blank_keeps,
        )
        empty = dict.fromkeys(("category", "region", "greeting_word"), "''")
        for rows in one_row_per_key(chunk, self.key, fates):
            fates += merge(cursor, target, rows, empty)
        return fates

    def _store_merchants(self, chunk: Chunk) -> None:
        # The last line about a merchant names it; without a name its number stands in.
        name = "merchant_name" if "merchant_name" in chunk.session.known else "NULL::text"
        chunk.cursor.execute(
            "INSERT INTO merchants_merchant AS m (merchant_no, name) "
            f"SELECT DISTINCT ON (merchant_no) merchant_no, coalesce({name}, merchant_no) "
            f"FROM {STAGE} WHERE merchant_no IS NOT NULL "
            f"ORDER BY merchant_no, ({name}) IS NULL, line DESC "
            "ON CONFLICT (merchant_no) DO UPDATE SET name = excluded.name "
            "WHERE m.name <> excluded.name AND excluded.name <> excluded.merchant_no"
        )
