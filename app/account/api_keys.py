"""`/account/api-keys`: the keys that a person has for programs of their own."""

from __future__ import annotations

import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from types import MappingProxyType

from flask import Blueprint, Response, make_response, redirect, url_for
from flask.typing import ResponseReturnValue

from .. import limits, session
from ..auth import attempts
from ..auth.attempt import Pending
from ..config import settings
from ..failures import Failure
from ..guards import fresh_login_required, known_api_keys, organization_required
from ..guards.claims import PermissionMissing
from ..pages import render
from ..session import current_user
from ..session.claims import can, current_organization
from ..web import log
from ..web.answers import see_other, wants_json
from ..web.fields import queried, submitted, submitted_list
from ..web.prefetch import refuse_machines
from ..workos_api import api_keys
from ..workos_api.api_keys import APIKey, APIKeyNotMade
from ..workos_api.faults import WorkOSNotFound
from ..workos_api.organization_membership import list_memberships

MAKING = "make_api_key"  # what an attempt is about that signs nobody in
LIFETIMES = ("30", "90", "365")  # days; none lives for ever
SUGGESTED = "90"
MAX_NAME = 60  # characters
MOST = 20  # of one person
SHOWN_FOR = 120  # seconds for which a browser that just made one can show it

bp = Blueprint("api_keys", __name__, url_prefix="/account/api-keys")
bp.before_request(fresh_login_required)


class APIKeyIncomplete(APIKeyNotMade):
    """Nobody could tell it from others, or it would live for ever."""

    title = "Give the key a name"
    reason = "Enter up to %(most)s characters, and choose when the key expires."
    placeholders = MappingProxyType({"most": MAX_NAME})


class TooManyAPIKeys(APIKeyNotMade):
    """Nobody needs that many."""

    status = 403
    title = "You cannot make more API keys"
    reason = "Revoke one that is not used any more."


class APIKeyNotFound(APIKeyNotMade):
    """The key does not exist, or belongs to somebody else."""

    status = 404
    title = "That API key is not there"
    reason = "It may have been revoked already."


@bp.get("")
def show() -> ResponseReturnValue:
    """Shows the person's keys, and asks what the next is for."""
    if wants_json():
        return {"api_keys": [_as_json(key) for key in api_keys.list_own(current_user.user_id)]}
    return _page()


@bp.post("/make")
@organization_required
@limits.verifying
def make() -> ResponseReturnValue:
    """Makes a key for the current organization, with permissions that the person has there."""
    fields, permissions = submitted("name", "expires_in_days"), submitted_list("permissions")
    try:
        if not 0 < len(fields["name"]) <= MAX_NAME or fields["expires_in_days"] not in LIFETIMES:
            raise APIKeyIncomplete
        if missing := [one for one in permissions if not can(one)]:
            raise PermissionMissing(missing[0], current_organization.id)
        if len(api_keys.list_own(current_user.user_id)) >= MOST:
            raise TooManyAPIKeys
        key, value = api_keys.create(
            current_user.user_id,
            current_organization.id,
            name=fields["name"],
            permissions=permissions,
            expires_at=datetime.now(UTC) + timedelta(days=int(fields["expires_in_days"])),
        )
    except APIKeyNotMade as refused:
        if wants_json():
            raise
        refused.translate()
        return _page(refused, permissions, **fields), refused.status
    log.event("authn_api_key_made", user=key.user_id, api_key=key.id)
    # As in an attempt to sign in: sealed, for this browser alone, and for a moment.
    page, config = url_for("signin.api_keys.show"), settings()
    attempt = attempts.begin(MAKING, lifetime=SHOWN_FOR, next_url=page, caller_state="")
    details = {"user_id": key.user_id, "name": key.name, "value": value}
    pending = Pending(MAKING, "", attempt.ends_at, details)
    # Nobody can be late for a page that is shown once.
    attempts.remember(replace(attempt, pending=pending, forget_at=attempt.ends_at), config)
    body = {"status": "made", **_as_json(key), "value": value}
    return see_other(url_for("signin.api_keys.show_made", attempt=attempt.id), json=body)


@bp.get("/made")
def show_made() -> Response:
    """Shows a new key once; after that, or to anybody else, the others."""
    refuse_machines()
    config = settings()
    attempt = attempts.find(queried("attempt")["attempt"], config)
    details = attempt.pending.details if attempt and attempt.pending else {}
    is_theirs = details.get("value") and details.get("user_id") == current_user.user_id
    if attempt is None or not is_theirs or time.time() >= attempt.ends_at:
        return make_response(redirect(url_for("signin.api_keys.show"), code=303))
    response = make_response(render("account/api_key_made.html", made=details))
    attempts.end(attempt, config, response)
    return response


@bp.get("/revoke")
def ask_to_revoke() -> str:
    """Asks whether to revoke one of the person's keys."""
    return render("account/api_key_revoke.html", key=_own(queried("api_key")["api_key"]))


@bp.post("/revoke")
@limits.verifying
def revoke() -> Response:
    """Revokes one of the person's keys; anybody else's might as well not exist."""
    key = _own(submitted("api_key")["api_key"])
    with suppress(WorkOSNotFound):  # somebody was faster
        api_keys.delete(key.id)
    known_api_keys.forget(key.id)
    log.event("authn_api_key_revoked", user=key.user_id, api_key=key.id)
    return see_other(url_for("signin.api_keys.show", done="revoked"), json={"status": "revoked"})


def _page(failure: Failure | None = None, chosen: Sequence[str] = (), **fields: str) -> str:
    record, user_id = session.live_record(), current_user.user_id
    there = record.workos_session if record else None
    return render(
        "account/api_keys.html",
        keys=api_keys.list_own(user_id),
        names={one.organization_id: one.organization_name for one in list_memberships(user_id)},
        permissions=there.permissions if there and there.organization_id else None,
        lifetimes=LIFETIMES,
        failure=failure,
        chosen=chosen,
        fields={"name": "", "expires_in_days": SUGGESTED, **fields},
        now=datetime.now(UTC),
        max_name=MAX_NAME,
        done=queried("done")["done"],
    )


def _own(api_key_id: str) -> APIKey:
    for key in api_keys.list_own(current_user.user_id):
        if key.id == api_key_id:
            return key
    raise APIKeyNotFound


def _as_json(key: APIKey) -> dict[str, object]:
    moments = {name: getattr(key, name) for name in ("created_at", "last_used_at", "expires_at")}
    return {
        "api_key": key.id,
        "name": key.name,
        "obfuscated_value": key.obfuscated_value,
        "organization_id": key.organization_id,
        "permissions": key.permissions,
        **{name: moment and moment.isoformat() for name, moment in moments.items()},
    }
