"""The settings, one by one and together."""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import urlsplit

from app.config import SETTINGS, Config
from app.dangers import LOOPBACK
from app.keys import Keyring
from doctor.finding import Check, Finding, Patient, failure, ok, skipped, warning

WHY_SETTINGS = "The application refuses to start with settings that are missing or dangerous."


def settings(patient: Patient) -> Iterator[Finding]:
    """Says how many there are; with invalid ones it never gets this far."""
    yield ok(f"All {len(SETTINGS)} are well formed, and safe together.")


def environment(patient: Patient) -> Iterator[Finding]:
    """Tells a staging key from a live one."""
    is_local = urlsplit(patient.config.public_url).hostname in LOOPBACK
    if patient.config.is_live:
        yield ok("A live key, for a public address.")
    elif is_local:
        yield ok("A test key, on this machine.")
    else:
        yield warning(
            f"A test key, for the public address {patient.config.public_url}.",
            "Right for staging; production needs a key that begins with sk_live_.",
        )


def debug(patient: Patient) -> Iterator[Finding]:
    """Debug mode can run code sent by a visitor."""
    is_local = urlsplit(patient.config.public_url).hostname in LOOPBACK
    if not patient.is_debug:
        yield ok("FLASK_DEBUG is off; only running_debug sees what a running site was told.")
    elif is_local:
        yield warning("On, on this machine.", "Right for development, and nowhere else.")
    else:
        yield failure(
            f"FLASK_DEBUG is on, for the public address {patient.config.public_url}.",
            "Remove FLASK_DEBUG, and serve with gunicorn: make serve.",
        )


def secret_key(patient: Patient) -> Iterator[Finding]:
    """Shows a fingerprint, which does not give the key away."""
    config = patient.config
    mark = fingerprint(config)
    former = len(config.secret_key_fallbacks)
    yield ok(
        f"{len(config.secret_key)} characters, and not an example; fingerprint {mark}, the same "
        f"wherever the key is{f'; {former} former' if former else ''}."
    )


def fingerprint(config: Config) -> str:
    """Returns eight digits for each key, which two places share exactly when they have the same."""
    return Keyring((config.secret_key, *config.secret_key_fallbacks)).fingerprint()


def webhook(patient: Patient) -> Iterator[Finding]:
    """Without a secret nothing from WorkOS is believed."""
    if patient.config.workos_webhook_secret:
        yield ok("There is a secret.")
    elif urlsplit(patient.config.workos_base_url).hostname in LOOPBACK:
        yield skipped("make run makes one at each start.")
    else:
        yield warning(
            "WORKOS_WEBHOOK_SECRET is not set: what ends at WorkOS ends here five minutes later.",
            "In the WorkOS dashboard, Webhooks, add the endpoint "
            f"{patient.config.public_url}/webhooks/workos, and copy its secret.",
        )


CHECKS = (
    Check("settings", WHY_SETTINGS, settings),
    Check("environment", "Test keys reach test data, live keys real people.", environment),
    Check("debug", "Debug mode can run code sent by a visitor.", debug),
    Check("secret_key", "It signs and seals cookies, alike on every worker.", secret_key),
    Check("webhook", "So that a session ends here when it ends at WorkOS.", webhook),
)
