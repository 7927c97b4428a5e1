"""Who may ask: the API key on every call, or the client's id and secret at a token endpoint."""

import secrets
from uuid import uuid4

from flask import Flask, Response, request

from emulator.errors import OAuthRefusal, Unauthorized
from emulator.world import World, the_world

# A browser walks through these, or the body brings the secret.
NO_API_KEY = {
    "passwordless.confirm",
    "sessions.logout",
    "sso.token",
    "sso.jwks",
    "authenticate.authenticate",
}


def init_app(app: Flask) -> None:
    app.before_request(require_api_key)
    app.after_request(add_request_id)


def is_workos_path(path: str) -> bool:
    """Whether WorkOS would serve this path too: all but the mailbox and the controls."""
    return path != "/" and not path.startswith("/_emulate/")


def require_api_key() -> None:
    """Refuse before anything else, unknown paths excepted, as WorkOS does."""
    endpoint = request.endpoint
    if endpoint is None or endpoint in NO_API_KEY or not is_workos_path(request.path):
        return
    with the_world() as world:
        expected = f"Bearer {world.settings.api_key}"
    if not _same(request.headers.get("Authorization", ""), expected):
        raise Unauthorized


def require_client(world: World, client_id: str, client_secret: str | None) -> None:
    """The pair that both token endpoints ask for (docs: Authenticate, Get a Profile and Token)."""
    if not client_secret:
        raise OAuthRefusal(
            "unauthorized_client", "The client is not authorized to use this grant type."
        )
    settings = world.settings
    if not (_same(client_id, settings.client_id) and _same(client_secret, settings.api_key)):
        raise OAuthRefusal("invalid_client", "Invalid client ID or secret.")


def add_request_id(response: Response) -> Response:
    response.headers.setdefault("x-request-id", str(uuid4()))
    return response


def _same(given: str, expected: str) -> bool:
    return secrets.compare_digest(given.encode(), expected.encode())
