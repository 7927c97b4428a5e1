"""Faults on demand: the next requests are answered as a test asks, not as WorkOS would."""

import json
import time

from flask import Flask, Response, request
from flask.typing import ResponseReturnValue

from emulator.gate import is_workos_path
from emulator.hook import Hook
from emulator.world import the_world


def init_app(app: Flask) -> None:
    app.before_request(answer_from_hook)
    app.add_url_rule("/_emulate/hooks", view_func=add_hook, methods=["POST"])
    app.add_url_rule("/_emulate/hooks", view_func=list_hooks)
    app.add_url_rule("/_emulate/hooks", view_func=clear_hooks, methods=["DELETE"])


def answer_from_hook() -> Response | None:
    """The oldest hook that catches the request answers it; it must not reach our own pages."""
    if not is_workos_path(request.path):
        return None
    hook = _hit()
    if hook is None:
        return None
    # Outside the lock: one slow answer must not slow the others down.
    time.sleep(hook.delay_ms / 1000)
    return None if hook.status is None else _reply(hook, hook.status)


def _hit() -> Hook | None:
    with the_world() as world:
        for hook in world.hooks:
            if hook.catches(request.method, request.path):
                hook.hits += 1
                return hook
    return None


def _reply(hook: Hook, status: int) -> Response:
    """A string is sent as it is, so that a test can send what is no JSON at all."""
    if hook.body is None or isinstance(hook.body, str):
        response = Response(hook.body, status, mimetype="text/plain")
    else:
        response = Response(json.dumps(hook.body), status, mimetype="application/json")
    response.headers.update(hook.headers)
    return response


def add_hook() -> ResponseReturnValue:
    hook = Hook.from_json(request.get_json(silent=True))
    with the_world() as world:
        world.hooks.append(hook)
        return hook.to_json(), 201


def list_hooks() -> ResponseReturnValue:
    with the_world() as world:
        return [hook.to_json() for hook in world.hooks]


def clear_hooks() -> ResponseReturnValue:
    with the_world() as world:
        world.hooks.clear()
    return "", 204
