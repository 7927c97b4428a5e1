"""A link of ours in a mail of ours: it names an attempt, and is worth nothing without its cookie.

Elsewhere it only says who asked, and when. Nothing of it is stored.
"""

from __future__ import annotations

import struct
from typing import NamedTuple

from cryptography.fernet import InvalidToken
from flask import request, url_for

from ...config import Config
from ...keys import sealer
from ...web.browsers import browser_name
from ...web.visitor import network_start
from ..attempt import Attempt
from ..state import LinkBroken

PACKED = struct.Struct(">6sI")  # id and end of the attempt, because mail programs break long links


class LinkInvalid(LinkBroken):
    """The token in the link is not ours, or not whole."""

    title = "This link is incomplete"
    reason = "Part of it is missing or changed. Some mail programs break long lines."


class Asked(NamedTuple):
    """What a link says, to nobody but us: it is sealed."""

    attempt_id: str
    ends_at: int
    at: int  # when it was asked for
    browser: str  # "Firefox on Linux"
    network: str  # how the visitor's address began, if that is known

    def by(self) -> dict[str, str | int]:
        """Returns who asked, and when, for programs."""
        return {"at": self.at, "browser": self.browser, "network": self.network}


def make(purpose: str, endpoint: str, attempt: Attempt, config: Config) -> str:
    """Returns the link to this endpoint for the attempt."""
    browser = browser_name(request.headers.get("User-Agent", ""))
    packed = PACKED.pack(bytes.fromhex(attempt.id), attempt.ends_at)
    sealed = sealer(purpose).encrypt(packed + f"{network_start()} {browser}".encode())
    token = sealed.decode().rstrip("=")  # as %3D they would be longer
    return f"{config.public_url}{url_for(endpoint, token=token)}"


def read(purpose: str, token: str) -> Asked:
    """Returns what a link of ours says; raises LinkInvalid."""
    sealed, cipher = token + "=" * (-len(token) % 4), sealer(purpose)
    try:
        text = cipher.decrypt(sealed.encode())
        attempt_id, ends_at = PACKED.unpack_from(text)
        network, _, browser = text[PACKED.size :].decode().partition(" ")
    except (InvalidToken, ValueError, struct.error):
        raise LinkInvalid from None
    made_at = cipher.extract_timestamp(sealed.encode())
    return Asked(attempt_id.hex(), ends_at, made_at, browser, network)
