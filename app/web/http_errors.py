"""What Flask's own errors say: those it raises by itself, and those of `abort()` in any view."""

from __future__ import annotations

from ..failures import HOME, TRY_AGAIN, BadInput, Failure, OurFault, Unavailable
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
    reason = "It is larger than what this page takes."
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


class Gone(NothingHere):
    """There was something, and it will not come back."""

    status = 410
    title = "This is no longer here"
    reason = "It was removed, and will not come back."


class Forbidden(Failure):
    """Not for this person."""

    status = 403
    title = "You may not do that here"
    reason = "It is not open to you. If it should be, ask the people who run this site."
    button = HOME
    event = "authz_fail"
    symptom = "403: somebody may not do that"
    cause = "A view called abort(403): a role or a permission is missing, for example."
    diagnosis = "grep authz_fail in the log"
    fix = (
        "Give it to them in WorkOS; it arrives with the next refresh. Or change what the view asks."
    )


class Aborted(Failure):
    """What a view says by `abort()` alone."""

    button = HOME
    symptom = "A view gives up with a status and no words of its own"
    cause = "It called abort() with this status."
    diagnosis = "grep the request id in the log: its line has the path"
    fix = "If people need to know more, raise a Failure of your own: docs/customizing.md."


class Conflict(Aborted):
    """It does not fit what is there now."""

    status = 409
    title = "That clashes with an earlier change"
    reason = "It may have changed in the meantime. Look at it again before you try once more."


class UnprocessableContent(BadInput, Aborted):
    """It can be read, and means nothing that can be done."""

    status = 422
    title = "That cannot be used"
    reason = "It arrived, but something in it does not fit. Go back and check it."


class UnavailableForLegalReasons(Aborted):
    """Forbidden by law (RFC 7725)."""

    status = 451
    title = "This may not be shown"
    reason = "It is withheld for legal reasons."


class NotOffered(OurFault, Aborted):
    """Not built, or not switched on."""

    status = 501
    title = "This site cannot do that"
    reason = "It does not offer what was asked for."
    button = HOME


class ServiceUnavailable(Unavailable, Aborted):
    """Out of service for a while."""

    title = "This is out of service for the moment"
    reason = "It will be back. Try again later."


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
