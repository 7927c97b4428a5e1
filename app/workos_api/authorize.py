"""Authorization URLs and the codes that come back from them.

https://workos.com/docs/reference/authkit/authentication/get-authorization-url
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from workos.user_management.models import AuthenticateResponse

from ..config import settings
from ..failures import START_AGAIN, Failure
from ..web.visitor import Browser
from .client import ask, workos
from .denials import ADDRESS_REFUSALS, withhold
from .faults import UnexpectedReply
from .refusals import InvalidGrant
from .steps import EmailVerificationRequired, InvalidPendingAuthenticationToken


class AuthorizationCodeInvalidGrant(Failure):
    """The code is used up or too old, or another browser has its verifier."""

    title = "This sign-in could not be finished"
    reason = "It took too long, or was finished before. If you have just signed in, carry on."
    button = START_AGAIN
    may_be_done = True
    symptom = "A code that WorkOS sent with somebody is refused"
    cause = (
        "A code lasts ten minutes, works once, and only with the verifier of the attempt that it "
        "was made for."
    )
    fix = "Begin again at /sign-in."


def code_verifier() -> str:
    """Returns a new verifier, to be kept (RFC 7636)."""
    return workos().pkce.generate_code_verifier()


def authorization_url(
    asked: Mapping[str, str],
    *,
    redirect_uri: str,
    state: str,
    code_verifier: str,
    max_age: int | None = None,
) -> str:
    """Returns where to send a browser to sign in, with the challenge of the verifier; calls nobody.

    One of `asked` says where: `provider`, `connection_id` or `organization_id`; the others are
    hints. `max_age` is in seconds: WorkOS asks people again whose last proof is older.
    """
    return workos().user_management.get_authorization_url(
        redirect_uri=redirect_uri,
        state=state,
        code_challenge=workos().pkce.generate_code_challenge(code_verifier),
        code_challenge_method="S256",
        max_age=max_age,
        **{name: value for name, value in asked.items() if value},  # type: ignore[arg-type] # all of them strings
    )


def authenticate_with_code(code: str, verifier: str, browser: Browser) -> AuthenticateResponse:
    """Exchanges the callback's code for who the person is; spends it; raises Failure."""
    try:
        return _authenticate("authorization_code", browser, code=code, code_verifier=verifier)
    except InvalidGrant as refused:
        raise AuthorizationCodeInvalidGrant(detail=refused.detail) from None


def authenticate_with_email_completion(
    email: str, email_completion_token: str, browser: Browser
) -> AuthenticateResponse:
    """Goes on with an address for an account that has none; spends the token; raises Failure.

    Not even for an address that may not have an account does it say so: that would tell everybody
    who has one. WorkOS asks for a code that nobody gets.
    """
    grant = "urn:workos:oauth:grant-type:email-completion"
    try:
        return _authenticate(
            grant, browser, email_completion_token=email_completion_token, email=email
        )
    except InvalidGrant as refused:
        raise InvalidPendingAuthenticationToken(detail=refused.detail) from None
    except ADDRESS_REFUSALS as refused:
        withhold(refused)
        raise EmailVerificationRequired.of_nobody(email) from None


def _authenticate(grant_type: str, browser: Browser, **proof: str) -> AuthenticateResponse:
    # Read raw, because the SDK's model refuses what WorkOS may leave out, and then it is spent.
    config = settings()
    body = {
        "grant_type": grant_type,
        "client_id": config.workos_client_id,
        "client_secret": config.workos_api_key,
        **proof,
        **{name: value for name, value in browser._asdict().items() if value},
    }
    path = ("user_management", "authenticate")
    reply = ask(workos().request_raw, "post", path, body=body)
    return ask(AuthenticateResponse.from_dict, _completed(reply))


def _completed(reply: object) -> dict[str, Any]:
    user = reply.get("user") if isinstance(reply, Mapping) else None
    if not isinstance(reply, Mapping) or not isinstance(user, Mapping):
        raise UnexpectedReply(detail="no user")
    impersonator = reply.get("impersonator")
    if isinstance(impersonator, Mapping):
        impersonator = {"reason": None, **impersonator}
    return {
        **reply,
        "user": {"external_id": None, "last_sign_in_at": None, **user},
        "impersonator": impersonator,
        "oauth_tokens": None,  # the provider's own, if the dashboard says so: not kept here
    }
