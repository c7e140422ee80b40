"""Signatures: HMAC-SHA256 over the moment and the very bytes of the body."""

import hashlib
import hmac
import secrets
from collections.abc import Iterable

PREFIX = "whsec_"


def new_secret() -> str:
    """Return a secret of 256 bits that can be recognised when it turns up where it should not."""
    return PREFIX + secrets.token_urlsafe(32)


def signature(secret: str, moment: int, body: bytes) -> str:
    """Return the hexadecimal HMAC-SHA256 of ``moment`` (Unix seconds), a dot and ``body``."""
    signed = str(moment).encode() + b"." + body
    return hmac.new(secret.encode(), signed, hashlib.sha256).hexdigest()


def signature_header(keys: Iterable[str], moment: int, body: bytes) -> str:
    """Return ``t=…,v1=…``: one ``v1`` for each secret that is valid, the newest first."""
    signatures = [f"v1={signature(key, moment, body)}" for key in keys]
    return ",".join([f"t={moment}", *signatures])
