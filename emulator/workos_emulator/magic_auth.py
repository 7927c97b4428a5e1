"""Magic Auth (WorkOS docs: Magic Auth): six digits by mail, for ten minutes, once."""

from flask import Blueprint
from flask.typing import ResponseReturnValue

from .environment import Environment, the_environment
from .errors import EntityNotFound
from .fields import reading_body
from .formats import same_email
from .invitations import require_welcome
from .mailed_codes import mail, spend
from .objects import MailedCode, User

bp = Blueprint("magic_auth", __name__, url_prefix="/user_management/magic_auth")


@bp.post("")
def create() -> ResponseReturnValue:
    """Mails a code, and signs up a new person. The reply contains the code, as WorkOS's."""
    with reading_body() as body:
        email = body.email()
        for name in ("ip_address", "user_agent"):
            body.optional_text(name)
        locale = body.optional_text("locale")
        invitation_token = body.optional_text("invitation_token")
    with the_environment() as environment:
        require_welcome(environment, email, invitation_token)
        environment.rate_limits.count_magic_auth(email)
        sent = MailedCode(environment.user_for(email), locale=locale)
        return mail(environment, sent).to_json(), 201


@bp.get("/<magic_auth_id>")
def show(magic_auth_id: str) -> ResponseReturnValue:
    """Shows one code that was sent."""
    with the_environment() as environment:
        found = environment.mailed_codes.get(magic_auth_id)
        if found is None or found.purpose != "magic_auth":
            raise EntityNotFound("Magic Auth", magic_auth_id)
        return found.to_json()


def redeem(environment: Environment, email: str, one_time_code: str) -> User:
    """Returns the user whose code this is. A newer code does not end an older one."""
    user = environment.users_by_email.get(same_email(email))
    return spend(environment.codes_for(user, "magic_auth"), one_time_code).user
