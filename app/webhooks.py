"""`POST /webhooks/workos`: what WorkOS tells us. https://workos.com/docs/events/data-syncing/webhooks

Events may come late, twice or out of order, so each only ends sessions or has them looked up again.
"""

from __future__ import annotations

import json
import logging
import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from flask import Blueprint, request
from flask.typing import ResponseReturnValue

from .config import settings
from .failures import DOCTOR, HOME, Failure
from .guards import known_api_keys
from .session import deleted_organizations
from .session.store import SessionRecord, session_store
from .web import log
from .workos_api.client import workos

TOLERANCE = 180  # seconds between WorkOS's clock and ours; an event older than that is a replay
REMEMBERED = 24 * 60 * 60  # seconds for which the id of an event is remembered
MAX_BODY = 256 * 1024  # bytes; a user with metadata is larger than any form

bp = Blueprint("webhooks", __name__)


class WebhookRefused(Failure):
    """WorkOS did not just sign this; the caller is not told why."""

    title = "Not accepted"
    reason = "The event could not be verified."
    button = HOME
    event = "malicious_webhook"
    symptom = "A webhook is refused"
    cause = (
        "WORKOS_WEBHOOK_SECRET is missing or for another endpoint, the clock is off by more than "
        "three minutes, or somebody else is calling."
    )
    diagnosis = DOCTOR
    fix = "Copy the secret of the endpoint <PUBLIC_URL>/webhooks/workos from the dashboard."


@bp.post("/webhooks/workos")
def receive() -> ResponseReturnValue:
    """Takes one event; answers 400 to anything that WorkOS has not just signed."""
    event = _verified()
    name, data = str(event.get("event", "")), event.get("data")
    handle_event = HANDLERS.get(name)
    if handle_event is None or not isinstance(data, dict):
        return {"status": "ignored"}
    claim, store = f"event:{event.get('id')}", session_store()
    if store.is_claimed(claim):
        return {"status": "known"}
    handle_event(data)
    # Not before: what fails WorkOS sends again, and a store that has failed could forget no claim.
    # Of two at the same moment both are taken, which does no harm.
    store.claim(claim, expires_at=time.time() + REMEMBERED)
    log.event("webhook_received", webhook=name)
    return {"status": "done"}


def _verified() -> Mapping[str, Any]:
    secret = settings().workos_webhook_secret
    request.max_content_length = MAX_BODY
    body = request.get_data()
    signature = request.headers.get("WorkOS-Signature", "")
    if not secret or not signature:
        raise WebhookRefused
    try:
        workos().webhooks.verify_header(
            event_body=body, event_signature=signature, secret=secret, tolerance=TOLERANCE
        )
        event = json.loads(body)
    except (
        ValueError,
        TypeError,
        OverflowError,
        RecursionError,
    ):  # junk can make the SDK raise any of these
        raise WebhookRefused from None
    if not isinstance(event, dict):
        raise WebhookRefused
    return event


def _session_created(data: Mapping[str, Any]) -> None:
    # Before the browser comes here with it, and also if it never does.
    impersonator = data.get("impersonator")
    if isinstance(impersonator, dict):
        log.event(
            "authn_impersonation_begun",
            user=str(data.get("user_id")),
            impersonator=log.masked_email(str(impersonator.get("email"))),
        )


def _session_revoked(data: Mapping[str, Any]) -> None:
    for handle, record in _of_user(data.get("user_id")):
        if record.workos_session and record.workos_session.id == data.get("id"):
            session_store().end(handle)
            log.event("authn_token_revoked", user=record.identity.user_id, reason="webhook")


def _user_deleted(data: Mapping[str, Any]) -> None:
    for handle, record in _of_user(data.get("id")):
        session_store().end(handle)
        log.event("authn_token_revoked", user=record.identity.user_id, reason="user deleted")


def _user_updated(data: Mapping[str, Any]) -> None:
    for handle, record in _of_user(data.get("id")):
        identity = record.identity.updated(data)
        session_store().set_identity(handle, replace(record, identity=identity))


def _membership_changed(data: Mapping[str, Any]) -> None:
    for handle, _ in _of_user(data.get("user_id")):
        session_store().refresh_soon(handle)


def _organization_deleted(data: Mapping[str, Any]) -> None:
    if isinstance(organization_id := data.get("id"), str):
        deleted_organizations.add(organization_id)
        log.event("authz_organization_deleted", organization=organization_id)


def _connection_lost(data: Mapping[str, Any]) -> None:
    # People who came by it stay until WorkOS ends their sessions, but nobody can follow them.
    log.event(
        "authn_connection_lost",
        level=logging.WARNING,
        connection=str(data.get("id")),
        organization=str(data.get("organization_id")),
    )


def _api_key_changed(data: Mapping[str, Any]) -> None:
    known_api_keys.forget(str(data.get("id")))


def _of_user(user_id: object) -> list[tuple[str, SessionRecord]]:
    if not isinstance(user_id, str):
        return []
    return list(session_store().of_user(user_id).items())


HANDLERS: dict[str, Callable[[Mapping[str, Any]], None]] = {
    "session.created": _session_created,
    "session.revoked": _session_revoked,
    "user.deleted": _user_deleted,
    "user.updated": _user_updated,
    "organization_membership.created": _membership_changed,
    "organization_membership.updated": _membership_changed,
    "organization_membership.deleted": _membership_changed,
    "organization.deleted": _organization_deleted,
    "connection.deactivated": _connection_lost,
    "connection.deleted": _connection_lost,
    "api_key.revoked": _api_key_changed,
    "api_key.updated": _api_key_changed,
}
