"""A door is an addition: one file, one line, one partial. And SIGN_IN_WITH says which there are."""

from __future__ import annotations

import importlib
import shutil
import sys
from collections.abc import Callable, Iterator
from types import ModuleType
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from flask import Flask

from app import create_app
from app.config import Config
from app.environment import ConfigError
from tests.conftest import ROOT
from tests.walk import Visitor, heading

# All that there is to a door that leads to another site and back, as most of the next ones do.
KNOCK = '''
"""Knocking: a door for a test, where another site says who somebody is."""

from flask import Blueprint, redirect

from ...config import Config, settings
from ...identity import Identity
from ...web.fields import queried
from ...web.visitor import Browser
from .. import attempts, state
from ..attempt import Attempt
from ..door import Door, Proof

bp = Blueprint("knock", __name__, url_prefix="/auth/knock")


@bp.get("")
def show():
    """Leads to the other site, with a verifier that stays here."""
    query = queried("next", "state")
    attempt = attempts.begin(
        "knock",
        lifetime=600,
        next_url=query["next"],
        caller_state=query["state"],
        code_verifier="kept here",
    )
    attempts.remember(attempt, settings())
    return redirect(f"https://elsewhere.example/?state={state.make(attempt)}", code=303)


def redeem(attempt: Attempt, code: str, browser: Browser, config: Config) -> Proof:
    """Believes a browser that comes back with the right verifier."""
    assert attempt.code_verifier == "kept here"
    assert attempt.email is None
    return Proof(
        Identity(user_id=f"user_{code}", email="eve@example.com", name=None, method="knock")
    )


DOOR = Door(
    "knock", "a knock", bp, offer="auth/doors/knock.html", asks_email=False, redeem=redeem
)
'''
PARTIAL = "<a href=\"{{ url_for('signin.knock.show', next=submitted.next) }}\">Knock</a>"


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ModuleType]:
    """A copy of the application, under another name, with the door built in."""
    tmp_path = tmp_path_factory.mktemp("house")
    for part in ("templates", "static"):
        shutil.copytree(ROOT / part, tmp_path / part)
    shutil.copytree(ROOT / "app", tmp_path / "house", ignore=shutil.ignore_patterns("*.pyc"))
    doors = tmp_path / "house/auth/doors"
    (doors / "knock.py").write_text(KNOCK)
    table = doors / "__init__.py"
    text = table.read_text().replace("from . import ", "from . import knock, ", 1)
    table.write_text(text.replace("DOORS: tuple[Door, ...] = (", "DOORS = (knock.DOOR,", 1))
    (tmp_path / "templates/auth/doors/knock.html").write_text(PARTIAL)
    sys.path.insert(0, str(tmp_path))
    yield importlib.import_module("house")
    sys.path.remove(str(tmp_path))
    for name in [name for name in sys.modules if name.partition(".")[0] == "house"]:
        del sys.modules[name]


def config_of(house: ModuleType, config: Config, **changes: Any) -> Any:
    values = {name: getattr(config, name) for name in config.__dataclass_fields__}
    return importlib.import_module("house.config").Config(**{**values, **changes})


def test_a_new_door_is_offered_and_signs_in(
    house: ModuleType, config: Config, emulator: Flask
) -> None:
    """It needs no email address, and keeps a verifier (PKCE) in its attempt."""
    app = house.create_app(config_of(house, config, sign_in_with=("knock", "magic_auth")))
    visitor = Visitor(app, emulator)

    assert 'href="/auth/knock?next=/account"' in visitor.get("/sign-in?next=/account").text
    away = visitor.get("/auth/knock?next=/account&state=basket-17").location
    token = parse_qs(urlsplit(away).query)["state"][0]
    back = visitor.get("/auth/callback", query_string={"code": "01EVE", "state": token})

    assert (back.status_code, back.location) == (303, "/account")
    session = visitor.api_session().json
    assert (session["user"]["id"], session["user"]["email"]) == ("user_01EVE", "eve@example.com")
    assert (session["method"], session["state"]) == ("knock", "basket-17")
    assert "a knock" in visitor.get("/account").text


def test_a_door_takes_back_only_its_own_attempts(
    house: ModuleType, config: Config, emulator: Flask
) -> None:
    app = house.create_app(config_of(house, config, sign_in_with=("knock", "magic_auth")))
    visitor, another = Visitor(app, emulator), Visitor(app, emulator)
    token = parse_qs(urlsplit(visitor.get("/auth/knock").location).query)["state"][0]

    refused = another.get("/auth/callback", query_string={"code": "01EVE", "state": token})

    assert heading(refused) == "This browser did not begin the sign-in"
    assert not another.is_signed_in()


def test_a_door_that_is_not_named_is_not_there(
    house: ModuleType, config: Config, emulator: Flask
) -> None:
    app = house.create_app(config_of(house, config))
    visitor = Visitor(app, emulator)

    assert visitor.get("/auth/knock").status_code == 404
    assert "Knock" not in visitor.get("/sign-in").text


@pytest.mark.parametrize(
    ("named", "first", "absent"),
    [
        (("magic_auth", "magic_link"), "/auth/magic-auth", None),
        (("magic_link", "magic_auth"), "/auth/magic-link", None),
        (("magic_link",), "/auth/magic-link", "/auth/magic-auth"),
        (("magic_auth",), "/auth/magic-auth", "/auth/magic-link"),
    ],
)
def test_the_sign_in_page_offers_what_is_named_in_that_order(
    make_config: Callable[..., Config],
    emulator: Flask,
    connect: Any,
    named: tuple[str, ...],
    first: str,
    absent: str | None,
) -> None:
    config = make_config(sign_in_with=named)
    visitor = Visitor(create_app(config, workos=connect(config)), emulator)

    page = visitor.get("/sign-in").text
    assert page.partition('formaction="')[2].startswith(f'{first}"')
    if absent:
        assert f'"{absent}"' not in page
        assert visitor.client.post(absent).status_code == 404


def test_without_codes_no_page_offers_one(
    make_config: Callable[..., Config], emulator: Flask, connect: Any
) -> None:
    config = make_config(sign_in_with=("magic_link",))
    visitor = Visitor(create_app(config, workos=connect(config)), emulator)

    assert "Email me a code" not in visitor.get(visitor.ask_for_link().location).text
    failed = visitor.get("/auth/callback?error=access_denied").text
    assert "Start again" in failed
    assert "Email me a code" not in failed


@pytest.mark.parametrize("named", [("telepathy",), ("magic_auth", "magic-link"), ()])
def test_an_unknown_way_to_sign_in_is_explained(
    make_config: Callable[..., Config], named: tuple[str, ...]
) -> None:
    with pytest.raises(ConfigError) as refused:
        create_app(make_config(sign_in_with=named))

    assert "There are: magic_auth, magic_link" in refused.value.message
