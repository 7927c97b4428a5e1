"""The objects of one WorkOS environment, each with its form on the wire."""

from dataclasses import dataclass, field
from datetime import datetime

from emulator.claims import NO_CLAIMS, Claims
from emulator.rules import ONE_TIME_CODE_LIFETIME, SESSION_LIFETIME
from emulator.wire import Json, new_id, now, timestamp


@dataclass
class User:
    """Somebody who was sent a one-time code at least once."""

    email: str
    id: str
    first_name: str | None = None
    last_name: str | None = None
    email_verified: bool = False
    last_sign_in_at: datetime | None = None
    created_at: datetime = field(default_factory=now)
    updated_at: datetime = field(default_factory=now)

    @property
    def name(self) -> str | None:
        return " ".join(filter(None, (self.first_name, self.last_name))) or None

    def signed_in(self) -> None:
        """Redeeming a code proves that the address is theirs."""
        self.email_verified = True
        self.last_sign_in_at = self.updated_at = now()

    def to_json(self) -> Json:
        last_sign_in_at = self.last_sign_in_at and timestamp(self.last_sign_in_at)
        return {
            "object": "user",
            "id": self.id,
            "email": self.email,
            "email_verified": self.email_verified,
            "first_name": self.first_name,
            "last_name": self.last_name,
            "name": self.name,
            "profile_picture_url": None,
            "external_id": None,
            "metadata": {},
            "locale": None,
            "last_sign_in_at": last_sign_in_at,
            "created_at": timestamp(self.created_at),
            "updated_at": timestamp(self.updated_at),
        }


@dataclass
class MagicAuth:
    """One six-digit code that was sent to one address."""

    user: User
    one_time_code: str
    wrong_guesses: int = 0
    used: bool = False
    id: str = field(default_factory=lambda: new_id("magic_auth"))
    created_at: datetime = field(default_factory=now)

    @property
    def expires_at(self) -> datetime:
        return self.created_at + ONE_TIME_CODE_LIFETIME

    def to_json(self) -> Json:
        return {
            "object": "magic_auth",
            "id": self.id,
            "user_id": self.user.id,
            "email": self.user.email,
            "expires_at": timestamp(self.expires_at),
            "created_at": timestamp(self.created_at),
            "updated_at": timestamp(self.created_at),
            "code": self.one_time_code,
        }


@dataclass
class PasswordlessSession:
    """One attempt to sign in with a link."""

    email: str
    redirect_uri: str
    state: str | None
    expires_at: datetime
    token: str
    used: bool = False
    id: str = field(default_factory=lambda: new_id("passwordless_session"))


@dataclass
class AuthorizationCode:
    """What a browser carries from the link back to the application."""

    email: str
    expires_at: datetime
    used: bool = False


@dataclass
class Session:
    """A signed-in person, as the `sid` claim of an access token names it."""

    user: User
    claims: Claims = NO_CLAIMS  # as they were when its newest access token was made
    ended_at: datetime | None = None
    id: str = field(default_factory=lambda: new_id("session"))
    created_at: datetime = field(default_factory=now)

    @property
    def expires_at(self) -> datetime:
        return self.created_at + SESSION_LIFETIME

    @property
    def status(self) -> str:
        if self.ended_at:
            return "revoked"
        return "active" if now() < self.expires_at else "expired"

    def end(self) -> bool:
        """Whether this was the moment in which it ended."""
        if self.ended_at:
            return False
        self.ended_at = now()
        return True

    def to_json(self) -> Json:
        reply: Json = {
            "object": "session",
            "id": self.id,
            "user_id": self.user.id,
            "organization_id": self.claims.organization_id,
            "auth_method": "magic_code",
            "status": self.status,
            "ip_address": None,
            "user_agent": None,
            "expires_at": timestamp(self.expires_at),
            "ended_at": self.ended_at and timestamp(self.ended_at),
            "created_at": timestamp(self.created_at),
            "updated_at": timestamp(self.ended_at or self.created_at),
        }
        return self.claims.with_impersonator(reply)


@dataclass
class RefreshToken:
    session: Session
    used: bool = False
