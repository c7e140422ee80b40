"""What the task queue does for APASS."""

from apass import actions


def send_invitation(key: int) -> bool:
    """Hand one code to the provider of text messages."""
    return actions.send_invitation(key)
