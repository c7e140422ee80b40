"""The doors of the house: each app says what it opens, for whom, and one live fact about it.

An app puts a ``doors.py`` beside its models and calls :func:`open_door` there; all of them are
imported when the house starts.
"""

import logging
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.db import DatabaseError, transaction
from django.utils.translation import gettext_lazy as _

from accounts.models import User

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Fact:
    """One thing that is true right now behind a door: a line, and a few words that stand out.

    ``kind`` colours the words: "" (quiet), ``warn`` or ``danger``.
    """

    line: str = ""
    badge: str = ""
    kind: str = ""


@dataclass(frozen=True)
class Door:
    """A door of the house; ``right`` is what one must be able to do to have it."""

    key: str
    url: str
    title: Any
    line: Any
    icon: str
    right: str
    place: int = 50
    fact: Callable[[User], Fact | None] | None = None


@dataclass(frozen=True)
class OpenDoor:
    """A door as one person sees it."""

    door: Door
    fact: Fact

    @property
    def line(self) -> Any:
        """The fact when there is one, else what is behind the door."""
        return self.fact.line or self.door.line


_doors: dict[str, Door] = {}


def open_door(door: Door) -> None:
    """Add a door to the house; a second one with the same key replaces the first."""
    _doors[door.key] = door


def all_doors() -> list[Door]:
    """Return every door, in the order people see them."""
    return sorted(_doors.values(), key=lambda door: (door.place, door.key))


def doors_of(user: User) -> list[OpenDoor]:
    """Return the doors ``user`` has, each with its fact of this moment."""
    return [OpenDoor(door, _fact(door, user)) for door in all_doors() if user.can(door.right)]


def _fact(door: Door, user: User) -> Fact:
    # A fact that cannot be had must not keep anyone out of the house.
    if door.fact is None:
        return Fact()
    try:
        with transaction.atomic():
            return door.fact(user) or Fact()
    except DatabaseError:
        logger.exception("no fact for door %s", door.key)
        return Fact()


open_door(
    Door(
        key="admin",
        url="/admin/",
        title=_("Back office"),
        line=_("Names, parameters, rules; every change says why"),
        icon="gear",
        right="admin.use",
        place=90,
    )
)
