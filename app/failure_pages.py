"""Turns every failure into one answer: a page, or a JSON object, that says what to do next."""

from __future__ import annotations

import logging

from flask import Blueprint, Flask, Response, jsonify, make_response, request
from flask_babel import gettext
from flask_wtf.csrf import CSRFError
from werkzeug import exceptions
from workos import WorkOSError

from .auth import attempts, steps
from .auth.attempt import STAGES
from .auth.doors import last_used, offered
from .auth.step import page_of
from .config import settings
from .failures import Failure
from .guards import NotSignedIn
from .limits import TooManyRequests
from .pages import render
from .web import http_errors, log
from .web.answers import wants_json
from .web.csrf import CSRF
from .web.fields import UnsupportedMediaType, typed
from .web.headers import forbid_keeping
from .web.http_errors import BadRequest, InternalError
from .web.language import current_language
from .web.redirects import safe_return_to
from .web.words import in_words
from .workos_api.errors import failure_from
from .workos_api.steps import StepRequired

_BY_STATUS: dict[int, type[Failure]] = {
    401: NotSignedIn,
    403: http_errors.Forbidden,
    404: http_errors.NotFound,
    405: http_errors.MethodNotAllowed,
    409: http_errors.Conflict,
    410: http_errors.Gone,
    413: http_errors.TooLarge,
    415: UnsupportedMediaType,
    422: http_errors.UnprocessableContent,
    429: TooManyRequests,
    451: http_errors.UnavailableForLegalReasons,
    501: http_errors.NotOffered,
    503: http_errors.ServiceUnavailable,
}


def init_app(app: Flask, blueprint: Blueprint) -> None:
    """Answers our own failures: on every page of ours, and wherever a guard raises one."""
    app.register_error_handler(Failure, answer)
    app.register_error_handler(StepRequired, _lead_on)
    blueprint.register_error_handler(WorkOSError, lambda error: answer(failure_from(error)))
    blueprint.register_error_handler(CSRFError, lambda _: answer(CSRF()))


def answer_everything(app: Flask) -> None:
    """Answers every error on the whole site, down to the unexpected ones."""
    app.register_error_handler(CSRFError, lambda _: answer(CSRF()))
    app.register_error_handler(exceptions.HTTPException, _answer_http)
    app.register_error_handler(Exception, _answer_unexpected)


def answer(failure: Failure) -> Response:
    """Logs the failure and returns its page or JSON object, with its status and Retry-After."""
    name, level, details = log_entry(failure)
    log.event(name, level=level, **details)
    failure.translate()
    current_language()  # so that the headers say it
    body = jsonify(for_programs(failure)) if wants_json() else _page(failure)
    response = make_response(body, failure.status)
    if failure.retry_after:
        response.headers["Retry-After"] = str(failure.retry_after)
    for challenge in (failure.challenge, *failure.other_challenges):
        if challenge:
            response.headers.add("WWW-Authenticate", challenge)
    return forbid_keeping(response)  # also where a guard answers in a host's own view


def log_entry(failure: Failure) -> tuple[str, int, dict[str, str | int | None]]:
    """Returns how a failure is logged: the event, its level and its details."""
    is_for_the_operator = failure.status >= 500  # to act on, rather than for the person
    level = logging.ERROR if is_for_the_operator else logging.WARNING
    details: dict[str, str | int | None] = {
        "failure": failure.name(),
        "status": failure.status,
        "detail": failure.detail,
    }
    return failure.event, level, details


def for_programs(failure: Failure) -> dict[str, object]:
    """Returns the failure as an object for JSON."""
    body: dict[str, object] = {
        "error": failure.name(),
        # Translators: two whole sentences, the first without its full stop
        "message": gettext("%(title)s. %(reason)s", title=failure.title, reason=failure.reason),
        # Translators: the words of a button, as a sentence
        "hint": gettext("%(button)s.", button=failure.button.label),
        "request_id": log.request_id(),
        **failure.about,
    }
    if attempt := attempts.current():
        body |= {"attempt": attempt.id, "stage": attempt.stage}
    if failure.retry_after:
        body["hint"] = gettext("Try again in %(duration)s.", duration=in_words(failure.retry_after))
        body["retry_after"] = failure.retry_after
    if failure.tries_left is not None:
        body["tries_left"] = failure.tries_left
    return body


def _page(failure: Failure) -> str:
    attempt = attempts.current()
    submitted = typed("email", "next", "state")  # shown again, so that nothing is lost
    # Where possible, the form that was sent is shown again to be corrected.
    needs_attempt = failure.form != SIGN_IN_FORM
    form = failure.form if failure.form and (attempt or not needs_attempt) else None
    return_to = attempt.return_to if attempt else submitted["next"]
    if not return_to and failure.status == 401 and request.method == "GET":
        return_to = request.full_path.rstrip("?")
    return render(
        form or "auth/failure.html",
        failure=failure,
        attempt=attempt,
        doors=offered(),
        last_used=last_used(settings()) if form else None,
        doing=gettext(STAGES[attempt.stage - 1]) if attempt else None,
        stages=len(STAGES),
        request_id=log.request_id(),
        submitted=submitted,
        return_to=safe_return_to(return_to),
        next_step=page_of(attempt),
        public_url=settings().public_url,
    )


SIGN_IN_FORM = "auth/sign_in.html"


def _lead_on(required: StepRequired) -> Response:
    try:
        return steps.lead_on(required) or answer(required)
    except Failure as failure:  # Flask handles none that a handler raises
        return answer(failure)


def _answer_http(error: exceptions.HTTPException) -> Response:
    status = error.code or 500
    # A redirect to the canonical URL of a route, or abort() with a response of the view's own.
    if status < 400 or error.response is not None:
        return make_response(error.get_response())
    kind = _BY_STATUS.get(status, InternalError if status >= 500 else BadRequest)
    wait = getattr(error, "retry_after", None)  # seconds, or the moment as such
    failure = kind(retry_after=wait if isinstance(wait, int) else None, detail=f"{status}")
    response = answer(failure)
    response.status_code = status  # some have no words of their own
    for name, value in error.get_headers():
        if name != "Content-Type":
            response.headers[name] = value  # Allow, Retry-After, WWW-Authenticate
    return response


def _answer_unexpected(error: Exception) -> Response:
    log.unexpected(error)
    return answer(InternalError())
