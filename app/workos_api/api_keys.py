"""API keys, for programs of our customers. https://workos.com/docs/reference/authkit/api-keys"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from workos.user_management.models.user_api_key_owner import UserApiKeyOwner

from ..failures import BadInput, Button
from .client import ask, call, workos
from .faults import EmailNotAccepted, UnexpectedReply, WorkOSNotFound

CHECK_TIMEOUT = 3  # seconds; WorkOS takes about 0.15, and a program waits
MOST = 100  # of one person; WorkOS lists no more at once


class APIKeyNotMade(BadInput):
    """What was asked for does not make a key."""

    button = Button("api_keys", "Show my API keys")
    symptom = "An API key cannot be made or revoked"
    cause = (
        "The form was not filled in, the person has 20 keys already, WorkOS does not allow one of "
        "the permissions for API keys, or the key has gone."
    )
    diagnosis = "grep api_key in the log"
    fix = "Correct it. In the WorkOS dashboard, API keys, say which permissions keys may have."


class APIKeyNotAccepted(APIKeyNotMade):
    """WorkOS has rules for what keys may do."""

    title = "No key with these permissions can be made"
    reason = "One of them is not meant for API keys. Choose fewer."


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


def list_own(user_id: str) -> list[APIKey]:
    """Returns a person's own keys, the latest first; raises Failure."""
    listed = workos().user_management.list_user_api_keys
    try:
        page = ask(listed, user_id, limit=MOST)
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
    try:
        made = ask(
            workos().user_management.create_user_api_key,
            user_id,
            name=name,
            organization_id=organization_id,
            permissions=permissions,
            expires_at=expires_at,
        )
    except EmailNotAccepted:  # what any 422 is taken for
        raise APIKeyNotAccepted from None
    return _read(made), str(made.value)


def delete(api_key_id: str) -> None:
    """Ends a key for good; raises Failure."""
    call(workos().api_keys.delete_api_key, api_key_id)


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
