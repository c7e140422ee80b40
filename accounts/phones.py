"""Telephone numbers of mobile phones in mainland China, however people write them."""

import re

_SEPARATORS = re.compile(r"[\s\-()（）.]+")
_MOBILE = re.compile(r"(?:\+?86|0086)?(1[3-9][0-9]{9})", re.ASCII)


def mainland_phone(text: str) -> str:
    """Return the eleven digits of a mainland mobile number, or nothing when it is not one."""
    found = _MOBILE.fullmatch(_SEPARATORS.sub("", text))
    return found[1] if found else ""
