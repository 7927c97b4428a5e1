"""Every grant of POST /user_management/authenticate (WorkOS docs: Authentication)."""

import secrets

from flask import Blueprint
from flask.typing import ResponseReturnValue

from .actions import ask_all, questions_about
from .authkit import PROVIDERS, with_authorization_code
from .credentials import require_client
from .device import DEVICE_CODE, with_device_code
from .email_completion import with_email_completion
from .email_verification import ask_to_verify_email, with_email_verification
from .environment import Environment, the_environment
from .errors import CodeRefusal, OAuthRefusal
from .events import announce_proof
from .fields import reading_body
from .formats import Json
from .invitations import take_in
from .magic_auth import redeem
from .objects import PendingAuthentication, RefreshToken, Session
from .organizations import ask_for_organization, with_organization_selection
from .policies import ask_for_permitted_method
from .radar import challenge_the_suspicious, with_radar_email_challenge
from .second_factors import ask_for_second_factor, with_totp
from .step_ups import refuse_the_denied

bp = Blueprint("authenticate", __name__, url_prefix="/user_management")


@bp.post("/authenticate")
def authenticate() -> ResponseReturnValue:
    """Turns a grant into a user and tokens."""
    with reading_body() as body:
        grant_type = body.text("grant_type")
        client_id = body.text("client_id")
        client_secret = body.optional_text("client_secret")
        refresh_token = body.optional_text("refresh_token")
        ip_address = body.optional_text("ip_address")
        user_agent = body.optional_text("user_agent")
    grant = GRANTS.get(grant_type)
    if grant is None:
        raise OAuthRefusal("invalid_request", "The grant type is not supported.")
    with the_environment() as environment:
        begun = environment.refresh_tokens.get(refresh_token or "")
        is_public = grant_type == DEVICE_CODE or (begun is not None and begun.session.is_public)
        require_client(environment, client_id, client_secret, is_public=is_public)
        browser: Json = {"ip_address": ip_address, "user_agent": user_agent}
        try:
            pending = grant(environment)
        except CodeRefusal as refusal:
            if kind := PROOFS.get(grant_type):
                email = _typed_by(environment)
                announce_proof(environment, kind, email, browser=browser, refusal=refusal.body)
            raise
        session = pending.session
        if kind := PROOFS.get(grant_type) or _proof_elsewhere(grant_type, pending):
            announce_proof(environment, kind, session.user.email, browser=browser)
        if not pending.is_settled:
            for ask_if_needed in STEP_UPS:
                ask_if_needed(environment, pending)
        is_new = session.id not in environment.sessions
        if is_new:  # refreshing it elsewhere does not move it
            session.ip_address, session.user_agent = ip_address, user_agent
        questions = questions_about(environment, session) if is_new else []
        if not questions:
            return _let_in(environment, session, is_new=is_new)
    ask_all(questions)
    with the_environment() as environment:
        return _let_in(environment, session, is_new=True)


def with_magic_auth_code(environment: Environment) -> PendingAuthentication:
    """Lets in anybody who knows the code that was mailed."""
    with reading_body() as body:
        email = body.email()
        one_time_code = body.text("code")
        invitation_token = body.optional_text("invitation_token")
    environment.rate_limits.count_authenticate(email)
    user = redeem(environment, email, one_time_code)
    user.email_verified = True  # the code came with a mail to it
    return PendingAuthentication(take_in(environment, Session(user), invitation_token))


def with_refresh_token(environment: Environment) -> PendingAuthentication:
    """Renews a session. Refresh tokens rotate: each works once, and while its session lives."""
    with reading_body() as body:
        value = body.text("refresh_token")
        organization_id = body.optional_text("organization_id")
    token = environment.refresh_tokens.get(value)
    if token is None:
        raise OAuthRefusal("invalid_grant", "Invalid refresh token.")
    if token.session.status != "active":
        raise OAuthRefusal("invalid_grant", "Session has already ended.")
    if token.used:
        raise OAuthRefusal("invalid_grant", "Refresh token already exchanged.")
    session = token.session
    belongs_to = [one.organization.id for one in environment.memberships_of(session.user)]
    claimed = environment.claims_of(session.user, None).organization_id  # by a test
    if organization_id not in (None, claimed):
        if organization_id not in environment.organizations:
            raise CodeRefusal("invalid_organization_id")
        if organization_id not in belongs_to:
            raise OAuthRefusal("organization_membership_not_found", "The user is no member of it.")
        session.organization_id = organization_id
    elif session.organization_id not in belongs_to:
        session.organization_id = None  # they stay signed in, outside of it
    token.used = True
    return PendingAuthentication(session, is_settled=True)


GRANTS = {
    "urn:workos:oauth:grant-type:magic-auth:code": with_magic_auth_code,
    "urn:workos:oauth:grant-type:organization-selection": with_organization_selection,
    "urn:workos:oauth:grant-type:email-verification:code": with_email_verification,
    "urn:workos:oauth:grant-type:email-completion": with_email_completion,
    "urn:workos:oauth:grant-type:radar-email-challenge:code": with_radar_email_challenge,
    "urn:workos:oauth:grant-type:mfa-totp": with_totp,
    "refresh_token": with_refresh_token,
    DEVICE_CODE: with_device_code,
    "authorization_code": with_authorization_code,
}
# Of the proofs that are shown here. Pages of WorkOS tell of their own.
PROOFS = {
    "urn:workos:oauth:grant-type:magic-auth:code": "magic_auth",
    "urn:workos:oauth:grant-type:email-verification:code": "email_verification",
    "urn:workos:oauth:grant-type:mfa-totp": "mfa",
}
AT_PROVIDERS = ("authorization_code", "urn:workos:oauth:grant-type:email-completion")
# In the order in which WorkOS asks.
STEP_UPS = (
    refuse_the_denied,
    ask_to_verify_email,
    challenge_the_suspicious,
    ask_for_organization,
    ask_for_permitted_method,
    ask_for_second_factor,
)


def _typed_by(environment: Environment) -> str | None:
    with reading_body() as body:
        email = body.optional_text("email")
        token = body.optional_text("pending_authentication_token")
    pending = environment.pending_authentications.get(token or "")
    return pending.session.user.email if pending else email


def _proof_elsewhere(grant_type: str, pending: PendingAuthentication) -> str | None:
    is_of_provider = pending.session.authentication_method in PROVIDERS
    return "oauth" if grant_type in AT_PROVIDERS and is_of_provider else None


def _let_in(environment: Environment, session: Session, *, is_new: bool) -> Json:
    if is_new:
        session.user.signed_in()
        if session.idp_key:
            environment.users_by_idp_key[session.idp_key] = session.user
    environment.sessions[session.id] = session
    reply = _signed_in(environment, session)
    if is_new:
        environment.announce("session.created", session.to_json())
    return reply


def _signed_in(environment: Environment, session: Session) -> Json:
    refresh_token = secrets.token_urlsafe(24)
    environment.refresh_tokens[refresh_token] = RefreshToken(session)
    claims = environment.claims_of(session.user, session.organization_id)
    session.claims = claims.by(session.impersonator)
    if session.claims.impersonator:
        session.authentication_method = "Impersonation"
    reply: Json = {
        "user": session.user.to_json(),
        "authentication_method": session.authentication_method,
        "access_token": environment.signing_keys[-1].sign(environment.token_claims(session)),
        "refresh_token": refresh_token,
    }
    return session.claims.said_in(reply)
