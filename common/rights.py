"""The question every action asks first: is this yours to do?"""

from typing import Protocol

from common.errors import Forbidden


class Actor(Protocol):
    """Somebody who does something; ``accounts.User`` is one."""

    def can(self, right: str) -> bool:
        """Tell whether they may do ``right``."""


def require_right(
    by: Actor | None, right: str, *, message: object = "", code: str = "forbidden"
) -> None:
    """Raise ``Forbidden`` unless ``by`` may do ``right``. None is the house itself: clock, loaders, seeds."""
    if by is not None and not by.can(right):
        raise Forbidden(message, code=code)
