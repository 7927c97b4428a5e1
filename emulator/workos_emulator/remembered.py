"""The cookie of hosted AuthKit: whom it knows in a browser, it lets through without a question.

Only its logout page (sessions.py) takes the cookie. Revoking a session from a server does not.
"""

from flask import request
from werkzeug import Response

from .environment import Environment
from .objects import Remembered

COOKIE = "emulated-authkit"


def find(environment: Environment) -> Remembered | None:
    """Returns whom AuthKit knows in this browser."""
    return environment.remembered.get(request.cookies.get(COOKIE, ""))


def remember(environment: Environment, response: Response, known: Remembered) -> Response:
    """Has this browser known as theirs."""
    environment.remembered[known.token] = known
    response.set_cookie(COOKIE, known.token, httponly=True, samesite="Lax")
    return response


def forget(environment: Environment, response: Response) -> Response:
    """Has this browser known as nobody's."""
    environment.remembered.pop(request.cookies.get(COOKIE, ""), None)
    response.delete_cookie(COOKIE, httponly=True, samesite="Lax")
    return response
