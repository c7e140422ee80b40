"""Who reads the words of conversations whole, and how everybody else reads them.

Whole read the two parties: the member, and the desk whose work it is. A partner's people work on a talk as
a party of it, and read it masked all the same: who the member is stays with the house.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import cached_property
from typing import Any

from accounts.access_log import reads_text
from accounts.masks import shown_texts
from accounts.models import User
from tickets.models import Conversation

PARTY_COLUMNS = (
    "team_id", "owner_id", "first_owner_id", "member__user_id", "member__display_name",
    "member__user__display_name",
)  # fmt: skip
"""What a row of conversations has to hold for :class:`Parties`."""

Row = Mapping[str, Any]


class Parties:
    """How ``user`` reads conversations they may see: whole as the member or our desk, masked as anybody else."""

    def __init__(self, user: User) -> None:
        self.user = user
        self._sees_foreign = user.can("tickets.see_all")

    def include(self, row: Row) -> bool:
        """Tell of a row with :data:`PARTY_COLUMNS` whether ``user`` is one of its two parties."""
        # Who does not see everything sees nothing but what they are a party of.
        if not self._sees_foreign or row["member__user_id"] == self.user.pk:
            return True
        if not self.user.can("desk.use"):
            return False
        return (
            self.user.pk in (row["owner_id"], row["first_owner_id"])
            or row["team_id"] in self._teams
        )

    def reads(self, row: Row) -> bool:
        """Tell of a row with :data:`PARTY_COLUMNS` whether ``user`` reads its words as they were said."""
        if self.user.is_partner_agent:
            return bool(row["member__user_id"] == self.user.pk)
        return self.include(row)

    def readable(self, said: Sequence[tuple[Row, str]]) -> list[str]:
        """Return what was said, each with its row, as it is read; one question for all of it."""
        foreign = [(row, text) for row, text in said if not self.reads(row)]
        names = {name for row, _text in foreign for name in _names(row)}
        texts = shown_texts((text for _row, text in foreign), is_party=False, names=sorted(names))
        masked = iter(texts)
        return [text if self.reads(row) else next(masked) for row, text in said]

    @cached_property
    def _teams(self) -> set[int]:
        return {membership.team_id for membership in self.user.memberships.all()}


def is_party(user: User, conversation: Conversation) -> bool:
    """Tell whether ``user``, who may see it, is one of the two parties of ``conversation``."""
    return Parties(user).include(_row(conversation))


def opens_files(user: User, conversation: Conversation, now: datetime) -> bool:
    """Tell whether ``user`` opens its files: as one of its two parties, or having revealed it lately.

    A picture cannot be masked, and who answers has to see what is broken.
    """
    return is_party(user, conversation) or reads_text(user, conversation.pk, now)


def reads_whole(user: User, conversation: Conversation, now: datetime) -> bool:
    """Tell whether ``user`` reads its words unmasked: as a party of the house, or having revealed it lately."""
    return Parties(user).reads(_row(conversation)) or reads_text(user, conversation.pk, now)


def _row(conversation: Conversation) -> dict[str, Any]:
    member = conversation.member
    return {
        "team_id": conversation.team_id,
        "owner_id": conversation.owner_id,
        "first_owner_id": conversation.first_owner_id,
        "member__user_id": member.user_id if member else None,
    }


def _names(row: Row) -> list[str]:
    """Return the real names of the member of ``row``: their own, and that of their account."""
    return [
        name for name in (row["member__display_name"], row["member__user__display_name"]) if name
    ]
