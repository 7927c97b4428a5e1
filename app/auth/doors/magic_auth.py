"""Magic Auth: a six-digit code by email. https://workos.com/docs/authkit/magic-auth

In our own mail (EMAIL_DELIVERY=smtp) a button stands beside the code, for the browser that asked:
the code waits there, sealed in the attempt. The button's link has no code in it.
"""

from __future__ import annotations

import hmac
import secrets
import time
from contextlib import nullcontext, suppress
from dataclasses import replace

from flask import Blueprint, Response, url_for
from flask.typing import ResponseReturnValue

from ... import limits, mail
from ...config import Config, settings
from ...failures import WrongCode
from ...keys import CLOCK_SKEW, numbers
from ...pages import render
from ...session.store import StoreUnavailable, session_store
from ...web import log
from ...web.answers import wants_json
from ...web.email_address import canonical_email
from ...web.fields import queried, submitted
from ...web.prefetch import refuse_machines
from ...web.visitor import this_visitor
from ...workos_api import user_management
from ...workos_api.refusals import InvalidOneTimeCode, OneTimeCodeExpired
from .. import attempts, code_instead, invited, state
from ..attempt import EXCHANGING, SENDING, Attempt
from ..complete import complete
from ..door import Door, Proof
from ..step import StepDone
from ..typed_code import CodeUnreadable, plain_code
from ..visitors import redirect_if_signed_in
from . import mailed_link

CODE_LIFETIME = 10 * 60  # seconds, set by WorkOS
PURPOSE = "one-time-code"  # of the key that makes a number of it
LINK = "code-link/1"  # of the key of the link beside the code; changes with Asked
DIGITS = 18  # of that number, so that no two codes have the same

bp = Blueprint("magic_auth", __name__, url_prefix="/auth/magic-auth")


class OneTimeCodeMissing(CodeUnreadable):
    """No code was typed."""

    title = "Enter the code"
    reason = "It is in the email that we sent you."
    form = "auth/verify.html"


class OneTimeCodeMalformed(CodeUnreadable):
    """Something other than digits was typed."""

    title = "Check the code"
    reason = "A code has only digits. Spaces and dashes do not matter."
    form = "auth/verify.html"


@bp.post("")
def send() -> Response:
    """Emails a code to `email`, and sends the person on to type it in."""
    fields, config = submitted("email", "instead_of", "next", "state"), settings()
    token, visitor = fields["instead_of"], this_visitor()
    link = code_instead.replaced_link(token) if token else None
    email = link.email if link else canonical_email(fields["email"])
    # A scanner that submits the form of a failed link must not use up the person's own limit.
    limits.count_mail(f"link {link.attempt_id}" if link else email, visitor, config)
    attempt = attempts.begin(
        "magic_auth",
        email=email,
        lifetime=CODE_LIFETIME,
        next_url=fields["next"],
        caller_state=fields["state"],
    )
    if link:  # from here on, for a failure's page too
        attempt = attempts.follow(replace(attempt, knows_email=False), SENDING)
    with code_instead.spending(link) if link else nullcontext():
        one_time_code = user_management.create_magic_auth(
            email, visitor.browser, invited.token(attempt.return_to, config)
        )
        if config.mails_itself and one_time_code:
            button = mailed_link.make(LINK, "signin.magic_auth.open_mail", attempt, config)
            mail.send_code(email, one_time_code, lifetime=CODE_LIFETIME, link=button)
        elif config.mails_itself:
            mail.send_no_account(email)
    # Nobody's code, if none was made: the size of the cookie must not tell.
    code = one_time_code or secrets.token_hex(3)
    number, waiting = _numbers(attempt.id, code)[0], code if config.mails_itself else None
    attempt = replace(attempt, one_time_code=number, waiting_code=waiting)
    return attempts.answer_sent(
        attempt, url_for("signin.magic_auth.show", attempt=attempt.id), config
    )


@bp.get("/verify")
@redirect_if_signed_in
def show() -> str:
    """Asks for the code."""
    attempt = attempts.require("magic_auth", queried("attempt")["attempt"], settings())
    if attempt.pending:
        raise StepDone  # they went back to it
    again = any(map(attempt.comes_after, attempts.under_way(settings())))
    return render("auth/verify.html", attempt=attempt, again=again)


@bp.post("/verify")
def verify() -> Response:
    """Signs in the person who types the right code in the browser that asked for it.

    The address comes from the attempt, never from the form: otherwise a code mailed to one person
    could be tried for another.
    """
    fields = submitted("attempt", "one_time_code")
    config = settings()
    attempt = attempts.require("magic_auth", fields["attempt"], config, stage=EXCHANGING)
    if attempt.pending:
        raise StepDone
    one_time_code = plain_code(
        fields["one_time_code"], missing=OneTimeCodeMissing, malformed=OneTimeCodeMalformed
    )
    return _exchange(attempt, one_time_code, config)


@bp.get("/open")
def open_mail() -> ResponseReturnValue:
    """Signs in the browser that asked, from the button in our mail; tells any other where to type.

    A mail scanner counts as another browser, even if it runs, follows and submits everything.
    """
    config, now = settings(), time.time()
    asked = mailed_link.read(LINK, queried("token")["token"])
    attempt = attempts.find(asked.attempt_id, config, stage=EXCHANGING)
    if attempt and attempt.pending:
        raise StepDone
    if now >= asked.ends_at + CLOCK_SKEW:
        raise OneTimeCodeExpired
    with suppress(StoreUnavailable):  # only for a clearer message; WorkOS takes a code once
        if state.is_used(asked.attempt_id):
            raise state.used()
    if attempt and attempt.waiting_code:
        refuse_machines()
        return _exchange(attempt, attempt.waiting_code, config)
    log.event("authn_link_opened_elsewhere", attempt=asked.attempt_id)
    seconds_left = max(1, int(asked.ends_at - now))  # other clocks may be a little behind
    if wants_json():
        return {"status": "elsewhere", "expires_in": seconds_left, "asked": asked.by()}
    seconds_ago = int(now - asked.at)
    return render(
        "auth/where_asked.html", asked=asked, seconds_left=seconds_left, seconds_ago=seconds_ago
    )


def _exchange(attempt: Attempt, one_time_code: str, config: Config) -> Response:
    email, visitor = attempt.email or "", this_visitor()
    limits.count_try(attempt.id, email, visitor, config)
    store = session_store()
    store.check()  # before the code is spent on a session that could not be kept
    try:
        asked = _asked_here(attempt, one_time_code, config)
        reply = user_management.authenticate_with_magic_auth(
            one_time_code, email, visitor.browser, invited.token(attempt.return_to, config)
        )
    except WrongCode as wrong:
        wrong.tries_left = limits.tries_left(attempt.id)
        raise
    proof = Proof.from_authentication(attempt, reply, config)
    response = complete(attempt, proof, config, store)
    if asked.waiting_code:
        state.spend(asked, store)  # so that the button in its mail says so
    return response


def _asked_here(attempt: Attempt, one_time_code: str, config: Config) -> Attempt:
    # WorkOS takes a code from anybody who knows the address. Here it has to be one that this
    # browser asked for, in this tab or another: people type the newest wherever they are.
    if _is_of(attempt, one_time_code):
        return attempt
    for other in attempts.under_way(config):
        if other.email == attempt.email and _is_of(other, one_time_code):
            return other
    raise InvalidOneTimeCode


def _is_of(attempt: Attempt, one_time_code: str) -> bool:
    found = _numbers(attempt.id, one_time_code)
    return any(hmac.compare_digest(number, attempt.one_time_code or "") for number in found)


def _numbers(attempt_id: str, one_time_code: str) -> list[str]:
    # Sealed with the attempt in place of a code that WorkOS mailed, which is kept nowhere.
    return numbers(PURPOSE, f"{attempt_id} {one_time_code}", digits=DIGITS)


DOOR = Door("magic_auth", "a code by email", bp, offer="auth/doors/magic_auth.html")
