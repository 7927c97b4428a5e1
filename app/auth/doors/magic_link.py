"""Magic Link: a link by e-mail. https://workos.com/docs/reference/magic-link

With EMAIL_DELIVERY=workos the mail is WorkOS's, and so is the link in it: whoever opens it first, a
mail scanner too, uses it up. With EMAIL_DELIVERY=smtp the mail and its link are ours, and WorkOS's
link waits, sealed, in the browser that asked. There our link leads on to it; anywhere else it only
shows a relay code, to be typed where the link was asked for.
"""

from __future__ import annotations

import hmac
import time
from contextlib import suppress
from dataclasses import replace

from flask import Blueprint, Response, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from itsdangerous import BadData

from app import limits, mail
from app.auth import attempts, state
from app.auth.attempts import Attempt
from app.auth.callback import as_seen_from_here, refuse_machines
from app.auth.one_time_code import entered
from app.config import settings
from app.failures import Failure
from app.guards import redirect_if_signed_in
from app.keys import CLOCK_SKEW, keyring
from app.session.store import StoreUnavailable
from app.web import log, trail
from app.web.answers import wants_json
from app.web.email_address import canonical_email
from app.web.fields import queried, submitted
from app.workos_api import client as workos_client

SHORTEST, LONGEST = 900, 86_400  # seconds that a link may live, set by WorkOS

bp = Blueprint("magic_link", __name__, url_prefix="/auth/magic-link")


@bp.app_context_processor
def facts() -> dict[str, bool]:
    """Tells the pages whether a link may be opened anywhere."""
    return {"link_works_anywhere": settings().mails_itself}


@bp.post("")
@limits.sending(lambda: canonical_email(submitted("email")["email"]))
def send() -> Response:
    """E-mails a link to `email`, tied to this browser."""
    fields = submitted("email", "redirect_uri", "state", "next", "expires_in")
    attempt = attempts.begin(
        "magic_link",
        canonical_email(fields["email"]),
        lifetime=_lifetime(fields["expires_in"]),
        next_url=fields["next"],
        caller_state=fields["state"],
    )
    redirect_uri = _redirect_uri(fields["redirect_uri"])
    trail.advance(trail.SENDING)
    passwordless_session = workos_client.create_link(
        attempt.email,
        redirect_uri=redirect_uri,
        state=state.make(attempt),
        expires_in=attempt.lifetime,
    )
    if settings().mails_itself:
        attempt = replace(attempt, link=passwordless_session.link)
        mail.send_link(attempt.email, _our_link(attempt), expires_in=attempt.lifetime)
    else:
        workos_client.send_link(passwordless_session)
    return attempts.sent(attempt, url_for("magic_link.sent", attempt=attempt.id))


@bp.get("/sent")
@redirect_if_signed_in
def sent() -> str:
    """Says where the link went, asks for a relay code, and says what to do when no mail comes."""
    attempt = attempts.require("magic_link", queried("attempt")["attempt"])
    return render_template("sent.html", attempt=attempt)


@bp.get("/open")
def open_link() -> ResponseReturnValue:
    """Leads the browser that asked on to WorkOS; shows any other a relay code, and changes nothing.

    A mail scanner is such another browser, whatever it runs, follows or submits.
    """
    attempt_id, ends_at = _read(queried("token")["token"])
    trail.follow(attempt_id, trail.EXCHANGING)
    attempt = attempts.find(attempt_id)  # taken in hand first, for the page of a link that expired
    if time.time() >= ends_at + CLOCK_SKEW:
        raise Failure("state_expired")
    if _is_used(attempt_id):
        raise as_seen_from_here(Failure("state_used"))
    if attempt and attempt.link:
        refuse_machines()
        return redirect(attempt.link, code=303)
    log.event("authn_link_opened_elsewhere")
    relay_code = keyring().relay_codes(attempt_id)[0]
    seconds_left = max(1, int(ends_at - time.time()))  # other clocks may be a little behind
    if wants_json():
        return {"status": "relay", "relay_code": relay_code, "expires_in": seconds_left}
    return render_template("relay.html", relay_code=relay_code, seconds_left=seconds_left)


@bp.post("/relay")
@limits.verifying("magic_link")
def relay() -> ResponseReturnValue:
    """Goes on with the link in the browser that asked, for whoever types the right relay code."""
    attempt, relay_code = entered("magic_link")
    if not attempt.link or not _is_right(relay_code, attempt):
        raise Failure("invalid_relay_code")
    limits.forgive()
    link = _our_link(attempt)
    if wants_json():
        return {"status": "relayed", "link": link}
    # Not a redirect: browsers forbid a form to end at another site (CSP form-action), as this
    # would, at WorkOS. A page that moves on by itself is no form.
    return render_template("relayed.html", link=link)


def _our_link(attempt: Attempt) -> str:
    token = keyring().link.dumps([attempt.id, attempt.ends_at])
    return f"{settings().public_url}{url_for('magic_link.open_link', token=token)}"


def _read(token: str) -> tuple[str, int]:
    try:
        attempt_id, ends_at = keyring().link.loads(token)
    except (BadData, UnicodeError):
        raise Failure("link_invalid") from None
    return attempt_id, ends_at


def _is_used(attempt_id: str) -> bool:
    with suppress(StoreUnavailable):  # only to say it clearly; nothing depends on it
        return state.is_used(attempt_id)
    return False


def _is_right(relay_code: str, attempt: Attempt) -> bool:
    codes = keyring().relay_codes(attempt.id)
    return any(hmac.compare_digest(relay_code, code) for code in codes)


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
