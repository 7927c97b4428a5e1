"""A person gives an address to an account elsewhere that has none.

https://workos.com/docs/reference/authkit/authentication
"""

from __future__ import annotations

from dataclasses import dataclass

from flask import Blueprint, Response

from ... import limits
from ...config import settings
from ...pages import render
from ...session.store import session_store
from ...web.email_address import AddressRefused, canonical_email
from ...web.fields import queried, submitted
from ...web.visitor import this_visitor
from ...workos_api import authorize
from ...workos_api.steps import EmailCompletionRequired
from ..complete import complete
from ..door import Proof
from ..step import Step, require

PAGE = "auth/steps/complete_email.html"

bp = Blueprint("complete_email", __name__, url_prefix="/auth/your-email")


@dataclass(frozen=True)
class Nothing:
    """All that the page shows; with another shape, the step needs another name."""


@bp.get("")
def show() -> str:
    """Asks for an address."""
    attempt, _ = require(STEP, queried("attempt")["attempt"], settings())
    return render(PAGE, attempt=attempt, submitted={})


@bp.post("")
def give() -> Response:
    """Goes on with the address, which WorkOS will want to see confirmed."""
    fields = submitted("attempt", "email")
    config, store, visitor = settings(), session_store(), this_visitor()
    attempt, pending = require(STEP, fields["attempt"], config)
    try:
        email = canonical_email(fields["email"])
        limits.count_mail(email, visitor, config)  # WorkOS mails a code to it
        store.check()  # before the token is spent on a session that could not be kept
        reply = authorize.authenticate_with_email_completion(email, pending.token, visitor.browser)
    except AddressRefused as refused:
        refused.form = PAGE
        raise
    return complete(attempt, Proof.from_authentication(attempt, reply, config), config, store)


STEP = Step(
    "complete_email",
    EmailCompletionRequired,
    bp,
    "signin.complete_email.show",
    lambda required: {},
    Nothing,
)
