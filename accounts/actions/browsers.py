"""Browsers with notices belong to a sign-in: where it ends, nothing of that person is shown any more."""

from collections.abc import Iterable

from accounts.models import PushSubscription


def forget_browsers(session_hashes: Iterable[str]) -> int:
    """Show nothing any more in the browsers of ended sessions, named by their digest."""
    gone, _by_model = PushSubscription.objects.filter(
        session_hash__in=[name for name in session_hashes if name]
    ).delete()
    return gone


def follow_browser(old: str, new: str) -> None:
    """Follow a session whose key was changed: it is the same browser still."""
    PushSubscription.objects.filter(session_hash=old).update(session_hash=new)
