"""Answers for people and for programs; this is where they differ."""

from __future__ import annotations

from typing import Any

from flask import Response, g, jsonify, make_response, redirect, request

JSON = "application/json"
HTML = "text/html"


def wants_json() -> bool:
    """Whether this client asked for JSON, or sent JSON and did not ask for a page."""
    if request.path.startswith("/api/") or "signin_answers_program" in g:
        return True
    accepted = request.accept_mimetypes
    prefers_json = accepted[JSON] > accepted[HTML]
    return prefers_json or (request.is_json and accepted[JSON] >= accepted[HTML])


def answer_program() -> None:
    """Has this request answered in JSON, whatever it accepts: only a program can have made it."""
    g.signin_answers_program = True


def see_other(location: str, *, json: dict[str, Any], status: int = 200) -> Response:
    """Sends a person on to `location` with 303, or gives a program `json` with `status`."""
    if wants_json():
        return make_response(jsonify(json), status)
    return make_response(redirect(location, code=303))
