"""ETags: "nothing new" for who has read it already, and "not over what somebody else has changed"."""

import hashlib
import re
from typing import Any

from django.utils.translation import gettext as _

from common.errors import DomainError

_TAG = re.compile(r'(?:W/)?"([\x21\x23-\x7e\x80-\xff]*)"')


class Unconditional(DomainError):
    """A change that two people may make at once must say which version it was made for: 428."""

    def __init__(self) -> None:
        super().__init__(
            "precondition.required",
            _("Send the ETag you have read in If-Match, so that nobody's change is lost."),
        )


def tag_of(body: bytes, version: str = "") -> str:
    """Return the ETag of an answer. ``version``, before the dot, is what ``If-Match`` compares.

    What people see of a thing may differ between two of them, or change with the clock; its
    version changes only when the row does.
    """
    digest = hashlib.blake2b(body, digest_size=9).hexdigest()
    return f'"{version}.{digest}"' if version else f'"{digest}"'


def is_among(tag: str, header: str) -> bool:
    """Tell whether ``If-None-Match: header`` names ``tag`` (weak comparison: proxies weaken tags)."""
    return header.strip() == "*" or tag.strip('"') in _TAG.findall(header)


def seen_version(request: Any, *, required: bool = False) -> frozenset[str] | None:
    """Return the versions ``If-Match`` names; None when it names none or any will do.

    With ``required`` a caller who names none is refused with :class:`Unconditional`.
    """
    header = request.headers.get("If-Match")
    if header is None:
        if required:
            raise Unconditional()
        return None
    if header.strip() == "*":
        return None
    return frozenset(tag.partition(".")[0] for tag in _TAG.findall(header))
