#!/usr/bin/env python3
"""Turn CrossWOZ dialogues into a file for ``manage.py import_conversations``.

    python3 docs/examples/crosswoz_to_conversations.py dialogues.jsonl.gz conversations.jsonl
    python3 manage.py import_conversations conversations.jsonl

Input: CrossWOZ (Zhu et al. 2020, https://github.com/thu-coai/CrossWOZ), Apache License 2.0, one
JSON object per line with ``dialogue_id`` and ``messages[]`` of ``role`` (usr, sys) and
``content``; plain or gzip. Keep the licence and name the source when you pass the data on.

What is decided here: the number is ``CW-`` and the dialogue's; the user is the member, the wizard
the agent; the subject names the domains talked about. The set has no times: a dialogue opens at a
moment of 2020 between 09:00 and 21:00 Shanghai time that follows from its number alone, and the
import fills in the pauses between messages as if read and typed. It has no members either.

Standard library only.
"""

import argparse
import gzip
import hashlib
import json
import sys
from collections.abc import Iterator
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

AUTHORS = {"usr": "member", "sys": "agent"}
SHANGHAI = timezone(timedelta(hours=8))
NEW_YEAR = datetime(2020, 1, 1, 9, tzinfo=SHANGHAI)
SKIPPED_DOMAINS = {"greet", "thank", "bye", "General"}


def opened_at(dialogue_id: str) -> datetime:
    """Return the moment a dialogue opens: always the same for the same number."""
    draw = int.from_bytes(hashlib.sha256(dialogue_id.encode()).digest()[:8], "big")
    return NEW_YEAR + timedelta(days=draw % 366, seconds=(draw >> 16) % (12 * 3600))


def subject_of(dialogue: dict[str, Any]) -> str:
    """Return the domains of a dialogue in the order they come up."""
    domains: dict[str, None] = {}
    for message in dialogue["messages"]:
        for act in message.get("dialog_act") or []:
            if len(act) > 1 and act[1] not in SKIPPED_DOMAINS and act[0] != "General":
                domains[act[1]] = None
    return "、".join(domains)[:120]


def convert(dialogue: dict[str, Any]) -> dict[str, Any]:
    """Return one dialogue as a conversation."""
    return {
        "conversation_no": f"CW-{dialogue['dialogue_id']}",
        "medium": "app",
        "opened_at": opened_at(dialogue["dialogue_id"]).isoformat(),
        "subject": subject_of(dialogue),
        "messages": [
            {"author": AUTHORS[message["role"]], "body": message["content"]}
            for message in dialogue["messages"]
        ],
    }


def dialogues(path: Path) -> Iterator[dict[str, Any]]:
    """Yield the dialogues of a plain or gzip file."""
    packed = path.read_bytes()[:2] == b"\x1f\x8b"
    with gzip.open(path, "rt", encoding="utf-8") if packed else path.open(encoding="utf-8") as file:
        for line in file:
            if line.strip():
                yield json.loads(line)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("source", type=Path, help="dialogues.jsonl or dialogues.jsonl.gz")
    parser.add_argument("target", type=Path, help="conversations.jsonl to write")
    given = parser.parse_args()
    count = 0
    with given.target.open("w", encoding="utf-8") as file:
        for dialogue in dialogues(given.source):
            file.write(json.dumps(convert(dialogue), ensure_ascii=False) + "\n")
            count += 1
    print(f"{count} conversations -> {given.target}", file=sys.stderr)


if __name__ == "__main__":
    main()
