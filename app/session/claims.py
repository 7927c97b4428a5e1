"""What WorkOS says of the person signed in, for pages and views; asks nobody."""

from __future__ import annotations

import time
from dataclasses import dataclass

from werkzeug.local import LocalProxy

from . import live_record
from .store import StoreUnavailable
from .workos_session import WorkOSSession


@dataclass(frozen=True)
class Organization:
    """The one that the person works in."""

    id: str
    role: str | None  # of theirs in it, the most important one
    roles: tuple[str, ...]


def can(permission: str) -> bool:
    """Whether the person has this permission where they are."""
    there = _claims()
    return there is not None and permission in there.permissions


def has_feature(flag: str) -> bool:
    """Whether this feature flag is on for the person."""
    there = _claims()
    return there is not None and flag in there.feature_flags


def _claims() -> WorkOSSession | None:
    try:
        record = live_record()
    except StoreUnavailable:  # so that pages stay up
        return None
    # On pages without a guard nothing refreshes them, and too old is as good as unknown.
    return record.workos_session if record and time.time() < record.stale_at else None


def _current_organization() -> Organization | None:
    there = _claims()
    if there is None or there.organization_id is None:
        return None
    return Organization(there.organization_id, there.role, there.roles)


current_organization: Organization = LocalProxy(_current_organization)  # type: ignore[assignment] # typed as what it stands for
"""The organization of the person signed in; false if there is none, or nobody knows."""
