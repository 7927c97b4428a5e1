"""Everything that one emulated WorkOS environment knows, in memory, behind one lock."""

from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from threading import RLock

from flask import current_app

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
from emulator.rules import REMEMBERED
from emulator.tokens import signing_key_of_this_process
from emulator.wire import stable_id


@dataclass(frozen=True)
class Settings:
    """What the dashboard of this environment says."""

    redirect_uris: tuple[str, ...]
    api_key: str
    client_id: str
    base_url: str

    @property
    def issuer(self) -> str:
        """The `iss` of access tokens; WorkOS has several forms of it, this is the current one."""
        return f"{self.base_url}/user_management/{self.client_id}"


class World:
    """One environment; reach it with the_world(), which holds its lock."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.signing_key = signing_key_of_this_process()
        self.lock = RLock()
        self.reset()

    def reset(self) -> None:
        """Forget everybody and everything, limits and hooks included."""
        self.users: dict[str, User] = {}
        self.magic_auths: dict[str, MagicAuth] = {}
        self.passwordless_sessions: dict[str, PasswordlessSession] = {}
        self.links: dict[str, PasswordlessSession] = {}
        self.authorization_codes: dict[str, AuthorizationCode] = {}
        self.sessions: dict[str, Session] = {}
        self.refresh_tokens: dict[str, RefreshToken] = {}
        self.mailbox: deque[Mail] = deque(maxlen=REMEMBERED)
        self.hooks: list[Hook] = []
        self.requests: deque[dict[str, object]] = deque(maxlen=REMEMBERED)
        self.limits = Limits()

    def user_for(self, email: str) -> User:
        """The user with this address, made now if WorkOS did not know it."""
        user = User(email)
        return self.users.setdefault(user.id, user)

    def magic_auths_for(self, email: str) -> list[MagicAuth]:
        """The codes sent to this address, newest first."""
        user = self.users.get(stable_id("user", email))
        return [sent for sent in reversed(self.magic_auths.values()) if sent.user is user]


@contextmanager
def the_world() -> Iterator[World]:
    """The current application's world, for this thread alone until the block ends."""
    world: World = current_app.extensions["emulator"]
    with world.lock:
        yield world
