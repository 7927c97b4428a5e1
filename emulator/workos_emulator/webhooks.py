"""Delivering events to the application (WorkOS docs: Webhooks): by themselves, or on demand."""

from threading import Thread

import httpx2
from flask import Blueprint, request
from flask.typing import ResponseReturnValue

from .environment import Environment, the_environment
from .event import Event
from .formats import Json
from .rules import WEBHOOK_TIMEOUT

bp = Blueprint("webhooks", __name__, url_prefix="/_emulate/webhooks")


def announce(name: str, data: Json) -> None:
    """Tells the application what just happened. Call it without the lock: the receiver may ask."""
    event = Event(name, data)
    with the_environment() as environment:
        environment.events.append(event)
    if environment.deliver is None:
        Thread(target=_send, args=(environment, event), daemon=True).start()
    else:
        _send(environment, event)


@bp.post("")
def send_event() -> ResponseReturnValue:
    """Sends any event at all, and says what the receiver answered."""
    event = Event.from_json(request.get_json(silent=True))
    with the_environment() as environment:
        environment.events.append(event)
    _send(environment, event)
    return {"id": event.id, "status": event.status}, 201


@bp.get("")
def list_events() -> ResponseReturnValue:
    """Lists what was sent, newest first."""
    with the_environment() as environment:
        return [event.to_json() for event in reversed(environment.events)]


@bp.delete("")
def clear_events() -> ResponseReturnValue:
    """Forgets what was sent."""
    with the_environment() as environment:
        environment.events.clear()
    return "", 204


def _send(environment: Environment, event: Event) -> None:
    url, secret = environment.settings.webhook_url, environment.settings.webhook_secret
    if url is None:
        return
    body = event.body()
    deliver = environment.deliver or _post
    try:
        event.status = deliver(url, body, event.headers(body, secret))
    except (httpx2.HTTPError, httpx2.InvalidURL):
        return  # Nobody there, or too slow: WorkOS would not fail for that either.


def _post(url: str, body: bytes, headers: dict[str, str]) -> int:
    # Proxies of the environment are not for a receiver on this machine.
    response = httpx2.post(
        url, content=body, headers=headers, timeout=WEBHOOK_TIMEOUT, trust_env=False
    )
    return response.status_code
