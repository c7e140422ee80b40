"""ETags: "nothing new" for who has read it already, and "not over what somebody else has changed"."""

import hashlib
import re

from django.utils.translation import gettext as _

from common.errors import DomainError

_TAG = re.compile(r'(?:W/)?"([\x21\x23-\x7e\x80-\xff]*)"')


class Changed(DomainError):
    """What the caller wants to change is no longer what they have seen: 412 at the API."""

    def __init__(self) -> None:
        super().__init__(
            "precondition.changed",
            _("Somebody changed this meanwhile. Look at how it is now, then decide again."),
        )


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


def require_version(version: str, header: str | None, *, required: bool = False) -> None:
    """Raise :class:`Changed` unless ``If-Match: header`` names ``version``; without one, pass.

    With ``required`` a caller who names none is refused with :class:`Unconditional`.
    """
    if header is None:
        if required:
            raise Unconditional()
        return
    seen = {tag.partition(".")[0] for tag in _TAG.findall(header)}
    if header.strip() != "*" and version not in seen:
        raise Changed()
