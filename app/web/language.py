"""In which language a request is answered: what the person chose, or what the browser asks for.

The languages on offer are those that have a folder in app/translations/, and English, in which all
words stand in code and templates. Nothing is looked up until something is put into words.
"""

from __future__ import annotations

from functools import cache, lru_cache, partial
from itertools import islice
from pathlib import Path
from typing import NamedTuple

from babel import Locale
from babel.core import get_global, parse_locale
from flask import Flask, current_app, has_request_context, request
from flask_babel import Babel, get_locale, gettext

from ..config import DAY, Config

CATALOGUES = Path(__file__).parents[1] / "translations"
ENGLISH = Locale("en")
# Browsers ask for a few: to look up the thousands in a header of 16 kB takes 15 ms, and what is
# remembered of long tags is megabytes. RFC 5646 (4.4.1) has room for 35 characters in one.
MAX_ASKED, MAX_TAG = 50, 35
COOKIE, LIFETIME = "signin-language", 365 * DAY  # seconds
CHOSEN_HERE = "signin_language_chosen_here"
LANGUAGE = "signin.language"  # in the environment of a request, once it is answered in one


class Language(NamedTuple):
    """What a page says of its language, and whether people can choose another on it."""

    tag: str
    name: str  # in the language itself
    direction: str  # "ltr" or "rtl"
    has_others: bool
    space: str  # between two sentences


def init_app(app: Flask, config: Config) -> None:
    """Adds our catalogues to the application.

    If it has Flask-Babel already, that stays in charge: it says which language it is, and its own
    catalogues win over ours.
    """
    theirs = app.extensions.get("babel")
    app.extensions[CHOSEN_HERE] = theirs is None
    if theirs is None:
        filters = dict(app.jinja_env.filters)
        Babel(  # type: ignore[no-untyped-call] # Flask-Babel says no types here
            app,
            default_translation_directories=str(CATALOGUES),
            locale_selector=partial(_wanted_by_visitor, cookie_name(config)),
        )
        app.jinja_env.filters.update(filters)  # "datetimeformat", for example, may be theirs
        return
    folders, domains = theirs.translation_directories, theirs.default_domain.split(";")
    if len(domains) < len(folders):
        domains *= len(folders)
    theirs.translation_directories = [str(CATALOGUES), *folders]
    theirs.default_domain = ";".join(("messages", *domains))


@cache
def languages() -> dict[str, Locale]:
    """Returns the languages on offer by their tags, in the order of these."""
    folders = (path.parent.name for path in CATALOGUES.glob("*/LC_MESSAGES"))
    return {name.replace("_", "-"): Locale.parse(name) for name in sorted(["en", *folders])}


def current_locale() -> Locale:
    """Returns the language of this request; English where a host's is none of ours."""
    locale = get_locale() or ENGLISH
    names = (str(locale), locale.language)
    return next((one for one in languages().values() if str(one) in names), ENGLISH)


def current_language() -> Language:
    """Returns what this answer says of its language, and has its headers say the same."""
    locale = current_locale()
    request.environ[LANGUAGE] = tag = str(locale).replace("_", "-")  # "pt-BR" (RFC 5646)
    has_others = len(languages()) > 1 and is_chosen_here()
    return Language(tag, own_name(locale), locale.text_direction, has_others, between_sentences())


def between_sentences() -> str:
    """Returns what stands between two sentences: nothing in Chinese and Japanese."""
    # Translators: two whole sentences, one after the other
    return gettext("%(sentence)s %(next)s", sentence="", next="")


def own_name(locale: Locale) -> str:
    """Returns what a language calls itself, as at the beginning of a line."""
    name = locale.get_display_name(locale) or str(locale)
    return name[0].upper() + name[1:]


def is_chosen_here() -> bool:
    """Whether it is we who choose the language, and not an application that has taken us in."""
    return bool(current_app.extensions[CHOSEN_HERE])


def cookie_name(config: Config) -> str:
    """Returns the name of the cookie that holds the person's choice."""
    return config.cookie_prefix + COOKIE


def _wanted_by_visitor(cookie: str) -> Locale:
    if not has_request_context():
        return ENGLISH
    if chosen := languages().get(request.cookies.get(cookie, "")):
        return chosen
    # Not Accept.best_match, which takes "en" for "de-AT, en;q=0.1", because "de-AT" is not there.
    there = {_written(str(locale)): locale for locale in languages().values()}
    asked = islice(request.accept_languages, MAX_ASKED)
    tags = (_written(tag) for tag, quality in asked if quality > 0 and len(tag) <= MAX_TAG)
    return next((there[tag] for tag in tags if tag in there), ENGLISH)


@lru_cache(maxsize=500)
def _written(tag: str) -> tuple[str, str | None]:
    """Returns the language and its script, in which zh-TW differs from zh-CN."""
    try:
        language, territory, script = parse_locale(tag.replace("-", "_"))[:3]
    except ValueError:
        return tag, None
    likely = get_global("likely_subtags")
    whole = likely.get(f"{language}_{territory}") or likely.get(language)
    return language, script or (parse_locale(whole)[2] if whole else None)
