"""Background work about people."""

from django.utils import timezone

from accounts import actions
from accounts.actions.challenges import forget_challenges


def clear_old_sessions() -> int:
    """Delete sessions and sign-in challenges that time has ended. Scheduled every night."""
    forget_challenges(timezone.now())
    return actions.clear_old_sessions()
