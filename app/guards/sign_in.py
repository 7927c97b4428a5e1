"""Who is signed in, how lately, and in whose name."""

from __future__ import annotations

from functools import partial
from typing import overload

from flask import g, redirect, request, url_for
from flask.typing import ResponseReturnValue

from ..failures import HOME, SIGN_IN, CookieLost, Failure
from ..session import is_fresh, refreshed_record, signed_in_identity
from ..session.store import SessionRecord
from ..session.verdicts import SignInAgainNeeded
from ..web import log
from ..web.answers import wants_json
from ..web.redirects import safe_return_to
from ..web.words import in_words
from .guard import Guard, P, View

FRESH = 15 * 60  # seconds for which a sign-in counts as recent (OWASP ASVS 7.5.1)


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
    reason = "For this you need to have signed in within the last %(duration)s."

    def __init__(
        self, max_age: int = FRESH, *, retry_after: int | None = None, detail: str | None = None
    ) -> None:
        """Says how many seconds ago the sign-in may be."""
        super().__init__(retry_after=retry_after, detail=detail)
        self.placeholders = {"duration": in_words(max_age)}


class NotWhileImpersonating(Failure):
    """Somebody who acts for a person asked for what is theirs alone."""

    status = 403
    title = "Only the person themselves can do this"
    reason = (
        "You are signed in as somebody else, to help them. Ending their sessions, switching "
        "their organization or changing how they sign in is not part of that."
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


def signed_in_record() -> SessionRecord | None:
    """Returns the refreshed record of the person signed in; None if nobody is."""
    record = refreshed_record()
    # Once for each request, with who and where, as every line has it; several guards may ask.
    if record and record.identity.impersonator and "signin_impersonation_told" not in g:
        g.signin_impersonation_told = True
        log.event("authz_impersonated")
    return record


def turn_away() -> ResponseReturnValue:
    """Asks a visitor to sign in and come back here; raises NotSignedIn for programs and forms."""
    page = _page_shown()
    if wants_json() or page is None:
        raise NotSignedIn
    return _ask_to_sign_in(page)


@Guard
def login_required() -> ResponseReturnValue | None:
    """Lets a signed-in person through; others are asked to sign in and come back here.

    Programs get 401. While the session store cannot be reached, everybody gets 503.
    """
    record = signed_in_record()
    return None if record and record.identity else turn_away()


@Guard
def not_impersonated() -> None:
    """Lets everybody through except those who act for the person signed in."""
    identity = signed_in_identity()
    if identity and identity.impersonator:
        raise NotWhileImpersonating


class FreshGuard(Guard):
    """Lets a person through who has signed in lately; `guard(max_age=…)` says how lately.

    Others are asked to sign in again, and come back to the page they were on; those who act for
    somebody are refused.
    """

    @overload
    def __call__(self) -> ResponseReturnValue | None: ...

    @overload
    def __call__(self, view: View[P], /) -> View[P]: ...

    @overload
    def __call__(self, *, max_age: int) -> Guard: ...

    def __call__(
        self, view: View[P] | None = None, *, max_age: int | None = None
    ) -> Guard | View[P] | ResponseReturnValue | None:
        """Does what every guard does; with `max_age`, in seconds, returns one that asks for it."""
        if max_age is not None:
            return Guard(partial(_require_fresh_sign_in, max_age))
        return self.check() if view is None else super().__call__(view)


def _require_fresh_sign_in(max_age: int) -> ResponseReturnValue | None:
    if signed_in_record() is None:
        return turn_away()
    not_impersonated()
    if is_fresh(max_age):
        return None
    if wants_json():
        raise SignInAgain(max_age)
    # The form was sent from a page of ours, and that is where the person wants to be again.
    page = _page_shown() or request.path.rpartition("/")[0]
    return _ask_to_sign_in(page, again="yes")


fresh_login_required = FreshGuard(partial(_require_fresh_sign_in, FRESH))
"""Lets a person through who has signed in within the last 15 minutes."""


def _page_shown() -> str | None:
    return request.full_path.rstrip("?") if request.method in ("GET", "HEAD") else None


def _ask_to_sign_in(return_to: str, *, again: str | None = None) -> ResponseReturnValue:
    page = url_for("signin.sign_in.show", next=safe_return_to(return_to), again=again)
    return redirect(page, code=303)
