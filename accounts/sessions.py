"""Where browsers' sessions are kept: Django's table, with each row named by a digest of the cookie.

Who reads the table, or a copy of it, cannot come in with what stands there. The digest is also how
``WebSession`` rows and sessions find each other.
"""

import hashlib
from typing import Any

from django.contrib.sessions.backends.db import SessionStore as DatabaseStore
from django.utils import timezone


def digest_of(key: str) -> str:
    """Return the name under which the session of a cookie's ``key`` is kept."""
    return hashlib.sha256(key.encode()).hexdigest()[:40]


class SessionStore(DatabaseStore):
    """Django's database sessions; the cookie's key itself is written nowhere."""

    def _get_session_from_db(self) -> Any:
        row = None
        if self.session_key:
            row = self.model.objects.filter(
                session_key=digest_of(self.session_key), expire_date__gt=timezone.now()
            ).first()
        if row is None:
            self._session_key = None
        return row

    def exists(self, session_key: str) -> bool:
        """Tell whether there is a session of this key."""
        return super().exists(digest_of(session_key))

    def create_model_instance(self, data: dict[str, Any]) -> Any:
        """Return the row of this session."""
        row = super().create_model_instance(data)
        row.session_key = digest_of(row.session_key)
        return row

    def delete(self, session_key: str | None = None) -> None:
        """Delete a session by its key; this one when left out."""
        key = self.session_key if session_key is None else session_key
        if key is not None:
            self.model.objects.filter(session_key=digest_of(key)).delete()
