"""Delivering events to the application (WorkOS docs: Webhooks): by themselves, or on demand."""

from flask import Blueprint, request
from flask.typing import ResponseReturnValue

from .environment import the_environment
from .event import Event
from .formats import Json

bp = Blueprint("webhooks", __name__, url_prefix="/_emulate/webhooks")


def announce(name: str, data: Json) -> None:
    """Tells the application what just happened."""
    with the_environment() as environment:
        environment.announce(name, data)


@bp.post("")
def send_event() -> ResponseReturnValue:
    """Sends any event at all, and says what the receiver answered."""
    event = Event.from_json(request.get_json(silent=True))
    with the_environment() as environment:
        environment.events.append(event)
    environment.send(event)
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
