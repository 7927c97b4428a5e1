"""One key for each purpose, derived from SECRET_KEY: a token made for one is refused by all others.

*Signed* is readable and tamper-evident; *sealed* is encrypted.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any, TypeVar

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from flask import Flask, current_app
from flask.sessions import session_json_serializer
from itsdangerous import SignatureExpired, Signer, TimestampSigner, URLSafeTimedSerializer
from itsdangerous.encoding import base64_decode, bytes_to_int, want_bytes

from .config import Config

CLOCK_SKEW = 60  # seconds by which the clocks of two hosts may differ


# By default itsdangerous signs with SHA-1, and derives a key again that is derived already.
SIGNING: dict[str, Any] = {"digest_method": hashlib.sha256, "key_derivation": "none"}
Made = TypeVar("Made")


class SkewTolerantSigner(TimestampSigner):
    """A TimestampSigner that also accepts tokens from a host whose clock is a little ahead."""

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


class Stamp:
    """Signs plain text with HMAC-SHA-256, as itsdangerous would, in half the time."""

    def __init__(self, keys: Sequence[bytes]) -> None:
        self._macs = [hmac.new(key, digestmod="sha256") for key in keys]  # the newest first

    def sign(self, text: str) -> str:
        """Returns the text with its signature."""
        return f"{text}.{_signature(self._macs[0], text).decode()}"

    def unsign(self, signed: str) -> str:
        """Returns the text; raises ValueError unless a key of ours has signed it."""
        text, _, signature = signed.rpartition(".")
        for mac in self._macs:
            if hmac.compare_digest(_signature(mac, text), signature.encode()):
                return text
        raise ValueError("not signed with a key of ours")


def _signature(mac: hmac.HMAC, text: str) -> bytes:
    begun = mac.copy()  # with its key in place already
    begun.update(text.encode())
    return base64.urlsafe_b64encode(begun.digest()).rstrip(b"=")


class Keyring:
    """Makes signers and sealers: the newest secret writes, the older ones still read.

    A token whose contents change gets a new purpose, so that other releases pass over it.
    """

    def __init__(self, secrets: Sequence[str]) -> None:
        self._secrets = secrets
        self._made: dict[str, Any] = {}

    def derive(self, purpose: str) -> list[bytes]:
        """Returns a key of 32 bytes for each secret, newest first (HKDF, RFC 5869)."""
        return [
            HKDF(SHA256(), 32, salt=None, info=purpose.encode()).derive(secret.encode())
            for secret in self._secrets
        ]

    def stamp(self, purpose: str) -> Stamp:
        """Returns a signer of plain text, at a fifth of what `signer` costs."""
        return self._once(purpose, Stamp)

    def signer(self, purpose: str) -> URLSafeTimedSerializer:
        """Returns a serializer whose tokens are readable, dated and tamper-evident."""
        return self._once(
            purpose,
            lambda keys: URLSafeTimedSerializer(
                keys[::-1],  # itsdangerous wants the newest last
                salt=purpose,
                serializer=session_json_serializer,
                signer=SkewTolerantSigner,
                signer_kwargs=SIGNING,
            ),
        )

    def sealer(self, purpose: str) -> MultiFernet:
        """Returns a cipher whose tokens say nothing to the person who holds them."""
        return self._once(
            purpose,
            lambda keys: MultiFernet([Fernet(base64.urlsafe_b64encode(key)) for key in keys]),
        )

    def numbers(self, purpose: str, text: str, *, digits: int) -> list[str]:
        """Returns a number that only this keyring can work out, and those of its former secrets."""
        keys = self._once(purpose, lambda keys: keys)
        found = (int.from_bytes(hmac.digest(key, text.encode(), "sha256")) for key in keys)
        return [f"{number % 10**digits:0{digits}}" for number in found]

    def fingerprint(self) -> str:
        """Returns digits that are the same in two places exactly when their secrets are."""
        return "".join(key.hex()[:8] for key in self.derive("fingerprint"))

    def _once(self, purpose: str, make: Callable[[list[bytes]], Made]) -> Made:
        if purpose not in self._made:
            self._made[purpose] = make(self.derive(purpose))
        made: Made = self._made[purpose]
        return made


def init_app(app: Flask, config: Config) -> Keyring:
    """Gives the application its keyring, and returns it."""
    ring = Keyring((config.secret_key, *config.secret_key_fallbacks))
    app.extensions["signin_keyring"] = ring
    return ring


def keyring() -> Keyring:
    """Returns the keyring of the current application."""
    ring: Keyring = current_app.extensions["signin_keyring"]
    return ring


def sealer(purpose: str) -> MultiFernet:
    """Returns the cipher for this purpose, with the keys of the current application."""
    return keyring().sealer(purpose)


def unseal(purpose: str, token: str) -> bytes:
    """Returns what was sealed for this purpose; raises ValueError, also if its key has gone."""
    try:
        return sealer(purpose).decrypt(token.encode())
    except InvalidToken:
        raise ValueError("not sealed with a key of ours") from None


def numbers(purpose: str, text: str, *, digits: int) -> list[str]:
    """Returns a number that only this application can work out, and those of its former keys."""
    return keyring().numbers(purpose, text, digits=digits)


def sign(purpose: str, text: str) -> str:
    """Returns the text with a signature for this purpose."""
    return keyring().stamp(purpose).sign(text)


def unsign(purpose: str, signed: str) -> str:
    """Returns what was signed for this purpose; raises ValueError, also if its key has gone."""
    return keyring().stamp(purpose).unsign(signed)
