"""The authenticator app: the codes of everybody's second factors, for people and for programs."""

from datetime import timedelta

from flask import Blueprint, render_template, request
from flask.typing import ResponseReturnValue

from .control_fields import integer, read_object
from .environment import the_environment
from .formats import Json, same_email
from .pages import kept_to_itself
from .totp import PERIOD, seconds_left

A_DAY = 24 * 60 * 60  # seconds

bp = Blueprint("authenticator", __name__, url_prefix="/_emulate/authenticator")


@bp.get("")
def show() -> ResponseReturnValue:
    """Shows the codes to a person, who reloads the page for the next."""
    return kept_to_itself(render_template("authenticator.html", shown=_codes(None)))


@bp.get("/codes")
def list_codes() -> ResponseReturnValue:
    """Lists the codes of this moment, newest factor first; `?email=` keeps one person's."""
    return _codes(request.args.get("email"))


@bp.post("/wait")
def wait() -> ResponseReturnValue:
    """Moves the clock of all authenticator apps on: nobody has to sleep until the next code."""
    given = read_object(request.get_json(silent=True) or {}, "The body", {"seconds"})
    seconds = integer({"seconds": PERIOD, **given}, "seconds", 1, A_DAY)
    with the_environment() as environment:
        environment.authenticator_ahead += timedelta(seconds=seconds)
    return {"seconds": seconds}, 201


def _codes(email: str | None) -> list[Json]:
    with the_environment() as environment:
        moment = environment.authenticator_time()
        return [
            {
                "factor_id": factor.id,
                "email": factor.user.email,
                "issuer": factor.issuer,
                "account": factor.name,
                "is_confirmed": factor.is_confirmed,
                "code": factor.code_at(moment),
                "seconds_left": seconds_left(moment),
            }
            for factor in reversed(environment.factors.values())
            if email is None or same_email(factor.user.email) == same_email(email)
        ]
