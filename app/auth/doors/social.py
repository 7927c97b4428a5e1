"""An account elsewhere: a door for each provider. https://workos.com/docs/authkit/social-login"""

from __future__ import annotations

from flask import Blueprint, Response

from ...web.fields import queried
from ...web.prefetch import refuse_machines
from ..door import Door
from ..elsewhere import lead_away, redeem


def door(method: str, name: str, provider: str) -> Door:
    """Returns the door of a provider, whose name WorkOS knows; others are added the same way."""
    bp = Blueprint(method, __name__, url_prefix="/auth/social")

    @bp.get(f"/{method}")
    def begin() -> Response:
        """Leads to the page of the provider."""
        refuse_machines()
        query = queried("next", "state", "login_hint")
        return lead_away(
            method,
            {"provider": provider, "login_hint": query["login_hint"]},
            next_url=query["next"],
            caller_state=query["state"],
        )

    return Door(method, name, bp, offer="auth/doors/social.html", asks_email=False, redeem=redeem)


DOORS = (
    door("google", "Google", "GoogleOAuth"),
    door("microsoft", "Microsoft", "MicrosoftOAuth"),
    door("github", "GitHub", "GitHubOAuth"),
    door("apple", "Apple", "AppleOAuth"),
)
