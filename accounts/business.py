"""Who has business with a member: apps above say so, for nobody reveals the data of a stranger.

An app puts a ``business.py`` beside its models and registers there what ties one of the house to a
member (a conversation); all of them are imported when the house starts.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from accounts.models import Member, User


@dataclass(frozen=True)
class Business:
    """What ties somebody to a member: the conversation, and the team in whose name they act."""

    conversation: UUID
    team: str


Ties = Callable[[User, Member, datetime], Business | None]
TeamOf = Callable[[User], str]

_ties: dict[str, Ties] = {}
_team_of: list[TeamOf] = []


def ties(kind: str) -> Callable[[Ties], Ties]:
    """Register ``find(user, member, now)``: the open or recent thing that ties them, or None."""

    def register(find: Ties) -> Ties:
        _ties[kind] = find
        return find

    return register


def says_team(name: TeamOf) -> TeamOf:
    """Register ``name(user)``: the team in whose name a person acts, "" for none."""
    _team_of[:] = [name]
    return name


def business_with(member: Member, user: User, now: datetime) -> Business | None:
    """Return what ties ``user`` to ``member`` at ``now``, or None."""
    found = (find(user, member, now) for find in _ties.values())
    return next((business for business in found if business is not None), None)


def team_of(user: User) -> str:
    """Return the name of the team ``user`` works in, "" for none."""
    return next((name(user) for name in _team_of), "")
