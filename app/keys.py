"""One key for each purpose, derived from SECRET_KEY: a token made for one is refused by all others.

*Signed* is readable and tamper-evident; *sealed* is encrypted.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Sequence
from datetime import datetime
from functools import cached_property

from cryptography.fernet import Fernet, MultiFernet
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from flask import Flask, current_app
from flask.sessions import session_json_serializer
from itsdangerous import SignatureExpired, Signer, TimestampSigner, URLSafeTimedSerializer
from itsdangerous.encoding import base64_decode, bytes_to_int, want_bytes

RELAY_CODE_DIGITS = 6
CLOCK_SKEW = 60  # seconds by which the clocks of two hosts may differ


class SkewTolerantSigner(TimestampSigner):
    """A TimestampSigner that also takes tokens from a host whose clock is a little ahead."""

    def unsign(  # type: ignore[override] # itsdangerous overloads it for a flag that loads() sets
        self, signed_value: str | bytes, max_age: int | None = None, return_timestamp: bool = False
    ) -> tuple[bytes, datetime] | bytes:
        dated = Signer.unsign(self, signed_value)  # checks the signature, and nothing else
        value, _, stamp = dated.rpartition(want_bytes(self.sep))
        signed_at = bytes_to_int(base64_decode(stamp))
        age = self.get_timestamp() - signed_at
        if age < -CLOCK_SKEW or (max_age is not None and age > max_age):
            raise SignatureExpired("too old or from the future", value)
        return (value, self.timestamp_to_datetime(signed_at)) if return_timestamp else value


class Keyring:
    """Makes signers and sealers: the newest secret writes, the older ones still read."""

    def __init__(self, secrets: Sequence[str]) -> None:
        self._secrets = secrets

    def derive(self, purpose: str) -> list[bytes]:
        """Returns a key of 32 bytes for each secret, newest first (HKDF, RFC 5869)."""
        return [
            HKDF(SHA256(), 32, salt=None, info=purpose.encode()).derive(secret.encode())
            for secret in self._secrets
        ]

    def signer(self, purpose: str) -> URLSafeTimedSerializer:
        """Returns a serializer whose tokens are readable, dated and tamper-evident."""
        return URLSafeTimedSerializer(
            self.derive(purpose)[::-1],  # itsdangerous wants the newest last
            salt=purpose,
            serializer=session_json_serializer,
            signer=SkewTolerantSigner,
            # The key is derived already, so itsdangerous need not do it again for each token.
            signer_kwargs={"digest_method": hashlib.sha256, "key_derivation": "none"},
        )

    def sealer(self, purpose: str) -> MultiFernet:
        """Returns a cipher whose tokens say nothing to whoever holds them."""
        return MultiFernet([Fernet(base64.urlsafe_b64encode(k)) for k in self.derive(purpose)])

    @cached_property
    def session(self) -> URLSafeTimedSerializer:
        """Signs the session cookie; kept, because every request needs it."""
        return self.signer("session")

    @cached_property
    def attempt(self) -> MultiFernet:
        """Seals the cookie of one sign-in attempt."""
        return self.sealer("attempt")

    @cached_property
    def state(self) -> MultiFernet:
        """Seals the `state` that goes to WorkOS and comes back to the callback."""
        return self.sealer("state")

    @cached_property
    def link(self) -> URLSafeTimedSerializer:
        """Signs the token in a link of ours, as mailed."""
        return self.signer("magic-link")

    @cached_property
    def doctor(self) -> URLSafeTimedSerializer:
        """Signs the doctor's questions to a running application."""
        return self.signer("doctor")

    @cached_property
    def refresh_token(self) -> MultiFernet:
        """Seals WorkOS's refresh tokens in the session store."""
        return self.sealer("refresh-token")

    def relay_codes(self, attempt_id: str) -> list[str]:
        """Returns the relay code of an attempt, and those that former secrets gave it."""
        return [_digits(key, attempt_id) for key in self._relay_code_keys]

    @cached_property
    def _relay_code_keys(self) -> list[bytes]:
        return self.derive("relay-code")

    @cached_property
    def _pseudonym_key(self) -> bytes:
        return self.derive("pseudonym")[0]

    def pseudonym(self, text: str) -> str:
        """Returns a name for a thing whose own name must not be kept, such as an address."""
        return hmac.new(self._pseudonym_key, text.encode(), hashlib.sha256).hexdigest()[:32]


def _digits(key: bytes, text: str) -> str:
    number = int.from_bytes(hmac.digest(key, text.encode(), "sha256"))
    return f"{number % 10**RELAY_CODE_DIGITS:0{RELAY_CODE_DIGITS}}"


def init_app(app: Flask, *, secrets: Sequence[str]) -> None:
    """Gives the application its keyring."""
    app.extensions["keyring"] = Keyring(secrets)


def keyring() -> Keyring:
    """Returns the keyring of the application in hand."""
    ring: Keyring = current_app.extensions["keyring"]
    return ring
