"""`POST /webhooks/workos`: what WorkOS tells us. https://workos.com/docs/events/data-syncing/webhooks

Events may come late, twice, or in another order, so each one only ends sessions or asks for a look.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from flask import Blueprint, request
from flask.typing import ResponseReturnValue

from app.config import settings
from app.failures import Failure
from app.session.store import SessionRecord, session_store
from app.web import log
from app.web.csrf import csrf
from app.workos_api.client import workos

TOLERANCE = 180  # seconds between WorkOS's clock and ours; an older event is a replay
REMEMBERED = 24 * 60 * 60  # seconds for which the id of an event is known
MAX_BODY = 256 * 1024  # bytes; a user with metadata is larger than any form

bp = Blueprint("webhooks", __name__)


@bp.post("/webhooks/workos")
@csrf.exempt  # type: ignore[untyped-decorator] # Flask-WTF ships no types
def receive() -> ResponseReturnValue:
    """Takes one event; 400 without a word for whatever WorkOS did not sign just now."""
    event = _verified()
    name, data = str(event.get("event", "")), event.get("data")
    handle_event = HANDLERS.get(name)
    if handle_event is None or not isinstance(data, dict):
        return {"status": "ignored"}
    claim = f"event:{event.get('id')}"
    if not session_store().claim(claim, expires_at=time.time() + REMEMBERED):
        return {"status": "known"}
    try:
        handle_event(data)
    except Exception:
        # WorkOS sends it again after a 5xx, and must then not be told that it is known.
        session_store().release(claim)
        raise
    log.event("webhook_received", webhook=name)
    return {"status": "done"}


def _verified() -> Mapping[str, Any]:
    secret = settings().workos_webhook_secret
    request.max_content_length = MAX_BODY
    body = request.get_data()
    signature = request.headers.get("WorkOS-Signature", "")
    if not secret or not signature:
        raise Failure("webhook_refused")
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
    ):  # the SDK lets junk raise what it will
        raise Failure("webhook_refused") from None
    if not isinstance(event, dict):
        raise Failure("webhook_refused")
    return event


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


def _of_user(user_id: object) -> list[tuple[str, SessionRecord]]:
    if not isinstance(user_id, str):
        return []
    return list(session_store().of_user(user_id).items())


HANDLERS: dict[str, Callable[[Mapping[str, Any]], None]] = {
    "session.revoked": _session_revoked,
    "user.deleted": _user_deleted,
    "user.updated": _user_updated,
    "organization_membership.created": _membership_changed,
    "organization_membership.updated": _membership_changed,
    "organization_membership.deleted": _membership_changed,
}
