"""Where people may be sent back to (WorkOS docs: RedirectUri)."""

from http import HTTPStatus

from flask import Blueprint
from flask.typing import ResponseReturnValue

from .environment import the_environment
from .errors import BadRequest, Refusal
from .fields import reading_body, reading_query
from .formats import Json, now, origin, stable_id, timestamp
from .lists import page_of

bp = Blueprint("redirect_uris", __name__, url_prefix="/user_management/redirect_uris")


@bp.get("")
def list_redirect_uris() -> ResponseReturnValue:
    """Lists them, the newest first; the oldest is the default."""
    with the_environment() as environment, reading_query() as query:
        uris = environment.redirect_uris
        return page_of([_to_json(uri, is_default=uri == uris[0]) for uri in uris], query)


@bp.post("")
def create_redirect_uri() -> ResponseReturnValue:
    """Adds one, which is the default only if it is the first."""
    with reading_body() as body:
        uri = body.text("uri")
    scheme, host = origin(uri)
    if scheme not in ("http", "https") or not host:
        raise BadRequest("uri must be an http or https address.")
    with the_environment() as environment:
        if uri in environment.redirect_uris:
            message = f"Redirect URI '{uri}' already exists."
            raise Refusal(HTTPStatus.UNPROCESSABLE_ENTITY, {"message": message})
        environment.redirect_uris.append(uri)
        return _to_json(uri, is_default=uri == environment.redirect_uris[0]), HTTPStatus.CREATED


def _to_json(uri: str, *, is_default: bool) -> Json:
    return {
        "object": "redirect_uri",
        "id": stable_id("redir", uri),
        "uri": uri,
        "default": is_default,
        "created_at": timestamp(now()),
        "updated_at": timestamp(now()),
    }
