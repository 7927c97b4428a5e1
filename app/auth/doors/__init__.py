"""The ways to sign in, one file each."""

from __future__ import annotations

from flask import Flask, current_app
from flask_babel import gettext

from ...config import Config
from ...environment import ConfigError
from ...limits import known_browsers
from ..door import Door
from . import authkit, magic_auth, magic_link, social, sso

DOORS: tuple[Door, ...] = (
    magic_auth.DOOR,
    magic_link.DOOR,
    authkit.DOOR,
    sso.DOOR,
    *social.DOORS,
)


def init_app(app: Flask, names: tuple[str, ...]) -> tuple[Door, ...]:
    """Chooses the doors named in SIGN_IN_WITH, in its order; raises ConfigError."""
    known = {door.method: door for door in DOORS}
    unknown = [name for name in names if name not in known]
    if unknown or not names:
        named = ", ".join(unknown) or "nothing"
        raise ConfigError(
            [f"SIGN_IN_WITH names {named}.\n    There are: {', '.join(known)}; at least one."]
        )
    doors = tuple(known[name] for name in dict.fromkeys(names))
    app.extensions["signin_doors"] = doors
    return doors


def offered() -> tuple[Door, ...]:
    """Returns the doors of the current application, in their order."""
    doors: tuple[Door, ...] = current_app.extensions["signin_doors"]
    return doors


def last_used(config: Config) -> str | None:
    """Returns the door by which somebody signed in here last, where there are several."""
    return known_browsers.last_method(config) if len(offered()) > 1 else None


def find_door(method: str) -> Door | None:
    """Returns the door of an attempt, if it is still offered."""
    return next((door for door in offered() if door.method == method), None)


def said(method: str) -> str:
    """Returns how pages say that a person signed in: "a code by email"."""
    return next((gettext(door.said) for door in DOORS if door.method == method), method)
