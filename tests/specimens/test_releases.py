"""What another release has left is a visitor who signs in again: no error, and nobody else."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator
from typing import Any

import pytest
import time_machine

from app.auth.state import StateInvalid
from app.config import Config
from tests.conftest import SECRET_KEY
from tests.specimens import FORMATS, HERE, Specimens, dumped, read_all
from tests.specimens.other_shapes import OTHERS
from tests.walk import Visitor

MADE_AT = 1_777_636_800  # seconds since the epoch
EVE = "eve@example.com"
PAGES = (
    "/", "/sign-in", "/account", "/account/sessions", "/api/session", "/auth/sign-out",
    "/auth/magic-auth/verify", "/auth/magic-link/sent", "/auth/choose-organization",
    "/auth/verify-email", "/auth/unusual-sign-in", "/auth/your-email",
)  # fmt: skip
FORMS: dict[str, dict[str, str]] = {
    "/auth/magic-auth/verify": {"one_time_code": "123456"},
    "/auth/magic-link/relay": {"relay_code": "123456"},
    "/auth/choose-organization": {"organization_id": "org_1"},
    "/auth/verify-email": {"one_time_code": "123456"},
    "/auth/verify-email/send": {},
    "/auth/unusual-sign-in": {"one_time_code": "123456"},
    "/auth/your-email": {"email": EVE},
    "/account/sessions/end-others": {},
}
RELEASES = read_all()


@pytest.fixture
def config(make_config: Any, smtp: dict[str, Any]) -> Config:
    """So that links are our own, and limits stand in nobody's way."""
    config = make_config(
        **smtp,
        limit_verify_per_visitor="9999 per minute",
        limit_verify_per_address="9999 per minute",
    )
    assert isinstance(config, Config)
    return config


@pytest.fixture(autouse=True)
def no_traceback(caplog: pytest.LogCaptureFixture) -> Iterator[None]:
    """Fails if anything unexpected was logged."""
    yield
    assert [one.getMessage() for one in caplog.records if one.levelno >= logging.ERROR] == []


def look_around(visitor: Visitor) -> None:
    """Opens pages and sends forms with whatever cookies this browser has."""
    for page in PAGES:
        assert visitor.get(page).status_code < 500, page
    for form, fields in FORMS.items():
        assert visitor.post(form, **fields).status_code < 500, form


@pytest.mark.parametrize("left", RELEASES or [None], ids=lambda left: left and left.name)
def test_what_a_release_has_left_is_understood_or_passed_over(
    left: Specimens | None, config: Config, visitor: Visitor, another_visitor: Visitor
) -> None:
    """SES-14: and what has its name of today is still understood, SES-17."""
    if left is None:
        return  # a fork has released nothing yet
    left.plant(config.database_path)
    visitor.take_cookies(left.signed_in)
    another_visitor.take_cookies(left.under_way)

    with time_machine.travel(left.made_at + 60):
        assert visitor.is_signed_in() == left.is_understood(
            "session cookie", "session record", "WorkOS session", "tables"
        )
        look_around(visitor)
        shown = {another_visitor.get(page).status_code for page in left.pages}
        assert shown == ({200} if left.is_understood("attempt cookie") else {400})
        for page in left.arrivals:
            arrived = another_visitor.get(page)
            assert arrived.status_code < 500
            assert StateInvalid.title not in arrived.text or not left.is_understood("state")
        look_around(another_visitor)

        for browser in (visitor, another_visitor):
            browser.sign_in_by_code()
            assert browser.is_signed_in()


@pytest.mark.parametrize("name", FORMATS)
def test_a_format_that_changes_has_a_new_name(name: str) -> None:
    """Otherwise another release takes what this one leaves for its own, and the other way round."""
    now = FORMATS[name]
    for left in RELEASES:
        if left.is_understood(name):
            assert left.formats[name]["shape"] == now.shape, (
                f"The {name} has another shape than in specimens {left.name}, and the same name, "
                f"{now.name!r}. Change {now.named_in}, then: make specimens"
            )
    is_shown = not RELEASES or RELEASES[-1].is_understood(name)
    assert is_shown, f"Nothing shows {now.name!r} yet: make specimens"


@pytest.fixture
def ours(visitor: Visitor, another_visitor: Visitor, config: Config) -> Specimens:
    """What this release leaves."""
    organizations = [{"id": "org_1", "name": "Acme"}, {"id": "org_2", "name": "Globex"}]
    body = {"email": EVE, "organizations": organizations}
    visitor.emulator.test_client().post("/_emulate/organizations", json=body)
    with time_machine.travel(MADE_AT, tick=False):
        another_visitor.ask_for_link("link@example.com")
        link = another_visitor.mailed_link()
        callback = another_visitor.open_at_workos(another_visitor.get(link).location)
        sent = another_visitor.ask_for_link("sent@example.com").location
        verify = another_visitor.ask_for_code("verify@example.com", state="basket-17").location
        attempt = another_visitor.ask_for_code(EVE).location.partition("attempt=")[2]
        choose = another_visitor.type_code(another_visitor.mailed_code(), attempt=attempt).location
        visitor.sign_in_by_code(state="basket-17")
    return Specimens(
        name="ours",
        made_at=MADE_AT,
        secret_key=SECRET_KEY,
        formats={name: {"name": one.name, "shape": one.shape} for name, one in FORMATS.items()},
        signed_in=visitor.cookies(),
        under_way=another_visitor.cookies(),
        pages=[sent, verify, choose],
        arrivals=[url.removeprefix(visitor.origin) for url in (callback, link)],
        database=dumped(config.database_path),
    )


def test_specimens_of_this_release_can_be_made(
    ours: Specimens, request: pytest.FixtureRequest
) -> None:
    """`make specimens` keeps them, if they have a name that the newest there have not."""
    is_shown = bool(RELEASES) and RELEASES[-1].is_understood(*FORMATS)

    if request.config.getoption("--write-specimens") and not is_shown:
        values = {name: value for name, value in vars(ours).items() if name != "name"}
        text = json.dumps(values, ensure_ascii=False, indent=1)
        (HERE / f"{len(RELEASES) + 1}.json").write_text(f"{text}\n")


def test_a_name_of_ours_with_another_shape_is_nobody(ours: Specimens, visitor: Visitor) -> None:
    """SES-14: a field more, a field less, and every field of another type."""
    for left_by_another in OTHERS:
        stranger = Visitor(visitor.app)
        with time_machine.travel(MADE_AT + 60):
            for other, page, refusal in left_by_another(ours, stranger):
                assert stranger.get(page).status_code == refusal, (page, json.dumps(other))
