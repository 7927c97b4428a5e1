"""Which server answers as WorkOS: itself, an emulator, or something else."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import httpx2

from app.config import WORKOS
from doctor.finding import Check, Finding, Patient, ok, skipped, warning

ITSELF, OURS, OFFICIAL = "WorkOS", "The emulator of this project", "WorkOS's own emulator"
KEYS = {OURS: "sk_test_emulator", OFFICIAL: "sk_test_default"}  # unless they were told another
TO_WORKOS = (
    "To use the real WorkOS, remove WORKOS_BASE_URL, EMAIL_DELIVERY, SMTP_URL and MAIL_FROM from "
    ".env; to use the emulator, .env.example has its key and client ID."
)


def server(patient: Patient) -> Iterator[Finding]:
    """Says who is asked, and whether the key is for somebody else."""
    config = patient.config
    try:
        which = ITSELF if config.workos_base_url == WORKOS else _which(patient)
    except (httpx2.HTTPError, httpx2.InvalidURL):
        yield skipped(f"Nobody answers at {config.workos_base_url}; see api.")
        return
    patient.notes["server"] = which
    what = f"{which or 'Neither WorkOS nor an emulator known here'}, at {config.workos_base_url}"
    is_emulators_key = config.workos_api_key in KEYS.values()
    if which == ITSELF and is_emulators_key:
        yield warning(
            f"{what}, with the key of an emulator.",
            "Put your own key and client ID into .env, or WORKOS_BASE_URL back: see .env.example.",
        )
    elif which in KEYS and not is_emulators_key:
        yield warning(f"{what}, with a key of your own: WorkOS is not asked.", TO_WORKOS)
    elif which == OFFICIAL and "magic_link" in config.sign_in_with:
        yield warning(
            f"{what}. It has no Magic Link, so asking for one ends in an error.",
            "Set SIGN_IN_WITH=magic_auth, or use the emulator of this project: make run.",
        )
    elif which is None:
        yield warning(f"{what}.", "Right for a domain of your own at WorkOS; or remove the line.")
    else:
        yield ok(f"{what}.")


def _which(patient: Patient) -> str | None:
    base_url = patient.config.workos_base_url
    if isinstance(_json(patient.http.get(f"{base_url}/_emulate/mailbox?to=doctor")), list):
        return OURS
    # https://github.com/workos/emulate says no more of itself than this.
    return OFFICIAL if _json(patient.http.get(f"{base_url}/health")) == {"status": "ok"} else None


def _json(answer: httpx2.Response) -> Any:
    try:
        return answer.json() if answer.status_code == 200 else None
    except ValueError:
        return None


CHECKS = (Check("server", "Keys, mail and people are another matter on each.", server),)
