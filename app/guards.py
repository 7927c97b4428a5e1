"""Lets a request through, or not."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import ParamSpec

from flask import redirect, request, url_for
from flask.typing import ResponseReturnValue

from app.auth import attempts
from app.failures import Failure
from app.session import is_fresh, record_in_step, signed_in_identity
from app.web.answers import wants_json
from app.web.fields import queried
from app.web.redirects import safe_return_to

FRESH = 15 * 60  # seconds for which a sign-in counts as recent (OWASP ASVS 7.5.1)

P = ParamSpec("P")
View = Callable[P, ResponseReturnValue]


def login_required(view: View[P]) -> View[P]:
    """Runs the view only for a signed-in person; others are asked to sign in and come back here.

    Programs get 401. While the session store is out of reach everybody gets 503.
    """

    @wraps(view)
    def guarded(*args: P.args, **kwargs: P.kwargs) -> ResponseReturnValue:
        if record_in_step():
            return view(*args, **kwargs)
        if wants_json() or not _is_shown():
            raise Failure("not_signed_in")
        here = safe_return_to(request.full_path.rstrip("?"))
        return redirect(url_for("sign_in.show", next=here), code=303)

    return guarded


def fresh_login_required(view: View[P]) -> View[P]:
    """Runs the view only for somebody who has signed in within the last 15 minutes.

    Others are asked to sign in again, and come back to the page on which they were.
    """

    @login_required
    @wraps(view)
    def guarded(*args: P.args, **kwargs: P.kwargs) -> ResponseReturnValue:
        if is_fresh(FRESH):
            return view(*args, **kwargs)
        if wants_json():
            raise Failure("sign_in_again")
        here = safe_return_to(_this_page())
        return redirect(url_for("sign_in.show", next=here, again="yes"), code=303)

    return guarded


def redirect_if_signed_in(view: View[P]) -> View[P]:
    """Runs the view only for a visitor; a signed-in person is sent on to `?next=`.

    Unless they are signing in again, because something needs a recent sign-in.
    """

    @wraps(view)
    def guarded(*args: P.args, **kwargs: P.kwargs) -> ResponseReturnValue:
        query = queried("next", "again", "attempt")
        is_at_it = query["again"] or (query["attempt"] and attempts.find(query["attempt"]))
        if signed_in_identity() and not is_at_it:
            return redirect(safe_return_to(query["next"]), code=303)
        return view(*args, **kwargs)

    return guarded


def _is_shown() -> bool:
    return request.method in ("GET", "HEAD")


def _this_page() -> str:
    # A form was sent from a page of ours, and that is where its person wants to be again.
    if _is_shown():
        return request.full_path.rstrip("?")
    return request.path.rpartition("/")[0]
