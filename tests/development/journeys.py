"""Each door, walked from its first request to the account page, for the journey to be drawn."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from tests.auth.test_authkit import at_authkit
from tests.auth.test_sso import callback_of as by_provider
from tests.auth.test_sso import connect
from tests.walk import ADA, Visitor


def untimed(svg: str) -> str:
    """Returns a picture without the times, which differ each time."""
    return re.sub(r' · \d+ ms|<text class="when".*\n', "", svg)


def magic_auth(visitor: Visitor) -> None:
    """Types the code that WorkOS mails."""
    page = visitor.ask_for_code(next="/account").location
    visitor.get(page)
    visitor.get(visitor.type_code(visitor.mailed_code()).location)


def code_button(visitor: Visitor) -> None:
    """Presses the button beside the code that this application mails, after a scanner has."""
    visitor.get(visitor.ask_for_code(next="/account").location)
    scanner = Visitor(visitor.app, visitor.emulator, address="198.51.100.7")
    scanner.get(visitor.mailed_link())
    visitor.get(visitor.get(visitor.mailed_link()).location)


def magic_link(visitor: Visitor) -> None:
    """Opens the link that WorkOS mails."""
    visitor.get(visitor.ask_for_link(next="/account").location)
    visitor.open_link(visitor.open_at_workos(visitor.mailed_link()))


def own_link(visitor: Visitor) -> None:
    """Opens the link that this application mails, after a scanner has."""
    visitor.get(visitor.ask_for_link(next="/account").location)
    scanner = Visitor(visitor.app, visitor.emulator, address="198.51.100.7")
    scanner.open_link(visitor.mailed_link())
    visitor.open_link(visitor.mailed_link())


def sso(visitor: Visitor) -> None:
    """Signs in at an organization's identity provider."""
    connect(visitor)
    visitor.open_link(by_provider(visitor, next="/account"))


def elsewhere(path: str, visitor: Visitor) -> None:
    """Signs in at the page of WorkOS or of a provider, to which this path leads."""
    away = visitor.get(path, query_string={"next": "/account"}).location
    visitor.open_link(at_authkit(visitor, away, email=ADA))


@dataclass(frozen=True)
class Door:
    """A way in, and what has to be offered for it."""

    walk: Callable[[Visitor], None]
    offers: str
    mails_itself: bool = False


DOORS = {
    "magic_auth": Door(magic_auth, "magic_auth"),
    "code_button": Door(code_button, "magic_auth", mails_itself=True),
    "magic_link": Door(magic_link, "magic_link"),
    "own_link": Door(own_link, "magic_link", mails_itself=True),
    "authkit": Door(partial(elsewhere, "/auth/authkit"), "authkit"),
    "social": Door(partial(elsewhere, "/auth/social/google"), "google"),
    "sso": Door(sso, "sso"),
}
