"""Email completion: an account at a provider without an address, for which WorkOS wants one."""

import secrets

from .environment import Environment
from .errors import CodeRefusal
from .fields import reading_body
from .formats import now
from .objects import PendingAuthentication, PendingCompletion, Session, SignInCode
from .step_ups import question

REQUIRED = "email_completion_required"


def address_of(environment: Environment, found: SignInCode) -> str:
    """Returns the address of the account; asks for one, with a token, if it has none."""
    if found.email:
        return found.email
    expires_at = now() + environment.pending_token_lifetime
    token = secrets.token_urlsafe(18)
    pending = PendingCompletion(found.request.provider, found.organization_id, expires_at)
    environment.email_completions[token] = pending
    message = "An email address is required to complete authentication."
    raise question(environment, REQUIRED, message, email_completion_token=token)


def with_email_completion(environment: Environment) -> PendingAuthentication:
    """Goes on with the address that was typed, which nobody has proved yet."""
    with reading_body() as body:
        token = body.text("email_completion_token")
        email = body.email()
    found = environment.email_completions.pop(token, None)
    if found is None or now() >= found.expires_at:
        raise CodeRefusal("invalid_email_completion_token", "The token is invalid.")
    session = Session(environment.user_for(email), organization_id=found.organization_id)
    session.authentication_method = found.provider
    return PendingAuthentication(session, is_email_proved=False)
