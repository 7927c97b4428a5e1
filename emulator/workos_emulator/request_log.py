"""Which API requests were seen, so that a test can count calls. No bodies, no query strings."""

from flask import Flask, Response, request
from flask.typing import ResponseReturnValue

from emulator.gate import is_workos_path
from emulator.world import the_world


def init_app(app: Flask) -> None:
    app.after_request(note_request)
    app.add_url_rule("/_emulate/requests", view_func=list_requests)
    app.add_url_rule("/_emulate/reset", view_func=reset, methods=["POST"])


def note_request(response: Response) -> Response:
    if is_workos_path(request.path):
        seen = {"method": request.method, "path": request.path, "status": response.status_code}
        with the_world() as world:
            world.requests.append(seen)
    return response


def list_requests() -> ResponseReturnValue:
    """Oldest first, in the order in which they were answered."""
    with the_world() as world:
        return list(world.requests)


def reset() -> ResponseReturnValue:
    with the_world() as world:
        world.reset()
    return "", 204
