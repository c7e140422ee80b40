"""What ends open sessions."""

from django.contrib.sessions.models import Session
from django.utils import timezone

from accounts.models import User


def end_sessions(user: User) -> None:
    """Sign ``user`` out everywhere: pages ask for a password again."""
    # The session table has no column for the person; closing an account is rare, so the scan of
    # unexpired rows is paid here and not on every request.
    doomed = [
        session.pk
        for session in Session.objects.filter(expire_date__gt=timezone.now()).iterator()
        if session.get_decoded().get("_auth_user_id") == str(user.pk)
    ]
    Session.objects.filter(pk__in=doomed).delete()
