"""Where a person may be sent next."""

from __future__ import annotations

import re
from urllib.parse import urljoin, urlsplit

import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from app.web.redirects import HOME, safe_return_to
from tests.characters import ANY
from tests.walk import Visitor


@pytest.mark.parametrize(
    "path", ["/", "/account", "/account?tab=2&x=%2F", "/a/b#c", "/caf%C3%A9", "/search?q=//x"]
)
def test_a_path_on_this_site_is_kept(path: str) -> None:
    """WEB-01."""
    assert safe_return_to(path) == path


@pytest.mark.parametrize(
    "elsewhere",
    [
        None,
        "",
        "account",
        "//evil.example",
        "///evil.example",
        "/\\evil.example",
        "\\\\evil.example",
        "/\t/evil.example",
        "\t//evil.example",
        " //evil.example",
        "/\n/evil.example",
        "https://evil.example",
        "https:evil.example",
        "HtTpS://evil.example",
        "javascript:alert(1)",
        "data:text/html,x",
        "//localhost:5000@evil.example",
        "/%2fevil.example",
        "/%2Fevil.example",
        "/%252fevil.example",
        "/%5cevil.example",
        "/%09/evil.example",
        "/a%0d%0aSet-Cookie:x=y",
        "/a\r\nSet-Cookie: x=y",
        "/caf\N{LATIN SMALL LETTER E WITH ACUTE}",
        "/\N{FULLWIDTH SOLIDUS}evil.example",
        "/" + "a" * 600,
    ],
)
def test_anything_else_leads_home(elsewhere: str | None) -> None:
    """WEB-01."""
    assert safe_return_to(elsewhere) == HOME


@given(
    url=st.from_regex(re.compile(r"[/\\:@a-z%0-9\t\r\n .?#-]{0,40}"), alphabet=ANY)
    | st.text(ANY, max_size=60)
)
@hypothesis_settings(max_examples=400, deadline=None)
def test_a_browser_that_follows_it_stays_on_this_site(url: str) -> None:
    """WEB-01: read as browsers do, who take a backslash for a slash and drop tabs and newlines."""
    chosen = safe_return_to(url)

    as_browser = re.sub(r"[\t\r\n]", "", chosen).replace("\\", "/")
    assert urlsplit(urljoin("https://app.example.com/x", as_browser)).netloc == "app.example.com"
    assert chosen.isascii()
    assert chosen.isprintable()


def test_no_way_in_leads_to_another_site(visitor: Visitor) -> None:
    """WEB-01."""
    visitor.ask_for_code(next="//evil.example")
    assert visitor.type_code(visitor.mailed_code()).location == "/"
    assert visitor.get("/sign-in?next=//evil.example").location == "/"
    visitor.sign_out()
    assert visitor.sign_in_by_link(next="https://evil.example").location == "/"
    assert "evil" not in visitor.get("/sign-in?next=//evil.example").text


def test_a_guarded_page_is_where_the_person_comes_back_to(visitor: Visitor) -> None:
    asked = visitor.get("/account?tab=2")
    page = visitor.get(asked.location)

    assert 'name="next" value="/account?tab=2"' in page.text
    assert visitor.sign_in_by_code(next="/account?tab=2").location == "/account?tab=2"
