"""Finding the User behind a link, to the byte."""

from __future__ import annotations

from typing import Any

import pytest
import responses
from werkzeug.test import TestResponse

from app.workos_api.client import TIMEOUT
from tests.walk import ADA, Visitor
from tests.workos.replies import NO_USERS, PROFILE, USER, USERS
from tests.workos.test_calls import BROWSER, FIND_USER, TOKEN, ask_for_link, bodies
from tests.workos.test_faults import ANYWHERE, UNEXPECTED, Fault

CREATE_USER = FIND_USER
EVE = {**USER, "id": "user_01EVE", "email": "eve@example.com"}
TAKEN = {
    "code": "user_creation_error",
    "message": "Could not create user.",
    "errors": [{"code": "email_not_available", "message": "This email is not available."}],
}


def come_back(visitor: Visitor, api: responses.RequestsMock) -> TestResponse:
    """Comes back from a link whose Profile is Ada's."""
    state = ask_for_link(visitor, api)
    api.post(TOKEN, json={"access_token": "canary", "profile": PROFILE})
    return visitor.get(f"/auth/callback?code=the-code&state={state}")


def test_a_new_address_gets_a_user_that_is_verified(
    visitor: Visitor, api: responses.RequestsMock
) -> None:
    api.get(FIND_USER, json=NO_USERS)
    api.post(CREATE_USER, json=USER, status=201)

    assert come_back(visitor, api).status_code == 303

    expected = {"email": ADA, "email_verified": True, **BROWSER}
    assert bodies(api)[4:] == [("POST", CREATE_USER, expected)]
    assert visitor.api_session().json["user"]["id"] == "user_01ADA"


def test_two_links_for_a_new_address_at_once_end_in_one_user(
    visitor: Visitor, api: responses.RequestsMock
) -> None:
    """The other one makes the User between our two calls."""
    api.get(FIND_USER, json=NO_USERS)
    api.post(CREATE_USER, json=TAKEN, status=400)
    api.get(FIND_USER, json=USERS)

    assert come_back(visitor, api).status_code == 303

    assert visitor.api_session().json["user"]["id"] == "user_01ADA"
    timeouts = [call.request.req_kwargs["timeout"] for call in api.calls][3:]  # type: ignore[attr-defined] # of `responses`
    assert TIMEOUT >= timeouts[0] > timeouts[1] > timeouts[2]  # LIM-05: together one call's time


@pytest.mark.parametrize(
    "listed",
    [
        [EVE, USER],
        [{**USER, "email": 7}, {**USER, "id": None}, USER],
        [{**USER, "email": "ADA@Example.com"}],
    ],
)
def test_only_the_user_with_this_very_address_counts(
    visitor: Visitor, api: responses.RequestsMock, listed: list[Any]
) -> None:
    """AUT-18: a server that ignores the filter signs nobody in as somebody else."""
    api.get(FIND_USER, json={**USERS, "data": listed})

    assert come_back(visitor, api).status_code == 303
    assert visitor.api_session().json["user"]["id"] == "user_01ADA"


@pytest.mark.parametrize(("made", "status"), [(EVE, 201), ({**USER, "id": 7}, 201), (TAKEN, 400)])
def test_nobody_is_signed_in_as_a_user_of_another_address(
    visitor: Visitor, api: responses.RequestsMock, made: Any, status: int
) -> None:
    """AUT-18."""
    api.get(FIND_USER, json={**USERS, "data": [EVE]})
    api.post(CREATE_USER, json=made, status=status)

    assert come_back(visitor, api).status_code == 503
    assert not visitor.is_signed_in()


FAULTS = {name: fault for name, (fault, _) in {**ANYWHERE, **UNEXPECTED}.items()}


@pytest.mark.parametrize("name", FAULTS)
def test_whatever_workos_answers_the_person_can_go_on(
    visitor: Visitor, api: responses.RequestsMock, name: str
) -> None:
    """AUT-22."""
    fault: Fault = FAULTS[name]
    api.get(FIND_USER, **fault)

    page = come_back(visitor, api)

    assert page.status_code == 503
    assert "You are almost signed in" in page.text
    assert "canary" not in page.text.replace(name, "")
    assert not visitor.is_signed_in()
