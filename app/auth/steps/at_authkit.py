"""What has no page of ours: hosted AuthKit has one for everything that WorkOS asks."""

from __future__ import annotations

from flask import Response

from ...config import settings
from ...workos_api.steps import StepRequired
from .. import attempts
from ..attempt import Attempt
from ..doors import authkit, find_door
from ..elsewhere import lead_away


def lead_to_authkit(attempt: Attempt, required: StepRequired) -> Response | None:
    """Has the person begin again at hosted AuthKit; None if it is no door here, or asks itself."""
    method = authkit.DOOR.method
    if attempt.method == method or not find_door(method):
        return None
    response = lead_away(
        method,
        {"provider": "authkit", "login_hint": required.email or attempt.email or ""},
        next_url=attempt.return_to,
        caller_state=attempt.caller_state or "",
    )
    attempts.end(attempt, settings(), response)
    return response
