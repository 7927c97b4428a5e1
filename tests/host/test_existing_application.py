"""An application that exists takes the sign-in, and stays as it was."""

from __future__ import annotations

import logging
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from flask import Flask, render_template_string, session
from flask_limiter import ExemptionScope
from flask_wtf import CSRFProtect
from workos import WorkOSClient

from app import init_app
from app.config import Config
from tests.conftest import ROOT
from tests.host.application import BLUEPRINTS, HEADERS, create_shop
from tests.host.conftest import Open, documented
from tests.walk import ADA, Visitor, heading

LINK_SENT, CODE_SENT = "Check your email", "Enter the code"
NO_HEADERS_OF_OURS = {
    "Cross-Origin-Opener-Policy",
    "Permissions-Policy",
    "Referrer-Policy",
    "Set-Cookie",
    "X-Content-Type-Options",
    "X-Request-ID",
}


@pytest.fixture(params=["", "protects_forms", "knows_members", "protects_forms knows_members"])
def shop(request: pytest.FixtureRequest, open_shop: Open) -> Flask:
    """Shops with and without a CSRFProtect and Flask-Login of their own."""
    return open_shop(**dict.fromkeys(request.param.split(), True))


def test_the_copy_merges_into_the_templates_without_touching_any(
    signin: Any, shop_root: Path
) -> None:
    own = Path(__file__).parent / "templates"
    for template in own.rglob("*.*"):
        assert (shop_root / "templates" / template.relative_to(own)).read_text() == (
            template.read_text()
        )
    assert (shop_root / "templates/auth/sign_in.html").exists()
    assert Path(signin.__file__).is_relative_to(shop_root)


def test_a_person_signs_in_by_code_and_comes_back_to_where_they_were(customer: Visitor) -> None:
    turned_away = customer.get("/orders?page=2")
    assert turned_away.location == "/sign-in?next=/orders?page%3D2"

    assert customer.ask_for_code(next="/orders?page=2").status_code == 303
    signed_in = customer.type_code(customer.mailed_code())

    assert signed_in.location == "/orders?page=2"
    assert customer.get("/orders?page=2").text == "Three orders"
    assert customer.sign_out().location == "/auth/sign-out"
    assert customer.get("/orders").status_code == 303


def test_a_person_signs_in_by_link(customer: Visitor) -> None:
    assert customer.sign_in_by_link(next="/orders").location == "/orders"

    assert customer.get("/orders").text == "Three orders"


@pytest.mark.parametrize("path", ["/sign-in", "/auth/sign-out", "/auth/magic-auth/verify"])
def test_our_pages_stand_in_the_layout_of_the_shop(customer: Visitor, path: str) -> None:
    customer.ask_for_code()

    page = customer.get(path).text

    assert "<nav>The shop since 1900, for a guest, open for 90 s</nav>" in page
    assert "<title>The shop</title>" not in page
    assert '<link rel="stylesheet" href="/static/shop.css">' in page
    assert '<link rel="stylesheet" href="/static/signin/style.css">' in page
    with customer.get("/static/signin/style.css") as style:
        assert style.status_code == 200


def test_who_acts_for_a_customer_is_said_in_the_layout_of_the_shop(
    shop: Flask, signin: Any, customer: Visitor
) -> None:
    """AUT-23: on our pages by the documented layout, on the shop's own by the documented line."""
    impersonator = {"email": "support@example.com", "reason": "Ticket 7"}
    claims = {"email": ADA, "claims": {}, "impersonator": impersonator}
    shop.context_processor(signin.pages.common)
    banner = "{% include 'auth/impersonated.html' %}"
    shop.add_url_rule("/own", "own", lambda: render_template_string(banner))
    customer.emulator.test_client().post("/_emulate/claims", json=claims)
    customer.sign_in_by_code()

    for path in ("/account", "/own"):
        assert "support@example.com</strong> is signed in as" in customer.get(path).text
    assert customer.post("/auth/sign-out").location == "/auth/sign-out"
    assert "Stop" not in customer.get("/own").text


def test_the_account_pages_work_in_the_shop(customer: Visitor) -> None:
    customer.sign_in_by_code()

    assert ADA in customer.get("/account").text
    assert heading(customer.get("/account/sessions")) == "Where you are signed in"
    assert customer.post("/account/sessions/end-all").status_code == 303
    assert not customer.is_signed_in()


def test_the_session_of_the_shop_outlives_signing_in_and_out(
    shop: Flask, customer: Visitor
) -> None:
    customer.post("/basket", thing="tea")
    customer.sign_in_by_code()
    assert customer.get("/basket").json == {"basket": ["tea"]}
    customer.sign_out()
    customer.sign_in_by_link()
    left = customer.sign_out()

    assert customer.get("/basket").json == {"basket": ["tea"]}
    with shop.test_request_context(headers={"Cookie": f"shop={customer.cookies()['shop']}"}):
        assert session["basket"] == ["tea"]
    assert "Clear-Site-Data" not in left.headers


@pytest.mark.parametrize(
    ("path", "status", "said"),
    [
        ("/nowhere", 404, "404"),
        ("/doctor", 405, "405"),
        ("/forbidden", 403, "403"),
        ("/broken", 500, "RuntimeError"),
    ],
)
def test_the_error_pages_of_the_shop_stay_its_own(
    customer: Visitor, path: str, status: int, said: str
) -> None:
    page = customer.get(path)

    assert page.status_code == status
    assert heading(page) == f"The shop's own {said}"


def test_a_program_that_a_guard_turns_away_is_answered_by_us(customer: Visitor) -> None:
    refused = customer.get("/api/orders")

    assert refused.status_code == 401
    assert refused.json["error"] == "not_signed_in"  # type: ignore[index] # JSON, as asserted


def test_a_store_out_of_reach_is_told_by_us_and_the_shop_stays_open(
    signin: Any, open_shop: Open, emulator: Flask, tmp_path: Path
) -> None:
    path = tmp_path / "instance" / "signin.sqlite3"
    customer = Visitor(
        open_shop(stores=signin.stores.sqlite_sessions.sqlite_stores(path)), emulator
    )
    customer.sign_in_by_code()
    for file in path.parent.iterdir():
        file.write_bytes(b"nothing that a database could read" * 1000)

    page = customer.get("/orders")

    assert page.status_code == 503
    assert heading(page) == "We cannot check your session right now"
    assert "<nav>The shop since 1900" in page.text
    assert customer.get("/").status_code == 200


def test_the_pages_of_the_shop_have_its_headers_and_none_of_ours(customer: Visitor) -> None:
    customer.sign_in_by_code()
    for path in ("/", "/nowhere", "/upload"):
        page = customer.get(path)

        assert {name: page.headers[name] for name in HEADERS} == HEADERS
        assert not NO_HEADERS_OF_OURS & set(page.headers.keys())


def test_caches_are_told_that_a_page_of_the_shop_looks_at_the_session(customer: Visitor) -> None:
    """WEB-08."""
    assert "Cookie" in customer.get("/").headers["Vary"]


def test_the_shop_answers_under_every_name(customer: Visitor) -> None:
    for name in ("shop.example.com", "www.shop.example.com"):
        customer.origin = f"https://{name}"
        assert customer.get("/").status_code == 200
        assert customer.get("/sign-in").status_code == 200


@pytest.mark.parametrize("name", BLUEPRINTS)
def test_blueprints_of_the_shop_keep_their_names(shop: Flask, customer: Visitor, name: str) -> None:
    assert customer.get(f"/shop/{name}/").text == name
    with shop.test_request_context():
        assert shop.url_for(f"{name}.show") == f"/shop/{name}/"


def test_a_large_upload_to_the_shop_works(customer: Visitor) -> None:
    headers = {"X-CSRFToken": customer.csrf_token()}

    taken = customer.client.post("/upload", data=b"x" * 1_000_000, headers=headers)

    assert taken.text == "1000000 bytes"


def test_forms_of_the_shop_are_protected_exactly_if_it_does_so_itself(
    shop: Flask, customer: Visitor
) -> None:
    plain = customer.client.post("/basket", data={"thing": "tea"})

    assert plain.status_code == (400 if "csrf" in shop.extensions else 200)
    assert "signin" not in plain.text


def test_our_forms_are_protected_in_any_shop(customer: Visitor) -> None:
    forged = customer.client.post("/auth/magic-auth", data={"email": ADA})

    assert forged.status_code == 400
    assert heading(forged) == "This page was out of date"
    assert customer.mailbox() == []


def test_webhooks_need_no_token_in_any_shop(customer: Visitor) -> None:
    refused = customer.client.post("/webhooks/workos", json={})

    assert refused.json["error"] == "webhook_refused"  # type: ignore[index] # JSON, as documented


def test_actions_need_no_token_in_any_shop(customer: Visitor) -> None:
    """They are off here, which only those are told who get as far."""
    refused = customer.client.post("/webhooks/actions", json={})

    assert refused.json["error"] == "not_found"  # type: ignore[index] # JSON, as documented


def test_protection_that_a_shop_adds_later_protects_it(open_shop: Open, emulator: Flask) -> None:
    """Flask-WTF reads settings that somebody else may have made first."""
    shop = open_shop()
    CSRFProtect(shop)
    customer = Visitor(shop, emulator)

    assert customer.client.post("/basket", data={"thing": "tea"}).status_code == 400
    assert customer.sign_in_by_code().status_code == 303


def test_a_shop_may_name_its_token_otherwise(open_shop: Open, emulator: Flask) -> None:
    customer = Visitor(open_shop(protects_forms=True, WTF_CSRF_FIELD_NAME="_token"), emulator)
    page = customer.get("/sign-in").text
    token = page.partition('name="_token" value="')[2].partition('"')[0]

    sent = customer.client.post("/auth/magic-auth", data={"email": ADA, "_token": token})

    assert sent.status_code == 303


def test_over_https_a_form_from_elsewhere_is_refused(open_shop: Open, emulator: Flask) -> None:
    customer = Visitor(open_shop(), emulator, origin="https://shop.example.com")
    token = customer.csrf_token()

    def send(referrer: str) -> int:
        return customer.client.post(
            "/auth/magic-auth",
            base_url=customer.origin,
            data={"email": ADA, "csrf_token": token},
            headers={"Referer": referrer},
        ).status_code

    assert send("https://elsewhere.example.com/") == 400
    assert send("https://shop.example.com/sign-in") == 303


@pytest.mark.parametrize("counts", [True, False], ids=["the shop counts", "the shop does not"])
def test_our_limits_and_those_of_the_shop_hold_apart(
    open_shop: Open, emulator: Flask, counts: bool
) -> None:
    customer = Visitor(open_shop(RATELIMIT_ENABLED=counts), emulator)
    sent = [customer.ask_for_code().status_code for _ in range(4)]
    refused = customer.ask_for_code()

    assert sent == [303, 303, 303, 429]
    assert heading(refused) == "Too many requests"
    visits = [customer.get("/rare") for _ in range(3)]
    assert [visit.status_code for visit in visits] == [200, 200, 429 if counts else 200]
    assert "Retry-After" not in visits[2].headers
    assert customer.ask_for_code("eve@example.com").status_code == 303


def test_limits_of_the_shop_for_all_its_views_count_ours_unless_it_spares_them(
    open_shop: Open, emulator: Flask
) -> None:
    shop = open_shop(RATELIMIT_DEFAULT="2 per minute")
    customer = Visitor(shop, emulator)
    assert [customer.get("/sign-in").status_code for _ in range(3)] == [200, 200, 429]

    [limiter] = shop.extensions["limiter"]
    everything = ExemptionScope.DEFAULT | ExemptionScope.DESCENDENTS
    limiter.exempt(shop.blueprints["signin"], flags=everything)

    assert customer.get("/sign-in").status_code == 200


def test_our_events_reach_the_logs_of_the_shop_and_no_handler_is_ours(
    customer: Visitor, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.INFO):
        customer.sign_in_by_code()

    ours = logging.getLogger("signin")
    assert ours.propagate
    assert not ours.handlers
    assert ("signin", logging.INFO, "session_created") in caplog.record_tuples


def test_the_commands_are_under_a_name_of_ours(shop: Flask) -> None:
    shop.cli.command("sessions")(lambda: print("The shop's own"))

    assert "The shop's own" in shop.test_cli_runner().invoke(args=["sessions"]).output
    ended = shop.test_cli_runner().invoke(args=["signin", "sessions", "end", "--all"])
    assert ended.output == "Ended 0 sessions.\n"


def test_two_applications_in_one_process_do_not_know_of_each_other(
    app: Flask,
    shop: Flask,
    emulator: Flask,
    visitor: Visitor,
    customer: Visitor,
) -> None:
    visitor.sign_in_by_code()
    customer.take_cookies(visitor.cookies())
    customer.post("/basket", thing="tea")

    assert visitor.is_signed_in()
    assert customer.get("/orders").text != "Three orders"
    customer.sign_in_by_code()
    assert customer.get("/orders").text == "Three orders"
    assert visitor.get("/").headers["X-Frame-Options"] == "DENY"
    assert visitor.client.post("/auth/sign-out").status_code == 400
    assert visitor.get("/nowhere").text != customer.get("/nowhere").text


def test_one_package_serves_a_site_of_its_own_and_a_host(
    app: Flask,
    emulator: Flask,
    visitor: Visitor,
    make_config: Callable[..., Config],
    connect: Callable[[Config], WorkOSClient],
    tmp_path: Path,
) -> None:
    other = create_shop(tmp_path)
    other.template_folder, other.static_folder = f"{ROOT}/templates", f"{ROOT}/static"
    config = make_config(secret_key="another-key-of-another-house-1234567")
    init_app(other, config, workos=connect(config))
    customer = Visitor(other, emulator)

    visitor.sign_in_by_code()
    customer.sign_in_by_code()
    customer.sign_out()

    assert visitor.is_signed_in()
    assert not customer.is_signed_in()
    assert "Content-Security-Policy" in visitor.get("/").headers


def test_the_documented_lines_add_the_sign_in(
    signin: Any,
    shop_root: Path,
    environ: dict[str, str],
    connect: Callable[[Any], WorkOSClient],
    emulator: Flask,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    snippet, _ = documented("python")
    names: dict[str, Any] = {"__name__": __name__}
    exec(snippet, names)  # our own documentation
    for name, value in environ.items():
        monkeypatch.setenv(name, value)
    shop = create_shop(shop_root)
    names["add_sign_in"](shop)
    clients = shop.extensions["signin_workos"]
    monkeypatch.setattr(clients, "_given", connect(signin.config.Config.from_env()))
    customer = Visitor(shop, emulator)

    assert customer.get("/orders").location == "/sign-in?next=/orders"
    customer.sign_in_by_code()
    assert customer.get("/orders").text == f"The orders of {ADA}"
    assert f"for {ADA}" in customer.get("/account").text


def test_the_documented_handler_writes_our_events_with_their_details(
    customer: Visitor, capsys: pytest.CaptureFixture[str]
) -> None:
    ours = logging.getLogger("signin")
    _, snippet = documented("python")
    exec(snippet, {"__name__": __name__})  # our own documentation
    try:
        customer.sign_in_by_code()
    finally:
        ours.handlers.clear()
        ours.setLevel(logging.NOTSET)

    assert '"way": "magic_auth"' in capsys.readouterr().err
