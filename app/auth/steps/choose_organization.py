"""A person who belongs to several organizations chooses which one to sign in to.

https://workos.com/docs/reference/authkit/authentication/organization-selection
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

from flask import Blueprint, Response

from ... import limits
from ...config import settings
from ...failures import BadInput
from ...pages import render
from ...session.store import session_store
from ...web.fields import queried, submitted
from ...web.visitor import this_browser
from ...workos_api import user_management
from ...workos_api.steps import OrganizationSelectionRequired, StepRequired
from ..complete import complete
from ..door import Proof
from ..step import Step, require

MOST = 40  # organizations whose names and ids fit in a cookie
MAX_NAME = 60  # characters of a name that are shown

bp = Blueprint("choose_organization", __name__, url_prefix="/auth/choose-organization")


class OrganizationNotOffered(BadInput):
    """No organization was chosen, or one that WorkOS did not offer."""

    title = "Choose an organization"
    reason = "Choose one from the list."
    form = "auth/choose_organization.html"
    symptom = "An organization cannot be chosen"
    cause = "The form came back without one of the organizations that WorkOS offered."
    fix = "Choose one from the list. The WorkOS dashboard, Organizations, says who is a member."


@dataclass(frozen=True)
class Organization:
    """One that the person belongs to."""

    id: str
    name: str


@dataclass(frozen=True)
class Choice:
    """What the page shows; with another shape, the step needs another name."""

    organizations: tuple[Organization, ...]


@bp.get("")
def show() -> str:
    """Asks which organization to sign in to."""
    attempt, _ = require(STEP, queried("attempt")["attempt"], settings())
    return render("auth/choose_organization.html", attempt=attempt)


@bp.post("")
@limits.verifying
def choose() -> Response:
    """Signs in to the organization that was chosen, or goes on to what WorkOS asks next."""
    fields = submitted("attempt", "organization_id")
    config = settings()
    attempt, pending = require(STEP, fields["attempt"], config)
    chosen = fields["organization_id"]
    if chosen not in {organization["id"] for organization in pending.details["organizations"]}:
        raise OrganizationNotOffered
    store = session_store()
    store.check()  # before the token is spent on a session that could not be kept
    reply = user_management.authenticate_with_organization_selection(
        pending.token, chosen, this_browser()
    )
    return complete(attempt, Proof.from_authentication(attempt, reply, config), config, store)


def _details(required: StepRequired) -> dict[str, Any] | None:
    found = required.details.get("organizations")
    listed = [
        Organization(one["id"], str(one.get("name") or one["id"])[:MAX_NAME])
        for one in (found if isinstance(found, list) else [])
        if isinstance(one, dict) and isinstance(one.get("id"), str)
    ]
    return asdict(Choice(tuple(listed))) if 0 < len(listed) <= MOST else None


STEP = Step(
    "choose_organization",
    OrganizationSelectionRequired,
    bp,
    "signin.choose_organization.show",
    _details,
    Choice,
)
