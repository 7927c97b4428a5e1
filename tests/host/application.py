"""An application that was there before: a shop with ways of its own in everything."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Any

import flask_login
from flask import Blueprint, Flask, abort, render_template, request, session
from flask.sessions import SecureCookieSessionInterface
from flask.typing import ResponseReturnValue
from flask_babel import Babel
from flask_limiter import Limiter
from flask_limiter.util import get_remote_address
from flask_wtf import CSRFProtect
from jinja2 import StrictUndefined
from werkzeug.exceptions import HTTPException

BLUEPRINTS = ("auth", "account", "sessions", "home", "webhooks", "sign_in", "callback", "report")
SETTINGS = {
    "SECRET_KEY": "the shop's own key",
    "SESSION_COOKIE_NAME": "shop",
    "MAX_CONTENT_LENGTH": 20_000_000,
    "RATELIMIT_DEFAULT": "60 per minute",
    "RATELIMIT_STORAGE_URI": "memory://",
}
HEADERS = {
    "Content-Security-Policy": "default-src 'self'; form-action 'self' https://pay.example.com",
    "X-Frame-Options": "SAMEORIGIN",
    "Cache-Control": "private, max-age=5",
}


class ShopSession(SecureCookieSessionInterface):
    """The shop's own way to sign `flask.session`."""

    salt = "shop"


def create_shop(
    root: Path,
    *,
    protects_forms: bool = False,
    knows_members: bool = False,
    speaks: str = "",
    **settings: Any,
) -> Flask:
    """Returns the shop as it is without our sign-in."""
    shop = Flask("shop", root_path=str(root))
    shop.config.update(SETTINGS | settings)
    shop.session_interface = ShopSession()
    shop.logger.setLevel(logging.INFO)
    shop.jinja_env.undefined = StrictUndefined
    shop.jinja_env.filters.update(moment=str, ago=lambda seconds: f"open for {seconds} s")
    shop.jinja_env.filters.update(datetimeformat=lambda day: f"on {day}")
    shop.context_processor(lambda: {"moment": "1900", "methods": "by ship"})
    limiter = Limiter(get_remote_address, app=shop)
    shop.extensions["shop_limiter"] = limiter  # else it goes when this function ends
    if speaks:
        Babel(shop, locale_selector=lambda: speaks)  # type: ignore[no-untyped-call] # says no types
    if protects_forms:
        CSRFProtect(shop)
    if knows_members:
        members = flask_login.LoginManager(shop)
        members.user_loader(lambda _: None)
    shop.after_request(_add_headers)
    for status in (403, 404, 405, 413, 429, 500):
        shop.register_error_handler(status, _say_error)
    shop.register_error_handler(Exception, _say_anything)
    for name in BLUEPRINTS:
        blueprint = Blueprint(name, __name__, url_prefix=f"/shop/{name}")
        blueprint.add_url_rule("/", "show", _say_where)
        shop.register_blueprint(blueprint)

    shop.add_url_rule("/", "front", _show_front)
    shop.add_url_rule("/basket", "basket", _fill_basket, methods=["GET", "POST"])
    shop.add_url_rule("/upload", "upload", _take_upload, methods=["POST"])
    shop.add_url_rule("/broken", "broken", _break)
    shop.add_url_rule("/forbidden", "forbidden", lambda: abort(403))
    shop.add_url_rule("/rare", "rare", limiter.limit("2 per minute")(_show_front))
    return shop


def _show_front() -> str:
    return render_template("page.html", said="Buy something")


def _say_where() -> str:
    return str(request.blueprint)


def _fill_basket() -> ResponseReturnValue:
    if request.method == "POST":
        session["basket"] = [*session.get("basket", []), request.form["thing"]]
    return {"basket": session.get("basket", [])}


def _take_upload() -> str:
    return f"{len(request.get_data())} bytes"


def _break() -> str:
    raise RuntimeError("the shop's own")


def _add_headers(response: Any) -> Any:
    response.headers.update(HEADERS)
    return response


def _say_error(error: HTTPException) -> ResponseReturnValue:
    return render_template("page.html", said=f"The shop's own {error.code}"), error.code or 500


def _say_anything(error: Exception) -> ResponseReturnValue:
    if isinstance(error, HTTPException):
        return _say_error(error)
    return render_template("page.html", said=f"The shop's own {type(error).__name__}"), 500
