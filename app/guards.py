"""Lets a request through, or not."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import ParamSpec

from flask import redirect, request, url_for
from flask.typing import ResponseReturnValue

from app.failures import Failure
from app.fields import queried
from app.pages import wants_json
from app.redirects import safe_return_to
from app.session import current_user, signed_in_identity

P = ParamSpec("P")
View = Callable[P, ResponseReturnValue]


def login_required(view: View[P]) -> View[P]:
    """Runs the view only for a signed-in person; others are asked to sign in and come back here.

    Programs get 401. While the session store is out of reach everybody gets 503.
    """

    @wraps(view)
    def guarded(*args: P.args, **kwargs: P.kwargs) -> ResponseReturnValue:
        if current_user:
            return view(*args, **kwargs)
        if wants_json() or request.method not in ("GET", "HEAD"):
            raise Failure("not_signed_in")
        here = safe_return_to(request.full_path.rstrip("?"))
        return redirect(url_for("sign_in.show", next=here), code=303)

    return guarded


def redirect_if_signed_in(view: View[P]) -> View[P]:
    """Runs the view only for a visitor; a signed-in person is sent on to `?next=`."""

    @wraps(view)
    def guarded(*args: P.args, **kwargs: P.kwargs) -> ResponseReturnValue:
        if signed_in_identity():
            return redirect(safe_return_to(queried("next")["next"]), code=303)
        return view(*args, **kwargs)

    return guarded
