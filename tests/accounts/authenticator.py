"""A passkey in software: what a phone answers to WebAuthn's questions, for tests without a browser."""

import hashlib
import json
import secrets
from typing import Any

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from fido2.cose import ES256
from fido2.utils import websafe_encode
from fido2.webauthn import AttestationObject, AttestedCredentialData, AuthenticatorData

PRESENT, VERIFIED, ATTESTED = 0x01, 0x04, 0x40


class Authenticator:
    """One passkey; ``counts`` tells whether its counter grows, as a stick's does and a cloud's does not."""

    def __init__(self, origin: str = "http://testserver", *, counts: bool = True) -> None:
        self.origin, self.counts = origin, counts
        self.key = ec.generate_private_key(ec.SECP256R1())
        self.credential_id = secrets.token_bytes(32)
        self.user_handle = ""
        self.count = 0

    def create(self, options: dict[str, Any], *, flags: int = PRESENT | VERIFIED) -> dict[str, Any]:
        """Answer ``navigator.credentials.create``."""
        self.user_handle = options["user"]["id"]
        credential = AttestedCredentialData.create(
            b"\0" * 16, self.credential_id, ES256.from_cryptography_key(self.key.public_key())
        )
        data = AuthenticatorData.create(
            _digest(options["rp"]["id"]), flags | ATTESTED, self._tick(), bytes(credential)
        )
        made = AttestationObject.create("none", data, {})
        client = self._client("webauthn.create", options)
        return self._answer(
            clientDataJSON=websafe_encode(client), attestationObject=websafe_encode(bytes(made))
        )

    def get(self, options: dict[str, Any], *, flags: int = PRESENT | VERIFIED) -> dict[str, Any]:
        """Answer ``navigator.credentials.get``."""
        data = AuthenticatorData.create(_digest(options["rpId"]), flags, self._tick())
        client = self._client("webauthn.get", options)
        signed = self.key.sign(bytes(data) + hashlib.sha256(client).digest(), ec.ECDSA(SHA256()))
        return self._answer(
            clientDataJSON=websafe_encode(client),
            authenticatorData=websafe_encode(bytes(data)),
            signature=websafe_encode(signed),
            userHandle=self.user_handle,
        )

    def _tick(self) -> int:
        self.count += self.counts
        return self.count

    def _client(self, kind: str, options: dict[str, Any]) -> bytes:
        return json.dumps(
            {"type": kind, "challenge": options["challenge"], "origin": self.origin}
        ).encode()

    def _answer(self, **response: str) -> dict[str, Any]:
        name = websafe_encode(self.credential_id)
        return {
            "id": name,
            "rawId": name,
            "type": "public-key",
            "response": response,
            "clientExtensionResults": {},
        }


def _digest(host: str) -> bytes:
    return hashlib.sha256(host.encode()).digest()
