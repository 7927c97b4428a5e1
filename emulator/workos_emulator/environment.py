"""Everything that one emulated WorkOS environment knows, in memory, behind one lock."""

from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from threading import RLock

from flask import current_app

from emulator.claims import NO_CLAIMS, Claims
from emulator.hook import Hook
from emulator.limits import Limits
from emulator.mail import Mail
from emulator.objects import (
    AuthorizationCode,
    MagicAuth,
    PasswordlessSession,
    RefreshToken,
    Session,
    User,
)
from emulator.rules import ACCESS_TOKEN_LIFETIME, REMEMBERED
from emulator.scanner import Scan
from emulator.tokens import signing_key_of_this_process
from emulator.webhook import Deliver, Webhook
from emulator.wire import new_id, same_email, stable_id


@dataclass(frozen=True)
class Settings:
    """What the dashboard of this environment says."""

    redirect_uris: tuple[str, ...]
    api_key: str
    client_id: str
    base_url: str
    webhook_url: str | None
    webhook_secret: str
    mails_codes: bool

    @property
    def issuer(self) -> str:
        """The `iss` of access tokens; WorkOS has several forms of it, this is the current one."""
        return f"{self.base_url}/user_management/{self.client_id}"


class World:
    """One environment; reach it with the_world(), which holds its lock."""

    def __init__(self, settings: Settings, deliver: Deliver | None) -> None:
        self.settings = settings
        self.deliver = deliver  # None: in the background, over HTTP
        self.signing_key = signing_key_of_this_process()
        self.lock = RLock()
        self.reset()

    def reset(self) -> None:
        """Forget everybody and everything, limits and hooks included."""
        self.users: dict[str, User] = {}
        self.users_by_email: dict[str, User] = {}
        self.deleted_user_ids: set[str] = set()
        self.magic_auths: dict[str, MagicAuth] = {}
        self.passwordless_sessions: dict[str, PasswordlessSession] = {}
        self.links: dict[str, PasswordlessSession] = {}
        self.authorization_codes: dict[str, AuthorizationCode] = {}
        self.sessions: dict[str, Session] = {}
        self.refresh_tokens: dict[str, RefreshToken] = {}
        self.mailbox: deque[Mail] = deque(maxlen=REMEMBERED)
        self.scans: dict[str, list[Scan]] = {}  # by mail
        self.hooks: list[Hook] = []
        self.requests: deque[dict[str, object]] = deque(maxlen=REMEMBERED)
        self.limits = Limits()
        self.webhooks: deque[Webhook] = deque(maxlen=REMEMBERED)
        self.claims: dict[str, Claims] = {}
        self.access_token_lifetime = ACCESS_TOKEN_LIFETIME

    def user_for(self, email: str) -> User:
        """The user with this address, made now if WorkOS did not know it."""
        user = self.users_by_email.get(same_email(email))
        if user is None:
            user_id = stable_id("user", email)
            # Whoever comes after somebody with this address is somebody else.
            if user_id in self.users or user_id in self.deleted_user_ids:
                user_id = new_id("user")
            user = User(email, user_id)
            self.users[user.id] = self.users_by_email[same_email(email)] = user
        return user

    def move(self, user: User, email: str) -> None:
        """Give a user another address; what was sent to the old one proves nothing about it."""
        self._forget_address(user)
        if claims := self.claims.pop(same_email(user.email), None):
            self.claims[same_email(email)] = claims
        user.email, user.email_verified = email, False
        self.users_by_email[same_email(email)] = user

    def delete(self, user: User) -> None:
        self._forget_address(user)
        self.claims.pop(same_email(user.email), None)
        self.deleted_user_ids.add(user.id)
        del self.users[user.id]
        for session in self.sessions.values():
            if session.user is user:
                session.end()

    def claims_of(self, user: User) -> Claims:
        return self.claims.get(same_email(user.email), NO_CLAIMS)

    def magic_auths_for(self, email: str) -> list[MagicAuth]:
        """The codes sent to this address, newest first."""
        user = self.users_by_email.get(same_email(email))
        return [sent for sent in reversed(self.magic_auths.values()) if sent.user is user]

    def _forget_address(self, user: User) -> None:
        del self.users_by_email[same_email(user.email)]
        sent = self.magic_auths.items()
        self.magic_auths = {id_: one for id_, one in sent if one.user is not user}


@contextmanager
def the_world() -> Iterator[World]:
    """The current application's world, for this thread alone until the block ends."""
    world: World = current_app.extensions["emulator"]
    with world.lock:
        yield world
