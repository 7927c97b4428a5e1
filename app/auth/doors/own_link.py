"""Our own link in our own mail, which no mail scanner can use up.

WorkOS's link waits, sealed, in the browser that asked. There ours leads on to it; anywhere else it
only shows a relay code, to be typed where the link was asked for.
"""

from __future__ import annotations

import hmac
import time
from contextlib import suppress

from flask import Blueprint, redirect
from flask.typing import ResponseReturnValue
from flask_babel import gettext

from ... import limits
from ...config import Config, settings
from ...failures import WrongCode
from ...keys import CLOCK_SKEW, numbers
from ...pages import leave, render
from ...session.store import StoreUnavailable
from ...web import log
from ...web.answers import wants_json
from ...web.fields import queried, submitted
from ...web.prefetch import refuse_machines
from ...web.visitor import this_visitor
from .. import attempts, state
from ..attempt import EXCHANGING, Attempt
from ..state import StateExpired
from ..typed_code import CodeUnreadable, plain_code
from . import mailed_link

LINK, RELAY_CODE = "magic-link/2", "relay-code"  # purposes of the keys; LINK changes with Asked
RELAY_CODE_DIGITS = 6

bp = Blueprint("own_link", __name__)


class RelayCodeMissing(CodeUnreadable):
    """No code was typed."""

    title = "Enter the code"
    reason = "It is on the page that the link opened."
    form = "auth/sent.html"


class RelayCodeMalformed(CodeUnreadable):
    """Something other than digits was typed."""

    title = "Check the code"
    reason = "A code has only digits. Spaces and dashes do not matter."
    form = "auth/sent.html"


class InvalidRelayCode(WrongCode):
    """It is not the code that the link shows."""

    title = "That code is not right"
    reason = "Check it against the page that the newest link opens. Each link shows its own code."
    form = "auth/sent.html"
    symptom = "A relay code is refused"
    cause = (
        "It belongs to a different link from the window it was typed into, for example after two "
        "attempts in two tabs."
    )
    fix = "Open the newest link, and type its code into the newest window."


@bp.get("/open")
def show() -> ResponseReturnValue:
    """Sends the browser that asked on to WorkOS; shows any other a relay code, changing nothing.

    A mail scanner counts as another browser, even if it runs, follows and submits everything.
    """
    asked, now = mailed_link.read(LINK, queried("token")["token"]), time.time()
    attempt = attempts.find(asked.attempt_id, settings(), stage=EXCHANGING)
    if now >= asked.ends_at + CLOCK_SKEW:
        raise StateExpired
    with suppress(StoreUnavailable):  # only for a clearer message; nothing depends on it
        if state.is_used(asked.attempt_id):
            raise state.used()
    if attempt and attempt.link:
        refuse_machines()
        return redirect(attempt.link, code=303)
    log.event("authn_link_opened_elsewhere", attempt=asked.attempt_id)
    relay_code = numbers(RELAY_CODE, asked.attempt_id, digits=RELAY_CODE_DIGITS)[0]
    seconds_left = max(1, int(asked.ends_at - now))  # other clocks may be a little behind
    if wants_json():
        body = {"status": "relay", "relay_code": relay_code, "expires_in": seconds_left}
        return body | {"asked": asked.by()}
    return render(
        "auth/relay.html",
        relay_code=relay_code,
        seconds_left=seconds_left,
        asked=asked,
        seconds_ago=int(now - asked.at),
    )


@bp.post("/relay")
def relay() -> ResponseReturnValue:
    """Goes on with the link in the browser that asked, once the right relay code is typed."""
    fields = submitted("attempt", "relay_code")
    config = settings()
    attempt = attempts.require("magic_link", fields["attempt"], config, stage=EXCHANGING)
    relay_code = plain_code(
        fields["relay_code"], missing=RelayCodeMissing, malformed=RelayCodeMalformed
    )
    limits.count_try(attempt.id, attempt.email or "", this_visitor(), config)
    right_codes = numbers(RELAY_CODE, attempt.id, digits=RELAY_CODE_DIGITS)
    if not attempt.link or not any(hmac.compare_digest(relay_code, c) for c in right_codes):
        wrong = InvalidRelayCode()
        wrong.tries_left = limits.tries_left(attempt.id)
        raise wrong
    link = our_link(attempt, config)
    # Our own link, but it leads on to WorkOS.
    return leave(link, gettext("The code is right"), json={"status": "relayed", "link": link})


def our_link(attempt: Attempt, config: Config) -> str:
    """Returns the link to mail for the attempt, which no mail scanner can use up."""
    return mailed_link.make(LINK, "signin.magic_link.own_link.show", attempt, config)
