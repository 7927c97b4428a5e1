"""In an application with languages of its own ours join in; without them it gets ours."""

from __future__ import annotations

from pathlib import Path

import pytest
from babel.messages import Catalog
from babel.messages.mofile import write_mo
from flask import Flask, render_template_string

from tests.host.conftest import Open
from tests.walk import Visitor

GERMAN = {"Accept-Language": "de"}


def write(folder: Path, domain: str, words: dict[str, str]) -> None:
    """Writes a compiled German catalogue."""
    catalog = Catalog("de")
    for message, said in words.items():
        catalog.add(message, said)
    path = folder / "translations/de/LC_MESSAGES" / f"{domain}.mo"
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("wb") as file:
        write_mo(file, catalog)


@pytest.fixture(params=["messages", "shop"])
def german_shop(request: pytest.FixtureRequest, open_shop: Open, shop_root: Path) -> Flask:
    """Speaks German to everybody, and has words of its own for one of ours."""
    write(shop_root / "signin", "messages", {"Email address": "Adresse", "Sign in": "Anmelden"})
    write(shop_root, request.param, {"Orders": "Bestellungen", "Sign in": "Hereinspaziert"})
    return open_shop(speaks="de", BABEL_DOMAIN=request.param)


def test_its_own_choice_of_language_and_its_own_words_win(
    german_shop: Flask, emulator: Flask
) -> None:
    page = Visitor(german_shop, emulator).get("/sign-in", headers={"Accept-Language": "fr"})

    assert page.headers["Content-Language"] == "de"
    assert ">Adresse</label>" in page.text
    assert "<h1>Hereinspaziert</h1>" in page.text
    with german_shop.test_request_context():
        assert render_template_string('{{ _("Orders") }}') == "Bestellungen"


def test_people_choose_nothing_where_the_shop_does(german_shop: Flask, emulator: Flask) -> None:
    customer = Visitor(german_shop, emulator)

    assert customer.get("/language").status_code == 404
    assert "/language" not in customer.get("/sign-in").text


def test_a_shop_in_a_language_that_we_have_not_gets_english_and_says_so(
    open_shop: Open, emulator: Flask
) -> None:
    page = Visitor(open_shop(speaks="nl"), emulator).get("/sign-in", headers=GERMAN)

    assert page.headers["Content-Language"] == "en"
    assert ">Email address</label>" in page.text


def test_a_shop_without_languages_gets_ours(customer: Visitor) -> None:
    assert customer.get("/sign-in", headers=GERMAN).headers["Content-Language"] == "de"

    chosen = customer.post("/language", language="fr", next="/sign-in")

    assert chosen.location == "/sign-in"
    assert customer.get("/sign-in", headers=GERMAN).headers["Content-Language"] == "fr"


def test_the_filters_of_a_shop_stay_its_own(shop: Flask) -> None:
    with shop.test_request_context():
        assert render_template_string('{{ "Monday" | datetimeformat }}') == "on Monday"


def test_a_referer_that_nobody_can_read_leads_home(customer: Visitor) -> None:
    page = customer.get("/language", headers={"Referer": "http://["})

    assert (page.status_code, 'name="next" value="/"' in page.text) == (200, True)


def test_where_a_guard_answers_in_a_view_of_the_shop_caches_are_told_by_what(
    customer: Visitor,
) -> None:
    """WEB-08."""
    refused = customer.get("/api/orders", headers=GERMAN)

    assert (refused.status_code, refused.headers["Content-Language"]) == (401, "de")
    assert {"Accept-Language", "Cookie"} <= {*refused.headers["Vary"].split(", ")}
