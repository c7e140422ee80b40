#!/usr/bin/env python3
"""Turn the collection cn_consumer_law into a file for ``manage.py import_articles``.

    python3 docs/examples/cn_consumer_law_to_articles.py articles.jsonl library.jsonl
    python3 manage.py import_articles library.jsonl

Input: one JSON object per line with ``law``, ``version_date``, ``chapter``, ``article`` and ``text``
(laws, regulations and judicial interpretations of China; their official texts are not subject to
copyright, Article 5 of the Copyright Law).

What is decided here: the number is the law's name and the article's (``电子商务法/第三十四条``, without
中华人民共和国 in front); the title says both; the source says the chapter. ``version_date`` is the date
of the text in the collection, which is the day it was passed or amended and not always the day it came
into force: it is given as effective_from because it tells the texts of one article apart. Where the
collection has no date the text counts as there since ever. Laws amended later exist; show the date.

Standard library only.
"""

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

STATE = "中华人民共和国"


def articles(lines: Iterator[str]) -> Iterator[dict[str, Any]]:
    """Yield the rows of the file to be loaded."""
    for line in lines:
        if not line.strip():
            continue
        given = json.loads(line)
        law = given["law"].removeprefix(STATE)
        yield {
            "article_no": f"{law}/{given['article']}",
            "title": f"{law} {given['article']}",
            "body": given["text"],
            "source": " ".join(filter(None, [given["law"], given["chapter"]])),
            "effective_from": given["version_date"] or None,
        }


def main() -> int:
    """Read the one file, write the other."""
    if len(sys.argv) != 3:
        print(__doc__, file=sys.stderr)
        return 2
    with (
        Path(sys.argv[1]).open(encoding="utf-8") as source,
        Path(sys.argv[2]).open("w", encoding="utf-8") as target,
    ):
        for row in articles(iter(source)):
            target.write(json.dumps(row, ensure_ascii=False) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
