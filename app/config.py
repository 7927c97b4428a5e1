"""Every setting, one a line: how it is read, its default, and where to get it."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Mapping
from dataclasses import MISSING, dataclass, field, fields, replace
from functools import cached_property
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from flask import current_app, has_request_context, request

from . import parsing
from .dangers import LIVE, LOOPBACK, MAIL_SERVER, SENDER, dangers
from .environment import PUBLIC_URL, ConfigError, load_env
from .parsing import LOG_LEVELS, limit, list_of, number, one_of, origin, prefixed, secret, text, url

MINUTE, DAY = 60, 24 * 60 * 60

API_KEYS = "Copy it from the WorkOS dashboard, API Keys."
REDIRECTS = "Separate them with commas; register each in the WorkOS dashboard, Redirects."
PREVIEWS = "Hosts of your own domain, such as *.preview.example.com, with commas between."
WEBHOOKS = "Copy it from the WorkOS dashboard, Webhooks, your endpoint."
ACTIONS = "Copy it from the WorkOS dashboard, Actions, your endpoint."
WORKOS = "https://api.workos.com"
DOORS = "The ways to sign in, in their order, with commas between: see .env.example."
FORMER = "Former values of SECRET_KEY, newest first."
REDIS = "Leave it out to keep everything in DATABASE_PATH."
NEW_KEY = 'Make one with: python3 -c "import secrets; print(secrets.token_urlsafe(48))"'
LAYOUT = "A template with the blocks title, head and main."
DATABASE = Path("instance/app.sqlite3")
DOMAINS = "Your custom domains at WorkOS, such as https://auth.example.com, with commas between."
AUTHKIT = "Copy it from the WorkOS dashboard, Domains: https://….authkit.app, or your own."
LIMIT = "Flask-Limiter's notation, several joined with semicolons."
seconds = number(MINUTE, 30 * DAY, "seconds")


def setting(
    parse: Callable[[str], Any], where: str, default: Any = MISSING, *, hidden: bool = False
) -> Any:
    """Declares a setting; one without a default is required, and a hidden one is never shown."""
    metadata = {"parse": parse, "where": where}
    return field(default=default, repr=not hidden, metadata=metadata)


@dataclass(frozen=True, kw_only=True)
class Config:
    """The settings of one application; `Config.from_env()` is the way to get one."""

    workos_api_key: str = setting(prefixed("sk_", "API key"), API_KEYS, hidden=True)
    workos_client_id: str = setting(prefixed("client_", "client ID"), API_KEYS)
    workos_base_url: str = setting(origin, "Leave it out for the real WorkOS.", WORKOS)
    public_url: str = setting(origin, "The address that people type.", PUBLIC_URL)
    preview_hosts: tuple[str, ...] = setting(list_of(parsing.host_pattern), PREVIEWS, ())
    workos_redirect_uris: tuple[str, ...] = setting(list_of(url), REDIRECTS, ())
    sign_in_with: tuple[str, ...] = setting(list_of(text), DOORS, ("magic_auth", "magic_link"))
    require_mfa: str = setting(one_of("on", "off"), "Whether a second factor is a must.", "off")
    api_keys: str = setting(one_of("on", "off"), "Whether people make API keys.", "off")
    secret_key: str = setting(secret, NEW_KEY, hidden=True)
    secret_key_fallbacks: tuple[str, ...] = setting(list_of(secret), FORMER, (), hidden=True)
    session_idle_timeout: int = setting(seconds, "Until an unused session ends.", DAY)
    session_lifetime: int = setting(seconds, "Until any session ends.", 7 * DAY)
    database_path: Path = setting(Path, "A private file.", DATABASE)
    redis_url: str | None = setting(parsing.redis_url, REDIS, None, hidden=True)
    redis_replicas: int = setting(number(0, 10, "replicas"), "That have to have a write.", 0)
    workos_webhook_secret: str | None = setting(parsing.webhook_secret, WEBHOOKS, None, hidden=True)
    workos_custom_domains: tuple[str, ...] = setting(list_of(origin), DOMAINS, ())
    access_token_audience: str | None = setting(text, "What a JWT template sets as `aud`.", None)
    authkit_domain: str | None = setting(origin, AUTHKIT, None)
    share_access_tokens: str = setting(one_of("on", "off"), "See docs/tokens.md.", "off")
    workos_action_secret: str | None = setting(parsing.webhook_secret, ACTIONS, None, hidden=True)
    email_delivery: str = setting(one_of("workos", "smtp"), "Who sends mail.", "workos")
    smtp_url: str | None = setting(parsing.smtp_url, MAIL_SERVER, None, hidden=True)
    mail_from: str | None = setting(parsing.mail_from, SENDER, None)
    layout: str = setting(text, LAYOUT, "base.html")
    threads: int = setting(number(1, 1_000, "threads"), "Of each worker process.", 72)
    trusted_proxies: int = setting(number(0, 10, "proxies"), "How many of yours stand in front.", 0)
    log_level: str = setting(one_of(*LOG_LEVELS), "Leave it out for production.", "INFO")
    limit_send_per_address: str = setting(limit, LIMIT, "6 per minute; 20 per hour")
    limit_send_per_address_and_network: str = setting(limit, LIMIT, "3 per minute; 10 per hour")
    limit_send_per_visitor: str = setting(limit, LIMIT, "20 per minute; 200 per hour")
    limit_send_per_network: str = setting(limit, LIMIT, "60 per minute; 600 per hour")
    limit_send_per_known_browser: str = setting(limit, LIMIT, "3 per minute; 10 per hour")
    limit_send_total: str = setting(limit, LIMIT, "300 per minute")
    limit_send_total_known: str = setting(limit, LIMIT, "100 per minute")
    limit_verify_per_visitor: str = setting(limit, LIMIT, "30 per minute")
    limit_verify_per_address: str = setting(limit, LIMIT, "10 per hour; 100 per 30 days")
    limit_verify_per_known_browser: str = setting(limit, LIMIT, "10 per hour")

    @classmethod
    def from_env(cls, environ: Mapping[str, str] | None = None) -> Config:
        """Reads the environment and `.env`; raises ConfigError naming every problem."""
        if environ is None:
            load_env()
            environ = os.environ
        values, problems = _read(environ)
        is_debug = parsing.is_on(environ.get("FLASK_DEBUG", ""))
        problems += dangers(DEFAULTS | values, given=environ, is_debug=is_debug)
        if problems:
            raise ConfigError(problems)
        return cls(**values)

    @cached_property
    def public_host(self) -> str:
        """The one host name that this application answers for."""
        host = urlsplit(self.public_url).hostname or ""
        return f"[{host}]" if ":" in host else host

    @cached_property
    def is_https(self) -> bool:
        """Whether people reach the application over https, which decides the cookies' flags."""
        return self.public_url.startswith("https://")

    @cached_property
    def is_live(self) -> bool:
        """Whether the key belongs to a WorkOS production environment."""
        return self.workos_api_key.startswith(LIVE)

    @cached_property
    def is_development(self) -> bool:
        """Whether only this machine can reach it, and only with test data."""
        return urlsplit(self.public_url).hostname in LOOPBACK and not self.is_live

    @cached_property
    def redirect_uris(self) -> tuple[str, ...]:
        """Where WorkOS may send people back to; the first is the default."""
        return (f"{self.public_url}/auth/callback", *self.workos_redirect_uris)

    def at(self, host: str) -> Config:
        """Returns the settings of the preview at this host, or these if it is none."""
        for pattern in self.preview_hosts:
            if re.fullmatch(re.escape(pattern).replace(r"\*", "[a-z0-9-]+"), host.lower()):
                return replace(self, public_url=f"https://{host.lower()}")
        return self

    @cached_property
    def mails_itself(self) -> bool:
        """Whether codes and links go out by SMTP, rather than from WorkOS."""
        return self.email_delivery == "smtp"

    @cached_property
    def keeps_access_tokens(self) -> bool:
        """Whether they are kept, sealed: to be shared, or to be looked at by developers."""
        return self.share_access_tokens == "on" or self.is_development

    @cached_property
    def cookie_prefix(self) -> str:
        """What a cookie's name begins with; over https, browsers bind it to this exact host."""
        return "__Host-" if self.is_https else ""


SETTINGS = {declared.name.upper(): declared for declared in fields(Config)}
DEFAULTS = {one.name: one.default for one in fields(Config) if one.default is not MISSING}


def settings() -> Config:
    """Returns the settings of the current application, at the host that this request asked for."""
    config: Config = current_app.extensions["signin_settings"]
    return config.at(request.host) if config.preview_hosts and has_request_context() else config


def _read(environ: Mapping[str, str]) -> tuple[dict[str, Any], list[str]]:
    values: dict[str, Any] = {}
    problems: list[str] = []
    for name, declared in SETTINGS.items():
        where, given = declared.metadata["where"], environ.get(name, "").strip()
        try:
            if name == "PUBLIC_URL":
                given = parsing.expanded(given, environ)
            if given:
                values[declared.name] = declared.metadata["parse"](given)
            elif declared.default is MISSING:
                problems.append(f"{name} is missing.\n    {where}")
        except ValueError as problem:
            problems.append(f"{name} {problem}.\n    {where}")
    return values, problems
