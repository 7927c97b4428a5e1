"""Impersonation, which begins at the WorkOS dashboard (WorkOS docs: Impersonation).

From there the browser comes to the application's initiate login URI, and through hosted AuthKit,
which knows who is to be impersonated. Without such a URI it comes to the callback with a code only.
"""

from flask import Blueprint, redirect, render_template, request
from flask.typing import ResponseReturnValue

from . import remembered
from .authkit import AUTHKIT, send_back
from .control_fields import optional_text, read_object, text
from .environment import the_environment
from .formats import Json, origin
from .objects import AuthorizationRequest, Remembered
from .pages import kept_to_itself

bp = Blueprint("impersonation", __name__, url_prefix="/_emulate/impersonation")


@bp.get("")
def show() -> ResponseReturnValue:
    """Asks who is to be impersonated, by whom and why."""
    with the_environment() as environment:
        people = [user.email for user in reversed(environment.users.values())]
        scheme, host = origin(environment.redirect_uris[0])
    page = render_template("impersonation.html", people=people)
    return kept_to_itself(page, may_lead_to=f"{scheme}://{host}")


@bp.post("")
def begin() -> ResponseReturnValue:
    """Leads to the application, to be signed in there as somebody else."""
    fields = {"email", "impersonator", "reason", "without_initiate_login_uri"}
    given = read_object(request.form.to_dict(), "The form", fields)
    impersonator: Json = {
        "email": text(given, "impersonator"),
        "reason": optional_text(given, "reason"),
    }
    known = Remembered(text(given, "email"), impersonator=impersonator)
    with the_environment() as environment:
        callback = environment.redirect_uris[0]
        if "without_initiate_login_uri" in given:
            asked = AuthorizationRequest(callback, AUTHKIT, None, None, None, False, None)
            return redirect(send_back(environment, asked, known.email, known=known))
        scheme, host = origin(callback)
        response = redirect(f"{scheme}://{host}/auth/initiate")
        return remembered.remember(environment, response, known)
