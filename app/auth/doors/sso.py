"""Single sign-on: an organization's own identity provider. https://workos.com/docs/authkit/sso"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict

from flask import Blueprint, Response, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext

from ... import limits
from ...config import settings
from ...failures import OTHER_ADDRESS, Failure
from ...pages import render
from ...session import signed_in_identity
from ...web.answers import wants_json
from ...web.email_address import canonical_email
from ...web.fields import queried, submitted
from ...web.prefetch import refuse_machines
from ...web.visitor import this_visitor
from ...workos_api.connections import active_connections
from .. import attempts
from ..attempt import ASKING
from ..door import Door
from ..elsewhere import answer, begin, has_just_begun, lead_away, redeem, url_for_attempt

bp = Blueprint("sso", __name__, url_prefix="/auth/sso")


class NoConnection(Failure):
    """The domain of the address has no connection that can be used."""

    status = 404
    title = "This address has no single sign-on"
    reason = "Your organization has not set it up here. Check the address, or use another way."
    form = "auth/ways.html"
    button = OTHER_ADDRESS
    symptom = "Single sign-on does not find an organization"
    cause = "No active connection at WorkOS belongs to an organization with the domain."
    fix = (
        "In the WorkOS dashboard, Organizations, look at the domains and at the state of the "
        "connection (docs/sso.md)."
    )


@bp.post("")
def send() -> Response:
    """Sends people on to a connection, to an organization, or to where their address leads.

    For every address the answer is the same. What there is for its domain is looked up once they
    go on, so that nobody learns it who does not, and it takes the same time.
    """
    fields = submitted("email", "organization_id", "connection_id", "next", "state")
    named, config = _named(fields), settings()
    email = "" if named and not fields["email"] else canonical_email(fields["email"])
    attempt = begin(
        "sso",
        config,
        next_url=fields["next"],
        caller_state=fields["state"],
        login_hint=email or None,
    )
    if named:
        url = url_for_attempt(attempt, {**named, "login_hint": email}, config)
    else:
        url = config.public_url + url_for("signin.sso.go_on", attempt=attempt.id)
    return answer(attempt, url, gettext("Going to your organization's sign-in"))


@bp.get("/continue")
def go_on() -> ResponseReturnValue:
    """Leads on to the connection of the address's domain, or offers several to choose from."""
    refuse_machines()
    attempt_id, config = queried("attempt")["attempt"], settings()
    attempt = attempts.require("sso", attempt_id, config, stage=ASKING)
    email = attempt.login_hint
    if not email:
        raise attempts.AttemptMissing
    limits.count_visit("leading-away", this_visitor(), config)
    found = active_connections(email.rpartition("@")[2])
    if not found:
        raise NoConnection
    if len(found) == 1:
        asked = {"connection_id": found[0].id, "login_hint": email}
        return answer(attempt, url_for_attempt(attempt, asked, config))
    if wants_json():
        listed = [asdict(connection) for connection in found]
        return {"status": "choose_connection", "connections": listed, "attempt": attempt.id}
    return render("auth/ways.html", attempt=attempt, connections=found, doors=())


def lead_to_organization(organization_id: str, email: str, next_url: str) -> Response:
    """Leads somebody who is signed in to the identity provider of another organization."""
    named = {"organization_id": organization_id, "login_hint": email}
    return lead_away("sso", named, next_url=next_url, caller_state="")


def begin_again(query: Mapping[str, str]) -> Response | None:
    """Leads to the identity provider that somebody came from whom it may not send unasked; once.

    Nobody who is signed in: any page can bring its readers here, with a connection of its choice.
    """
    named = _named(query)
    if not named or signed_in_identity() or has_just_begun("sso"):
        return None
    return lead_away("sso", named, next_url="", caller_state="")


def _named(fields: Mapping[str, str]) -> dict[str, str]:
    # One of them is all that WorkOS takes.
    names = ("connection_id", "organization_id")
    return next(({name: fields[name]} for name in names if fields[name]), {})


DOOR = Door(
    "sso",
    "your organization's sign-in",
    bp,
    offer="auth/doors/sso.html",
    lead_to_organization=lead_to_organization,
    redeem=redeem,
    begin_again=begin_again,
)
