"""Magic Link: a link by email. https://workos.com/docs/reference/magic-link

With EMAIL_DELIVERY=workos the mail and its link are WorkOS's: the first to open it uses it up, even
a mail scanner. With EMAIL_DELIVERY=smtp mail and link are ours: see own_link.py.
"""

from __future__ import annotations

from dataclasses import replace
from types import MappingProxyType

from flask import Blueprint, Response, url_for

from ... import limits, mail
from ...config import Config, settings
from ...failures import RELOAD, OurFault, Unavailable
from ...identity import Identity
from ...pages import render
from ...web.email_address import canonical_email, is_same_email
from ...web.fields import RequestRefused, queried, submitted
from ...web.visitor import Browser, this_visitor
from ...workos_api import passwordless, sso, user_management
from ...workos_api.faults import RedirectUriUnregistered
from ...workos_api.refusals import SomebodyElse
from ...workos_api.steps import StepRequired
from .. import attempts, state
from ..attempt import Attempt
from ..door import Door, Proof
from ..visitors import redirect_if_signed_in
from . import own_link

SHORTEST, LONGEST = 900, 86_400  # seconds that a link may last, set by WorkOS

bp = Blueprint("magic_link", __name__, url_prefix="/auth/magic-link")
bp.register_blueprint(own_link.bp)


class RedirectUriNotAllowed(RequestRefused):
    """A caller asked for a callback that is not ours."""

    title = "That redirect URI is not allowed"
    reason = "It is neither this application's own callback nor listed in WORKOS_REDIRECT_URIS."
    symptom, cause = RedirectUriUnregistered.symptom, RedirectUriUnregistered.cause
    diagnosis, fix = RedirectUriUnregistered.diagnosis, RedirectUriUnregistered.fix


class ExpiresInInvalid(RequestRefused):
    """A caller asked for a lifetime that WorkOS does not offer."""

    title = "That lifetime is not allowed"
    reason = "A link can last from %(shortest)s to %(longest)s seconds."
    placeholders = MappingProxyType({"shortest": SHORTEST, "longest": LONGEST})


class EmailMismatch(SomebodyElse):
    """The code in the link was made for another address than this attempt."""

    title = "This link is for another address"
    reason = "It does not belong to the address that was typed in this browser, so it was not used."


class UserUnavailable(Unavailable):
    """The link was right, but WorkOS cannot say whose account its address is."""

    title = "You are almost signed in"
    reason = (
        "Your link worked, but the sign-in service cannot find your account at the moment. This "
        "browser keeps your place until the link expires, so you do not need a new one."
    )
    button = RELOAD
    symptom = "A link is right, and the sign-in is not finished"
    cause = (
        "WorkOS exchanged the code of the link, and then could not be asked for the User with its "
        "address, or could not make one."
    )
    diagnosis = "grep user_unavailable in the log: `detail` says why"
    fix = "The page's own button goes on. If it does not help, look at status.workos.com."


@bp.post("")
def send() -> Response:
    """Emails a link to `email`, tied to this browser."""
    fields, config = submitted("email", "redirect_uri", "state", "next", "expires_in"), settings()
    email, asked = canonical_email(fields["email"]), fields["expires_in"] or str(SHORTEST)
    if not (asked.isascii() and asked.isdigit() and SHORTEST <= int(asked) <= LONGEST):
        raise ExpiresInInvalid
    lifetime = int(asked)
    redirect_uri = fields["redirect_uri"] or config.redirect_uris[0]
    # WorkOS would refuse an unknown one too, but an open redirect is ours to refuse.
    if redirect_uri not in config.redirect_uris:
        raise RedirectUriNotAllowed
    limits.count_mail(email, this_visitor(), config)
    attempt = attempts.begin(
        "magic_link",
        email=email,
        lifetime=lifetime,
        next_url=fields["next"],
        caller_state=fields["state"],
    )
    passwordless_session = passwordless.create_session(
        email,
        redirect_uri=redirect_uri,
        state=state.make(attempt),
        expires_in=lifetime,
        sends=not config.mails_itself,
    )
    if config.mails_itself:
        # Neither the time that it takes nor the length of the cookie may tell who has an account.
        attempt = replace(attempt, link=passwordless.usable_link(passwordless_session, config))
        if passwordless_session:
            mail.send_link(email, own_link.our_link(attempt, config), expires_in=lifetime)
        else:
            mail.send_no_account(email)
    return attempts.answer_sent(
        attempt, url_for("signin.magic_link.sent", attempt=attempt.id), config
    )


@bp.get("/sent")
@redirect_if_signed_in
def sent() -> str:
    """Says where the link went, asks for a relay code, and helps if no email comes."""
    attempt = attempts.require("magic_link", queried("attempt")["attempt"], settings())
    return render("auth/sent.html", attempt=attempt)


def redeem(attempt: Attempt, code: str, browser: Browser, config: Config) -> Proof:
    """Exchanges the callback's code for a Profile, and that for the User with its address.

    Nobody is signed in before the User is known: with the Profile's own id one person would be two.
    The code is spent by then, so while WorkOS cannot say, what it proved waits in this browser, and
    the same link goes on from there. Raises EmailMismatch and UserUnavailable.
    """
    email = attempt.email or ""
    profile_id = attempt.profile_id
    if profile_id is None:
        profile = sso.get_profile(code, config)
        if not is_same_email(str(profile["email"]), email):
            raise EmailMismatch
        profile_id = str(profile["id"])
    try:
        user = user_management.find_or_create_user(email, browser)
    except (OurFault, StepRequired) as failure:  # who is only looked up can answer nothing
        attempts.remember(replace(attempt, profile_id=profile_id, link=None), config)
        state.reopen(attempt)
        raise UserUnavailable(retry_after=failure.retry_after, detail=failure.name()) from None
    return Proof(Identity.from_user(user, method=attempt.method, profile_id=profile_id))


DOOR = Door(
    "magic_link",
    "a link by email",
    bp,
    offer="auth/doors/magic_link.html",
    has_claims=False,
    redeem=redeem,
)
