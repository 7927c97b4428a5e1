"""Device codes: programs without a browser sign in (WorkOS docs: CLI Auth; RFC 8628).

The page on which a person confirms them is one of hosted AuthKit, which asks for all else.
"""

from http import HTTPStatus

from flask import Blueprint, Response, render_template, request
from flask.typing import ResponseReturnValue

from . import remembered
from .control_fields import flag, read_object
from .credentials import require_client
from .environment import Environment, the_environment
from .errors import OAuthRefusal, Refusal
from .events import announce_proof
from .fields import reading_body
from .formats import now, same_email
from .invitations import require_welcome
from .objects import DeviceCode, PendingAuthentication, Remembered, Session
from .organizations import choices
from .pages import kept_to_itself
from .people import people
from .rules import DEVICE_CODE_LIFETIME, DEVICE_INTERVAL

DEVICE_CODE = "urn:ietf:params:oauth:grant-type:device_code"

bp = Blueprint("device", __name__)


@bp.post("/user_management/authorize/device")
def authorize() -> ResponseReturnValue:
    """Gives a program a code to wait with, and one that its person types on the page."""
    with reading_body() as body:
        client_id = body.text("client_id")
    with the_environment() as environment:
        require_client(environment, client_id, None, is_public=True)
        if not environment.has_device_codes:
            raise Refusal(HTTPStatus.FORBIDDEN, {"error": "unauthorized_client"})
        made = DeviceCode(now() + DEVICE_CODE_LIFETIME, DEVICE_INTERVAL)
        environment.device_codes[made.value] = made
        page = f"{environment.settings.base_url}/_emulate/device"
        return {
            "device_code": made.value,
            "user_code": made.user_code,
            "verification_uri": page,
            "verification_uri_complete": f"{page}?user_code={made.user_code}",
            "expires_in": int(DEVICE_CODE_LIFETIME.total_seconds()),
            "interval": int(DEVICE_INTERVAL.total_seconds()),
        }


@bp.get("/_emulate/device")
def show() -> ResponseReturnValue:
    """Asks for the code, who is there, and whether they want this."""
    with the_environment() as environment:
        known = remembered.find(environment)
        return _page(
            user_code=request.args.get("user_code", ""),
            email=known.email if known else "",
            people=people(environment),
        )


@bp.post("/_emulate/device")
def answer() -> ResponseReturnValue:
    """Signs the program in as this person, or notes their no."""
    with the_environment() as environment:
        with reading_body() as body:
            typed = body.text("user_code")
            is_denied = body.optional_text("deny") is not None
            email = "" if is_denied else body.email()
            chosen = body.optional_text("organization_id")
        found = environment.waiting_device(typed)
        if found is None:
            return _page(user_code=typed, email=email, people=people(environment), is_wrong=True)
        if is_denied:
            found.is_denied = True
            return _page(done="You have said no. The program is not signed in.")
        require_welcome(environment, email, None)
        user = environment.users_by_email.get(same_email(email))
        organizations = choices(environment.memberships_of(user)) if user else []
        if len(organizations) > 1 and chosen is None:
            return _page(user_code=typed, email=email, organizations=organizations)
        found.organization_id = chosen or (organizations[0]["id"] if organizations else None)
        found.email = environment.user_for(email).email
        announce_proof(environment, "magic_auth", email)
        page = _page(done="The program is signed in. You can close this page.")
        known = Remembered(email, found.organization_id)
        return remembered.remember(environment, page, known)


@bp.post("/_emulate/device-codes")
def set_device_codes() -> ResponseReturnValue:
    """Says whether programs may sign in so, as the dashboard does."""
    given = read_object(request.get_json(silent=True), "The body", {"enabled"})
    with the_environment() as environment:
        environment.has_device_codes = flag(given, "enabled")
    return given, HTTPStatus.CREATED


def with_device_code(environment: Environment) -> PendingAuthentication:
    """Lets a program in once its person has said yes; it asks again and again (RFC 8628, 3.5)."""
    with reading_body() as body:
        value = body.text("device_code")
    found = environment.device_codes.get(value)
    if found is None or found.is_used:
        raise OAuthRefusal("invalid_grant", "The device code is not known, or has been used.")
    moment = now()
    if moment >= found.expires_at:
        raise OAuthRefusal("expired_token", "The device code has expired.")
    if found.is_denied:
        raise OAuthRefusal("access_denied", "The person said no.")
    asked_at, found.asked_at = found.asked_at, moment
    if asked_at and moment - asked_at < found.interval:
        found.interval += DEVICE_INTERVAL
        raise OAuthRefusal("slow_down", "Wait for longer from now on.")
    if found.email is None:
        raise OAuthRefusal("authorization_pending", "The person has not answered yet.")
    found.is_used = True
    user = environment.user_for(found.email)
    session = Session(user, organization_id=found.organization_id, is_public=True)
    return PendingAuthentication(session, is_settled=True)  # AuthKit itself asked for all else


def _page(**shown: object) -> Response:
    return kept_to_itself(render_template("device.html", **shown))
