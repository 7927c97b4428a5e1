"""Email verification: a code that proves an address which no provider vouches for.

WorkOS: https://workos.com/docs/reference/authkit/email-verification
"""

from flask import Blueprint, request
from flask.typing import ResponseReturnValue

from .control_fields import flag, optional_text, read_object
from .environment import Environment, the_environment
from .errors import CodeRefusal, EntityNotFound
from .events import announce_proof
from .fields import reading_body
from .formats import same_email
from .mailed_codes import mail, spend
from .objects import MailedCode, PendingAuthentication, User
from .step_ups import answered, ask, resume

PURPOSE = "email_verification"
REQUIRED = "email_verification_required"
EVERYBODY = "*"
# The endpoint that confirms has names of its own for what is wrong with a code.
CONFIRMING = {
    "invalid_one_time_code": "email_verification_code_incorrect",
    "one_time_code_expired": "email_verification_code_expired",
    "one_time_code_previously_used": "email_verification_code_previously_used",
    "one_time_code_too_many_attempts": "email_verification_code_incorrect",
}

bp = Blueprint("email_verification", __name__)


@bp.post("/_emulate/email-verification")
def set_email_verification() -> ResponseReturnValue:
    """Says that providers do not vouch for this address, or for nobody's."""
    given = read_object(request.get_json(silent=True), "The body", {"email", "required"})
    email, required = optional_text(given, "email"), flag(given, "required")
    whose = same_email(email) if email else EVERYBODY
    with the_environment() as environment:
        environment.unverified_accounts -= {whose}
        if required:
            environment.unverified_accounts |= {whose}
    return {"email": email, "required": required}, 201


@bp.post("/user_management/users/<user_id>/email_verification/send")
def send(user_id: str) -> ResponseReturnValue:
    """Mails another code."""
    with the_environment() as environment:
        user = _user(environment, user_id)
        environment.rate_limits.count_email_verification(user.email)
        is_asked = any(
            pending.session.user is user and pending.asked == REQUIRED
            for pending in environment.pending_authentications.values()
        )
        if user.email_verified and not is_asked:
            raise CodeRefusal("email_already_verified", "The email is already verified.")
        mail(environment, MailedCode(user, PURPOSE))
        return {"user": user.to_json()}


@bp.post("/user_management/users/<user_id>/email_verification/confirm")
def confirm(user_id: str) -> ResponseReturnValue:
    """Takes the code outside any sign-in."""
    with reading_body() as body:
        one_time_code = body.text("code")
    with the_environment() as environment:
        user = _user(environment, user_id)
        try:
            _verify(environment, user, one_time_code)
        except CodeRefusal as refused:
            refusal = CodeRefusal(CONFIRMING[str(refused.body["code"])])
            announce_proof(environment, PURPOSE, user.email, refusal=refusal.body)
            raise refusal from None
        announce_proof(environment, PURPOSE, user.email)
        return {"user": user.to_json()}


@bp.get("/user_management/email_verification/<email_verification_id>")
def show(email_verification_id: str) -> ResponseReturnValue:
    """Shows one code that was sent."""
    with the_environment() as environment:
        found = environment.mailed_codes.get(email_verification_id)
        if found is None or found.purpose != PURPOSE:
            raise EntityNotFound("Email Verification", email_verification_id)
        return found.to_json()


def is_vouched_for(environment: Environment, email: str) -> bool:
    """Whether providers say that this address is its owner's."""
    return not environment.unverified_accounts & {EVERYBODY, same_email(email)}


def ask_to_verify_email(environment: Environment, pending: PendingAuthentication) -> None:
    """Mails a code to an address that nobody vouches for, and asks for it."""
    if pending.is_email_proved:
        return
    user = pending.session.user
    sent = mail(environment, MailedCode(user, PURPOSE))
    ask(
        environment,
        pending,
        REQUIRED,
        "Email ownership must be verified before authentication.",
        email=user.email,
        email_verification_id=sent.id,
    )


def with_email_verification(environment: Environment) -> PendingAuthentication:
    """Goes on with an address that is proved."""
    pending = resume(environment, REQUIRED)
    with reading_body() as body:
        one_time_code = body.text("code")
    user = pending.session.user
    environment.rate_limits.count_authenticate(user.email)
    _verify(environment, user, one_time_code)
    pending.is_email_proved = True
    return answered(environment, pending)


def _verify(environment: Environment, user: User, one_time_code: str) -> None:
    spend(environment.codes_for(user, PURPOSE), one_time_code)
    user.email_verified = True


def _user(environment: Environment, user_id: str) -> User:
    user = environment.users.get(user_id)
    if user is None:
        raise EntityNotFound("User", user_id)
    return user
