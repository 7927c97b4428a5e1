"""Radar's challenges, for sign-ins that look suspicious, as a test says whose do.

WorkOS: https://workos.com/docs/radar. That by SMS is only asked: nothing here sends any.
"""

from flask import Blueprint, request
from flask.typing import ResponseReturnValue

from .control_fields import optional_text, read_object, text
from .environment import Environment, the_environment
from .errors import BadRequest, CodeRefusal, EntityNotFound
from .fields import reading_body
from .formats import same_email
from .mailed_codes import mail, spend
from .objects import MailedCode, PendingAuthentication
from .step_ups import answered, ask, resume

PURPOSE = "radar_challenge"
BY_EMAIL, BY_SMS = "radar_email_challenge", "radar_sms_challenge"
# Its clients know the first by two names.
CHALLENGES = (BY_EMAIL, PURPOSE, BY_SMS)

bp = Blueprint("radar", __name__)


@bp.post("/_emulate/radar-challenges")
def set_radar_challenge() -> ResponseReturnValue:
    """Says whether the sign-ins of this address look suspicious, and what Radar then asks."""
    given = read_object(request.get_json(silent=True), "The body", {"email", "code"})
    email, code = text(given, "email"), optional_text(given, "code")
    if code not in (None, *CHALLENGES):
        raise BadRequest(f"code must be one of {', '.join(CHALLENGES)}.")
    with the_environment() as environment:
        environment.radar_challenges.pop(same_email(email), None)
        if code:
            environment.radar_challenges[same_email(email)] = code
    return {"email": email, "code": code}, 201


@bp.get("/user_management/radar_challenges/<radar_challenge_id>")
def show(radar_challenge_id: str) -> ResponseReturnValue:
    """Shows one challenge, with its code."""
    with the_environment() as environment:
        found = environment.mailed_codes.get(radar_challenge_id)
        if found is None or found.purpose != PURPOSE:
            raise EntityNotFound("Radar Challenge", radar_challenge_id)
        return {**found.to_json(), "type": "email"}


def challenge_the_suspicious(environment: Environment, pending: PendingAuthentication) -> None:
    """Asks for one more proof, by email or, which ends here, by SMS."""
    user = pending.session.user
    code = environment.radar_challenges.get(same_email(user.email))
    if code is None or code in pending.answered:
        return
    message = "The sign-in attempt was flagged by Radar."
    if code == BY_SMS:
        ask(environment, pending, code, message, user=user.to_json())
    sent = mail(environment, MailedCode(user, PURPOSE))
    ask(environment, pending, code, message, radar_challenge_id=sent.id)


def with_radar_email_challenge(environment: Environment) -> PendingAuthentication:
    """Goes on with the code of the challenge."""
    pending = resume(environment, BY_EMAIL, PURPOSE)
    with reading_body() as body:
        one_time_code = body.text("code")
        challenge_id = body.text("radar_challenge_id")
    user = pending.session.user
    environment.rate_limits.count_authenticate(user.email)
    sent = environment.mailed_codes.get(challenge_id)
    if sent is None or sent.purpose != PURPOSE or sent.user is not user:
        raise CodeRefusal("invalid_radar_challenge", "The Radar challenge is invalid.")
    spend([sent], one_time_code)
    return answered(environment, pending)
