"""Secrets that must be read again later (a code app's seed): sealed with a key made from SECRET_KEY.

A new SECRET_KEY reads what an old one sealed as long as the old one stands in
SECRET_KEY_FALLBACKS; what is sealed anew uses the new one.
"""

import base64
import hashlib
import hmac

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from django.conf import settings

from common.errors import DomainError


class Unreadable(DomainError):
    """What was sealed cannot be opened: the key it was sealed with is gone."""

    def __init__(self) -> None:
        super().__init__("sealing.unreadable", "sealed with a key that is not here any more")


def seal(text: str, *, purpose: str) -> str:
    """Return ``text`` so that only this house reads it; ``purpose`` keeps kinds of secrets apart."""
    return _fernet(purpose).encrypt(text.encode()).decode()


def unseal(sealed: str, *, purpose: str) -> str:
    """Return what :func:`seal` was given. Raises ``Unreadable``."""
    try:
        return _fernet(purpose).decrypt(sealed.encode()).decode()
    except InvalidToken:
        raise Unreadable from None


def fingerprint(text: str, *, purpose: str) -> str:
    """Return a keyed digest of a short secret (a code): comparable, but not to be guessed from a copy."""
    return _fingerprint(settings.SECRET_KEY, text, purpose)


def is_fingerprint_of(text: str, digest: str, *, purpose: str) -> bool:
    """Tell, in constant time, whether ``digest`` was made of ``text`` with a key this house has."""
    matches = [
        hmac.compare_digest(_fingerprint(key, text, purpose), digest)
        for key in (settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS)
    ]
    return any(matches)


def _fernet(purpose: str) -> MultiFernet:
    keys = (settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS)
    return MultiFernet([Fernet(base64.urlsafe_b64encode(_derive(key, purpose))) for key in keys])


def _fingerprint(key: str, text: str, purpose: str) -> str:
    return hmac.new(_derive(key, purpose), text.encode(), hashlib.sha256).hexdigest()


def _derive(key: str, purpose: str) -> bytes:
    # HKDF's extract step is enough: SECRET_KEY is long and random, and purposes differ.
    return hmac.new(b"xiaoer." + purpose.encode(), key.encode(), hashlib.sha256).digest()
