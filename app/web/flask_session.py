"""`flask.session`, when the application runs on its own; the sign-in has a cookie of its own."""

from __future__ import annotations

from flask import Flask, Request
from flask.sessions import SecureCookieSession, SecureCookieSessionInterface
from itsdangerous import URLSafeTimedSerializer

from ..config import Config
from ..keys import Keyring


class SignedCookie(SecureCookieSessionInterface):
    """Flask's own cookie session, with a key of ours, and SHA-256 instead of SHA-1."""

    def __init__(self, serializer: URLSafeTimedSerializer) -> None:
        self._serializer = serializer

    def open_session(self, app: Flask, request: Request) -> SecureCookieSession | None:
        """Returns what the cookie carries; an empty session if another release wrote it."""
        try:
            return super().open_session(app, request)
        except (TypeError, ValueError):
            return self.session_class()

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
