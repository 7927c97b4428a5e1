"""All doors and all steps as two tables, and somebody who walks from one through the others.

A new door or a new step is one line here. What may follow what is said by WorkOS's documentation:
https://workos.com/docs/reference/authkit/authentication-errors
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from html import unescape
from typing import Any
from urllib.parse import urlencode, urlsplit

from werkzeug.test import TestResponse

from tests.auth.asked import come_back, set_at_workos
from tests.auth.test_sso import ACME, REFRESH, at_provider, target
from tests.totp import next_totp, set_up
from tests.walk import ADA, Visitor

BACK = {"next": "/account", "state": "basket-17"}
ORGANIZATIONS = [{"id": ACME["organization_id"], "name": "Acme"}, {"id": "org_2", "name": "Globex"}]
ORGANIZATION = {"organization_id": ACME["organization_id"]}
CONNECTION = {"connection_id": ACME["id"]}
GITHUB = f"/auth/social/github?{urlencode(BACK)}"
HIDDEN = re.compile(r'<input type="hidden" name="([^"]+)" value="([^"]*)"')


@dataclass(frozen=True)
class Door:
    """A way in: `come` walks it to its end, and returns what this site answers to the proof."""

    come: Callable[..., TestResponse]  # of the visitor, the email, and what the provider is told
    authentication_method: str | None  # WorkOS's name for it
    asks: tuple[str, ...] = ()  # the steps that may follow


@dataclass(frozen=True)
class Step:
    """What may be asked in between; `require` has WorkOS ask somebody for it."""

    path: str  # of its page
    require: Callable[[Visitor, str], object]
    answer: Callable[[Visitor, str], dict[str, str]]  # the right one, as its form takes it
    form: str = ""  # where that goes, if not to the path
    begun_at: str = ""  # where its page leads first
    told: tuple[str, ...] = ()  # to a program, besides which step it is
    at_provider: dict[str, str] = field(default_factory=dict)  # what is said there


# Doors.


def by_code(visitor: Visitor, email: str, **_: str) -> TestResponse:
    visitor.ask_for_code(email, **BACK)
    return visitor.type_code(mailed_code(visitor, email)["one_time_code"])


def by_link(visitor: Visitor, email: str, **_: str) -> TestResponse:
    return visitor.sign_in_by_link(email, **BACK)


def by_authkit(visitor: Visitor, email: str, **_: str) -> TestResponse:
    # Its page asks everything itself, such as in which organization.
    return come_back(visitor, f"/auth/authkit?{urlencode(BACK)}", email=email, **ORGANIZATION)


def by_github(visitor: Visitor, email: str, **form: str) -> TestResponse:
    return come_back(visitor, GITHUB, **(form or {"email": email}))


def by_sso(visitor: Visitor, email: str, **_: str) -> TestResponse:
    return at_organization(visitor, email, visitor.post("/auth/sso", **CONNECTION, **BACK))


def at_organization(visitor: Visitor, email: str, leaving: TestResponse) -> TestResponse:
    """Goes to the identity provider that a page leads to, and back."""
    return visitor.get(at_provider(visitor, target(leaving), email=email))


# Steps: what requires them, and their answers.


def nobody_vouches(visitor: Visitor, email: str) -> None:
    set_at_workos(visitor, "email-verification", email=email, required=True)
    connect(visitor, "pending")


def looks_suspicious(visitor: Visitor, email: str) -> None:
    set_at_workos(visitor, "radar-challenges", email=email, code="radar_email_challenge")


def belongs_to_two(visitor: Visitor, email: str) -> None:
    set_at_workos(visitor, "organizations", email=email, organizations=ORGANIZATIONS)


def has_to_use_sso(visitor: Visitor, email: str) -> None:
    set_at_workos(visitor, "organizations", email=email, organizations=ORGANIZATIONS[:1])
    set_at_workos(visitor, "policies", **ORGANIZATION, requires_sso=True)


def has_to_have_an_app(visitor: Visitor, email: str) -> None:
    set_at_workos(visitor, "second-factors", emails=[email])


def connect(visitor: Visitor, domain: str = "verified") -> None:
    """Has WorkOS know an organization that says this of the domain of everybody here."""
    set_at_workos(visitor, "connections", **{**ACME, "domains": {"example.com": domain}})


def mailed_code(visitor: Visitor, email: str) -> dict[str, str]:
    newest = next(mail for mail in visitor.mailbox() if mail["to"] == email)
    return {"one_time_code": newest["one_time_code"]}


def totp(visitor: Visitor, email: str) -> dict[str, str]:
    return {"one_time_code": next_totp(visitor, email)}


# In the order in which WorkOS asks.
STEPS = {
    "complete_email": Step(  # and nobody vouches for what is typed
        "/auth/your-email",
        lambda visitor, email: None,
        lambda visitor, email: {"email": email},
        at_provider={"without_email": "yes"},
    ),
    "verify_email": Step("/auth/verify-email", nobody_vouches, mailed_code, told=("email",)),
    "radar": Step("/auth/unusual-sign-in", looks_suspicious, mailed_code, told=("email",)),
    "choose_organization": Step(
        "/auth/choose-organization",
        belongs_to_two,
        lambda visitor, email: ORGANIZATION,
        told=("organizations",),
    ),
    "choose_method": Step(
        "/auth/choose-method",
        has_to_use_sso,
        lambda visitor, email: {**CONNECTION, **BACK},
        form="/auth/sso",
        told=("email", "connections", "methods"),
    ),
    "totp": Step("/auth/totp", set_up, totp, told=("factors",)),
    "enroll_totp": Step(
        "/auth/enroll-totp", has_to_have_an_app, totp, begun_at="/auth/enroll-totp/begin"
    ),
}

PROVED_HERE = ("radar", "choose_organization", "choose_method", "totp", "enroll_totp")
DOORS = {
    "magic_auth": Door(by_code, "MagicAuth", PROVED_HERE),
    "magic_link": Door(by_link, None),
    "authkit": Door(by_authkit, "MagicAuth"),
    "sso": Door(by_sso, "SSO", ("verify_email", "radar")),
    "github": Door(by_github, "GitHubOAuth", tuple(STEPS)),  # as all providers
}


# Walking.


def require(visitor: Visitor, *steps: str, email: str = ADA) -> None:
    """Has WorkOS ask somebody for these, the last one first: the earlier say where they belong."""
    connect(visitor)
    for step in reversed(steps):
        STEPS[step].require(visitor, email)


def come(visitor: Visitor, door: str, *steps: str, email: str = ADA) -> TestResponse:
    """Comes by this door, where these steps are required."""
    said = {name: one for step in steps for name, one in STEPS[step].at_provider.items()}
    return DOORS[door].come(visitor, email, **said)


def asked(answer: TestResponse) -> str:
    """Returns the step that this leads to; "" if it leads to none."""
    path = urlsplit(answer.location or "").path
    return next((name for name, step in STEPS.items() if step.path == path), "")


def show(visitor: Visitor, url: str) -> TestResponse:
    """Opens the page of a step, as far as its question."""
    page = visitor.get(url)
    begun_at = next((one.begun_at for one in STEPS.values() if one.path == urlsplit(url).path), "")
    return visitor.get(submit(visitor, page, begun_at).location) if begun_at else page


def give(
    visitor: Visitor, page: TestResponse, step: str, email: str = ADA, **typed: str
) -> TestResponse:
    """Answers on the page of a step, rightly if not said how."""
    form = STEPS[step].form or STEPS[step].path
    sent = submit(visitor, page, form, **(typed or STEPS[step].answer(visitor, email)))
    return at_organization(visitor, email, sent) if REFRESH.search(sent.text) else sent


def submit(visitor: Visitor, page: TestResponse, action: str, **typed: str) -> TestResponse:
    """Sends the form of a page that goes to `action`, with all that is hidden in it."""
    form = re.search(f'<form method="post" action="{action}".*?</form>', page.text, re.DOTALL)
    assert form, page.text
    hidden = {name: unescape(value) for name, value in HIDDEN.findall(form[0])}
    return visitor.client.post(action, base_url=visitor.origin, data={**hidden, **typed})


def walk_on(visitor: Visitor, answer: TestResponse, back: str = BACK["next"]) -> list[str]:
    """Answers all that is asked, to the end; returns what that was."""
    walked: list[str] = []
    while step := asked(answer):
        assert visitor.get("/account").location == "/sign-in?next=/account", step
        walked.append(step)
        answer = give(visitor, show(visitor, answer.location), step)
    assert (answer.status_code, answer.location) == (303, back), answer.text
    return walked


def session_of(visitor: Visitor) -> dict[str, Any]:
    """Returns what the site says of who is signed in."""
    session: dict[str, Any] = visitor.api_session().json
    return session
