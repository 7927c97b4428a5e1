"""WorkOS itself: does it answer, and does it know us?"""

from __future__ import annotations

import time
from collections.abc import Iterator
from difflib import get_close_matches
from email.utils import parsedate_to_datetime
from statistics import median
from typing import Any
from urllib.parse import urlsplit
from urllib.request import getproxies, proxy_bypass

import httpx2

from app.dangers import LOOPBACK
from app.keys import CLOCK_SKEW
from app.workos_api.client import TIMEOUT
from doctor.finding import Check, Finding, Patient, failure, ok, skipped, warning
from doctor.server_checks import OFFICIAL, OURS, TO_WORKOS

SLOW = 2.0  # seconds for one answer
TRIES = 3
DASHBOARD = "the WorkOS dashboard"
EMULATORS_KEYS = {
    OURS: f"WORKOS_BASE_URL is the emulator, which knows one key, sk_test_emulator. {TO_WORKOS}",
    OFFICIAL: f"It knows sk_test_default, unless it was told another key. {TO_WORKOS}",
}
EMULATORS_PORTS = (
    "If make run was given ports, give the doctor the same: make doctor PORT=5001 "
    "EMULATOR_PORT=4101 SMTP_PORT=2526."
)
OUT_OF_REACH = "WorkOS cannot be asked; see api."


def reachable(patient: Patient) -> Iterator[Finding]:
    """Asks for something public, several times."""
    base_url = patient.config.workos_base_url
    way = _way(base_url)
    times = []
    try:
        for _ in range(TRIES):
            began = time.perf_counter()
            answer = patient.http.get(_jwks_url(patient))
            times.append(time.perf_counter() - began)
    except (httpx2.HTTPError, httpx2.InvalidURL) as error:
        fix = f"Check the network{', that proxy' if way else ''} and WORKOS_BASE_URL."
        if urlsplit(base_url).hostname in LOOPBACK:
            fix = f"Start the emulator: make run. {EMULATORS_PORTS}"
        yield failure(f"{base_url} does not answer{way} ({type(error).__name__}).", fix)
        return
    patient.notes["jwks"] = answer
    what = f"{base_url} answers{way} in {1000 * median(times):.0f} ms."
    if median(times) > SLOW:
        yield warning(what, f"Sign-in waits for it; after {TIMEOUT} seconds it gives up.")
    else:
        yield ok(what)


def _way(url: str) -> str:
    """Returns which proxy of the environment is asked for this, without its password."""
    parts = urlsplit(url)
    proxies = getproxies()
    proxy = proxies.get(parts.scheme) or proxies.get("all")
    if not proxy or parts.hostname in LOOPBACK or proxy_bypass(parts.hostname or ""):
        return ""
    return f" through the proxy {proxy.rpartition('@')[2].rpartition('//')[2].rstrip('/')}"


def clock(patient: Patient) -> Iterator[Finding]:
    """Compares our time with the Date header of WorkOS."""
    answer = patient.notes.get("jwks")
    if not isinstance(answer, httpx2.Response) or "Date" not in answer.headers:
        yield skipped(OUT_OF_REACH)
        return
    ahead = time.time() - parsedate_to_datetime(answer.headers["Date"]).timestamp()
    what = f"This clock is {abs(ahead):.0f} s {'ahead of' if ahead > 0 else 'behind'} WorkOS's."
    if abs(ahead) > CLOCK_SKEW:
        yield failure(what, "Synchronize it, with NTP for example.")
    else:
        yield ok(what)


def signing_keys(patient: Patient) -> Iterator[Finding]:
    """Asks for the keys with which WorkOS signs access tokens for this client ID."""
    answer = patient.notes.get("jwks")
    if not isinstance(answer, httpx2.Response):
        yield skipped(OUT_OF_REACH)
        return
    keys = _json(answer).get("keys")
    if answer.status_code == 200 and isinstance(keys, list) and keys:
        yield ok(f"{len(keys)} for {patient.config.workos_client_id}.")
    elif answer.status_code == 404:
        yield failure(
            f"WorkOS has no keys for {patient.config.workos_client_id}.",
            _or_emulators(patient, f"Copy WORKOS_CLIENT_ID again from {DASHBOARD}, API Keys."),
        )
    else:
        yield failure(
            f"The answer has status {answer.status_code} and no keys in it.",
            "Something answers in WorkOS's place: check WORKOS_BASE_URL and proxies.",
        )


def credentials(patient: Patient) -> Iterator[Finding]:
    """Tries to exchange a code that does not exist: only a matching pair is told so."""
    config = patient.config
    bearer = {"Authorization": f"Bearer {config.workos_api_key}"}
    body = {
        "grant_type": "authorization_code",
        "client_id": config.workos_client_id,
        "client_secret": config.workos_api_key,
        "code": "doctor",
    }
    try:
        known = patient.http.get(
            _url(patient, "/user_management/redirect_uris?limit=100"), headers=bearer
        )
        answer = patient.http.post(_url(patient, "/sso/token"), json=body)
    except (httpx2.HTTPError, httpx2.InvalidURL):
        yield skipped(OUT_OF_REACH)
        return
    patient.notes["redirect_uris"] = known
    error = _json(answer).get("error")
    if known.status_code == 401:
        yield failure(
            "WorkOS does not accept WORKOS_API_KEY.",
            _or_emulators(
                patient, f"Copy it again from {DASHBOARD}, API Keys; it may have been revoked."
            ),
        )
    elif error in ("invalid_client", "unauthorized_client"):
        yield failure(
            "WORKOS_API_KEY and WORKOS_CLIENT_ID do not belong together.",
            _or_emulators(
                patient, f"Copy both from the same environment of {DASHBOARD}, API Keys."
            ),
        )
    elif error == "invalid_grant":
        yield ok("WORKOS_API_KEY and WORKOS_CLIENT_ID belong together.")
    else:
        yield warning(
            f"WorkOS answered {answer.status_code} where a refused code was expected.",
            "Try again. If it happens again, sign in once and look at the log.",
        )


def redirect_uris(patient: Patient) -> Iterator[Finding]:
    """Compares our callback with those that WorkOS knows, character by character."""
    if patient.notes.get("server") == OFFICIAL:
        yield skipped("WorkOS's own emulator keeps no list of them.")
        return
    answer = patient.notes.get("redirect_uris")
    if not isinstance(answer, httpx2.Response) or answer.status_code == 401:
        yield skipped("WorkOS cannot be asked; see api and credentials.")
        return
    ours = patient.config.redirect_uris
    # With a * where there are many: WorkOS takes it too.
    previews = [f"https://{host}/auth/callback" for host in patient.config.preview_hosts]
    listed = _json(answer).get("data")
    if answer.status_code != 200 or not isinstance(listed, list):
        yield warning(
            f"WorkOS does not list them (status {answer.status_code}).",
            f"Look at {DASHBOARD}, Redirects, yourself: {', '.join((*ours, *previews))}",
        )
        return
    registered = [str(item.get("uri")) for item in listed if isinstance(item, dict)]
    for uri in (*ours, *previews):
        if uri in registered:
            yield ok(f"{uri} is registered.")
        elif uri in previews:
            yield warning(
                f"{uri} is not registered.",
                f"Add it to {DASHBOARD}, Redirects, or there the URI of each preview by itself.",
            )
        else:
            yield failure(
                f"{uri} is not registered.{_difference(uri, registered)}",
                EMULATORS_PORTS
                if _is_emulator(patient)
                else f"Paste this line into {DASHBOARD}, Redirects: {uri}",
            )


def _is_emulator(patient: Patient) -> bool:
    return patient.notes.get("server") == OURS


def _or_emulators(patient: Patient, fix: str) -> str:
    return EMULATORS_KEYS.get(str(patient.notes.get("server")), fix)


def _difference(uri: str, registered: list[str]) -> str:
    nearest = get_close_matches(uri, registered, n=1, cutoff=0.5)
    if not nearest:
        return ""
    ours, theirs = _parts(uri), _parts(nearest[0])
    parts = [f"{name} ({theirs[name]})" for name in ours if ours[name] != theirs[name]]
    return f" The nearest, {nearest[0]}, differs in its {' and its '.join(parts)}."


def _parts(uri: str) -> dict[str, str]:
    url = urlsplit(uri)
    default = "443" if url.scheme == "https" else "80"
    return {
        "scheme": url.scheme,
        "host": url.hostname or "",
        "port": str(url.port or default),
        "path": url.path.rstrip("/"),
        "trailing slash": "one" if url.path.endswith("/") else "none",
        "query": url.query,
    }


def _jwks_url(patient: Patient) -> str:
    return _url(patient, f"/sso/jwks/{patient.config.workos_client_id}")


def _url(patient: Patient, path: str) -> str:
    return f"{patient.config.workos_base_url}{path}"


def _json(answer: httpx2.Response) -> dict[str, Any]:
    try:
        body = answer.json()
    except ValueError:
        return {}
    return body if isinstance(body, dict) else {}


CHECKS = (
    Check("api", "Every sign-in asks WorkOS, and waits for its answer.", reachable),
    Check("clock", "Signatures and lifetimes are judged by the clock.", clock),
    Check("jwks", "They show that WorkOS knows this client ID.", signing_keys),
    Check("credentials", "A key of another environment fails at every sign-in.", credentials),
    Check(
        "redirect_uri",
        "WorkOS sends people back only to addresses that it knows; others end on its error page.",
        redirect_uris,
    ),
)
