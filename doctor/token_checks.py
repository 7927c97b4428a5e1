"""Access tokens: can they be verified, here and in another backend?"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import httpx2

from app.config import Config
from app.workos_api.access_tokens import METADATA, issuers
from app.workos_api.faults import UnexpectedReply
from app.workos_api.jwks import read
from doctor.finding import Check, Finding, Patient, failure, ok, skipped

CONVEX = """\
// convex/auth.config.ts
export default {{
  providers: [
    {{
      type: "customJwt",
      issuer: "{origin}/",
      algorithm: "RS256",
      jwks: "{jwks}",
      applicationID: "{client_id}",
    }},
    {{
      type: "customJwt",
      issuer: "{origin}/user_management/{client_id}",
      algorithm: "RS256",
      jwks: "{jwks}",
    }},
  ],
}};
"""


def keys(patient: Patient) -> Iterator[Finding]:
    """Fetches the keys that access tokens are verified with."""
    config = patient.config
    url = f"{config.workos_base_url}/sso/jwks/{config.workos_client_id}"
    document = _json(patient, url)
    if not document.get("keys"):
        yield skipped(f"There are none at {url}; see jwks.")
    elif found := _rs256(document):
        known = ", ".join(issuers(config))
        yield ok(f"{found} for RS256 at {url}; `iss` has to be one of {known}.")
    else:
        yield failure(
            f"{url} has no key for RS256, so no program is let in.",
            "Something answers in WorkOS's place: check WORKOS_BASE_URL and WORKOS_CLIENT_ID.",
        )


def authkit_domain(patient: Patient) -> Iterator[Finding]:
    """Asks the AuthKit domain who it is, and for its keys."""
    domain = patient.config.authkit_domain
    if domain is None:
        yield skipped("AUTHKIT_DOMAIN is not set, so OAuth and MCP clients are not let in.")
        return
    fix = "Copy AUTHKIT_DOMAIN again from the WorkOS dashboard, Domains."
    said = _json(patient, f"{domain}/.well-known/oauth-authorization-server").get("issuer")
    if said != domain:
        what = f"calls itself {said}" if said else "does not say who it is"
        yield failure(f"{domain} {what}, so its tokens are refused.", fix)
    elif not _rs256(_json(patient, f"{domain}/oauth2/jwks")):
        yield failure(f"{domain}/oauth2/jwks has no key for RS256.", fix)
    else:
        resource = patient.config.public_url
        yield ok(f"{domain} gives out tokens; those for {resource} are taken, as {METADATA} says.")


def other_backends(patient: Patient) -> Iterator[Finding]:
    """Shows how another backend verifies the tokens that this one shares."""
    if patient.config.share_access_tokens != "on":
        yield skipped("SHARE_ACCESS_TOKENS is off.")
        return
    yield ok(
        "Another backend expects RS256 and exactly one of these issuers, and no `aud`. For Convex:",
        text=for_convex(patient.config),
    )


def for_convex(config: Config) -> str:
    """Returns the file with which Convex takes our tokens: a provider for each form of `iss`.

    The second has no applicationID, which would demand an `aud`.
    https://docs.convex.dev/auth/advanced/custom-jwt
    """
    client_id, origin = config.workos_client_id, config.workos_base_url
    jwks = f"{origin}/sso/jwks/{client_id}"
    return CONVEX.format(client_id=client_id, origin=origin, jwks=jwks)


def _rs256(document: dict[str, Any]) -> int:
    try:
        return len(read(document))
    except UnexpectedReply:
        return 0


def _json(patient: Patient, url: str) -> dict[str, Any]:
    try:
        body = patient.http.get(url).json()
    except (httpx2.HTTPError, httpx2.InvalidURL, ValueError):
        return {}
    return body if isinstance(body, dict) else {}


CHECKS = (
    Check("token_keys", "Access tokens that programs bring are verified with them.", keys),
    Check("authkit_domain", "MCP clients get their access tokens there.", authkit_domain),
    Check("other_backends", "They take what SHARE_ACCESS_TOKENS gives them.", other_backends),
)
