"""API keys, for programs of our customers. https://workos.com/docs/reference/authkit/api-keys"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from workos import RequestOptions
from workos.user_management.models.user_api_key_owner import UserApiKeyOwner

from .client import ask, call, workos
from .faults import EmailNotAccepted, UnexpectedReply, WorkOSNotFound

CHECK_TIMEOUT = 3  # seconds; WorkOS takes about 0.15, and a program waits
MOST = 100  # of one person; WorkOS lists no more at once


@dataclass(frozen=True, kw_only=True)
class APIKey:
    """One key, without its value, which WorkOS shows once."""

    id: str
    name: str
    obfuscated_value: str
    organization_id: str
    user_id: str | None  # None: it belongs to the organization itself
    permissions: tuple[str, ...]
    created_at: datetime
    last_used_at: datetime | None
    expires_at: datetime | None


def check(value: str) -> APIKey | None:
    """Returns the key with this value; None if there is none, or not any more; raises Failure."""
    validate = workos().api_keys.create_validation
    try:
        reply = ask(validate, value=value, request_options={"timeout": CHECK_TIMEOUT})
    except EmailNotAccepted:  # what any 422 is taken for: WorkOS hands out no such value
        return None
    return _read(reply.api_key) if reply.api_key else None


def list_own(user_id: str, options: RequestOptions | None = None) -> list[APIKey]:
    """Returns a person's own keys, the latest first; raises Failure."""
    listed = workos().user_management.list_user_api_keys
    try:
        page = ask(listed, user_id, limit=MOST, request_options=options)
    except WorkOSNotFound:  # they come by a way that makes no User
        return []
    # A server that does not know the path might answer with anybody's.
    return [key for key in map(_read, page.data) if key.user_id == user_id]


def create(
    user_id: str,
    organization_id: str,
    *,
    name: str,
    permissions: list[str],
    expires_at: datetime,
) -> tuple[APIKey, str]:
    """Makes a person's key for an organization; returns it with its value; raises Failure."""
    made = ask(
        workos().user_management.create_user_api_key,
        user_id,
        name=name,
        organization_id=organization_id,
        permissions=permissions,
        expires_at=expires_at,
    )
    return _read(made), str(made.value)


def delete(api_key_id: str, options: RequestOptions | None = None) -> None:
    """Ends a key for good; raises Failure."""
    call(workos().api_keys.delete_api_key, api_key_id, request_options=options)


def _read(found: Any) -> APIKey:
    # Of the four models that the SDK has for it.
    owner, is_of_user = found.owner, isinstance(found.owner, UserApiKeyOwner)
    organization_id = owner.organization_id if is_of_user else owner.id
    if not all(isinstance(one, str) for one in (found.id, owner.id, organization_id)):
        raise UnexpectedReply(detail="ids")
    listed = found.permissions if isinstance(found.permissions, list) else []
    return APIKey(
        id=found.id,
        name=str(found.name),
        obfuscated_value=str(found.obfuscated_value),
        organization_id=organization_id,
        user_id=owner.id if is_of_user else None,
        permissions=tuple(one for one in listed if isinstance(one, str)),
        created_at=found.created_at,
        last_used_at=found.last_used_at,
        expires_at=found.expires_at,
    )
