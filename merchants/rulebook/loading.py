"""Loading articles of the law from a file: the text of a day corrects itself, another day adds a text."""

from typing import Any

from django.utils.translation import gettext_lazy as _

from common.loading import Fates, Key, Loader, Moment, Refused, Text
from common.loading.rows import RowReader
from common.loading.runs import STAGE, Chunk
from common.text import TextRefused, clean

LONGEST_BODY = 8_000


class Body(Text):
    """Text of several lines."""

    def parse(self, raw: str) -> str:
        try:
            text = clean(raw, max_chars=self.max_chars)
        except TextRefused as refusal:
            raise Refused(self._words(refusal)) from refusal
        return text


class ArticleReader(RowReader):
    """Reads collections of law as well, whose lines are law, article, text, chapter, version_date."""

    def record_text(self, number: int, record: dict[str, Any]) -> str:
        return super().record_text(number, of_collection(record))


def of_collection(record: dict[str, Any]) -> dict[str, Any]:
    """Return a line of a collection of law as an article; any other line as it is.

    ``version_date`` is the day of the text and tells one version from another; of a text without one
    nothing is said but that it stands.
    """
    law, article = record.get("law"), record.get("article")
    if "article_no" in record or not isinstance(law, str) or not isinstance(article, str):
        return record
    return {
        "article_no": f"{law}/{article}",
        "title": f"{law} {article}",
        "body": record.get("text"),
        "source": record.get("chapter"),
        "effective_from": record.get("version_date"),
    }


class ArticleLoader(Loader):
    """Articles by article_no, their texts by article_no and effective_from (since ever when empty)."""

    kind = "articles"
    reader = ArticleReader
    key = "article_no"
    columns = (
        Key("article_no", 80, required=True),
        Text("title", 120, required=True),
        Body("body", LONGEST_BODY, required=True),
        Text("source", 200),
        Moment("effective_from"),
    )

    def store(self, chunk: Chunk) -> Fates:
        known, cursor = chunk.session.known, chunk.cursor
        fates = Fates()
        begins = "s.effective_from" if "effective_from" in known else "NULL::timestamptz"
        source = "coalesce(s.source, '')" if "source" in known else "''"
        cursor.execute(
            "INSERT INTO merchants_article (article_no) "
            f"SELECT DISTINCT article_no FROM {STAGE} ORDER BY 1 ON CONFLICT DO NOTHING"
        )
        # Of several lines about one text the last one counts; those before it are corrected by it.
        cursor.execute(
            f"CREATE TEMP TABLE article_texts ON COMMIT DROP AS "
            f"SELECT DISTINCT ON (a.id, {begins}) a.id AS article_id, {begins} AS effective_from, "
            f"s.title, s.body, {source} AS source "
            f"FROM {STAGE} s JOIN merchants_article a ON a.article_no = s.article_no "
            f"ORDER BY a.id, {begins}, s.line DESC"
        )
        cursor.execute(
            f"SELECT (SELECT count(*) FROM {STAGE}), (SELECT count(*) FROM article_texts)"
        )
        lines, texts = cursor.fetchone()
        corrected = "title = t.title, body = t.body" + (
            ", source = t.source" if "source" in known else ""
        )
        differs = "(v.title, v.body{}) IS DISTINCT FROM (t.title, t.body{})".format(
            *(", v.source", ", t.source") if "source" in known else ("", "")
        )
        cursor.execute(
            f"UPDATE merchants_articleversion v SET {corrected} FROM article_texts t "
            f"WHERE v.article_id = t.article_id "
            f"AND v.effective_from IS NOT DISTINCT FROM t.effective_from AND {differs}"
        )
        fates.updated = cursor.rowcount
        cursor.execute(
            "INSERT INTO merchants_articleversion (article_id, effective_from, title, body, source) "
            "SELECT t.article_id, t.effective_from, t.title, t.body, t.source FROM article_texts t "
            "WHERE NOT EXISTS (SELECT 1 FROM merchants_articleversion v "
            "WHERE v.article_id = t.article_id "
            "AND v.effective_from IS NOT DISTINCT FROM t.effective_from)"
        )
        fates.inserted = cursor.rowcount
        cursor.execute("DROP TABLE article_texts")
        fates.updated += lines - texts
        fates.unchanged = lines - fates.inserted - fates.updated
        return fates


WORDS = {"article_no": _("article no.")}
