"""What is logged, and what never is."""

from __future__ import annotations

import io
import json
import logging
import re
from collections.abc import Iterator
from typing import Any

import pytest
from flask import Flask

from app.web.log import JSONFormatter, LineFormatter, masked_email
from tests.walk import ADA, Visitor


@pytest.fixture
def config(make_config: Any, smtp: dict[str, Any], request: pytest.FixtureRequest) -> Any:
    """An application whose mail WorkOS sends, unless a test asks for the other delivery."""
    delivery = getattr(request, "param", "workos")
    return make_config(**(smtp if delivery == "smtp" else {}))


@pytest.fixture
def output(app: Flask) -> Iterator[io.StringIO]:
    """All that any logger of this process writes, as JSON lines."""
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    handler.setFormatter(JSONFormatter())
    loggers = [logging.getLogger(), logging.getLogger("app")]
    for logger in loggers:
        logger.addHandler(handler)
        logger.setLevel(logging.DEBUG)
    yield stream
    for logger in loggers:
        logger.removeHandler(handler)
        logger.setLevel(logging.WARNING)


def events(output: io.StringIO) -> list[dict[str, Any]]:
    lines = [json.loads(line) for line in output.getvalue().splitlines()]
    return [line for line in lines if line["logger"] == "app"]


def test_a_sign_in_is_told_in_events_that_share_an_attempt(
    visitor: Visitor, output: io.StringIO
) -> None:
    """LOG-01."""
    visitor.ask_for_code()
    visitor.type_code("000000")
    visitor.type_code(visitor.mailed_code())
    visitor.sign_out()

    told = [event for event in events(output) if event["event"] != "request"]
    assert [event["event"] for event in told] == [
        "authn_magic_auth_sent",
        "authn_login_fail",
        "session_created",
        "authn_logout",
    ]
    assert len({event["attempt"] for event in told[:3]}) == 1
    assert all(re.fullmatch(r"[0-9a-f]{16}", event["request_id"]) for event in told)
    assert all(event["time"].endswith("+00:00") for event in told)


def walk_everywhere(visitor: Visitor, another_visitor: Visitor) -> set[str]:
    """Signs in both ways, with detours; returns every secret that passed by."""
    secrets = {ADA, visitor.app.extensions["signin_settings"].secret_key, "sk_test_emulator"}
    visitor.ask_for_code(state="canary-state")
    secrets |= {visitor.mailed_code(), "canary-state", *visitor.cookies().values()}
    visitor.type_code("987654")
    visitor.type_code(visitor.mailed_code())
    secrets |= {visitor.csrf_token("/account"), *visitor.cookies().values()}
    visitor.sign_out()
    visitor.ask_for_link()
    secrets |= {visitor.mailed_link(), *visitor.cookies().values()}
    secrets |= set(re.findall(r"token=(.+)", visitor.mailed_link()))
    shown = another_visitor.get(visitor.mailed_link())
    if "/auth/magic-link/open" in visitor.mailed_link():
        found = re.search(r'class="shown-code" dir="ltr">(\d{3}) (\d{3})<', shown.text)
        assert found
        secrets |= {found[1] + found[2]}
        visitor.type_relay_code("876543")
        visitor.type_relay_code(found[1] + found[2])
        secrets |= {visitor.get(visitor.mailed_link()).location}
        callback = visitor.open_at_workos(visitor.get(visitor.mailed_link()).location)
    else:
        callback = visitor.open_at_workos(visitor.mailed_link())
    secrets |= set(re.findall(r"(?:code|state)=([^&]+)", callback))
    for browser in (another_visitor, visitor, visitor):
        browser.get(callback.replace("?", "%3F"))  # as a mail program may write it
        browser.get(callback)
    secrets |= set(visitor.cookies().values())
    visitor.ask_for_code("not an address canary@")
    return secrets


@pytest.mark.parametrize("config", ["workos", "smtp"], indirect=True)
def test_no_secret_and_no_whole_address_is_ever_logged(
    visitor: Visitor, another_visitor: Visitor, output: io.StringIO
) -> None:
    """LOG-02: every value that passed by is looked for in everything that was logged."""
    secrets = walk_everywhere(visitor, another_visitor)

    logged = output.getvalue()
    assert logged.count("authn_magic_link_sent") == 1
    assert len(secrets) > 12
    for secret in {*secrets, "987654", "876543", "canary@"}:
        assert secret not in logged, secret


def test_an_unforeseen_error_is_logged_without_its_message(
    app: Flask, visitor: Visitor, output: io.StringIO
) -> None:
    """LOG-02, LOG-04, LOG-05: the page says nothing of it either, and has its headers."""

    @app.get("/breaks")
    def breaks() -> str:
        raise RuntimeError("canary sk_live_123")

    page = visitor.get("/breaks")

    assert page.status_code == 500
    assert "canary" not in page.text
    assert "Traceback" not in page.text
    assert page.headers["X-Request-ID"] in page.text
    assert "Content-Security-Policy" in page.headers
    assert "canary" not in output.getvalue()
    [crash] = [event for event in events(output) if event["event"] == "sys_crash"]
    assert (crash["error"], crash["request_id"]) == ("RuntimeError", page.headers["X-Request-ID"])
    assert crash["where"].startswith("breaks:")


@pytest.mark.parametrize("formatter", [JSONFormatter(), LineFormatter()])
def test_nobody_can_forge_a_line(app: Flask, formatter: logging.Formatter) -> None:
    """LOG-03."""
    with app.test_request_context("/a%0d%0a{%22event%22:1}%1b[31m\N{EURO SIGN}"):
        record = logging.LogRecord("app", 20, "", 0, "x\r\ny\x1b[0m", None, None)
        record.details = {"email": "a\nb", "status": 1}
        line = formatter.format(record)

    assert "\n" not in line
    assert "\r" not in line
    assert "\x1b" not in line


@pytest.mark.parametrize("mark", ["?", "%3F", "%3f"])
def test_werkzeugs_request_lines_lose_their_query(app: Flask, mark: str) -> None:
    """LOG-02: the development server would print `code` and `state` of the callback."""
    logger = logging.getLogger("werkzeug")
    line = f"GET /auth/callback{mark}code=c&state=s HTTP/1.1"
    record = logger.makeRecord("werkzeug", 20, "", 0, '"%s" %s', (line, 303), None)

    assert logger.filter(record)
    assert record.getMessage() == '"GET /auth/callback HTTP/1.1" 303'


@pytest.mark.parametrize(
    ("email", "masked"), [(ADA, "a***@example.com"), ("x@y.example", "x***@y.example")]
)
def test_an_address_is_masked(email: str, masked: str) -> None:
    assert masked_email(email) == masked
