"""Every way in which WorkOS says no, and the one place that turns it into a reply."""

import math
from collections.abc import Mapping, Sequence
from http import HTTPStatus

from flask import Flask, jsonify, request
from flask.typing import ResponseReturnValue
from werkzeug.exceptions import HTTPException, MethodNotAllowed, NotFound


class Refusal(Exception):
    """A reply that is not the one asked for: its status, body and headers."""

    def __init__(
        self,
        status: HTTPStatus,
        body: Mapping[str, object],
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(status)
        self.status = status
        self.body = dict(body)
        self.headers = dict(headers or {})


class CodeRefusal(Refusal):
    """400 in WorkOS's own envelope: {code, message}."""

    def __init__(self, code: str, message: str = "Request could not be processed.") -> None:
        super().__init__(HTTPStatus.BAD_REQUEST, {"code": code, "message": message})


class OAuthRefusal(Refusal):
    """400 in the envelope of the two token endpoints: {error, error_description}."""

    def __init__(self, error: str, description: str) -> None:
        body = {"error": error, "error_description": description}
        super().__init__(HTTPStatus.BAD_REQUEST, body)


class Unauthorized(Refusal):
    """401 for a missing or wrong API key."""

    def __init__(self) -> None:
        super().__init__(HTTPStatus.UNAUTHORIZED, {"message": "Unauthorized"})


class BadRequest(Refusal):
    """400 for what cannot be read, or what a control does not take."""

    def __init__(self, message: str) -> None:
        super().__init__(HTTPStatus.BAD_REQUEST, {"error": "Bad Request", "message": message})


class EntityNotFound(Refusal):
    """404 that names what there is not."""

    def __init__(self, noun: str, entity_id: str) -> None:
        message = f"{noun} not found: '{entity_id}'."
        body = {"code": "entity_not_found", "message": message, "entity_id": entity_id}
        super().__init__(HTTPStatus.NOT_FOUND, body)


class Invalid(Refusal):
    """422 that names every field at fault."""

    def __init__(self, errors: Sequence[Mapping[str, str]]) -> None:
        body = {
            "code": "invalid_request_parameters",
            "message": "Validation failed.",
            "errors": list(errors),
        }
        super().__init__(HTTPStatus.UNPROCESSABLE_ENTITY, body)


class TooManyRequests(Refusal):
    """429 in either envelope, with the seconds to wait in Retry-After."""

    def __init__(self, retry_after: float, *, oauth: bool) -> None:
        text = "Too many requests. Try again later."
        if oauth:
            body = {"error": "too_many_requests", "error_description": text}
        else:
            body = {"code": "too_many_requests", "message": text}
        headers = {"Retry-After": str(max(1, math.ceil(retry_after)))}
        super().__init__(HTTPStatus.TOO_MANY_REQUESTS, body, headers)


def init_app(app: Flask) -> None:
    """Replies in WorkOS's envelopes from now on."""
    app.register_error_handler(Refusal, reply_to_refusal)
    app.register_error_handler(HTTPException, reply_to_http_exception)


def reply_to_refusal(refusal: Refusal) -> ResponseReturnValue:
    """Returns the reply that the refusal is."""
    return jsonify(refusal.body), refusal.status, refusal.headers


def reply_to_http_exception(error: HTTPException) -> ResponseReturnValue:
    """Returns 404 for 405 too: to WorkOS an unknown method is as unknown as the path."""
    if isinstance(error, NotFound | MethodNotAllowed):
        message = f"Cannot {request.method} {request.path}"
        return {"error": "Not Found", "message": message}, HTTPStatus.NOT_FOUND
    return {"error": error.name, "message": error.description}, error.code or 500
