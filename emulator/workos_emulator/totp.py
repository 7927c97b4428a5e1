"""Authenticator apps: the code of a moment (RFC 6238), and what WorkOS keeps of each app."""

import base64
import hmac
import secrets
from dataclasses import dataclass, field
from datetime import datetime
from urllib.parse import quote, urlencode

from .formats import Json, new_id, now, timestamp
from .objects import User
from .rules import TOTP_CHALLENGE_LIFETIME

PERIOD = 30  # seconds that a code is shown
DIGITS = 6
SKEW = 1  # periods that the clock of a phone may be off
SECRET_BYTES = 20  # as long as what SHA-1 makes (RFC 4226, 4)


@dataclass
class Factor:
    """One authenticator app of one person; it counts once a code of it has been accepted."""

    user: User
    issuer: str
    name: str  # of the account, as the app shows it
    secret: str = field(default_factory=lambda: _base32(secrets.token_bytes(SECRET_BYTES)))
    last_used: int = -1  # the period of the newest code that was accepted
    id: str = field(default_factory=lambda: new_id("auth_factor"))
    created_at: datetime = field(default_factory=now)

    @property
    def is_confirmed(self) -> bool:
        """Returns whether somebody has shown that they have the secret."""
        return self.last_used >= 0

    @property
    def uri(self) -> str:
        """Returns what a QR code of it says."""
        label = quote(f"{self.issuer}:{self.name}", safe="")
        return f"otpauth://totp/{label}?{urlencode({'secret': self.secret, 'issuer': self.issuer})}"

    def code_at(self, moment: datetime) -> str:
        """Returns the code that the app shows."""
        return self._code(_period(moment))

    def accept(self, code: str, moment: datetime) -> bool | None:
        """Returns whether the code is right, and uses it up; None for one that is used up."""
        current = _period(moment)
        for period in range(current - SKEW, current + SKEW + 1):
            if hmac.compare_digest(self._code(period).encode(), code.encode()):
                if period <= self.last_used:
                    return None
                self.last_used = period
                return True
        return False

    def to_json(self) -> Json:
        """Returns it as WorkOS lists it, without the secret."""
        return {
            "object": "authentication_factor",
            "id": self.id,
            "type": "totp",
            "user_id": self.user.id,
            "totp": {"issuer": self.issuer, "user": self.name},
            "created_at": timestamp(self.created_at),
            "updated_at": timestamp(self.created_at),
        }

    def _code(self, period: int) -> str:
        key = base64.b32decode(self.secret)
        digest = hmac.digest(key, period.to_bytes(8), "sha1")
        start = digest[-1] & 15
        number = int.from_bytes(digest[start : start + 4]) & 0x7FFFFFFF
        return f"{number % 10**DIGITS:0{DIGITS}}"


@dataclass
class Challenge:
    """A question for one code of one factor; it is answered once."""

    factor: Factor
    wrong_guesses: int = 0
    answered: bool = False
    id: str = field(default_factory=lambda: new_id("auth_challenge"))
    created_at: datetime = field(default_factory=now)

    @property
    def expires_at(self) -> datetime:
        """Returns when it can be answered no more; WorkOS does not say that of these."""
        return self.created_at + TOTP_CHALLENGE_LIFETIME

    def to_json(self) -> Json:
        """Returns it as WorkOS does."""
        return {
            "object": "authentication_challenge",
            "id": self.id,
            "authentication_factor_id": self.factor.id,
            "created_at": timestamp(self.created_at),
            "updated_at": timestamp(self.created_at),
        }


def seconds_left(moment: datetime) -> int:
    """Returns for how long the code of this moment is shown."""
    return PERIOD - int(moment.timestamp()) % PERIOD


def _period(moment: datetime) -> int:
    return int(moment.timestamp()) // PERIOD


def _base32(key: bytes) -> str:
    return base64.b32encode(key).decode()
