"""Hosted AuthKit and the providers behind it (WorkOS docs: Get an authorization URL).

Under /user_management/ is what WorkOS documents; the pages that follow are only played here.
"""

import secrets
from base64 import urlsafe_b64encode
from dataclasses import replace
from hashlib import sha256
from http import HTTPStatus

from flask import Blueprint, redirect, render_template, request
from flask.typing import ResponseReturnValue

from . import remembered
from .connection import Connection
from .connections import selected
from .email_completion import address_of
from .email_verification import is_vouched_for
from .environment import Environment, the_environment
from .errors import CodeRefusal, EntityNotFound, OAuthRefusal
from .events import announce_proof
from .fields import reading_body, reading_query
from .formats import Json, now, origin, same_email, with_query
from .identity_provider import with_assertion
from .invitations import require_welcome, take_in
from .objects import AuthorizationRequest, PendingAuthentication, Remembered, Session, SignInCode
from .organizations import choices
from .pages import kept_to_itself
from .people import people
from .rules import AUTHORIZATION_CODE_LIFETIME

AUTHKIT = "authkit"
PROVIDERS = {
    "AppleOAuth": "Apple",
    "BitbucketOAuth": "Bitbucket",
    "GitHubOAuth": "GitHub",
    "GitLabOAuth": "GitLab",
    "GoogleOAuth": "Google",
    "IntuitOAuth": "Intuit",
    "LinkedInOAuth": "LinkedIn",
    "MicrosoftOAuth": "Microsoft",
    "SalesforceOAuth": "Salesforce",
    "SlackOAuth": "Slack",
    "VercelMarketplaceOAuth": "Vercel Marketplace",
    "VercelOAuth": "Vercel",
    "XeroOAuth": "Xero",
}
SCREENS = ("sign-in", "sign-up")
DENIED: Json = {"error": "access_denied", "error_description": "The person said no."}
SHOWN = 10  # people to choose from by one click; all others by typing

bp = Blueprint("authkit", __name__)


@bp.get("/user_management/authorize")
def authorize() -> ResponseReturnValue:
    """Leads on to the page of hosted AuthKit, of the provider, or of an organization's own."""
    if request.method == "HEAD":
        return ""
    with the_environment() as environment:
        with reading_query() as query:
            query.one_of("response_type", {"code"})
            client_id = query.text("client_id")
            redirect_uri = query.text("redirect_uri")
            challenge = query.optional_text("code_challenge")
            if challenge:
                query.one_of("code_challenge_method", {"S256"})
            provider = query.optional_text("provider")
            connection_id = query.optional_text("connection_id")
            organization_id = query.optional_text("organization_id")
            if provider or not (connection_id or organization_id):
                query.one_of("provider", {AUTHKIT, *PROVIDERS})
            if connection_id and (provider or organization_id):
                message = "connection_id comes alone."
                query.refuse("connection_id", "connection_id_invalid", message)
            asked = AuthorizationRequest(
                redirect_uri,
                provider=provider or "",
                state=query.optional_text("state"),
                code_challenge=challenge,
                login_hint=query.optional_text("login_hint"),
                is_sign_up=query.one_of("screen_hint", SCREENS, default="sign-in") == "sign-up",
                organization_id=organization_id,
                invitation_token=query.optional_text("invitation_token"),
            )
            asks_again = "max_age" in query.values or query.optional_text("prompt") == "login"
        # Nobody is sent to an address that is not known: the person is stranded here.
        is_ours = client_id == environment.settings.client_id
        if not is_ours or redirect_uri not in environment.redirect_uris:
            unknown = f"redirect URI {redirect_uri}" if is_ours else f"client ID {client_id}"
            return render_template("stranded.html", unknown=unknown), HTTPStatus.BAD_REQUEST
        if not provider:
            connection = selected(environment, connection_id, organization_id)
            if not isinstance(connection, Connection):
                return redirect(_back(asked, connection))
            asked = replace(asked, connection_id=connection.id)
            sso = connection.in_event()
            announce_proof(environment, "sso", asked.login_hint, status="started", sso=sso)
            environment.authorization_requests[asked.token] = asked
            return redirect(f"/_emulate/idp/{connection.id}?request={asked.token}")
        environment.authorization_requests[asked.token] = asked
        known = remembered.find(environment)
        if known and asked.provider == AUTHKIT and not (asks_again or asked.is_sign_up):
            return redirect(send_back(environment, asked, known.email, known=known))
    return redirect(f"/_emulate/authkit/{asked.token}")


@bp.get("/_emulate/authkit/<token>")
def show(token: str) -> ResponseReturnValue:
    """Asks who is there."""
    with the_environment() as environment:
        asked = _request(environment, token)
        return _page(asked, people=people(environment), shown=SHOWN)


@bp.post("/_emulate/authkit/<token>")
def answer(token: str) -> ResponseReturnValue:
    """Sends the browser back with a code for this person, or with their no."""
    with the_environment() as environment:
        asked = _request(environment, token)
        if "deny" in request.form:
            if asked.provider != AUTHKIT:
                announce_proof(environment, "oauth", asked.login_hint, refusal=DENIED)
            return redirect(_back(asked, DENIED))
        with reading_body() as body:
            # A provider may know no address, or vouch for none.
            has_email = asked.provider == AUTHKIT or body.optional_text("without_email") is None
            email = body.email() if has_email else ""
            chosen = body.optional_text("organization_id") or asked.organization_id
            names = [str(body.values.get(name) or "") for name in ("first_name", "last_name")]
        if email:
            require_welcome(environment, email, asked.invitation_token)
        if email and any(names):  # somebody new; who is there already keeps their own
            environment.user_for(email, *[name or None for name in names])
        user = environment.users_by_email.get(same_email(email))
        organizations = choices(environment.memberships_of(user)) if user else []
        # Hosted AuthKit asks by itself. For a provider the application is told to.
        if asked.provider == AUTHKIT:
            if len(organizations) > 1 and chosen is None:
                return _page(asked, email=email, organizations=organizations)
            if organizations and chosen is None:
                chosen = organizations[0]["id"]
            environment.user_for(email)
            announce_proof(environment, "magic_auth", email)
            known = Remembered(email, chosen)
            back = redirect(send_back(environment, asked, email, known=known))
            return remembered.remember(environment, back, known)
        return redirect(send_back(environment, asked, email or None, chosen))


def with_authorization_code(environment: Environment) -> PendingAuthentication:
    """Lets somebody in for the application that asked, as its verifier proves (RFC 7636)."""
    with reading_body() as body:
        code = body.text("code")
        verifier = body.optional_text("code_verifier")
        if "invitation_token" in body.values:  # it belongs into the authorization URL
            body.refuse("invitation_token", "invitation_token_invalid", "It cannot be used here.")
    found = environment.sign_in_codes.get(code)
    if found is None or found.used or now() >= found.expires_at:
        raise OAuthRefusal("invalid_grant", "The code has expired or has already been used.")
    found.used = True
    challenge = found.request.code_challenge
    if verifier and not challenge:
        raise CodeRefusal("code_challenge_not_found")
    if challenge and not secrets.compare_digest(challenge, _challenge(verifier or "")):
        raise OAuthRefusal("invalid_grant", "The code verifier is not the one of the challenge.")
    email = address_of(environment, found)
    if found.assertion:
        pending = with_assertion(environment, found.assertion, email)
        take_in(environment, pending.session, found.request.invitation_token)
        return pending
    session = Session(environment.user_for(email), organization_id=found.organization_id)
    take_in(environment, session, found.request.invitation_token)
    if known := found.remembered:
        session.impersonator, session.proved_at = known.impersonator, known.proved_at
    if found.request.provider == AUTHKIT:
        return PendingAuthentication(session, is_settled=True)  # AuthKit itself asked for all else
    session.authentication_method = found.request.provider
    if found.request.provider not in session.user.providers:
        session.user.providers.append(found.request.provider)
    return PendingAuthentication(session, is_email_proved=is_vouched_for(environment, email))


def send_back(
    environment: Environment,
    asked: AuthorizationRequest,
    email: str | None,
    organization_id: str | None = None,
    *,
    known: Remembered | None = None,
) -> str:
    code = secrets.token_urlsafe(24)
    expires_at = now() + AUTHORIZATION_CODE_LIFETIME
    chosen = known.organization_id if known else organization_id
    environment.sign_in_codes[code] = SignInCode(asked, email, chosen, expires_at, remembered=known)
    return _back(asked, {"code": code})


def _challenge(verifier: str) -> str:
    return urlsafe_b64encode(sha256(verifier.encode()).digest()).rstrip(b"=").decode()


def _request(environment: Environment, token: str) -> AuthorizationRequest:
    asked = environment.authorization_requests.get(token)
    if asked is None:
        raise EntityNotFound("Authorization request", token)
    return asked


def _page(asked: AuthorizationRequest, **shown: object) -> ResponseReturnValue:
    # A browser holds the redirect that answers a form to form-action too.
    scheme, host = origin(asked.redirect_uri)
    page = render_template(
        "authkit.html",
        asked=asked,
        application=host,
        provider=PROVIDERS.get(asked.provider),
        **shown,
    )
    return kept_to_itself(page, may_lead_to=f"{scheme}://{host}")


def _back(asked: AuthorizationRequest, answer: Json) -> str:
    return with_query(asked.redirect_uri, {**answer, "state": asked.state})
