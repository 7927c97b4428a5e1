"""Single sign-on, if it is offered: is there anything that it could lead to?"""

from __future__ import annotations

from collections.abc import Iterator

import httpx2

from doctor.finding import Check, Finding, Patient, failure, ok, skipped, warning

MOST = 100  # connections on one page of WorkOS's list
WHERE = "the WorkOS dashboard, Organizations"
FIX = f"Make one in {WHERE}; staging has a Test Identity Provider (docs/sso.md)."


def connections(patient: Patient) -> Iterator[Finding]:
    """Asks for the connections, and whether any is active and belongs to a domain."""
    config = patient.config
    if "sso" not in config.sign_in_with:
        yield skipped("SIGN_IN_WITH does not offer sso.")
        return
    try:
        answer = patient.http.get(
            f"{config.workos_base_url}/connections?limit={MOST}",
            headers={"Authorization": f"Bearer {config.workos_api_key}"},
        )
        body = answer.json()
    except (httpx2.HTTPError, httpx2.InvalidURL, ValueError):
        yield skipped("WorkOS cannot be asked; see api.")
        return
    listed = body.get("data") if isinstance(body, dict) else None
    if answer.status_code != 200 or not isinstance(listed, list):
        yield skipped(f"WorkOS does not list them (status {answer.status_code}); see credentials.")
        return
    found = [one for one in listed if isinstance(one, dict) and one.get("state") == "active"]
    if not found:
        yield failure(f"{len(listed)} connections, of which none is active.", FIX)
        return
    yield ok(f"{len(found)} active of {len(listed)}{' or more' if len(listed) == MOST else ''}.")
    for one in found:
        if not one.get("domains"):
            yield warning(
                f"{one.get('name')} ({one.get('id')}) has no domain, so no address leads to it.",
                f"Give its organization one, in {WHERE}.",
            )


CHECKS = (
    Check("connections", "Single sign-on leads to them, by the domain of an address.", connections),
)
