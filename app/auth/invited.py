"""Who is on the way back to an invitation accepts it on that way, by every door.

The token is a credential, so it is sealed in an attempt of this browser, and `?next=` names that.
"""

from __future__ import annotations

from flask import url_for

from ..config import Config
from . import attempts

METHOD = "invitation"  # of such an attempt, which is no door


def token(return_to: str, config: Config) -> str | None:
    """Returns what WorkOS takes for the invitation whose page this is, if it is one."""
    if not return_to.startswith(url_for("signin.invitation.show")):
        return None
    for attempt in attempts.under_way(config):
        if attempt.method == METHOD and attempt.return_to == return_to and attempt.pending:
            return attempt.pending.token
    return None
