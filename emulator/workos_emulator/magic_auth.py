"""Magic Auth (WorkOS docs: Magic Auth): six digits by mail, for ten minutes, once."""

import secrets

from flask import Blueprint
from flask.typing import ResponseReturnValue

from .environment import Environment, the_environment
from .errors import CodeRefusal, EntityNotFound
from .fields import reading_body
from .formats import now
from .mail import Mail
from .objects import MagicAuth, User
from .rules import WRONG_GUESSES_ALLOWED

bp = Blueprint("magic_auth", __name__, url_prefix="/user_management/magic_auth")

DIGITS = 6


@bp.post("")
def create() -> ResponseReturnValue:
    """Mails a code, and signs up a new person. The reply contains the code, as WorkOS's."""
    with reading_body() as body:
        email = body.email()
        for name in ("ip_address", "user_agent", "locale", "invitation_token"):
            body.optional_text(name)
    with the_environment() as environment:
        environment.rate_limits.count_magic_auth(email)
        sent = MagicAuth(environment.user_for(email), f"{secrets.randbelow(10**DIGITS):0{DIGITS}}")
        environment.magic_auths[sent.id] = sent
        if environment.settings.mails_codes:
            environment.mailbox.append(Mail.with_one_time_code(sent))
        return sent.to_json(), 201


@bp.get("/<magic_auth_id>")
def show(magic_auth_id: str) -> ResponseReturnValue:
    """Shows one code that was sent."""
    with the_environment() as environment:
        found = environment.magic_auths.get(magic_auth_id)
        if found is None:
            raise EntityNotFound("Magic Auth", magic_auth_id)
        return found.to_json()


def redeem(environment: Environment, email: str, one_time_code: str) -> User:
    """Returns the user whose code this is. A newer code does not end an older one."""
    sent = environment.magic_auths_for(email)
    if sent and sent[0].wrong_guesses >= WRONG_GUESSES_ALLOWED:
        raise CodeRefusal("one_time_code_too_many_attempts")
    found = next((one for one in sent if one.one_time_code == one_time_code), None)
    if found is None:
        _count_wrong_guess(sent)
        raise CodeRefusal("invalid_one_time_code")
    if found.used:
        raise CodeRefusal("one_time_code_previously_used")
    if now() >= found.expires_at:
        raise CodeRefusal("one_time_code_expired")
    found.used = True
    return found.user


def _count_wrong_guess(sent: list[MagicAuth]) -> None:
    for one in sent:
        one.wrong_guesses += 1
