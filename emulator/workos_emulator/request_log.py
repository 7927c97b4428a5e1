"""Which API requests were seen, so that a test can count calls. No bodies, no query strings."""

from uuid import uuid4

from flask import Blueprint, Response, request
from flask.typing import ResponseReturnValue

from .environment import the_environment
from .objects import SeenRequest
from .paths import is_workos_path

bp = Blueprint("request_log", __name__)


@bp.after_app_request
def note_request(response: Response) -> Response:
    """Notes each request that WorkOS would have seen too."""
    if is_workos_path(request.path):
        seen = SeenRequest(request.method, request.path, response.status_code)
        with the_environment() as environment:
            environment.requests.append(seen)
    return response


@bp.after_app_request
def add_request_id(response: Response) -> Response:
    """Gives each reply an id, as WorkOS does."""
    response.headers.setdefault("x-request-id", str(uuid4()))
    return response


@bp.get("/_emulate/requests")
def list_requests() -> ResponseReturnValue:
    """Lists them oldest first, in the order in which they were answered."""
    with the_environment() as environment:
        return [seen.to_json() for seen in environment.requests]
