"""What Flask's own errors say: those it raises by itself, and those of `abort()` in any view."""

from __future__ import annotations

from ..failures import HOME, TRY_AGAIN, BadInput, OurFault
from .fields import RequestRefused


class BadRequest(RequestRefused):
    """Any other request that is not valid."""

    title = "We did not understand that request"
    reason = "Something in it is not right."
    button = HOME


class TooLarge(RequestRefused):
    """The body is larger than any form."""

    status = 413
    title = "The request is too large"
    reason = "It is larger than any form on this site."
    button = HOME


class NothingHere(BadInput):
    """An address that leads nowhere."""

    button = HOME
    symptom = "A page does not exist, or does not take this method"
    cause = "The address was mistyped, or a GET was sent to a route that only takes POST."
    diagnosis = ".venv/bin/flask routes"
    fix = "Use a link on the site itself."


class NotFound(NothingHere):
    """No such page."""

    status = 404
    title = "There is nothing here"
    reason = "The address may be mistyped, or the page may have gone."


class MethodNotAllowed(NothingHere):
    """The page exists, but does not take this method."""

    status = 405
    title = "That cannot be done here"
    reason = "The page exists, but does not take this kind of request."


class InternalError(OurFault):
    """An error that nobody expected."""

    title = "Something went wrong here"
    reason = "This is our fault, and we have logged it."
    button = TRY_AGAIN
    symptom = "500: something went wrong here"
    cause = "An unexpected error in this application."
    diagnosis = "grep the request id in the log: the sys_crash line says where"
    fix = (
        "Fix the line that `where` names. The message itself is not logged, because it may quote a "
        "secret."
    )
