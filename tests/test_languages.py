"""In which language people are answered, and how they choose another."""

from __future__ import annotations

import re
from html import unescape
from typing import Any

import pytest
from flask import Flask, request, url_for

from app.web.headers import YEAR
from app.web.language import languages
from app.workos_api.mail_locale import mail_locale
from tests.walk import Visitor, heading

OTHERS = [tag for tag in languages() if tag != "en"]
# A fork may have kept English alone.
pytestmark = pytest.mark.skipif(not {"de", "zh-Hans", "ar"} <= {*OTHERS}, reason="some are gone")


def language_of(visitor: Visitor, accepted: str = "", path: str = "/sign-in") -> str:
    """Returns what a page says of its language, which its headers have to say too."""
    page = visitor.get(path, headers={"Accept-Language": accepted} if accepted else {})
    [(tag, direction)] = re.findall(r'<html lang="([^"]+)" dir="(\w+)">', page.text)
    assert page.headers["Content-Language"] == tag
    assert {"Accept-Language", "Cookie"} <= {*page.headers["Vary"].split(", ")}
    assert direction == ("rtl" if tag == "ar" else "ltr")
    return str(tag)


@pytest.mark.parametrize(
    ("accepted", "tag"),
    [
        ("", "en"),
        ("de", "de"),
        ("de-AT,en;q=0.5", "de"),
        ("en;q=0.5, de;q=0.9", "de"),
        ("de;q=0, en-GB", "en"),
        ("nl, fr;q=0.1", "fr"),
        ("nl", "en"),
        ("*", "en"),
        ("pt", "pt-BR"),
        ("pt-PT", "pt-BR"),
        ("zh-CN,zh;q=0.9,en;q=0.8", "zh-Hans"),
        ("zh-TW, de;q=0.3", "de"),
        ("zh-Hant-CN", "en"),
        ("ar-EG", "ar"),
        ("DE-de", "de"),
        ("../../etc/passwd, de", "de"),
        ("x" * 3_000 + ", de", "de"),
        ("de;q=nonsense, fr", "fr"),
    ],
)
def test_the_browser_says_which_language_and_english_is_the_rest(
    visitor: Visitor, accepted: str, tag: str
) -> None:
    assert language_of(visitor, accepted) == tag


def test_the_first_fifty_are_looked_up(visitor: Visitor) -> None:
    """No browser names more; who does would have us look up thousands."""
    assert language_of(visitor, "nl," * 49 + "de") == "de"
    assert language_of(visitor, "nl," * 50 + "de") == "en"


def test_a_choice_is_remembered_for_a_year_and_wins(visitor: Visitor) -> None:
    answer = visitor.post("/language", language="ar", next="/sign-in")

    assert (answer.status_code, answer.location) == (303, "/sign-in")
    cookie = answer.headers["Set-Cookie"]
    assert cookie.startswith("signin-language=ar;")
    for flag in (f"Max-Age={YEAR}", "HttpOnly", "SameSite=Lax", "Path=/"):
        assert flag in cookie
    assert language_of(visitor, "de") == "ar"


def test_over_https_the_cookie_is_bound_to_the_host(https_visitor: Visitor) -> None:
    answer = https_visitor.post("/language", language="de")

    assert answer.headers["Set-Cookie"].startswith("__Host-signin-language=de;")
    assert "Secure;" in answer.headers["Set-Cookie"]


@pytest.mark.parametrize("kept", ["xx", "", "../de", "DE", "de\u00df"])
def test_a_cookie_that_names_no_language_is_ignored(visitor: Visitor, kept: str) -> None:
    visitor.take_cookies({"signin-language": kept})

    assert language_of(visitor, "fr") == "fr"


def test_the_page_has_each_language_by_its_own_name_and_changes_nothing(visitor: Visitor) -> None:
    page = visitor.get("/language", headers={"Accept-Language": "de"})

    buttons = re.findall(r'<button name="language" value="(.*?)" lang="(.*?)"', page.text)
    assert buttons == [(tag, tag) for tag in languages()]
    for name in ("Deutsch", "English", "Français", "Português (Brasil)", "日本語", "العربية"):
        assert f">{name}</button>" in page.text
    assert re.findall(r'value="(.*?)"[^>]* aria-current', page.text) == ["de"]
    assert "signin-language" not in str(page.headers)


def test_every_page_leads_there_and_from_there_back(visitor: Visitor) -> None:
    """Also in the middle of an attempt, which goes on in the other language."""
    asked = visitor.ask_for_code()
    code_page = visitor.get(asked.location)
    assert 'href="/language"' in code_page.text
    came_from = {"Referer": f"http://localhost:5000{asked.location}"}

    form = visitor.get("/language", headers=came_from).text
    [back] = re.findall(r'name="next" value="(.*?)"', form)
    chosen = visitor.post("/language", language="de", next=unescape(back))

    assert chosen.location == asked.location
    assert language_of(visitor, path=chosen.location) == "de"
    assert visitor.type_code(visitor.mailed_code()).status_code == 303


@pytest.mark.parametrize(
    "referer", ["https://evil.example/a", "http://localhost:5000/language", "//b", "nonsense", ""]
)
def test_it_leads_home_after_a_page_that_is_none_of_ours(visitor: Visitor, referer: str) -> None:
    page = visitor.get("/language", headers={"Referer": referer} if referer else {})

    assert re.findall(r'name="next" value="(.*?)"', page.text) == ["/"]


def test_it_leads_home_after_the_answer_to_a_form(visitor: Visitor) -> None:
    """Its address takes forms alone: who came back to it would find nothing."""
    answer = "http://localhost:5000/auth/forget-browser"
    page = visitor.get("/language", headers={"Referer": answer})

    assert re.findall(r'name="next" value="(.*?)"', page.text) == ["/"]


@pytest.mark.parametrize("target", ["https://evil.example/", "//evil.example", "/\\evil.example"])
def test_a_choice_leads_to_no_other_site(visitor: Visitor, target: str) -> None:
    """WEB-01."""
    assert visitor.post("/language", language="de", next=target).location == "/"


def test_a_language_that_is_not_there_is_refused(visitor: Visitor) -> None:
    refused = visitor.post("/language", language="xx")

    assert (refused.status_code, heading(refused)) == (400, "That language is not there")
    assert "signin-language" not in str(refused.headers)


def test_no_other_site_chooses_for_somebody(visitor: Visitor) -> None:
    """WEB-02."""
    refused = visitor.client.post("/language", data={"language": "de"})

    assert refused.status_code == 400
    assert language_of(visitor) == "en"


def test_programs_are_told_in_their_language_and_by_the_same_name(visitor: Visitor) -> None:
    program = {"Accept": "application/json"}

    plain: Any = visitor.get("/nowhere", headers=program)
    german: Any = visitor.get("/nowhere", headers={**program, "Accept-Language": "de"})

    assert plain.json["message"].startswith("There is nothing here. ")
    assert plain.headers["Content-Language"] == "en"
    assert german.headers["Content-Language"] == "de"
    assert german.json["error"] == plain.json["error"] == "not_found"
    assert german.json["message"] != plain.json["message"]


@pytest.mark.parametrize(
    ("accepted", "locale"), [("de-CH", "de"), ("pt", "pt-BR"), ("zh-CN", "zh-CN"), ("nl", "en")]
)
def test_workos_is_told_by_its_own_names(app: Flask, accepted: str, locale: str) -> None:
    """https://workos.com/docs/authkit/hosted-ui#localization."""
    with app.test_request_context(headers={"Accept-Language": accepted}):
        assert request.accept_languages
        assert mail_locale() == locale


def test_the_mailbox_says_which_language_workos_was_asked_for(visitor: Visitor) -> None:
    visitor.client.environ_base["HTTP_ACCEPT_LANGUAGE"] = "zh-CN"
    visitor.ask_for_code()

    [mail] = visitor.mailbox()
    for part in ("text", "html"):
        assert "WorkOS would have written this in the language zh-CN." in mail[part]


def test_pages_for_developers_stay_english(app: Flask) -> None:
    developer = Visitor(app, address="127.0.0.1")

    assert language_of(developer, "de", "/development/failures") == "en"


@pytest.mark.parametrize("tag", OTHERS)
def test_every_page_of_a_visitor_is_whole_in_each_language(
    app: Flask, visitor: Visitor, tag: str
) -> None:
    """None of them fails on a translation, and a code is read from left to right in all."""
    accepted = {"Accept-Language": tag}
    visitor.ask_for_code()
    page = visitor.get("/auth/magic-auth/verify", headers=accepted)
    assert re.search(r'<input id="one_time_code"[^>]* dir="ltr"', page.text)
    assert '<strong class="address" dir="ltr">ada@example.com</strong>' in page.text
    visitor.type_code(visitor.mailed_code())
    with app.test_request_context():
        parts = ("overview", "sessions", "security", "organizations", "sign_out", "language")
        paths = [url_for(f"signin.{part}.show") for part in parts]
    for path in ("/", *paths):
        assert visitor.get(path, headers=accepted).headers["Content-Language"] == tag, path


@pytest.mark.parametrize(
    ("tag", "wrong"),
    [("en", r"\.[A-Z]"), ("de", r"\.[A-Z]"), ("ja", r"。\s+\w"), ("zh-Hans", r"。\s+\w")],
)
def test_sentences_follow_one_another_as_the_language_wants(
    visitor: Visitor, tag: str, wrong: str
) -> None:
    """Chinese and Japanese have a gap in their full stop already."""
    visitor.client.environ_base["HTTP_ACCEPT_LANGUAGE"] = tag
    pages = [visitor.get(visitor.ask_for_code().location).text, visitor.type_code("000000").text]
    visitor.type_code(visitor.mailed_code())
    pages += [visitor.get(f"/account{part}").text for part in ("", "/sessions")]
    visitor.get("/auth/sign-out")
    visitor.post("/auth/sign-out")
    pages.append(visitor.get("/auth/sign-out").text)

    for page in pages:
        assert re.findall(f".*{wrong}.*", re.sub(r"<input[^>]+>", "", page)) == []
