from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from workos import WorkOSClient

from bare_http import CALLBACK, OTHER_CALLBACK, BareHttp
from workos_emulator.rules import PASSWORDLESS_SESSION_LONGEST, PASSWORDLESS_SESSION_SHORTEST

NOON = datetime(2026, 1, 15, 12, tzinfo=UTC)


def test_a_person_signs_in_with_a_link(workos: WorkOSClient, http: BareHttp) -> None:
    session = workos.passwordless.create_session(
        email="ada@example.com", type="MagicLink", state="from-the-form"
    )
    assert workos.passwordless.send_session(session.id) is True

    [mail] = http.mails(to="ada@example.com")
    assert mail["links"] == [session.link]

    answer = http.follow(session.link)
    assert answer["state"] == "from-the-form"

    reply = workos.sso.get_profile_and_token(code=answer["code"])
    assert reply.profile.id.startswith("prof_")
    assert reply.profile.email == "ada@example.com"
    assert str(reply.profile.connection_type.value) == "MagicLink"
    assert reply.profile.first_name is None


def test_a_link_that_is_not_sent_reaches_nobody(http: BareHttp) -> None:
    assert http.create_link().status_code == 201
    assert http.mails() == []


def test_a_link_works_once(http: BareHttp) -> None:
    link = http.create_link(state="s").json()["link"]
    assert "code" in http.follow(link)
    assert http.follow(link) == {
        "error": "access_denied",
        "error_description": "The sign-in link has already been used.",
        "state": "s",
    }


def test_a_link_expires(http: BareHttp) -> None:
    with time_machine.travel(NOON, tick=False) as clock:
        session = http.create_link(expires_in=900).json()
        assert session["expires_at"] == "2026-01-15T12:15:00.000Z"

        clock.shift(PASSWORDLESS_SESSION_SHORTEST)
        assert http.follow(session["link"]) == {
            "error": "access_denied",
            "error_description": "The sign-in link has expired.",
        }


def test_a_link_lives_as_long_as_it_was_asked_to(http: BareHttp) -> None:
    with time_machine.travel(NOON, tick=False) as clock:
        link = http.create_link(expires_in=86_400).json()["link"]
        clock.shift(PASSWORDLESS_SESSION_LONGEST - timedelta(seconds=1))
        assert "code" in http.follow(link)


def test_head_does_not_spend_a_link(http: BareHttp) -> None:
    link = http.create_link().json()["link"]
    response = http.browser.head(link)
    assert response.status_code == 200
    assert "Location" not in response.headers
    assert "code" in http.follow(link)


def test_the_first_registered_redirect_uri_is_the_default(http: BareHttp) -> None:
    response = http.browser.get(http.create_link().json()["link"])
    assert response.headers["Location"].startswith(CALLBACK + "?code=")


def test_a_redirect_uri_keeps_its_own_query(http: BareHttp) -> None:
    response = http.browser.get(http.create_link(redirect_uri=OTHER_CALLBACK).json()["link"])
    assert response.headers["Location"].startswith(OTHER_CALLBACK + "&code=")


def test_no_state_comes_back_when_none_was_given(http: BareHttp) -> None:
    assert set(http.follow(http.create_link().json()["link"])) == {"code"}


def test_an_unknown_link_ends_on_a_page(http: BareHttp) -> None:
    response = http.browser.get("/passwordless/never-made/confirm")
    assert response.status_code == 404
    assert "This link is unknown" in response.text


def test_an_unknown_session_cannot_be_sent(http: BareHttp) -> None:
    response = http.api.post("/passwordless/sessions/passwordless_session_none/send")
    assert response.status_code == 404
    assert response.json()["code"] == "entity_not_found"


@pytest.mark.parametrize(
    ("field", "value", "code"),
    [
        ("email", None, "email_required"),
        ("email", "ada", "email_invalid"),
        ("email", "ada@localhost", "email_invalid"),
        ("email", f"{'a' * 250}@example.com", "email_invalid"),
        ("email", 7, "email_invalid"),
        ("type", None, "type_required"),
        ("type", "SMS", "type_invalid"),
        ("redirect_uri", CALLBACK + "/", "redirect_uri_invalid"),
        ("state", 7, "state_invalid"),
        ("expires_in", 899, "expires_in_invalid"),
        ("expires_in", 86_401, "expires_in_invalid"),
        ("expires_in", "900", "expires_in_invalid"),
        ("expires_in", True, "expires_in_invalid"),
    ],
)
def test_a_field_at_fault_is_named(http: BareHttp, field: str, value: object, code: str) -> None:
    response = http.create_link(**{field: value})
    assert response.status_code == 422
    assert [(error["field"], error["code"]) for error in response.json()["errors"]] == [
        (field, code)
    ]


def test_all_fields_at_fault_are_named_at_once(http: BareHttp) -> None:
    response = http.api.post("/passwordless/sessions", json={})
    assert [error["field"] for error in response.json()["errors"]] == ["email", "type"]
