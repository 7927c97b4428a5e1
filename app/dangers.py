"""Settings that are each well formed, but dangerous together."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import urlsplit

LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})
LIVE = "sk_live_"  # what the key of a WorkOS production environment begins with
MAIL_SERVER = "Your mail server: smtps://, or smtp:// with STARTTLS."
SENDER = "The sender that people see: Example <sign-in@example.com>"


def dangers(
    values: Mapping[str, Any], *, given: Mapping[str, str], is_debug: bool
) -> Iterator[str]:
    """Yields what is wrong, and what to do about it, given every setting or its default."""
    base_url = urlsplit(values["workos_base_url"])
    if _is_readable(values["workos_base_url"]):
        yield (
            "WORKOS_BASE_URL is http and not on this machine: the API key would be readable.\n"
            "    Remove it to use https://api.workos.com, or point it at localhost."
        )
    if _is_readable(values["authkit_domain"] or ""):
        yield (
            "AUTHKIT_DOMAIN is http and not on this machine: tokens could be forged.\n"
            "    Give it with https, as the WorkOS dashboard shows it."
        )
    if base_url.hostname not in LOOPBACK:
        yield from _dangers_of_a_proxy(given)
    if values.get("workos_api_key", "").startswith(LIVE):
        yield from _dangers_of_a_live_key(values, is_debug=is_debug)
    if values["preview_hosts"] and not values["public_url"].startswith("https://"):
        yield (
            "PREVIEW_HOSTS is set, but PUBLIC_URL is not https.\n"
            "    Previews are only served over https; cookies and links depend on it."
        )
    if values["email_delivery"] == "smtp":
        for name, where in (("SMTP_URL", MAIL_SERVER), ("MAIL_FROM", SENDER)):
            if not given.get(name):
                yield f"{name} is missing, and EMAIL_DELIVERY is smtp.\n    {where}"
    idle, lifetime = values["session_idle_timeout"], values["session_lifetime"]
    if idle > lifetime:
        yield (
            f"SESSION_IDLE_TIMEOUT ({idle}) is longer than SESSION_LIFETIME ({lifetime}).\n"
            "    A session would never become idle. Make it shorter, or the lifetime longer."
        )


def _is_readable(url: str) -> bool:
    parts = urlsplit(url)
    return parts.scheme == "http" and parts.hostname not in LOOPBACK


def _dangers_of_a_live_key(values: Mapping[str, Any], *, is_debug: bool) -> Iterator[str]:
    if not values["public_url"].startswith("https://"):
        yield (
            f"PUBLIC_URL is {values['public_url']}, but WORKOS_API_KEY is a live key.\n"
            "    Live keys need https; for development take a key that begins with sk_test_."
        )
    if not all(uri.startswith("https://") for uri in values["workos_redirect_uris"]):
        yield (
            "WORKOS_REDIRECT_URIS has an http address, but WORKOS_API_KEY is a live key.\n"
            "    WorkOS production environments take only https redirect URIs."
        )
    if urlsplit(values["workos_base_url"]).hostname in LOOPBACK:
        yield (
            f"WORKOS_BASE_URL is {values['workos_base_url']}, but WORKOS_API_KEY is a live key.\n"
            "    What answers there learns the key, and lets anybody in. Remove WORKOS_BASE_URL."
        )
    if values["preview_hosts"]:
        yield (
            "PREVIEW_HOSTS is set, but WORKOS_API_KEY is a live key.\n"
            "    The one who asks decides which of them a mail leads to: previews take test keys."
        )
    if is_debug:
        yield (
            "FLASK_DEBUG is on, but WORKOS_API_KEY is a live key.\n"
            "    Debug mode can run code sent by a visitor. Turn it off."
        )


def _dangers_of_a_proxy(given: Mapping[str, str]) -> Iterator[str]:
    for name in ("HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"):
        value = given.get(name, "")
        try:
            url = urlsplit(value if "://" in value else f"http://{value}")
            is_usable = url.scheme in ("http", "https") and url.hostname and url.port != 0
        except ValueError:  # whose own words quote the password
            is_usable = False
        if value and not is_usable:
            yield (
                f"{name} is not the address of an http proxy, and calls to WorkOS take no other.\n"
                "    Give one such as http://proxy.example.com:8080, or unset it here."
            )
