"""What the task queue does for tiers and APASS."""

from collections.abc import Sequence
from datetime import datetime

from apass import actions


def send_invitation(key: int) -> bool:
    """Hand one code to the provider of text messages."""
    return actions.send_invitation(key)


def tell_tier_moves(before: str, after: str, members: Sequence[int], at: datetime) -> int:
    """Tell members that went from one tier to another at one moment; who was told is told once."""
    return actions.tell_tier_moves(before, after, members, at=at)
