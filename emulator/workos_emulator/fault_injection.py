"""Faults on demand: the next requests are answered as a test asks, not as WorkOS would."""

import json
import time

from flask import Blueprint, Response, request
from flask.typing import ResponseReturnValue

from .environment import the_environment
from .fault import Fault
from .paths import is_workos_path

bp = Blueprint("fault_injection", __name__)


@bp.before_app_request
def answer_with_fault() -> Response | None:
    """Answers with the oldest fault that catches the request; never in place of our own pages."""
    if not is_workos_path(request.path):
        return None
    fault = _hit()
    if fault is None:
        return None
    # Outside the lock: one slow answer must not slow the others down.
    time.sleep(fault.delay_ms / 1000)
    return None if fault.status is None else _reply(fault, fault.status)


def _hit() -> Fault | None:
    with the_environment() as environment:
        for fault in environment.faults:
            if fault.catches(request.method, request.path):
                fault.hits += 1
                return fault
    return None


def _reply(fault: Fault, status: int) -> Response:
    # A string is sent as it is, so that a test can send what is no JSON at all.
    if fault.body is None or isinstance(fault.body, str):
        response = Response(fault.body, status, mimetype="text/plain")
    else:
        response = Response(json.dumps(fault.body), status, mimetype="application/json")
    response.headers.update(fault.headers)
    return response


@bp.post("/_emulate/hooks")
def add_fault() -> ResponseReturnValue:
    """Adds one, and returns it as it was understood."""
    fault = Fault.from_json(request.get_json(silent=True))
    with the_environment() as environment:
        environment.faults.append(fault)
        return fault.to_json(), 201


@bp.get("/_emulate/hooks")
def list_faults() -> ResponseReturnValue:
    """Lists them oldest first, each with how often it has answered."""
    with the_environment() as environment:
        return [fault.to_json() for fault in environment.faults]


@bp.delete("/_emulate/hooks")
def clear_faults() -> ResponseReturnValue:
    """Removes them all."""
    with the_environment() as environment:
        environment.faults.clear()
    return "", 204
