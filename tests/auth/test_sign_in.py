"""The sign-in page, and what may be typed into it."""

from __future__ import annotations

import io
from typing import Any

import pytest
from flask import Flask
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from app import MAX_BODY, create_app
from app.failures import Failure
from app.web.email_address import canonical_email
from tests.characters import ANY
from tests.walk import ADA, LAST_USED, Visitor, heading

WAYS = ("/auth/magic-auth", "/auth/magic-link")


def test_the_page_offers_a_code_first_and_a_link_second(visitor: Visitor) -> None:
    page = visitor.get("/sign-in").text

    code = page.index('formaction="/auth/magic-auth"')
    assert code < page.index('formaction="/auth/magic-link"')


def test_the_way_used_last_is_marked_on_this_browser_alone(
    visitor: Visitor, another_visitor: Visitor
) -> None:
    """Without an address: this browser knows it, and nobody else does."""
    visitor.sign_in_by_code()
    visitor.sign_out()
    assert f"Email me a code {LAST_USED}" in visitor.get("/sign-in").text

    visitor.sign_in_by_link()
    visitor.sign_out()

    for page in (visitor.get("/sign-in").text, visitor.ask_for_code("ada").text):
        assert f"Email me a link {LAST_USED}" in page
        assert page.count(LAST_USED) == 1
    assert LAST_USED not in another_visitor.get("/sign-in").text
    assert LAST_USED not in another_visitor.ask_for_code("ada").text


@pytest.mark.parametrize("how", ["forget this browser", "end all sessions"])
def test_the_mark_goes_with_what_the_browser_knows(visitor: Visitor, app: Flask, how: str) -> None:
    """LIM-09."""
    visitor.sign_in_by_code()
    user = visitor.api_session().json["user"]["id"]
    visitor.sign_out()

    if how == "forget this browser":
        visitor.post("/auth/forget-browser")
    else:
        app.test_cli_runner().invoke(args=["sessions", "end", "--user", user])

    assert LAST_USED not in visitor.get("/sign-in").text


def test_one_way_alone_is_not_marked(make_config: Any, emulator: Flask, connect: Any) -> None:
    config = make_config(sign_in_with=("magic_auth",))
    visitor = Visitor(create_app(config, workos=connect(config)), emulator)
    visitor.sign_in_by_code()
    visitor.sign_out()

    assert LAST_USED not in visitor.get("/sign-in").text


def test_a_person_who_is_signed_in_is_sent_on(visitor: Visitor) -> None:
    visitor.sign_in_by_code()

    sent_on = visitor.get("/sign-in?next=/account")

    assert (sent_on.status_code, sent_on.location) == (303, "/account")


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize(
    "email",
    [
        "ada",
        "ada@",
        "@example.com",
        "ada@example",
        "ada@@example.com",
        "ada@example.com, eve@example.com",
        "ada@example.com;eve@example.com",
        "Ada <ada@example.com>",
        '"ada smith"@example.com',
        "ada@[127.0.0.1]",
        "ada@exa mple.com",
        "ad\N{CYRILLIC SMALL LETTER A}@example.com",
        "ada@example.com\N{RIGHT-TO-LEFT OVERRIDE}",
        "ada@localhost",
        "a" * 65 + "@example.com",
        "a" * 250 + "@example.com",
        "a" * 3000,
    ],
)
def test_what_is_no_address_is_refused_before_any_call(
    visitor: Visitor, way: str, email: str
) -> None:
    """WEB-14."""
    refused = visitor.post(way, email=email)

    assert refused.status_code == 400
    assert visitor.api_calls() == []


def test_the_error_keeps_what_was_typed_and_points_to_the_field(visitor: Visitor) -> None:
    refused = visitor.ask_for_code("ada@exampl<e", next="/account", state="basket")

    assert heading(refused) == "Check the email address"
    assert 'value="ada@exampl&lt;e"' in refused.text
    assert 'aria-invalid="true" aria-describedby="error" autofocus' in refused.text
    assert 'value="/account"' in refused.text
    assert 'value="basket"' in refused.text


@pytest.mark.parametrize("way", WAYS)
def test_an_empty_address_asks_for_one(visitor: Visitor, way: str) -> None:
    assert heading(visitor.post(way, email="")) == "Enter your email address"
    assert heading(visitor.post(way)) == "Enter your email address"


@pytest.mark.parametrize("email", ["ada@example.com\r\nBcc: eve@example.com", "ada@example.com\0"])
def test_line_breaks_and_nul_never_reach_anybody(visitor: Visitor, email: str) -> None:
    """WEB-14, LOG-03."""
    refused = visitor.ask_for_code(email)

    assert heading(refused) == "Some characters are not allowed"
    assert visitor.api_calls() == []


@pytest.mark.parametrize(
    ("typed", "canonical"),
    [
        (" Ada@Example.COM ", ADA),
        ("ada@B\N{LATIN SMALL LETTER U WITH DIAERESIS}cher.example.com", None),
        ("ada@b\N{LATIN SMALL LETTER U WITH DIAERESIS}cher.de", "ada@xn--bcher-kva.de"),
        ("ada+news@example.com", "ada+news@example.com"),
    ],
)
def test_an_address_is_used_in_one_canonical_form(
    visitor: Visitor, typed: str, canonical: str | None
) -> None:
    """WEB-14: what is mailed, counted and shown is lower-case ASCII."""
    visitor.ask_for_code(typed)

    address = visitor.mailbox()[0]["to"]
    assert address == (canonical or "ada@xn--bcher-kva.example.com")


@given(email=st.text(ANY, max_size=300))
@hypothesis_settings(max_examples=150, deadline=None)
def test_anything_typed_is_an_address_or_a_clear_refusal(email: str) -> None:
    """WEB-14."""
    try:
        canonical = canonical_email(email)
    except Failure:
        return
    assert canonical.isascii()
    assert canonical == canonical.lower() == canonical_email(canonical)
    assert len(canonical) <= 254
    assert not set(canonical) & set("\r\n\0, <>")


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"[]",
        b'"ada@example.com"',
        b"null",
        b'{"email": ["ada@example.com"]}',
        b'{"email": {"a": 1}}',
        b'{"email": true}',
        b'{"email": 1.5}',
        b'{"email": "a@example.com", "email": "b@example.com"}',
        b'{"email": "\xff@example.com"}',
        b'{"email": "\\ud800@example.com"}',
        b"[" * 15_000,
    ],
)
def test_senseless_json_is_refused(visitor: Visitor, body: bytes) -> None:
    token = visitor.api_session().json["csrf_token"]

    refused = visitor.client.post(
        "/auth/magic-auth",
        data=body,
        content_type="application/json",
        headers={"X-CSRFToken": token},
    )

    assert refused.status_code == 400
    answer: Any = refused.json
    assert {"error", "message", "hint", "request_id"} <= set(answer)
    assert visitor.api_calls() == []


@pytest.mark.parametrize(
    ("data", "status"),
    [
        (b"csrf_token={0}&email=a%40example.com&email=b%40example.com", 400),
        (b"csrf_token={0}&email=%ff%fe%40example.com", 400),
        (b"csrf_token={0}&email=" + b"a" * 20_000, 413),
        (b"csrf_token={0}" + b"&x=1" * 5_000, 413),
    ],
)
def test_senseless_forms_are_refused(visitor: Visitor, data: bytes, status: int) -> None:
    """WEB-12."""
    body = data.replace(b"{0}", visitor.csrf_token().encode())

    refused = visitor.client.post(
        "/auth/magic-auth", data=body, content_type="application/x-www-form-urlencoded"
    )

    assert refused.status_code == status
    assert visitor.api_calls() == []


@pytest.mark.parametrize(("size", "status"), [(MAX_BODY, 303), (MAX_BODY + 1, 413)])
def test_a_form_in_chunks_is_read_whole_or_refused(
    visitor: Visitor, size: int, status: int
) -> None:
    """WEB-12: what came before the limit would pass for the whole."""
    form = f"csrf_token={visitor.csrf_token()}&email={ADA}&more=".encode()

    answer = visitor.client.post(
        "/auth/magic-auth",
        input_stream=io.BytesIO(form.ljust(size, b"a")),
        content_type="application/x-www-form-urlencoded",
        environ_overrides={"wsgi.input_terminated": True, "HTTP_TRANSFER_ENCODING": "chunked"},
    )

    assert answer.status_code == status
    assert len(visitor.mailbox()) == (status == 303)


def test_other_kinds_of_content_are_refused(visitor: Visitor) -> None:
    token = visitor.api_session().json["csrf_token"]
    refused = visitor.client.post(
        "/auth/magic-auth",
        data=b"<email/>",
        content_type="text/xml",
        headers={"X-CSRFToken": token},
    )

    assert refused.status_code == 415


@pytest.mark.parametrize("way", WAYS)
def test_known_and_unknown_addresses_get_the_same_answer(visitor: Visitor, way: str) -> None:
    """AUT-14."""
    visitor.sign_in_by_code("known@example.com")
    visitor.sign_out()

    answers = [
        visitor.post_json(way, {"email": email})
        for email in ("known@example.com", "new@example.com")
    ]

    bodies: list[Any] = [answer.json for answer in answers]
    for body, email in zip(bodies, ("known@example.com", "new@example.com"), strict=True):
        assert body.pop("email") == email
        assert len(body.pop("attempt")) == 12
    assert bodies[0] == bodies[1]
    assert answers[0].status_code == answers[1].status_code
    assert list(answers[0].headers.keys()) == list(answers[1].headers.keys())
