"""The objects of one WorkOS environment, each with the JSON that WorkOS shows of it."""

import secrets
from dataclasses import asdict, dataclass, field
from datetime import datetime, timedelta

from .claims import NO_CLAIMS, Claims
from .formats import Json, new_id, new_user_code, now, timestamp
from .rules import IMPERSONATION_LIFETIME, ONE_TIME_CODE_LIFETIME, SESSION_LIFETIME

# What the list of sessions calls an authentication method.
AUTH_METHODS = {"Impersonation": "impersonation", "MagicAuth": "magic_code", "SSO": "sso"}


@dataclass
class User:
    """Somebody who has an account, because they were sent a code or were made one."""

    email: str
    id: str
    first_name: str | None = None
    last_name: str | None = None
    email_verified: bool = False
    last_sign_in_at: datetime | None = None
    providers: list[str] = field(default_factory=list)  # elsewhere, where they have an account
    created_at: datetime = field(default_factory=now)
    updated_at: datetime = field(default_factory=now)
    is_provisioned: bool = False  # by the application or the dashboard, and did not sign up

    @property
    def name(self) -> str | None:
        """Returns the full name, or None where there is none."""
        return " ".join(filter(None, (self.first_name, self.last_name))) or None

    def signed_in(self) -> None:
        """Notes that they signed in, which proves that the address is theirs."""
        self.email_verified = True
        self.last_sign_in_at = self.updated_at = now()

    def to_json(self) -> Json:
        """Returns it as WorkOS does."""
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
class MailedCode:
    """Six digits that were sent to somebody, for one purpose, by WorkOS's name of it."""

    user: User
    purpose: str = "magic_auth"
    locale: str | None = None
    one_time_code: str = field(default_factory=lambda: f"{secrets.randbelow(10**6):06}")
    wrong_guesses: int = 0
    used: bool = False
    id: str = ""
    created_at: datetime = field(default_factory=now)

    def __post_init__(self) -> None:
        self.id = new_id(self.purpose)

    @property
    def expires_at(self) -> datetime:
        """Returns when it is good no more."""
        return self.created_at + ONE_TIME_CODE_LIFETIME

    def to_json(self) -> Json:
        """Returns it as WorkOS does."""
        return {
            "object": self.purpose,
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


@dataclass(frozen=True)
class AuthorizationRequest:
    """Where an application sent somebody to sign in, and what it wants to know afterwards."""

    redirect_uri: str
    provider: str  # empty where a connection is asked for
    state: str | None
    code_challenge: str | None
    login_hint: str | None
    is_sign_up: bool
    organization_id: str | None
    connection_id: str | None = None
    invitation_token: str | None = None
    token: str = field(default_factory=lambda: secrets.token_urlsafe(18))


@dataclass(frozen=True)
class Assertion:
    """What an organization's identity provider says about somebody, besides any address at all."""

    connection_id: str
    idp_id: str
    first_name: str | None
    last_name: str | None


@dataclass(frozen=True)
class Remembered:
    """Whom hosted AuthKit knows in a browser, by a cookie, and lets through unasked."""

    email: str
    organization_id: str | None = None
    impersonator: Json | None = None
    proved_at: datetime = field(default_factory=now)
    token: str = field(default_factory=lambda: secrets.token_urlsafe(18))


@dataclass
class SignInCode:
    """What a browser carries from hosted AuthKit or a provider back to the application."""

    request: AuthorizationRequest
    email: str | None  # None: the account at the provider has none
    organization_id: str | None
    expires_at: datetime
    assertion: Assertion | None = None  # if it was an organization's identity provider
    used: bool = False
    remembered: Remembered | None = None  # by hosted AuthKit


@dataclass
class DeviceCode:
    """A program that waits for its person to say yes or no."""

    expires_at: datetime
    interval: timedelta  # between two of its questions
    asked_at: datetime | None = None
    email: str | None = None  # None: nobody has said yes
    organization_id: str | None = None
    is_denied: bool = False
    is_used: bool = False
    value: str = field(default_factory=lambda: secrets.token_urlsafe(32))
    user_code: str = field(default_factory=new_user_code)


@dataclass(frozen=True)
class ProfileToken:
    """The access token that comes with a Profile, and is good for nothing but that Profile."""

    email: str
    expires_at: datetime


@dataclass
class Session:
    """A signed-in person, as the `sid` claim of an access token names it."""

    user: User
    claims: Claims = NO_CLAIMS  # as they were when its newest access token was made
    organization_id: str | None = None  # the one that it is for, unless its claims say another
    ip_address: str | None = None  # where it was begun, and with what
    user_agent: str | None = None
    authentication_method: str = "MagicAuth"
    idp_key: tuple[str, str] | None = None  # the organization, and who they are to its provider
    impersonator: Json | None = None
    is_public: bool = False  # begun by a program that can keep no secret
    proved_at: datetime = field(default_factory=now)  # when the person last showed who they are
    ended_at: datetime | None = None
    id: str = field(default_factory=lambda: new_id("session"))
    created_at: datetime = field(default_factory=now)

    @property
    def expires_at(self) -> datetime:
        """Returns when it ends by itself."""
        lifetime = IMPERSONATION_LIFETIME if self.impersonator else SESSION_LIFETIME
        return self.created_at + lifetime

    @property
    def status(self) -> str:
        """Returns active, expired or revoked."""
        if self.ended_at:
            return "revoked"
        return "active" if now() < self.expires_at else "expired"

    def end(self) -> bool:
        """Ends it, and returns whether this was the moment in which it ended."""
        if self.ended_at:
            return False
        self.ended_at = now()
        return True

    def to_json(self) -> Json:
        """Returns it as WorkOS does."""
        reply: Json = {
            "object": "session",
            "id": self.id,
            "user_id": self.user.id,
            "auth_method": AUTH_METHODS.get(self.authentication_method, "oauth"),
            "status": self.status,
            "ip_address": self.ip_address,
            "user_agent": self.user_agent,
            "expires_at": timestamp(self.expires_at),
            "ended_at": self.ended_at and timestamp(self.ended_at),
            "created_at": timestamp(self.created_at),
            "updated_at": timestamp(self.ended_at or self.created_at),
        }
        return self.claims.said_in(reply)


@dataclass
class PendingAuthentication:
    """Somebody who has proved who they are, and of whom WorkOS may still want something."""

    session: Session  # begins once nothing is asked any more
    answered: set[str] = field(default_factory=set)  # what was asked, by the codes of WorkOS
    is_settled: bool = False  # nothing is asked any more
    is_email_proved: bool = True  # by a code that was mailed, or by a provider's word
    asked: str = ""
    expires_at: datetime = field(default_factory=now)
    token: str = field(default_factory=lambda: secrets.token_urlsafe(18))


@dataclass(frozen=True)
class PendingCompletion:
    """Somebody whose account at a provider has no address."""

    provider: str
    organization_id: str | None
    expires_at: datetime


@dataclass
class RefreshToken:
    """What renews the access token of a session, once."""

    session: Session
    used: bool = False


@dataclass(frozen=True)
class SeenRequest:
    """One request to WorkOS that was answered."""

    method: str
    path: str
    status: int

    def to_json(self) -> Json:
        """Returns it as /_emulate/requests lists it."""
        return asdict(self)
