"""Where people may be sent back to (WorkOS docs: RedirectUri)."""

from flask import Flask
from flask.typing import ResponseReturnValue

from emulator.wire import Json, now, stable_id, timestamp
from emulator.world import the_world


def init_app(app: Flask) -> None:
    app.add_url_rule("/user_management/redirect_uris", view_func=list_redirect_uris)


def list_redirect_uris() -> ResponseReturnValue:
    """All of them on one page; the first is the default."""
    with the_world() as world:
        uris = world.settings.redirect_uris
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
