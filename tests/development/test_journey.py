"""What just happened, drawn: each door's journey, what stops one, and what becomes of a session."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from html import unescape
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import httpx2
import pytest
import time_machine
from flask import Flask, Response, request, request_finished, request_started
from workos import WorkOSClient

from app import create_app
from app.config import Config
from app.development.journey.journal import MOST_EXCHANGES, MOST_JOURNEYS
from app.development.journey.record import JOURNAL, Watched
from app.workos_api.client import make_client
from app.workos_api.transport import Transport
from tests.auth.test_authkit import at_authkit
from tests.conftest import ROOT
from tests.development.journeys import DOORS, untimed
from tests.test_webhooks import SECRET, send, user_id, workos_session_id
from tests.walk import ADA, Visitor

PAGE = "/development/journey"
NOON = "2026-05-01T12:00:00Z"
# Plain words, paths, ids of users and of attempts, which are public, and what is too short.
HARMLESS = re.compile(r"[/A-Za-z_]+|user_\w+|[0-9a-f]{12}|.{0,5}")


@pytest.fixture
def door(request: pytest.FixtureRequest) -> str:
    """The door that is walked; a test may name another."""
    return str(getattr(request, "param", next(iter(DOORS))))


@pytest.fixture
def config(make_config: Callable[..., Config], smtp: dict[str, Any], door: str) -> Config:
    """Settings that offer the door."""
    chosen = DOORS[door]
    mail = smtp if chosen.mails_itself else {}
    return make_config(
        sign_in_with=(chosen.offers,),
        workos_webhook_secret=SECRET,
        **mail,
    )


class Overheard:
    """Every value that went over any wire, for none of it to be shown."""

    def __init__(self) -> None:
        self.values: set[str] = set()

    def note(self, value: object) -> None:
        """Takes whatever is in a body, a query or a cookie."""
        if isinstance(value, dict):
            for one in value.values():
                self.note(one)
        elif isinstance(value, list):
            for one in value:
                self.note(one)
        elif isinstance(value, str) and not HARMLESS.fullmatch(value):
            self.values.add(value)

    def answered(self, _: Flask, response: Response, **__: object) -> None:
        """Listens to the browser, the application, and the emulator with its mailbox."""
        self.note([*request.args.values(), *request.form.values(), *request.cookies.values()])
        self.note([request.get_json(silent=True), response.get_json(silent=True)])
        self.note(dict(parse_qsl(urlsplit(response.location or "").query)))
        for cookie in response.headers.getlist("Set-Cookie"):
            self.note(cookie.partition("=")[2].partition(";")[0])


@pytest.fixture
def overheard() -> Iterator[Overheard]:
    """What all those said to each other."""
    found = Overheard()
    with request_finished.connected_to(found.answered):
        yield found


@pytest.fixture
def workos(config: Config, emulator: Flask) -> Iterator[WorkOSClient]:
    """The client of `app`, watched as in development, and plugged into the emulator."""
    with httpx2.Client(transport=httpx2.WSGITransport(app=emulator)) as http:
        yield make_client(config, Watched(Transport(http)))


def words(visitor: Visitor, path: str = PAGE) -> list[str]:
    """Returns the rows of the journey, as they are read out."""
    page = visitor.get(path)
    assert page.status_code == 200
    _, _, told = page.text.partition("The same in words")
    return [unescape(row) for row in re.findall(r"<li>(.*?)</li>", told.partition("</ol>")[0])]


def picture(visitor: Visitor) -> str:
    """Returns the file that the page offers to save."""
    found = re.search(rf'"({PAGE}/\w+\.svg)"', visitor.get(PAGE).text)
    assert found
    file = visitor.get(found[1])
    assert file.headers["Content-Type"] == "image/svg+xml"
    return file.text


@pytest.mark.parametrize("door", DOORS, indirect=True)
def test_no_journey_shows_a_secret_or_a_whole_address(
    visitor: Visitor, overheard: Overheard, door: str
) -> None:
    """LOG-01: nothing that went over any wire is in the page or in the picture."""
    DOORS[door].walk(visitor)
    assert visitor.is_signed_in()

    shown = unescape(visitor.get(PAGE).text) + unescape(picture(visitor))

    assert len(overheard.values) > 15
    assert [value for value in overheard.values if value in shown] == []
    assert "a session begins" in shown


@pytest.mark.docs
@pytest.mark.parametrize("door", DOORS, indirect=True)
def test_the_documented_pictures_are_those_that_the_application_draws(
    visitor: Visitor, door: str, pytestconfig: pytest.Config
) -> None:
    DOORS[door].walk(visitor)
    drawn = untimed(picture(visitor))
    file = ROOT / "docs/pictures" / f"journey-{door}.svg"

    if pytestconfig.getoption("--write-docs"):
        file.write_text(drawn)
    assert file.read_text() == drawn, "make docs"


def test_each_page_leads_to_what_made_it(visitor: Visitor) -> None:
    """Also to a failure before there is an attempt, while another attempt goes on."""
    visitor.ask_for_code()
    page = visitor.post("/auth/magic-auth", email="nobody")

    found = re.search(rf'href="({PAGE}\?request=\w+)"[^>]*>what just happened<', page.text)

    assert found
    told = words(visitor, found[1])
    assert told[0] == "Browser to Application: POST /auth/magic-auth"
    assert told[1].startswith("Application: ✗ ")
    assert "It stopped here: " in visitor.get(found[1]).text


def test_an_attempt_is_shown_while_it_goes_on(visitor: Visitor, another_visitor: Visitor) -> None:
    with time_machine.travel(NOON, tick=False) as clock:
        visitor.ask_for_code()
        another_visitor.ask_for_code("eve@example.com")
        assert any("POST /user_management/magic_auth" in row for row in words(visitor))
        assert not any("authenticate" in row for row in words(visitor))
        clock.shift(70)
        visitor.type_code("000000")

    told = words(visitor)
    assert "Browser to Application: POST /auth/magic-auth/verify, +2 minutes" in told
    assert any(row.startswith("Application: ✗ That code is not right; invalid_") for row in told)
    assert not any("e***@" in row for row in told)


@pytest.mark.parametrize("door", ["authkit"], indirect=True)
def test_what_was_refused_is_not_said_to_be_checked(visitor: Visitor, door: str) -> None:
    """AUT-02, WEB-05: the failure stands where the check would."""
    away = visitor.get(f"/auth/{door}").location
    callback = at_authkit(visitor, away, email=ADA)
    cookies = visitor.cookies()
    visitor.forget_cookies()
    visitor.get(callback)
    assert told_last(visitor)[1].startswith("Application: ✗ This browser did not begin the sign-in")
    visitor.take_cookies(cookies)
    visitor.get(callback)
    assert "✓ state: of this attempt, in time, unused" in " ".join(told_last(visitor))
    assert "✓ PKCE: code_verifier goes along" in " ".join(told_last(visitor))
    visitor.get(callback)
    again = " ".join(told_last(visitor))
    assert "✗ You are already signed in" in again
    assert "✓" not in again
    visitor.client.post("/auth/sign-out")
    assert told_last(visitor)[1].startswith("Application: ✗ This page was out of date; csrf")


def told_last(visitor: Visitor) -> list[str]:
    """Returns the rows of the last request, by whichever browser."""
    told = words(Visitor(visitor.app, address="127.0.0.1"))
    begun = [number for number, row in enumerate(told) if row.startswith("Browser to Application")]
    return told[begun[-1] :]


def test_calls_that_workos_does_not_answer_are_shown(visitor: Visitor, emulator: Flask) -> None:
    hook = {"method": "POST", "path": "/user_management/magic_auth", "status": 503, "count": 1}
    emulator.test_client().post("/_emulate/hooks", json=hook)

    visitor.ask_for_code()

    told = told_last(visitor)
    assert told[0] == "Browser to Application: POST /auth/magic-auth"
    assert told[2].startswith("WorkOS to Application: 503 (")
    assert told[3].startswith("Application: ✗ The sign-in service has a problem; workos_down")
    assert "while sending the email" in told[3]


def test_a_session_goes_on_where_its_attempt_ended(visitor: Visitor) -> None:
    with time_machine.travel(NOON, tick=False) as clock:
        visitor.sign_in_by_code()
        clock.shift(250)
        visitor.get("/account")
        visitor.get("/account")
        clock.shift(20)
        visitor.sign_out()
        told = words(visitor)

    assert told[0] == "Browser to Application: POST /auth/magic-auth"
    refreshed = told.index("Browser to Application: GET /account, +5 minutes")
    assert "refresh_token" in told[refreshed + 2]
    assert told[refreshed + 4] == "Application: refreshed: new claims, new tokens"
    assert "Application: the session ends" in told[refreshed:]
    assert not any(ADA in row for row in told)


def test_what_signs_nobody_in_is_not_called_a_sign_in(visitor: Visitor) -> None:
    visitor.sign_in_by_code()
    visitor.post("/account/security/add")

    assert "<h2>POST /account/security/add</h2>" in visitor.get(PAGE).text


def test_what_workos_says_of_a_person_belongs_to_their_session(visitor: Visitor) -> None:
    visitor.sign_in_by_code()
    data = {"id": workos_session_id(visitor), "user_id": user_id(visitor)}
    webhook = "Application: done: session.revoked"
    send(visitor, "session.revoked", data)
    send(visitor, "session.revoked", data, event_id="event_2", secret="somebody else's")

    told = words(visitor)

    came = told.index("WorkOS to Application: POST /webhooks/workos")
    assert told[came + 1] == "Application: ✓ signed by WorkOS, under 3 minutes ago"
    assert told[came + 2] == "Application: the session ends: webhook"
    assert told[came + 3] == webhook
    assert told.count("WorkOS to Application: POST /webhooks/workos") == 1
    refused = f"{PAGE}/{re.findall(rf'{PAGE}/([0-9a-f]{{16}})', visitor.get(PAGE).text)[0]}"
    assert words(visitor, refused)[1] == "Application: ✗ Not accepted; webhook_refused"


def test_only_so_much_is_kept(visitor: Visitor) -> None:
    for _ in range(MOST_JOURNEYS):
        visitor.get("/nowhere")
    visitor.ask_for_code()
    for _ in range(MOST_EXCHANGES):
        visitor.get("/auth/magic-auth/verify")

    shown = visitor.get(PAGE).text

    assert "1 request before these is not kept" in shown
    assert len(set(re.findall(rf'href="({PAGE}/\w+)"', shown))) == MOST_JOURNEYS


def test_what_is_kept_no_more_is_not_there(visitor: Visitor) -> None:
    assert "Nothing yet" in visitor.get(PAGE).text
    for path in ("1234567890ab", "1234567890ab.svg"):
        assert visitor.get(f"{PAGE}/{path}").status_code == 404


@pytest.mark.parametrize(
    "changes", [{"public_url": "https://app.example.com"}, {"workos_api_key": "sk_live_1"}]
)
def test_production_notes_nothing(
    make_config: Callable[..., Config], changes: dict[str, Any]
) -> None:
    """SEC-07: nothing listens to requests or to calls."""
    app = create_app(make_config(**changes))

    assert not any(request_started.receivers_for(app))
    assert not any(request_finished.receivers_for(app))
    assert JOURNAL not in app.extensions
    assert not isinstance(app.extensions["signin_workos"].make_transport(), Watched)
