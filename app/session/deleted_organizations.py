"""Organizations that are deleted, as a webhook says: no session stays in one for another request.

Stores find sessions by person alone, so what is noted is the organization, for each request of a
session in one to look up; without webhooks nothing is ever noted, and nothing looked up.
"""

from __future__ import annotations

import time

from ..config import settings
from .store import session_store

NOTED = 24 * 60 * 60  # seconds; WorkOS is asked sooner than that, when an access token runs out


def add(organization_id: str) -> None:
    """Takes every session in this organization out of it, with its next request."""
    session_store().claim(_name(organization_id), expires_at=time.time() + NOTED)


def includes(organization_id: str | None) -> bool:
    """Whether a webhook has said that this organization is deleted."""
    if organization_id is None or not settings().workos_webhook_secret:
        return False
    return session_store().is_claimed(_name(organization_id))


def _name(organization_id: str) -> str:
    return f"organization-deleted:{organization_id}"
