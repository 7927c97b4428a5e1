"""Every event that is sent, and what is told of each proof of who somebody is.

WorkOS: https://workos.com/docs/events. Codes, tokens and links are in none of them.
"""

from flask import request

from .environment import Environment
from .formats import Json, same_email

# When: README.md.
EVENTS = (
    "action.authentication.denied",
    "action.user_registration.denied",
    "api_key.created",
    "api_key.revoked",
    "api_key.updated",
    "authentication.email_verification_failed",
    "authentication.email_verification_succeeded",
    "authentication.magic_auth_failed",
    "authentication.magic_auth_succeeded",
    "authentication.mfa_failed",
    "authentication.mfa_succeeded",
    "authentication.oauth_failed",
    "authentication.oauth_succeeded",
    "authentication.sso_failed",
    "authentication.sso_started",
    "authentication.sso_succeeded",
    "connection.activated",
    "connection.deactivated",
    "connection.deleted",
    "email_verification.created",
    "invitation.accepted",
    "invitation.created",
    "invitation.resent",
    "invitation.revoked",
    "magic_auth.created",
    "organization.created",
    "organization.deleted",
    "organization.updated",
    "organization_membership.created",
    "organization_membership.deleted",
    "organization_membership.updated",
    "radar.challenge_created",
    "session.created",
    "session.revoked",
    "user.created",
    "user.deleted",
    "user.updated",
)


def announce_proof(
    environment: Environment,
    kind: str,
    email: str | None,
    *,
    browser: Json | None = None,
    status: str = "succeeded",
    refusal: Json | None = None,
    **details: object,
) -> None:
    """Tells that somebody proved who they are, or failed to, whatever is asked of them after it.

    `browser` is theirs as an application names it; without it, the one that asks right now.
    """
    status = "failed" if refusal else status
    user = environment.users_by_email.get(same_email(email)) if email else None
    data: Json = {
        "type": kind,
        "status": status,
        **(browser or _this_browser()),
        "user_id": user.id if user else None,
        "email": email,
        **details,
    }
    if refusal:
        data["error"] = {
            "code": refusal.get("code") or refusal.get("error"),
            "message": refusal.get("message") or refusal.get("error_description"),
        }
    environment.announce(f"authentication.{kind}_{status}", data)


def _this_browser() -> Json:
    return {"ip_address": request.remote_addr, "user_agent": request.headers.get("User-Agent")}
