"""`flask.session`, when the application runs on its own; the sign-in has a cookie of its own."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import cached_property
from typing import Any

from flask import Flask, Request, Response
from flask.sessions import SecureCookieSession, SecureCookieSessionInterface, SessionMixin
from itsdangerous import URLSafeTimedSerializer

from ..config import Config
from ..keys import Keyring


class LazySession(SessionMixin):
    """Opened when it is first looked at: most requests never do, and it costs an HMAC and JSON."""

    def __init__(self, opened: Callable[[], SecureCookieSession]) -> None:
        self._opened = opened

    @cached_property
    def _session(self) -> SecureCookieSession:
        return self._opened()

    @property
    def modified(self) -> bool:
        """Whether the cookie has to be written."""
        return "_session" in self.__dict__ and self._session.modified

    @modified.setter
    def modified(self, is_modified: bool) -> None:
        self._session.modified = is_modified

    def __getitem__(self, key: str) -> Any:
        return self._session[key]

    def __setitem__(self, key: str, value: Any) -> None:
        self._session[key] = value

    def __delitem__(self, key: str) -> None:
        del self._session[key]

    def __iter__(self) -> Iterator[str]:
        return iter(self._session)

    def __len__(self) -> int:
        return len(self._session)


class SignedCookie(SecureCookieSessionInterface):
    """Flask's own cookie session, with a key of ours, and SHA-256 instead of SHA-1."""

    def __init__(self, serializer: URLSafeTimedSerializer) -> None:
        self._serializer = serializer

    def open_session(self, app: Flask, request: Request) -> SessionMixin:  # type: ignore[override] # nobody asks for more
        """Returns what the cookie carries; an empty session if another release wrote it."""

        def opened() -> SecureCookieSession:
            try:
                return super(SignedCookie, self).open_session(app, request) or self.session_class()
            except (TypeError, ValueError):
                return self.session_class()

        return LazySession(opened)

    def save_session(self, app: Flask, session: SessionMixin, response: Response) -> None:
        """Writes the cookie if it has changed; a session that nobody looked at has not."""
        if session.accessed or session.modified:
            super().save_session(app, session, response)

    def get_signing_serializer(self, app: Flask) -> URLSafeTimedSerializer:
        return self._serializer


def init_app(app: Flask, config: Config, keyring: Keyring) -> None:
    """Binds the cookie to this host, and signs it with a key derived from SECRET_KEY."""
    app.session_interface = SignedCookie(keyring.signer("flask-session"))
    app.config.update(
        SESSION_COOKIE_NAME=f"{config.cookie_prefix}session",
        SESSION_COOKIE_SECURE=config.is_https,
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        SESSION_COOKIE_PATH="/",
        SESSION_REFRESH_EACH_REQUEST=False,
    )
