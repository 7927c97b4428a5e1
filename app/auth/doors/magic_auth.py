"""Magic Auth: a six-digit code by e-mail. https://workos.com/docs/authkit/magic-auth"""

from __future__ import annotations

from dataclasses import replace

from flask import Blueprint, Response, render_template, url_for
from flask.typing import ResponseReturnValue

from app import limits, mail
from app.auth import attempts, code_instead
from app.auth.one_time_code import entered
from app.config import settings
from app.guards import redirect_if_signed_in
from app.identity import Identity
from app.session import sign_in
from app.session.store import session_store
from app.session.workos_session import WorkOSSession
from app.web import trail
from app.web.answers import see_other
from app.web.fields import queried, submitted
from app.workos_api import client as workos_client

CODE_LIFETIME = 10 * 60  # seconds, set by WorkOS
RESEND_AFTER = 30  # seconds before the page offers another code; style.css waits as long

bp = Blueprint("magic_auth", __name__, url_prefix="/auth/magic-auth")


@bp.app_context_processor
def numbers() -> dict[str, int]:
    """Gives the pages the numbers that they promise."""
    return {"code_lifetime": CODE_LIFETIME, "resend_after": RESEND_AFTER}


@bp.post("")
@limits.sending(code_instead.counted_for)
def send() -> Response:
    """E-mails a code to `email`, and sends the person on to type it in."""
    fields = submitted("next", "state")
    email = code_instead.asked_address()
    attempt = attempts.begin(
        "magic_auth",
        email,
        lifetime=CODE_LIFETIME,
        next_url=fields["next"],
        caller_state=fields["state"],
    )
    trail.advance(trail.SENDING)
    with code_instead.spending() as is_instead:
        one_time_code = workos_client.send_code(email)
        if settings().mails_itself:
            _mail(email, one_time_code)
    attempt = replace(attempt, knows_email=not is_instead)
    return attempts.sent(attempt, url_for("magic_auth.show", attempt=attempt.id))


@bp.get("/verify")
@redirect_if_signed_in
def show() -> str:
    """Asks for the code of the attempt in hand."""
    attempt = attempts.require("magic_auth", queried("attempt")["attempt"])
    return render_template("verify.html", attempt=attempt)


@bp.post("/verify")
@limits.verifying("magic_auth")
def verify() -> ResponseReturnValue:
    """Signs in whoever types the right code in the browser that asked for it."""
    attempt, one_time_code = entered("magic_auth")
    session_store().check()  # before the code is spent on a session that could not be kept
    reply = workos_client.redeem_code(one_time_code, attempt.email)
    sign_in(
        Identity.from_authentication(reply, method=attempt.method),
        workos_session=WorkOSSession.from_authentication(reply),
        state=attempt.state,
    )
    limits.forgive()
    attempts.end(attempt)
    return see_other(
        attempt.return_to, json={"status": "signed_in", "return_to": attempt.return_to}
    )


def _mail(email: str, one_time_code: str | None) -> None:
    if one_time_code:
        mail.send_code(email, one_time_code)
    else:
        mail.send_no_account(email)
