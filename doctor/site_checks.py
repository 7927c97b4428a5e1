"""The running application, asked from outside: `--url`."""

from __future__ import annotations

import hashlib
import hmac
import json
import secrets
import time
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

import httpx2

from app import report
from app.keys import Keyring
from doctor.finding import Check, Finding, Patient, failure, ok, skipped, warning
from doctor.settings_checks import fingerprint

ASKED = 24  # times, so that every worker answers
NOT_ASKED = "Say which: make doctor URL=https://app.example.com"
UNKNOWN = "The running application cannot be asked; see site."


def site(patient: Patient) -> Iterator[Finding]:
    """Asks for its health and its sign-in page."""
    if patient.url is None:
        yield skipped(NOT_ASKED)
        return
    url = patient.url.rstrip("/").lower()  # host names are not case-sensitive
    try:
        health = patient.http.get(f"{url}/healthz")
        page = patient.http.get(f"{url}/sign-in")
    except (httpx2.HTTPError, httpx2.InvalidURL) as error:
        yield failure(
            f"{url} does not answer ({type(error).__name__}).",
            "Start it, or correct the URL, which begins with https:// or http://.",
        )
        return
    if health.status_code != 200:
        yield failure(
            f"{url}/healthz answers {health.status_code}.",
            "Give the address of the application, without a path.",
        )
        return
    if url != patient.config.public_url:
        yield failure(
            f"PUBLIC_URL is {patient.config.public_url}, and this is {url}.",
            "Set PUBLIC_URL to what people type: cookies and redirects depend on it.",
        )
    elif page.status_code != 200:
        yield failure(
            f"{url}/sign-in answers {page.status_code}.",
            "Let the proxy pass the Host header on; other names are refused.",
        )
    elif patient.config.is_https and "Strict-Transport-Security" not in page.headers:
        yield failure("HSTS does not arrive.", "Let the proxy pass response headers on.")
    else:
        patient.notes["answers"] = _ask_many_times(patient, url)
        yield ok(f"{url} answers, and is the one in PUBLIC_URL.")


def workers(patient: Patient) -> Iterator[Finding]:
    """Compares what each worker says."""
    answers = patient.notes.get("answers")
    if not isinstance(answers, list):
        yield skipped(NOT_ASKED if patient.url is None else UNKNOWN)
        return
    known = [answer for answer in answers if answer]
    mark = fingerprint(patient.config)
    pids = {(answer["host"], answer["pid"]) for answer in known}
    counted = f"{len(pids)} worker{'' if len(pids) == 1 else 's'}"
    strangers = {answer["fingerprint"] for answer in known} - {mark}
    if len(known) < len(answers) or strangers:
        yield failure(
            f"{len(answers) - len(known)} of {len(answers)} answers came from a worker that has "
            f"another SECRET_KEY than this one, {mark}.",
            "Give every worker and host the same SECRET_KEY, restart them, and run the doctor "
            "with it.",
        )
    elif sum(answer["is_first"] for answer in known) != 1:
        yield failure(
            f"{counted} do not share one session store.",
            "Several hosts need one store; several workers of a host one DATABASE_PATH.",
        )
    elif sorted(answer["count"] for answer in known) != list(range(1, len(known) + 1)):
        yield failure(
            f"{counted} do not count limits together.",
            "They could not reach their store, and each counts for itself: see store.",
        )
    else:
        yield ok(f"{counted}: one key, one session store, one count of limits.")


def running_debug(patient: Patient) -> Iterator[Finding]:
    """Debug mode may be on there, and off here."""
    answers = patient.notes.get("answers")
    known = [answer for answer in answers if answer] if isinstance(answers, list) else []
    if not known:
        yield skipped(NOT_ASKED if patient.url is None else UNKNOWN)
    elif not any(answer["is_debug"] for answer in known):
        yield ok("Off.")
    elif patient.config.is_development:
        yield ok("On, on this machine.")
    else:
        yield failure(
            "The running application is in debug mode.",
            "Remove FLASK_DEBUG and --debug there, and serve with gunicorn: make serve.",
        )


def proxies(patient: Patient) -> Iterator[Finding]:
    """Compares TRUSTED_PROXIES with the headers that arrive."""
    answers = patient.notes.get("answers")
    known = [answer for answer in answers if answer] if isinstance(answers, list) else []
    if not known:
        yield skipped(NOT_ASKED if patient.url is None else UNKNOWN)
        return
    trusted, arrived = known[0]["trusted_proxies"], known[0]["forwarded_for"]
    if arrived > trusted:
        yield failure(
            f"{arrived} proxies add X-Forwarded-For, and TRUSTED_PROXIES is {trusted}: everybody "
            "counts as one visitor.",
            f"Set TRUSTED_PROXIES={arrived}.",
        )
    elif arrived < trusted:
        yield failure(
            f"{arrived} proxies add X-Forwarded-For, and TRUSTED_PROXIES is {trusted}: a visitor "
            "can pretend to be somebody else.",
            f"Set TRUSTED_PROXIES={arrived}, or let each proxy append to X-Forwarded-For.",
        )
    elif patient.config.is_https and known[0]["scheme"] != "https":
        yield failure(
            "Requests reach the application over http, and do not say that people used https.",
            "Let the proxy set X-Forwarded-Proto.",
        )
    else:
        yield ok(f"{arrived}, as in TRUSTED_PROXIES.")


def http_redirect(patient: Patient) -> Iterator[Finding]:
    """People who type the name without https should be sent on to it."""
    if patient.url is None or not patient.url.startswith("https://"):
        yield skipped("Only for a site over https.")
        return
    host = urlsplit(patient.url).hostname
    try:
        answer = patient.http.get(f"http://{host}/")
    except (httpx2.HTTPError, httpx2.InvalidURL):
        yield ok(f"http://{host} does not answer.")
        return
    if answer.headers.get("Location", "").startswith("https://"):
        yield ok(f"http://{host} leads to https.")
    else:
        yield warning(f"http://{host} answers {answer.status_code}.", "Redirect it to https.")


def webhook_arrives(patient: Patient) -> Iterator[Finding]:
    """Sends an event without meaning, signed as WorkOS signs."""
    secret = patient.config.workos_webhook_secret
    if patient.url is None or not secret:
        yield skipped(NOT_ASKED if patient.url is None else "There is no secret; see webhook.")
        return
    body = json.dumps({"id": f"event_{secrets.token_hex(8)}", "event": "doctor", "data": {}})
    at = int(time.time() * 1000)
    digest = hmac.new(secret.encode(), f"{at}.{body}".encode(), hashlib.sha256).hexdigest()
    headers = {"WorkOS-Signature": f"t={at}, v1={digest}", "Content-Type": "application/json"}
    url = f"{patient.url.rstrip('/')}/webhooks/workos"
    try:
        status = patient.http.post(url, content=body, headers=headers).status_code
    except (httpx2.HTTPError, httpx2.InvalidURL):
        yield skipped(UNKNOWN)
        return
    if status == 200:
        yield ok("A signed event arrives and is believed.")
    else:
        yield failure(
            f"A signed event is answered with {status}.",
            "Give the running application the same WORKOS_WEBHOOK_SECRET, and restart it.",
        )


def _ask_many_times(patient: Patient, url: str) -> list[dict[str, Any] | None]:
    signer = Keyring((patient.config.secret_key,)).signer(report.DOCTOR)
    token = signer.dumps(secrets.token_hex(8))
    # A new connection each time, or one worker would answer them all.
    headers = {"X-Doctor": token, "Connection": "close"}
    return [_answer(patient.http.post(f"{url}/doctor", headers=headers)) for _ in range(ASKED)]


def _answer(answer: httpx2.Response) -> dict[str, Any] | None:
    if answer.status_code != 200:
        return None
    body: dict[str, Any] = answer.json()
    return body


CHECKS = (
    Check("site", "What is right on paper may arrive changed.", site),
    Check("workers", "A session must work on any worker that answers next.", workers),
    Check("running_debug", "Debug mode can run code sent by a visitor.", running_debug),
    Check("proxies", "Limits are counted by address, and addresses can be forged.", proxies),
    Check("http_redirect", "People type names without https.", http_redirect),
    Check("webhook_arrives", "WorkOS gives up on an endpoint that refuses.", webhook_arrives),
)
