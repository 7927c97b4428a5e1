"""What access tokens say and how long they live, as a test asks; and a way to forget it all."""

from datetime import timedelta

from flask import Blueprint, redirect, request
from flask.typing import ResponseReturnValue

from .claims import Claims
from .control_fields import integer, read_object, text
from .environment import the_environment
from .formats import same_email
from .rules import ACCESS_TOKEN_LONGEST

bp = Blueprint("controls", __name__, url_prefix="/_emulate")


@bp.post("/claims")
def set_claims() -> ResponseReturnValue:
    """Replaces what this address had; the next authenticate or refresh tells of it."""
    known = {"email", "claims", "impersonator"}
    given = read_object(request.get_json(silent=True), "The body", known)
    email = text(given, "email")
    claims = Claims.from_json(given)
    with the_environment() as environment:
        environment.claims[same_email(email)] = claims
    return {"email": email, **claims.to_json()}, 201


@bp.post("/access-token-lifetime")
def set_access_token_lifetime() -> ResponseReturnValue:
    """Sets it for the tokens made from now on; 0 makes them expired at once."""
    given = read_object(request.get_json(silent=True), "The body", {"seconds"})
    longest = int(ACCESS_TOKEN_LONGEST.total_seconds())
    seconds = integer(given, "seconds", 0, longest)
    with the_environment() as environment:
        environment.access_token_lifetime = timedelta(seconds=seconds)
    return {"seconds": seconds}, 201


@bp.post("/reset")
def reset() -> ResponseReturnValue:
    """Forgets everybody and everything but the seed; a form comes back to the first page."""
    with the_environment() as environment:
        environment.reset()
    return redirect("/", 303) if request.form else ("", 204)
