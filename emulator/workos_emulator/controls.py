"""What access tokens say and how long they live, as a test asks."""

from datetime import timedelta

from flask import Flask, request
from flask.typing import ResponseReturnValue

from emulator.claims import Claims
from emulator.rules import ACCESS_TOKEN_LONGEST
from emulator.wire import same_email
from emulator.wishes import integer, read_wish, text
from emulator.world import the_world


def init_app(app: Flask) -> None:
    app.add_url_rule("/_emulate/claims", view_func=set_claims, methods=["POST"])
    app.add_url_rule(
        "/_emulate/access-token-lifetime", view_func=set_access_token_lifetime, methods=["POST"]
    )


def set_claims() -> ResponseReturnValue:
    """In the place of what this address had; the next authenticate or refresh tells of them."""
    wish = read_wish(request.get_json(silent=True), "The body", {"email", "claims", "impersonator"})
    email = text(wish, "email")
    claims = Claims.from_json(wish)
    with the_world() as world:
        world.claims[same_email(email)] = claims
    return {"email": email, **claims.to_json()}, 201


def set_access_token_lifetime() -> ResponseReturnValue:
    """For the tokens made from now on; 0 makes them expired at once."""
    wish = read_wish(request.get_json(silent=True), "The body", {"seconds"})
    longest = int(ACCESS_TOKEN_LONGEST.total_seconds())
    seconds = integer(wish, "seconds", 0, longest)
    with the_world() as world:
        world.access_token_lifetime = timedelta(seconds=seconds)
    return {"seconds": seconds}, 201
