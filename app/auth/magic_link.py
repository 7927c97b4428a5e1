"""Magic Link: a link by e-mail. https://workos.com/docs/reference/magic-link

WorkOS sends it. Whoever opens it comes back to `/auth/callback`.
"""

from __future__ import annotations

from flask import Blueprint, Response, render_template, url_for

from app import limits, workos_client
from app.auth import attempts, state
from app.config import settings
from app.email_address import canonical_email
from app.failures import Failure
from app.fields import queried, submitted
from app.guards import redirect_if_signed_in

SHORTEST, LONGEST = 900, 86_400  # seconds that a link may live, set by WorkOS

bp = Blueprint("magic_link", __name__, url_prefix="/auth/magic-link")


@bp.post("")
@limits.sending
def send() -> Response:
    """E-mails a link to `email`, tied to this browser."""
    fields = submitted("email", "redirect_uri", "state", "next", "expires_in")
    email = canonical_email(fields["email"])
    attempt = attempts.begin(
        "magic_link",
        email,
        lifetime=_lifetime(fields["expires_in"]),
        next_url=fields["next"],
        caller_state=fields["state"],
    )
    passwordless_session = workos_client.create_link(
        email,
        redirect_uri=_redirect_uri(fields["redirect_uri"]),
        state=state.make(attempt),
        expires_in=attempt.lifetime,
    )
    workos_client.send_link(passwordless_session)
    return attempts.sent(attempt, url_for("magic_link.sent", attempt=attempt.id), attempt.lifetime)


@bp.get("/sent")
@redirect_if_signed_in
def sent() -> str:
    """Says where the link went and what to do when it does not come."""
    attempt = attempts.require("magic_link", queried("attempt")["attempt"])
    return render_template("sent.html", attempt=attempt)


def _redirect_uri(asked: str) -> str:
    # WorkOS would refuse an unknown one too, but an open choice is for us to refuse.
    allowed = settings().redirect_uris
    if asked and asked not in allowed:
        raise Failure("redirect_uri_not_allowed")
    return asked or allowed[0]


def _lifetime(asked: str) -> int:
    if not asked:
        return SHORTEST
    if not (asked.isascii() and asked.isdigit() and SHORTEST <= int(asked) <= LONGEST):
        raise Failure("expires_in_invalid")
    return int(asked)
