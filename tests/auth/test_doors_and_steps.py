"""Each door times each step that WorkOS may ask after it, and the steps after each other."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import combinations
from typing import Any
from urllib.parse import urlencode

import pytest
from flask import Flask, Response, request_finished
from workos import WorkOSClient

from app.config import Config
from tests.auth.asked import come_back
from tests.auth.matrix import BACK, DOORS, STEPS, come, require, session_of, walk_on
from tests.totp import logged, user_of
from tests.walk import ADA, MUCH_MAIL, Visitor, heading

SECRETS = re.compile(
    r'"(?:pending_authentication_token|email_completion_token|access_token|refresh_token|secret)"'
    r':\s*"([^"]+)"'
)


@pytest.fixture
def config(make_config: Any) -> Config:
    config = make_config(sign_in_with=tuple(DOORS), **MUCH_MAIL)
    assert isinstance(config, Config)
    return config


@pytest.fixture
def answers(app: Flask, emulator: Flask) -> Iterator[dict[Flask, str]]:
    """All that this site and WorkOS answer, headers included."""
    said = {app: "", emulator: ""}

    def hear(sender: Flask, response: Response) -> None:
        said[sender] += f"{response.headers}{response.get_data(as_text=True)}"

    with request_finished.connected_to(hear):
        yield said


def due(door: str, *required: str) -> list[str]:
    """Returns what WorkOS asks after this door where these steps are required, in its order."""
    asked = {step for step in required if step in DOORS[door].asks}
    if "complete_email" in asked:
        asked.add("verify_email")  # nobody vouches for what was only typed
    found = [step for step in STEPS if step in asked]
    if "choose_method" in asked:  # who has to use single sign-on begins again by that door
        return found[: found.index("choose_method") + 1] + due("sso", *required)
    return found


# Doors after which WorkOS asks for the same things are one here.
CASES = [
    (door, pair)
    for door in {door.asks: name for name, door in DOORS.items()}.values()
    for pair in combinations(STEPS, 2)
    if len(due(door, *pair)) > 1 and pair != ("totp", "enroll_totp")
]


@pytest.mark.parametrize("step", STEPS)
@pytest.mark.parametrize("door", DOORS)
def test_a_door_leads_through_the_steps_that_can_follow_it(
    visitor: Visitor,
    answers: dict[Flask, str],
    door: str,
    step: str,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """AUT-15, AUT-18, LOG-02: to the same person, with no session or secret on the way."""
    caplog.set_level("DEBUG")

    require(visitor, step)
    assert walk_on(visitor, come(visitor, door, step)) == due(door, step)

    session, came_by = session_of(visitor), "sso" if "choose_method" in due(door, step) else door
    assert (session["method"], session["state"]) == (came_by, BACK["state"])
    assert session["authentication_method"] == DOORS[came_by].authentication_method
    assert session["user"]["id"] == user_of(visitor.emulator, ADA)
    secrets = set(SECRETS.findall(answers[visitor.emulator]))
    assert secrets
    shown = answers[visitor.app] + logged(caplog)
    assert not [secret for secret in secrets if secret in shown]


@pytest.mark.parametrize(("door", "pair"), CASES, ids=str)
def test_steps_follow_each_other(visitor: Visitor, door: str, pair: tuple[str, str]) -> None:
    """AUT-15: in WorkOS's order, and until the last there is no session."""
    require(visitor, *pair)
    assert walk_on(visitor, come(visitor, door, *pair)) == due(door, *pair)


def test_all_steps_follow_each_other(visitor: Visitor) -> None:
    steps = [step for step in STEPS if step not in ("choose_method", "enroll_totp")]

    require(visitor, *steps)
    assert walk_on(visitor, come(visitor, "github", *steps)) == steps


@pytest.mark.parametrize("step", ["verify_email", "radar", "totp", "enroll_totp"])
def test_an_invitation_outlasts_the_steps(
    visitor: Visitor, workos: WorkOSClient, step: str
) -> None:
    """AUT-25: into its organization, so nobody is asked to choose one."""
    joined = workos.organizations.create_organization(name="Initech").id
    sent = workos.user_management.send_invitation(email=ADA, organization_id=joined)
    page = visitor.get(sent.accept_invitation_url).location
    require(visitor, step, "choose_organization")
    answer = come_back(visitor, f"/auth/social/github?{urlencode({'next': page})}")

    assert walk_on(visitor, answer, page) == [step]

    assert heading(visitor.get(page)) == "You have joined Initech"
    assert session_of(visitor)["organization_id"] == joined
