"""What a browser may do with the pages of the emulator: little."""

from flask import Response, make_response

POLICY = (
    "default-src 'none'; style-src 'self'; img-src 'self'; frame-src 'self'; "
    "base-uri 'none'; frame-ancestors 'none'; form-action 'self'"
)


def kept_to_itself(page: str, policy: str = POLICY, *, may_lead_to: str = "") -> Response:
    """Returns the page, whose forms may lead to this origin too."""
    response = make_response(page)
    response.headers["Content-Security-Policy"] = f"{policy} {may_lead_to}".rstrip()
    response.headers["Referrer-Policy"] = "no-referrer"
    response.headers["Cache-Control"] = "no-store"
    return response
