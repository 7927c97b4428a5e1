"""The catalogues: whole, fresh, and used wherever people read something."""

from __future__ import annotations

import re
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from babel.core import Locale
from babel.messages import Catalog, Message
from babel.messages.mofile import read_mo, write_mo
from flask import Flask
from flask_babel import Babel
from jinja2 import Environment

from app.failures import every_failure
from scripts.translations import FOLDER, ROOT, catalogue_of, faults, read, template
from tests.totp import next_totp
from tests.walk import MUCH_MAIL, Visitor

CODES = sorted(path.parent.name for path in (ROOT / FOLDER).glob("*/LC_MESSAGES"))
NEWER = "`make translations` brings the catalogues up to date; then translate what it names."
BEGIN, END = "\u27e6", "\u27e7"  # which nothing else has
LETTERS = re.compile(r"[A-Za-z]{2,}")
Key = tuple[object, object]


@pytest.fixture
def config(make_config: Any, smtp: dict[str, Any]) -> Any:
    """An application that mails itself, so that all words are ours."""
    return make_config(api_keys="on", **smtp, **MUCH_MAIL)


@pytest.fixture(scope="module")
def words() -> Catalog:
    """All that code and templates say."""
    return template()


def keys_of(catalog: Catalog) -> set[Key]:
    return {key_of(message) for message in catalog if message.id}


@pytest.mark.parametrize("code", CODES)
def test_a_catalogue_has_just_the_words_of_this_release(code: str, words: Catalog) -> None:
    assert keys_of(read(code)) ^ keys_of(words) == set(), NEWER


@pytest.mark.parametrize("code", CODES)
def test_each_message_is_translated_with_its_placeholders_and_all_its_plurals(code: str) -> None:
    assert list(faults(read(code))) == [], NEWER


@pytest.mark.parametrize("code", CODES)
def test_a_catalogue_is_compiled_as_it_is_written(code: str) -> None:
    with catalogue_of(code).with_suffix(".mo").open("rb") as file:
        compiled = read_mo(file)

    written = (one for one in read(code) if all(texts_of(one)))
    assert {key_of(one): texts_of(one) for one in compiled} == {
        key_of(one): texts_of(one) for one in written
    }, NEWER


@pytest.mark.parametrize("code", [one for one in CODES if Locale(one[:2]).text_direction == "rtl"])
def test_from_right_to_left_a_mail_keeps_network_addresses_in_order(code: str) -> None:
    """Plain text has no tags, and without these marks 2001:db8:1 is shown as db8:1:2001 there.

    https://www.unicode.org/reports/tr9/#Explicit_Directional_Isolates
    """
    network = "%(network)s"
    mails = [one for one in read(code) if one.id and "a network address" in one.id]

    assert mails
    assert [one.id for one in mails if f"\u2066{network}\u2069" not in str(one.string)] == []


@pytest.mark.parametrize("code", CODES)
def test_no_line_ends_inside_the_word_e_mail(code: str) -> None:
    """On a phone, German headings ended in "E-", and went on with "Mail"."""
    assert [text for one in read(code) for text in texts_of(one) if "e-mail" in text.lower()] == []


def key_of(message: Message) -> Key:
    said: object = message.id
    context: object = message.context
    if isinstance(context, bytes):  # as Babel reads it from a .mo
        context = context.decode()
    return tuple(said) if isinstance(said, list) else said, context


def texts_of(message: Message) -> list[str]:
    said = message.string
    return [said] if isinstance(said, str) else list(said or ())


class Visible(HTMLParser):
    """Collects what people see or hear of a page, less what says which language it is in.

    So is what is for developers, and what languages call themselves.
    """

    SAID = ("aria-label", "title", "alt", "placeholder", "content")
    VOID = ("meta", "link", "input", "img", "br")

    def __init__(self) -> None:
        super().__init__()
        self.texts: list[str] = []
        self._open: list[bool] = []  # for each element that is, whether it is not for people

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        """Notes what its attributes say."""
        given = dict(attributes)
        is_hidden = tag in ("style", "svg", "code", "textarea") or (
            tag != "html" and "lang" in given
        )
        if not is_hidden and not any(self._open):
            is_words = tag != "meta" or given.get("name") == "description"
            self.texts += [given[name] or "" for name in self.SAID if name in given and is_words]
        if tag not in self.VOID:
            self._open.append(is_hidden)

    def handle_endtag(self, tag: str) -> None:
        """Comes out of it."""
        if tag not in self.VOID and self._open:
            self._open.pop()

    def handle_data(self, data: str) -> None:
        """Notes what it says."""
        if not any(self._open):
            self.texts.append(data)


def visible(page: str) -> str:
    parser = Visible()
    parser.feed(page)
    return "\n".join(parser.texts)


def unmarked(text: str) -> list[str]:
    """Returns the words that did not come from the catalogue."""
    while BEGIN in text:
        text, before = re.sub(rf"{BEGIN}[^{BEGIN}{END}]*{END}", "", text), text
        assert text != before, text
    return LETTERS.findall(text)


TEMPLATES = sorted(
    path
    for path in (ROOT / "templates").rglob("*.*")
    if path.suffix in (".html", ".txt") and "development" not in path.parts
)


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: str(path.relative_to(ROOT)))
def test_a_template_says_nothing_that_is_not_in_the_catalogue(path: Path) -> None:
    """Also in branches that no other test takes."""
    source = re.sub(r"\{%-? trans\b.*?\{% endtrans \+?%\}", "", path.read_text(), flags=re.S)
    tokens = Environment(autoescape=True).lex(source)
    text = "".join(value if kind == "data" else "" for _, kind, value in tokens)

    found = visible(text) if path.suffix == ".html" else text
    found = re.sub(r'[\w-]+="[^"]*"', "", found)  # in a macro that only says attributes
    assert {*LETTERS.findall(found)} <= {"wide", "autofocus"}


@pytest.fixture(scope="module")
def pseudo(tmp_path_factory: pytest.TempPathFactory, words: Catalog) -> Path:
    """The folder of a language in which every message stands between marks."""
    catalog = Catalog("eo")
    for message in words:
        if message.id:
            texts = [message.id] if isinstance(message.id, str) else list(message.id)
            marked = tuple(f"{BEGIN}{text}{END}" for text in texts)
            said = marked if message.pluralizable else marked[0]
            catalog.add(message.id, said, context=message.context)
    folder = tmp_path_factory.mktemp("translations")
    (folder / "eo/LC_MESSAGES").mkdir(parents=True)
    with (folder / "eo/LC_MESSAGES/messages.mo").open("wb") as file:
        write_mo(file, catalog)
    return folder


@pytest.fixture
def mark(app: Flask, pseudo: Path) -> None:
    """Has the application speak that language."""
    Babel(app, default_translation_directories=str(pseudo), locale_selector=lambda: "eo")  # type: ignore[no-untyped-call] # says no types


# Names, and what people typed; "English" is what Esperanto falls back to.
BRAND = (ROOT / "templates/auth/_brand.html").read_text()
[PRODUCT] = re.findall(r'set name = "(.+?)"', BRAND)
DATA = {*LETTERS.findall(PRODUCT), "English", "Ada", "Lovelace", "ada", "example", "com"}


def test_every_failure_speaks_the_language_of_the_request(
    app: Flask, visitor: Visitor, mark: None
) -> None:
    kinds = {kind.name(): kind for kind in every_failure()}

    @app.get("/fails/<name>")
    def fails(name: str) -> str:
        raise kinds[name]

    visitor.ask_for_code()
    for name in kinds:
        page = visitor.get(f"/fails/{name}")
        answer = visitor.get(f"/fails/{name}", headers={"Accept": "application/json"})

        assert {*unmarked(visible(page.text))} <= DATA | {"http", "localhost"}, name
        for part in ("message", "hint"):
            assert unmarked(answer.json[part]) == [], (name, part)  # type: ignore[index] # JSON


def pages(visitor: Visitor, stranger: Visitor) -> Iterator[str]:
    """Opens what people come past on the way in and out."""
    for path in ("/", "/sign-in", "/language", "/auth/sign-out", "/sign-in?because=state_missing"):
        yield visitor.get(path).text
    yield visitor.post("/auth/magic-auth", email="nonsense").text
    yield visitor.get(visitor.ask_for_link().location).text
    yield stranger.get(visitor.mailed_link()).text
    yield visitor.type_relay_code("000000").text
    yield visitor.get(visitor.ask_for_code().location).text
    yield visitor.type_code("000000").text
    yield stranger.get(visitor.mailed_link()).text
    visitor.type_code(visitor.mailed_code())
    yield visitor.get(visitor.post("/account/security/add").location).text
    visitor.post("/account/security/confirm", one_time_code=next_totp(visitor))
    for part in ("", "/sessions", "/security?done=added", "/organizations", "/api-keys"):
        yield visitor.get(f"/account{part}").text
    yield visitor.get("/").text
    yield visitor.get("/auth/sign-out").text


def test_every_page_and_mail_speaks_the_language_of_the_request(
    visitor: Visitor, another_visitor: Visitor, mark: None
) -> None:
    """What is said of a sign-in, of a browser and of a moment, too."""
    for number, page in enumerate(pages(visitor, another_visitor)):
        assert {*unmarked(visible(page))} <= DATA, (number, page)
    mails = visitor.mailbox()
    assert len(mails) == 3  # a link, a code, an authenticator app
    for mail in mails:
        for text in (mail["subject"], mail["text"], visible(mail["html"])):
            assert {*unmarked(re.sub(r"http\S+", "", text))} <= DATA, text
