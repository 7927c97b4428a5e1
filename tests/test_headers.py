"""What every response tells the browser, and which requests are not answered."""

from __future__ import annotations

from typing import Any

import pytest
from flask import Flask, session

from app.web.headers import CONTENT_SECURITY_POLICY
from tests.walk import Visitor, heading

EVERY_KIND = [
    ("GET", "/"),
    ("GET", "/sign-in"),
    ("GET", "/account"),
    ("GET", "/api/session"),
    ("GET", "/auth/callback"),
    ("GET", "/auth/callback?code=a&state=b"),
    ("GET", "/auth/sign-out"),
    ("GET", "/auth/magic-auth/verify"),
    ("GET", "/nowhere"),
    ("GET", "/healthz"),
    ("GET", "/readyz"),
    ("GET", "/static/signin/style.css"),
    ("GET", "/static/nothing.css"),
    ("GET", "/sign-in/"),
    ("POST", "/auth/sign-out"),
    ("POST", "/auth/magic-auth"),
    ("POST", "/account"),
    ("PUT", "/sign-in"),
    ("DELETE", "/account"),
    ("OPTIONS", "/"),
    ("TRACE", "/"),
    ("BREW", "/account"),
]


@pytest.mark.parametrize(("method", "url"), EVERY_KIND)
def test_every_response_carries_the_security_headers(
    visitor: Visitor, method: str, url: str
) -> None:
    """WEB-04, WEB-05, WEB-08."""
    with visitor.client.open(url, method=method) as response:
        headers = response.headers

    assert headers["Content-Security-Policy"] == CONTENT_SECURITY_POLICY
    assert "unsafe-inline" not in CONTENT_SECURITY_POLICY
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Cross-Origin-Opener-Policy"] == "same-origin"
    assert headers["Cross-Origin-Resource-Policy"] == "same-origin"
    assert headers["Referrer-Policy"] == "same-origin"
    assert "camera=()" in headers["Permissions-Policy"]
    assert "Access-Control-Allow-Origin" not in headers
    assert len(headers["X-Request-ID"]) == 16
    if "style.css" not in url:
        assert headers["Cache-Control"] == "no-store"
        assert "Cookie" in headers["Vary"]


def test_static_files_may_be_kept(visitor: Visitor) -> None:
    """WEB-08."""
    with visitor.get("/static/signin/style.css") as response:
        assert "max-age=3600" in response.headers["Cache-Control"]
        assert "Set-Cookie" not in response.headers


def test_a_static_file_that_brings_a_cookie_is_not_kept(app: Flask, visitor: Visitor) -> None:
    """WEB-08: or a cache would hand somebody's session to everybody."""

    @app.before_request
    def count_requests() -> None:
        session["requests"] = session.get("requests", 0) + 1

    with visitor.get("/static/base.css") as answer:
        assert "Set-Cookie" in answer.headers
        assert answer.headers["Cache-Control"] == "no-store"


def test_https_is_remembered_and_http_is_not(visitor: Visitor, https_visitor: Visitor) -> None:
    """WEB-06."""
    assert "Strict-Transport-Security" not in visitor.get("/").headers
    assert https_visitor.get("/").headers["Strict-Transport-Security"] == "max-age=31536000"


@pytest.mark.parametrize("method", ["PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "BREW"])
def test_other_methods_are_not_allowed(visitor: Visitor, method: str) -> None:
    """WEB-11."""
    for url in ("/", "/sign-in", "/account", "/auth/callback"):
        assert visitor.client.open(url, method=method).status_code == 405


@pytest.mark.parametrize("url", ["/", "/sign-in", "/account", "/auth/sign-out", "/healthz"])
def test_head_is_get_without_a_body(visitor: Visitor, url: str) -> None:
    """WEB-11."""
    head, get = visitor.client.head(url), visitor.client.get(url)

    assert head.data == b""
    assert (head.status_code, head.headers.get("Location")) == (
        get.status_code,
        get.headers.get("Location"),
    )


def test_the_home_page_sets_no_cookie(visitor: Visitor) -> None:
    assert visitor.get("/").headers.getlist("Set-Cookie") == []


HOSTS = ["evil.example", "localhost.evil.example", "evil.example:5000", "localhost:5000@evil", ""]


@pytest.mark.parametrize("host", HOSTS)
def test_another_host_name_is_refused_and_told_the_right_one(visitor: Visitor, host: str) -> None:
    """WEB-09."""
    refused = visitor.client.get("/", environ_overrides={"HTTP_HOST": host})

    assert refused.status_code == 400
    assert heading(refused) == "This site has another address"
    assert 'href="http://localhost:5000/"' in refused.text
    assert "evil" not in refused.text


@pytest.mark.parametrize("host", ["localhost", "localhost:5000", "LOCALHOST:5000", "localhost:80"])
def test_its_own_name_is_answered_however_it_is_written(visitor: Visitor, host: str) -> None:
    assert visitor.client.get("/", environ_overrides={"HTTP_HOST": host}).status_code == 200


@pytest.mark.parametrize("host", ["127.0.0.1:5000", "[::1]:5000", "127.0.0.1"])
@pytest.mark.parametrize(
    "path", ["/sign-in?next=/account", "/%0D%0AA%3A%20b", "/a//evil.example/?a=b"]
)
def test_another_name_of_this_machine_leads_to_the_right_one(
    visitor: Visitor, host: str, path: str
) -> None:
    """Where `flask run` is asked for what other servers print; only what changes nothing."""
    here = {"HTTP_HOST": host}

    led = visitor.client.get(f"http://{host}{path}", environ_overrides=here)
    assert (led.status_code, led.location) == (307, f"http://localhost:5000{path}")
    assert visitor.client.post("/sign-in", environ_overrides=here).status_code == 400


def test_this_machine_leads_nowhere_in_production(https_visitor: Visitor) -> None:
    """WEB-09: there, nobody asks for 127.0.0.1 by mistake."""
    refused = https_visitor.client.get("/", environ_overrides={"HTTP_HOST": "127.0.0.1:5000"})

    assert refused.status_code == 400


@pytest.mark.parametrize("header", ["X-Forwarded-Host", "X-Host", "Forwarded"])
def test_a_forged_host_header_reaches_no_mail(visitor: Visitor, header: str) -> None:
    """WEB-09: the redirect URI comes from the settings."""
    token = visitor.csrf_token()
    visitor.client.post(
        "/auth/magic-link",
        data={"csrf_token": token, "email": "ada@example.com"},
        headers={header: "evil.example"},
    )

    assert "evil" not in visitor.open_at_workos(visitor.mailed_link())


def test_a_load_balancer_may_ask_by_address(visitor: Visitor) -> None:
    for url in ("/healthz", "/readyz"):
        answer = visitor.client.get(url, environ_overrides={"HTTP_HOST": "10.0.0.7:8000"})
        assert (answer.status_code, answer.json) == (200, {"status": "ok"})


def test_a_forged_scheme_changes_nothing(visitor: Visitor) -> None:
    """WEB-10."""
    page = visitor.get("/sign-in", headers={"X-Forwarded-Proto": "https"})

    assert "Strict-Transport-Security" not in page.headers
    assert "Secure" not in page.headers["Set-Cookie"]


@pytest.mark.parametrize(
    ("url", "status"),
    [("/auth/magic-auth", 400), ("/auth/magic-link", 400), ("/auth/magic-auth/verify", 400)],
)
@pytest.mark.parametrize("content_type", ["text/plain", "application/json", None])
def test_a_post_from_another_site_is_refused(
    visitor: Visitor, url: str, status: int, content_type: str | None
) -> None:
    """WEB-02, AUT-07: without the token, for any type of content."""
    visitor.get("/sign-in")
    refused = visitor.client.post(
        url,
        data=b'{"email": "ada@example.com"}',
        content_type=content_type,
        headers={"Origin": "https://evil.example", "Sec-Fetch-Site": "cross-site"},
    )

    assert refused.status_code == status
    assert visitor.api_calls() == []


def test_the_token_of_another_browser_is_refused(
    visitor: Visitor, another_visitor: Visitor
) -> None:
    """WEB-02, AUT-07."""
    token = another_visitor.csrf_token()
    visitor.get("/sign-in")

    refused = visitor.client.post(
        "/auth/magic-auth", data={"csrf_token": token, "email": "ada@example.com"}
    )

    assert heading(refused) == "This page was out of date"


def test_a_program_is_told_about_the_token_in_json(visitor: Visitor) -> None:
    refused = visitor.client.post("/auth/magic-auth", json={"email": "ada@example.com"})

    answer: Any = refused.json
    assert (refused.status_code, answer["error"]) == (400, "csrf")


def test_programs_get_json_for_every_error(visitor: Visitor) -> None:
    """LOG-04."""
    for url, status in (("/nowhere", 404), ("/account", 401), ("/auth/callback", 400)):
        answer = visitor.get(url, headers={"Accept": "application/json"})
        body: Any = answer.json
        assert answer.status_code == status
        assert set(body) == {"error", "message", "hint", "request_id"}
        assert body["request_id"] == answer.headers["X-Request-ID"]


def test_a_browser_gets_pages(visitor: Visitor) -> None:
    accept = "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,*/*;q=0.8"

    assert visitor.get("/nowhere", headers={"Accept": accept}).mimetype == "text/html"


@pytest.mark.parametrize("referer", ["http://[", "https://x:abc/", "https://[::1", "//:99999999"])
def test_a_referer_that_nobody_can_read_is_refused(https_visitor: Visitor, referer: str) -> None:
    """WEB-02: it is a refusal, not a crash, and with a valid token too."""
    data = {"csrf_token": https_visitor.csrf_token(), "email": "ada@example.com"}

    refused = https_visitor.client.post(
        "/auth/magic-auth", base_url=https_visitor.origin, data=data, headers={"Referer": referer}
    )

    assert (refused.status_code, heading(refused)) == (400, "This page was out of date")


@pytest.mark.parametrize("host", ["a..b", ".localhost", "a" * 64 + ".example.com", "x" * 300])
@pytest.mark.parametrize(
    "path", ["/", "/healthz", "/static/base.css", "/auth/callback?code=secret"]
)
def test_a_host_that_cannot_be_is_refused_without_a_crash(
    visitor: Visitor, host: str, path: str
) -> None:
    """WEB-04, WEB-09: with every header of ours, and nothing of the query."""
    refused = visitor.client.get(path, headers={"Host": host})

    assert refused.status_code == 400
    assert refused.headers["Content-Security-Policy"] == CONTENT_SECURITY_POLICY
    assert "secret" not in refused.text
