"""Identifiers: time-ordered UUIDs (RFC 9562, version 7), and how they are shown outside."""

import hashlib
import re
import secrets
import time
import uuid
from datetime import UTC, date, datetime

PREFIXES = {
    "cnv": "conversation",
    "att": "attachment",
    "nte": "note",
    "hrc": "harassment case",
    "blk": "contact block",
    "cas": "case",
    "edn": "edition",
    "usr": "person",
    "ntf": "notification",
    "dev": "device",
    "ses": "web session",
    "tok": "integration token",
    "whk": "webhook endpoint",
    "whd": "webhook delivery",
    "exp": "export",
    "imp": "import",
    "prq": "personal-data request",
    "acc": "personal-data access",
    "view": "saved view",
    "job": "bulk job",
    "rdm": "redemption",
    "rtg": "rating",
    "cfl": "file of a case",
    "sac": "act on a shop",
    "mga": "key account",
    "pfb": "word of a pilot shop",
    "rcp": "complaint about a review",
    "rcf": "file of a complaint",
    "rfl": "flag of a reviewer",
    "rap": "appeal of a reviewer",
    "gst": "gesture of goodwill",
    "bul": "bulletin to shops",
}
"""What stands before the digits of a key shown outside, and what it is a key of."""

_DIGITS = re.compile(r"[0-9a-f]{32}")
_BARE = re.compile(r"(?i)[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"  # Crockford: no I, L, O, U


def uuid7(at: datetime | None = None) -> uuid.UUID:
    """Return a random version 7 UUID of the moment ``at`` (aware; now when left out)."""
    millis = time.time_ns() // 1_000_000 if at is None else int(at.timestamp() * 1000)
    return _compose(millis, secrets.randbits(74))


def uuid7_of(at: datetime, natural_key: str) -> uuid.UUID:
    """Return the version 7 UUID that belongs to ``natural_key`` at ``at``: the same on every run.

    The 74 bits that are random in a plain version 7 are the head of the key's SHA-256.
    """
    digest = hashlib.sha256(natural_key.encode()).digest()
    return _compose(int(at.timestamp() * 1000), int.from_bytes(digest[:10], "big") >> 6)


def uuid7_floor(day: date) -> uuid.UUID:
    """Return the smallest version-7-shaped value of the UTC ``day``: the lower bound of a partition."""
    return uuid7_from(datetime(day.year, day.month, day.day, tzinfo=UTC))


def uuid7_from(moment: datetime) -> uuid.UUID:
    """Return the smallest version-7-shaped value of the aware ``moment``: "rows since then" by id."""
    return uuid.UUID(int=int(moment.timestamp() * 1000) << 80)


def moment_of(value: uuid.UUID) -> datetime:
    """Return the UTC millisecond that a version 7 UUID was made for."""
    return datetime.fromtimestamp((value.int >> 80) / 1000, tz=UTC)


def short_code(value: uuid.UUID, *, length: int = 10) -> str:
    """Return ``length`` letters and digits from the random part, for people to read aloud."""
    bits = value.int & ((1 << 62) - 1)
    return "".join(_ALPHABET[(bits >> (5 * i)) & 31] for i in range(length))


def public_key(prefix: str, key: uuid.UUID) -> str:
    """Return ``key`` as everybody outside reads it: ``cnv_`` and its 32 hexadecimal digits."""
    return f"{prefix}_{key.hex}"


def parse_key(prefix: str, text: object) -> uuid.UUID:
    """Return the UUID of a :func:`public_key`, or of a bare UUID as our own pages may still send it.

    Raises ``ValueError`` for anything else, another thing's prefix included.
    """
    word = str(text)
    given, line, digits = word.partition("_")
    if line and given == prefix and _DIGITS.fullmatch(digits):
        return uuid.UUID(hex=digits)
    if _BARE.fullmatch(word):
        return uuid.UUID(word)
    raise ValueError(f"not a key of {prefix}")


def _compose(millis: int, tail: int) -> uuid.UUID:
    rand_a, rand_b = tail >> 62, tail & ((1 << 62) - 1)
    return uuid.UUID(int=(millis << 80) | (7 << 76) | (rand_a << 64) | (2 << 62) | rand_b)
