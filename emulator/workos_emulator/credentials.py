"""Who may call: the API key on every call, or the client's ID and secret at a token endpoint."""

import secrets

from flask import Blueprint, request

from .environment import Environment, the_environment
from .errors import OAuthRefusal, Unauthorized
from .paths import is_workos_path

# A browser walks through these, the body brings the secret, or an access token stands for it.
NO_API_KEY = {
    "passwordless.confirm",
    "authkit.authorize",
    "sessions.logout",
    "sso.token",
    "sso.show_profile",
    "sso.jwks",
    "access_tokens.jwks",
    "access_tokens.show_authorization_server",
    "authenticate.authenticate",
    "device.authorize",
}

bp = Blueprint("credentials", __name__)


@bp.before_app_request
def require_api_key() -> None:
    """Refuses before anything else, unknown paths excepted, as WorkOS does."""
    endpoint = request.endpoint
    if endpoint is None or endpoint in NO_API_KEY or not is_workos_path(request.path):
        return
    with the_environment() as environment:
        expected = f"Bearer {environment.settings.api_key}"
    if not _same(request.headers.get("Authorization", ""), expected):
        raise Unauthorized


def require_client(
    environment: Environment, client_id: str, client_secret: str | None, *, is_public: bool = False
) -> None:
    """Refuses all but the pair that both token endpoints ask for; a public client has no secret.

    WorkOS docs: Authenticate, Get a Profile and Token.
    """
    if not client_secret and is_public and _same(client_id, environment.settings.client_id):
        return
    if not client_secret and not is_public:
        raise OAuthRefusal(
            "unauthorized_client", "The client is not authorized to use this grant type."
        )
    settings = environment.settings
    secret = client_secret or ""
    if not (_same(client_id, settings.client_id) and _same(secret, settings.api_key)):
        raise OAuthRefusal("invalid_client", "Invalid client ID or secret.")


def _same(given: str, expected: str) -> bool:
    return secrets.compare_digest(given.encode(), expected.encode())
