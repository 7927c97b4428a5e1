"""Who is signed in, how lately, and in whose name."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import ParamSpec

from flask import redirect, request, url_for
from flask.typing import ResponseReturnValue

from ..failures import HOME, SIGN_IN, CookieLost, Failure
from ..session import is_fresh, refreshed_record, signed_in_identity
from ..session.verdicts import SignInAgainNeeded
from ..web import log
from ..web.answers import wants_json
from ..web.redirects import safe_return_to

FRESH = 15 * 60  # seconds for which a sign-in counts as recent (OWASP ASVS 7.5.1)

P = ParamSpec("P")
View = Callable[P, ResponseReturnValue]


class NotSignedIn(CookieLost):
    """A guarded view was asked for by somebody who is not signed in."""

    status = 401
    title = "You are not signed in"
    reason = "You need to sign in for this. Your session may have ended."
    button = SIGN_IN
    event = "authz_fail"


class SignInAgain(SignInAgainNeeded):
    """The sign-in is not recent enough for what was asked."""

    title = "Please sign in again"
    reason = f"For this you need to have signed in within the last {FRESH // 60} minutes."


class NotWhileImpersonating(Failure):
    """Somebody who acts for a person asked for what is theirs alone."""

    status = 403
    title = "Only the person themselves can do this"
    reason = (
        "You are signed in as somebody else, to help them. Ending their sessions, or changing how "
        "they sign in, is not part of that."
    )
    button = HOME
    event = "authz_fail"
    symptom = "Somebody who impersonates a person is refused"
    cause = (
        "Impersonation, begun in the WorkOS dashboard, opens what the person sees, but nothing "
        "that needs a recent sign-in, ends sessions or changes how they sign in."
    )
    diagnosis = "grep authz_fail in the log: `impersonator` says who"
    fix = "Ask the person to do it."


def login_required(view: View[P]) -> View[P]:
    """Runs the view only for a signed-in person; others are asked to sign in and come back here.

    Programs get 401. While the session store cannot be reached, everybody gets 503.
    """

    @wraps(view)
    def guarded(*args: P.args, **kwargs: P.kwargs) -> ResponseReturnValue:
        if record := refreshed_record():
            if record.identity.impersonator:
                log.event("authz_impersonated")  # with who and where, as every line has it
            return view(*args, **kwargs)
        if wants_json() or not _is_shown():
            raise NotSignedIn
        return _ask_to_sign_in(_here())

    return guarded


def not_impersonated(view: View[P]) -> View[P]:
    """Runs the view unless somebody acts for the person signed in, who alone may do this."""

    @wraps(view)
    def guarded(*args: P.args, **kwargs: P.kwargs) -> ResponseReturnValue:
        identity = signed_in_identity()
        if identity and identity.impersonator:
            raise NotWhileImpersonating
        return view(*args, **kwargs)

    return guarded


def fresh_login_required(view: View[P]) -> View[P]:
    """Runs the view only for a person who has signed in within the last 15 minutes.

    Others are asked to sign in again, and come back to the page they were on; those who act for
    somebody are refused.
    """

    @login_required
    @not_impersonated
    @wraps(view)
    def guarded(*args: P.args, **kwargs: P.kwargs) -> ResponseReturnValue:
        if is_fresh(FRESH):
            return view(*args, **kwargs)
        if wants_json():
            raise SignInAgain
        # The form was sent from a page of ours, and that is where the person wants to be again.
        page = _here() if _is_shown() else request.path.rpartition("/")[0]
        return _ask_to_sign_in(page, again="yes")

    return guarded


def _is_shown() -> bool:
    return request.method in ("GET", "HEAD")


def _here() -> str:
    return request.full_path.rstrip("?")


def _ask_to_sign_in(return_to: str, *, again: str | None = None) -> ResponseReturnValue:
    page = url_for("signin.sign_in.show", next=safe_return_to(return_to), again=again)
    return redirect(page, code=303)
