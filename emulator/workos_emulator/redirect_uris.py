"""Where people may be sent back to (WorkOS docs: RedirectUri)."""

from flask import Blueprint
from flask.typing import ResponseReturnValue

from .environment import the_environment
from .formats import Json, now, stable_id, timestamp

bp = Blueprint("redirect_uris", __name__, url_prefix="/user_management/redirect_uris")


@bp.get("")
def list_redirect_uris() -> ResponseReturnValue:
    """Lists all of them on one page; the first is the default."""
    with the_environment() as environment:
        uris = environment.settings.redirect_uris
    data = [_to_json(uri, is_default=uri == uris[0]) for uri in uris]
    return {"object": "list", "data": data, "list_metadata": {"before": None, "after": None}}


def _to_json(uri: str, *, is_default: bool) -> Json:
    return {
        "object": "redirect_uri",
        "id": stable_id("redir", uri),
        "uri": uri,
        "default": is_default,
        "created_at": timestamp(now()),
        "updated_at": timestamp(now()),
    }
