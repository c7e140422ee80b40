"""A key that a chunk names several times is merged once per mention, in the order of the file."""

from collections.abc import Iterator

from django.utils.translation import gettext_lazy as _

from common.loading.merge import Fates
from common.loading.runs import STAGE, Chunk

MOST_MENTIONS = 20
"""More mentions of one key within one chunk are refused: that is not a list of things."""


def one_row_per_key(chunk: Chunk, key: str, fates: Fates, table: str = STAGE) -> Iterator[str]:
    """Yield relations that hold each ``key`` at most once: first mentions, then second ones.

    Usually there is one: ``table`` itself. Later mentions correct earlier ones. What is refused
    is counted in ``fates``.
    """
    cursor = chunk.cursor
    cursor.execute(f"SELECT {key} FROM {table} GROUP BY {key} HAVING count(*) > 1 LIMIT 1")
    if cursor.fetchone() is None:
        yield table
        return
    cursor.execute(f"ALTER TABLE {table} ADD COLUMN mention integer")
    cursor.execute(
        f"UPDATE {table} s SET mention = n.mention FROM (SELECT line, "
        f"row_number() OVER (PARTITION BY {key} ORDER BY line) AS mention FROM {table}) n "
        f"WHERE n.line = s.line RETURNING s.mention"
    )
    mentions = max(mention for (mention,) in cursor.fetchall())
    if mentions > MOST_MENTIONS:
        fates.rejected += chunk.reject(
            f"SELECT line, {key} FROM {table} WHERE mention > {MOST_MENTIONS}",
            _("This number was mentioned %(times)s times just before.") % {"times": MOST_MENTIONS},
        )
    for mention in range(1, min(mentions, MOST_MENTIONS) + 1):
        yield f"(SELECT * FROM {table} WHERE mention = {mention})"
