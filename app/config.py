"""Every setting, where it comes from, and what would be dangerous."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from email.utils import parseaddr
from pathlib import Path
from typing import Any, Literal
from urllib.parse import SplitResult, unquote, urlsplit

import click
from dotenv import find_dotenv, load_dotenv
from email_validator import EmailNotValidError, validate_email
from flask import current_app
from limits import parse_many

MINUTE = 60
DAY = 24 * 60 * MINUTE
SECRET_KEY_LENGTH = 32
LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})
PORTS = {"PORT": "PUBLIC_URL", "EMULATOR_PORT": "WORKOS_BASE_URL", "SMTP_PORT": "SMTP_URL"}
EMAIL_DELIVERIES = ("workos", "smtp")
LOG_LEVELS = ("DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL")
NEW_KEY = 'python3 -c "import secrets; print(secrets.token_urlsafe(48))"'
# Words that stand in examples and tutorials, never in a random key.
EXAMPLE_WORDS = ("change", "example", "secret", "password", "your-", "default", "insecure")


class ConfigError(click.ClickException):
    """Every problem with the settings at once; `flask` prints it without a traceback."""

    def __init__(self, problems: list[str]) -> None:
        count = "1 setting needs" if len(problems) == 1 else f"{len(problems)} settings need"
        lines = "\n\n".join(f"  {problem}" for problem in problems)
        super().__init__(
            f"the application cannot start, because {count} attention.\n\n{lines}\n\n"
            "Settings are read from the environment and from .env; .env.example explains each one."
        )
        self.problems = problems


@dataclass(frozen=True, kw_only=True)
class Config:
    """The settings of one application; `Config.from_env()` is the way to get one."""

    workos_api_key: str = field(repr=False)
    workos_client_id: str
    secret_key: str = field(repr=False)
    workos_base_url: str = "https://api.workos.com"
    public_url: str = "http://localhost:5000"
    workos_redirect_uris: tuple[str, ...] = ()
    secret_key_fallbacks: tuple[str, ...] = field(default=(), repr=False)
    session_idle_timeout: int = DAY
    session_lifetime: int = 7 * DAY
    database_path: Path = Path("instance/app.sqlite3")
    redis_url: str | None = field(default=None, repr=False)
    workos_webhook_secret: str | None = field(default=None, repr=False)
    email_delivery: Literal["workos", "smtp"] = "workos"
    smtp_url: str | None = field(default=None, repr=False)
    mail_from: str | None = None
    trusted_proxies: int = 0
    log_level: str = "INFO"
    limit_send_per_address: str = "3 per minute; 10 per hour"
    limit_send_per_visitor: str = "20 per minute; 200 per hour"
    limit_send_total: str = "300 per minute"
    limit_verify_per_visitor: str = "30 per minute"
    limit_verify_per_address: str = "10 per hour; 100 per 30 days"

    @classmethod
    def from_env(cls, environ: Mapping[str, str] | None = None) -> Config:
        """Reads the environment and `.env`; raises ConfigError naming every problem."""
        if environ is None:
            load_env()
            environ = os.environ
        values: dict[str, Any] = {}
        problems: list[str] = []
        for name, (parse, where) in SETTINGS.items():
            text = environ.get(name, "").strip()
            try:
                if text:
                    values[name.lower()] = parse(text)
                elif name in REQUIRED:
                    problems.append(f"{name} is missing.\n    {where}")
            except ValueError as problem:
                problems.append(f"{name} {problem}.\n    {where}")
        given = {name for name in SETTINGS if environ.get(name, "").strip()}
        problems += _dangers(values, given, debug=is_on(environ.get("FLASK_DEBUG", "")))
        if problems:
            raise ConfigError(problems)
        return cls(**values)

    @property
    def public_host(self) -> str:
        """The one host name that this application answers for."""
        host = urlsplit(self.public_url).hostname or ""
        return f"[{host}]" if ":" in host else host

    @property
    def is_https(self) -> bool:
        """Whether people reach the application over https: decides the cookies' flags."""
        return self.public_url.startswith("https://")

    @property
    def is_live(self) -> bool:
        """Whether the key belongs to a WorkOS production environment."""
        return self.workos_api_key.startswith("sk_live_")

    @property
    def is_development(self) -> bool:
        """Whether nobody but this machine can come here, to data that is nobody's."""
        return urlsplit(self.public_url).hostname in LOOPBACK and not self.is_live

    @property
    def redirect_uris(self) -> tuple[str, ...]:
        """Where WorkOS may send people back to; the first is the default."""
        return (f"{self.public_url}/auth/callback", *self.workos_redirect_uris)

    @property
    def mails_itself(self) -> bool:
        """Whether codes and links go out by SMTP, rather than from WorkOS."""
        return self.email_delivery == "smtp"


def settings() -> Config:
    """Returns the settings of the application in hand."""
    config: Config = current_app.extensions["settings"]
    return config


def load_env() -> None:
    """Adds the `.env` of the working directory to the environment, which wins where both speak.

    PORT, EMULATOR_PORT and SMTP_PORT move the addresses in `.env` along, where those are on this
    machine; raises ConfigError for what is no port.
    """
    said = set(os.environ)
    load_dotenv(find_dotenv(usecwd=True))
    os.environ.setdefault("PUBLIC_URL", Config.public_url)
    for variable, name in PORTS.items():
        port = os.environ.get(variable, "")
        if port and not (port.isascii() and port.isdigit() and 0 < int(port) < 65_536):
            raise ConfigError([f"{variable} is not a port.\n    Give a number from 1 to 65535."])
        with suppress(ValueError):  # what is no URL is named by from_env()
            url = _split(os.environ.get(name, ""))
            if port and name not in said and url.hostname in LOOPBACK:
                os.environ[name] = f"{url.scheme}://{url.hostname}:{port}"


def is_on(text: str) -> bool:
    """Whether a setting such as FLASK_DEBUG says yes, as Flask reads it."""
    return text.lower() not in ("", "0", "false", "no")


def _api_key(text: str) -> str:
    if not text.startswith("sk_") or not text.isascii() or " " in text:
        raise ValueError("does not look like a WorkOS API key, which begins with sk_")
    return text


def _client_id(text: str) -> str:
    if not text.startswith("client_") or not text.isascii() or " " in text:
        raise ValueError("does not look like a WorkOS client ID, which begins with client_")
    return text


def _text(text: str) -> str:
    if not text.isascii() or " " in text:
        raise ValueError("has characters that do not belong there")
    return text


def _secret(text: str) -> str:
    if len(text) < SECRET_KEY_LENGTH:
        raise ValueError(f"is {len(text)} characters long, and needs {SECRET_KEY_LENGTH} or more")
    if len(set(text)) < 10 or any(word in text.lower() for word in EXAMPLE_WORDS):
        raise ValueError("looks like an example, not like a random key")
    return text


def _split(text: str) -> SplitResult:
    try:
        parts = urlsplit(text)
        parts.hostname, parts.port  # noqa: B018 # these are what raises
    except ValueError:  # whose own words quote the password
        raise ValueError("is not a URL; in a password, write # ? / @ as %23 %3F %2F %40") from None
    return parts


def _url(text: str) -> str:
    parts = _split(text)
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.fragment:
        raise ValueError("is not a whole URL such as https://app.example.com")
    if parts.username or parts.password or not (parts.port or 443) > 0:
        raise ValueError("carries a user name or an impossible port")
    return text


def _origin(text: str) -> str:
    parts = urlsplit(_url(text))
    if parts.path.strip("/") or parts.query:
        raise ValueError("has a path; give only the scheme, host and port")
    return f"{parts.scheme}://{parts.netloc.lower()}"


def _list_of(parse: Callable[[str], str]) -> Callable[[str], tuple[str, ...]]:
    return lambda text: tuple(parse(item.strip()) for item in text.split(",") if item.strip())


def _number(least: int, most: int, unit: str) -> Callable[[str], int]:
    def parse(text: str) -> int:
        if not (text.isascii() and text.isdigit() and least <= int(text[:12]) <= most):
            raise ValueError(f"must be a whole number of {unit} from {least} to {most}")
        return int(text)

    return parse


def _limit(text: str) -> str:
    try:
        parse_many(text)
    except ValueError:
        raise ValueError('is not a limit such as "3 per minute; 10 per hour"') from None
    return text


def _log_level(text: str) -> str:
    if text.upper() not in LOG_LEVELS:
        raise ValueError(f"must be one of {', '.join(LOG_LEVELS)}")
    return text.upper()


def _redis_url(text: str) -> str:
    parts = _split(text)
    if parts.scheme not in ("redis", "rediss", "unix") or parts.fragment:
        raise ValueError("is not a URL such as redis://:password@localhost:6379/0")
    return text


def _email_delivery(text: str) -> str:
    if text.lower() not in EMAIL_DELIVERIES:
        raise ValueError(f"must be one of {', '.join(EMAIL_DELIVERIES)}")
    return text.lower()


def _smtp_url(text: str) -> str:
    parts = _split(text)
    rest = parts.path.strip("/") + parts.query + parts.fragment
    if parts.scheme not in ("smtp", "smtps") or not parts.hostname or rest:
        raise ValueError("is not a URL such as smtps://user:password@mail.example.com:465")
    if not unquote(parts.netloc).isascii():
        raise ValueError("has characters outside ASCII, which few mail servers take")
    return text


def _mail_from(text: str) -> str:
    _, address = parseaddr(text)
    try:
        validate_email(address, check_deliverability=False, allow_smtputf8=False)
    except EmailNotValidError:
        raise ValueError("is not a sender such as Example <sign-in@example.com>") from None
    if not text.isprintable() or not address.isascii():
        raise ValueError("has characters that do not belong there")
    return text


def _dangers(values: Mapping[str, Any], given: set[str], *, debug: bool) -> list[str]:
    """Settings that are well formed alone and dangerous together."""
    problems = []
    is_live = str(values.get("workos_api_key", "")).startswith("sk_live_")
    public_url = str(values.get("public_url", Config.public_url))
    base_url = urlsplit(str(values.get("workos_base_url", Config.workos_base_url)))
    idle = values.get("session_idle_timeout", Config.session_idle_timeout)
    lifetime = values.get("session_lifetime", Config.session_lifetime)
    redirect_uris = values.get("workos_redirect_uris", ())
    if is_live and not public_url.startswith("https://"):
        problems.append(
            f"PUBLIC_URL is {public_url}, but WORKOS_API_KEY is a live key.\n"
            "    Live keys need https; for development take a key that begins with sk_test_."
        )
    if is_live and not all(uri.startswith("https://") for uri in redirect_uris):
        problems.append(
            "WORKOS_REDIRECT_URIS has an http address, but WORKOS_API_KEY is a live key.\n"
            "    WorkOS production environments take only https redirect URIs."
        )
    if base_url.scheme == "http" and base_url.hostname not in LOOPBACK:
        problems.append(
            "WORKOS_BASE_URL is http and not on this machine: the API key would travel in clear.\n"
            "    Remove it to use https://api.workos.com, or point it to the emulator on localhost."
        )
    if is_live and debug:
        problems.append(
            "FLASK_DEBUG is on, but WORKOS_API_KEY is a live key.\n"
            "    Debug mode can run code sent by a visitor. Turn it off."
        )
    if values.get("email_delivery") == "smtp":
        problems += [
            f"{name} is missing, and EMAIL_DELIVERY is smtp.\n    {SETTINGS[name][1]}"
            for name in ("SMTP_URL", "MAIL_FROM")
            if name not in given
        ]
    if idle > lifetime:
        problems.append(
            f"SESSION_IDLE_TIMEOUT ({idle}) is longer than SESSION_LIFETIME ({lifetime}).\n"
            "    A session would never become idle. Make it shorter, or the lifetime longer."
        )
    return problems


REQUIRED = ("WORKOS_API_KEY", "WORKOS_CLIENT_ID", "SECRET_KEY")
_NOTATION = "Flask-Limiter's notation, several joined with semicolons."
SETTINGS: dict[str, tuple[Callable[[str], Any], str]] = {
    "WORKOS_API_KEY": (_api_key, "Copy it from the WorkOS dashboard, API Keys."),
    "WORKOS_CLIENT_ID": (_client_id, "Copy it from the WorkOS dashboard, API Keys."),
    "WORKOS_BASE_URL": (_origin, "Leave it out to talk to https://api.workos.com."),
    "PUBLIC_URL": (_origin, "The address that people type to reach this application."),
    "WORKOS_REDIRECT_URIS": (
        _list_of(_url),
        "Separate them with commas; register each in the WorkOS dashboard, Redirects.",
    ),
    "SECRET_KEY": (_secret, f"Make one with: {NEW_KEY}"),
    "SECRET_KEY_FALLBACKS": (_list_of(_secret), "Former values of SECRET_KEY, newest first."),
    "SESSION_IDLE_TIMEOUT": (
        _number(MINUTE, 30 * DAY, "seconds"),
        "Seconds, such as 86400: after a day without use a session ends.",
    ),
    "SESSION_LIFETIME": (
        _number(MINUTE, 30 * DAY, "seconds"),
        "Seconds, such as 604800: after a week a session ends in any case.",
    ),
    "DATABASE_PATH": (Path, "A file that only this application can read."),
    "REDIS_URL": (_redis_url, "Leave it out to keep everything in DATABASE_PATH."),
    "WORKOS_WEBHOOK_SECRET": (_text, "Copy it from the WorkOS dashboard, Webhooks, your endpoint."),
    "EMAIL_DELIVERY": (
        _email_delivery,
        "Say smtp to send mail yourself, or leave it out.",
    ),
    "SMTP_URL": (_smtp_url, "Your mail server: smtps://, or smtp:// with STARTTLS."),
    "MAIL_FROM": (_mail_from, "The sender that people see: Example <sign-in@example.com>"),
    "TRUSTED_PROXIES": (_number(0, 10, "proxies"), "How many proxies of yours stand in front."),
    "LOG_LEVEL": (_log_level, "Leave it out, or say INFO, for production."),
    "LIMIT_SEND_PER_ADDRESS": (_limit, _NOTATION),
    "LIMIT_SEND_PER_VISITOR": (_limit, _NOTATION),
    "LIMIT_SEND_TOTAL": (_limit, _NOTATION),
    "LIMIT_VERIFY_PER_VISITOR": (_limit, _NOTATION),
    "LIMIT_VERIFY_PER_ADDRESS": (_limit, _NOTATION),
}
