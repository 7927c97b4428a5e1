"""Pages that only make sense to people who are not signed in yet."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import ParamSpec

from flask import redirect
from flask.typing import ResponseReturnValue

from ..config import settings
from ..session import signed_in_identity
from ..web.fields import queried
from ..web.redirects import safe_return_to
from . import attempts

P = ParamSpec("P")
View = Callable[P, ResponseReturnValue]


def redirect_if_signed_in(view: View[P]) -> View[P]:
    """Runs the view only for a visitor; a signed-in person is sent on to `?next=`.

    Unless they are signing in again, because something needs a recent sign-in.
    """

    @wraps(view)
    def shown(*args: P.args, **kwargs: P.kwargs) -> ResponseReturnValue:
        if signed_in_identity():
            query = queried("next", "again", "attempt")
            is_at_it = query["attempt"] and attempts.find(query["attempt"], settings())
            if not (query["again"] or is_at_it):
                return redirect(safe_return_to(query["next"]), code=303)
        return view(*args, **kwargs)

    return shown
