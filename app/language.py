"""`/language`: the languages there are, each by its own name; a cookie remembers the choice."""

from __future__ import annotations

from urllib.parse import unquote, urlsplit

from flask import Blueprint, Flask, Response, current_app, request
from flask.typing import ResponseReturnValue

from .config import settings
from .failures import Button, Failure
from .pages import render
from .web.answers import see_other, wants_json
from .web.fields import submitted
from .web.language import LIFETIME, cookie_name, is_chosen_here, languages, own_name
from .web.redirects import HOME, safe_return_to

bp = Blueprint("language", __name__, url_prefix="/language")


class LanguageUnknown(Failure):
    """The form asked for a language that has no folder."""

    title = "That language is not there"
    reason = "Choose one from the list."
    button = Button("language", "Show the languages")
    event = "input_validation_fail"
    symptom = "A language cannot be chosen"
    cause = "It has no folder in app/translations/."
    fix = "Reload the list. To add one: docs/languages.md."


def init_app(app: Flask, signin: Blueprint) -> None:
    """Adds the page, unless the application that has taken us in chooses the language itself."""
    with app.app_context():
        if is_chosen_here() and len(languages()) > 1:
            signin.register_blueprint(bp)


@bp.get("")
def show() -> ResponseReturnValue:
    """Shows the languages, and remembers in its form the page that led here."""
    if wants_json():
        return {"languages": list(languages())}
    listed = [(tag, own_name(one), one.text_direction) for tag, one in languages().items()]
    return render("auth/language.html", listed=listed, return_to=_page_before())


@bp.post("")
def choose() -> Response:
    """Remembers the language in this browser for a year, and leads back; raises LanguageUnknown."""
    fields, config = submitted("language", "next"), settings()
    if fields["language"] not in languages():
        raise LanguageUnknown
    response = see_other(safe_return_to(fields["next"]), json={"language": fields["language"]})
    response.set_cookie(
        cookie_name(config),
        fields["language"],
        max_age=LIFETIME,
        secure=config.is_https,
        httponly=True,
        samesite="Lax",
    )
    return response


def _page_before() -> str:
    # Not from a parameter: the addresses of some pages have secrets, which would be in logs then.
    try:
        page = urlsplit(request.referrer or "")
    except ValueError:  # that nobody can read
        return HOME
    path = unquote(page.path).removeprefix(request.root_path)
    if page.netloc != request.host or path == request.path:
        return HOME
    routes = current_app.create_url_adapter(request)
    if routes is None or not routes.test(path, "GET"):
        return HOME  # a form's answer, at an address that takes nothing but forms
    return safe_return_to(page._replace(scheme="", netloc="", fragment="").geturl())
