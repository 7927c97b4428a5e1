"""Turns every error into one answer: a page, or a JSON object, that says what to do next."""

from __future__ import annotations

import logging

from flask import Flask, Response, jsonify, make_response, render_template, request
from flask_limiter import RateLimitExceeded
from flask_wtf.csrf import CSRFError
from werkzeug.exceptions import HTTPException
from workos import WorkOSError

from app import limits
from app.auth import attempts, code_instead
from app.config import settings
from app.failures import RETRY_LATER, Failure
from app.session.store import StoreUnavailable
from app.web import log, trail
from app.web.answers import in_words, wants_json
from app.web.fields import typed
from app.web.redirects import safe_return_to
from app.workos_api.errors import failure_from

_HTTP_CODES = {
    404: "not_found",
    405: "method_not_allowed",
    413: "too_large",
    415: "unsupported_media_type",
    429: "too_many_requests",
}
WRONG_CODES = ("invalid_one_time_code", "invalid_relay_code")
# OWASP's names for what is not simply a failed sign-in.
_EVENTS = {
    "too_many_tries": "authn_login_fail_max",
    "one_time_code_too_many_attempts": "authn_login_fail_max",
    "too_many_requests": "excess_rate_limit_exceeded",
    "csrf": "malicious_csrf",
    "prefetched": "authn_callback_ignored",
    "already_signed_in": "authn_callback_ignored",
    "not_signed_in": "authz_fail",
    "sign_in_again": "authz_fail",
    "webhook_refused": "malicious_webhook",
}


def init_app(app: Flask) -> None:
    """Registers the one place where failures become answers."""
    app.register_error_handler(Failure, answer)
    app.register_error_handler(WorkOSError, lambda error: answer(failure_from(error)))
    app.register_error_handler(StoreUnavailable, lambda _: answer(_store_unavailable()))
    app.register_error_handler(RateLimitExceeded, lambda error: answer(_limited(error)))
    app.register_error_handler(CSRFError, lambda _: answer(Failure("csrf")))
    app.register_error_handler(HTTPException, _answer_http)
    app.register_error_handler(Exception, _answer_unexpected)


def answer(failure: Failure) -> Response:
    """Logs the failure and returns its page or JSON object, with its status and Retry-After."""
    name, level, details = log_entry(failure)
    log.event(name, level=level, **details)
    explanation = failure.explanation
    body = jsonify(for_programs(failure)) if wants_json() else _page(failure)
    response = make_response(body, explanation.status)
    if failure.retry_after:
        response.headers["Retry-After"] = str(failure.retry_after)
    return response


def _store_unavailable() -> Failure:
    return Failure("store_unavailable", retry_after=RETRY_LATER)


def _limited(error: RateLimitExceeded) -> Failure:
    code = str(error.description)  # app.limits puts the failure's code there
    # A worn-out code does not come back by waiting.
    return Failure(code, retry_after=None if code == "too_many_tries" else limits.wait())


def _answer_http(error: HTTPException) -> Response:
    status = error.code or 500
    if status < 400:
        return make_response(error.get_response())  # a redirect to the canonical URL of a route
    code = _HTTP_CODES.get(status, "internal_error" if status >= 500 else "bad_request")
    response = answer(Failure(code, detail=f"{status}"))
    if code == "bad_request":
        response.status_code = status
    if status == 405:
        response.headers["Allow"] = ", ".join(sorted(error.valid_methods or ()))  # type: ignore[attr-defined] # MethodNotAllowed has it
    return response


def _answer_unexpected(error: Exception) -> Response:
    log.unexpected(error)
    return answer(Failure("internal_error"))


def log_entry(failure: Failure) -> tuple[str, int, dict[str, str | int | None]]:
    """Returns how a failure is logged: the event, its level and its details."""
    level = logging.ERROR if failure.explanation.is_ours else logging.WARNING
    details: dict[str, str | int | None] = {
        "failure": failure.code,
        "status": failure.explanation.status,
        "detail": failure.detail,
    }
    return _event_name(failure), level, details


def _event_name(failure: Failure) -> str:
    if failure.code in _EVENTS:
        return _EVENTS[failure.code]
    if failure.explanation.is_ours:
        return "sys_failure"
    is_about_input = failure.explanation.way in ("correct", "home", "public_url")
    if is_about_input and failure.code not in WRONG_CODES:
        return "input_validation_fail"
    return "authn_login_fail"


def for_programs(failure: Failure) -> dict[str, object]:
    """Returns the failure as an object for JSON."""
    explanation = failure.explanation
    body: dict[str, object] = {
        "error": failure.code,
        "message": f"{explanation.title}. {explanation.reason}",
        "hint": _hint(failure),
        "request_id": log.request_id(),
    }
    if found := trail.current():
        body |= {"attempt": found.attempt_id, "step": found.step}
    if failure.retry_after:
        body["retry_after"] = failure.retry_after
    if failure.code in WRONG_CODES:
        body["tries_left"] = limits.tries_left()
    return body


def _hint(failure: Failure) -> str:
    if failure.retry_after:
        return f"Try again in {in_words(failure.retry_after)}."
    return f"{failure.explanation.label}."


def _page(failure: Failure) -> str:
    attempt = attempts.in_hand()
    return render_template(
        _template(failure),
        failure=failure,
        attempt=attempt,
        code_instead=code_instead.offered(),
        trail=trail.current(),
        wait=in_words(failure.retry_after) if failure.retry_after else None,
        tries_left=limits.tries_left() if failure.code in WRONG_CODES else None,
        request_id=log.request_id(),
        # What was typed is shown again, for nothing may be lost.
        submitted=typed("email", "next", "state"),
        return_to=_return_to(failure),
        public_url=settings().public_url,
    )


def _template(failure: Failure) -> str:
    if failure.explanation.way != "correct":
        return "failure.html"
    # The form that was sent is shown again, to be corrected.
    if attempts.in_hand() and "one_time_code" in failure.code:
        return "verify.html"
    if attempts.in_hand() and "relay_code" in failure.code:
        return "sent.html"
    return "sign_in.html"


def _return_to(failure: Failure) -> str:
    if attempt := attempts.in_hand():
        return attempt.return_to
    if failure.explanation.status == 401 and request.method == "GET":
        return safe_return_to(request.full_path.rstrip("?"))
    return safe_return_to(typed("next")["next"])
