"""Passwordless sessions: WorkOS's object for one Magic Link.

https://workos.com/docs/reference/magic-link
"""

from __future__ import annotations

import re

from workos.passwordless import PasswordlessSession

from ..config import Config
from .client import ask, call, workos
from .faults import UnexpectedReply

LINK = re.compile(r"[\x21-\x7e]{1,1024}")


def create_session(
    email: str, *, redirect_uri: str, state: str, expires_in: int
) -> PasswordlessSession:
    """Makes a passwordless session; its `link` is a credential; raises Failure."""
    return ask(
        workos().passwordless.create_session,
        email=email,
        type="MagicLink",
        redirect_uri=redirect_uri,
        state=state,
        expires_in=expires_in,
    )


def send_session(passwordless_session: PasswordlessSession) -> None:
    """Has WorkOS email the link of a passwordless session; raises Failure."""
    call(workos().passwordless.send_session, passwordless_session.id)


def usable_link(passwordless_session: PasswordlessSession, config: Config) -> str:
    """Returns the link, to send a browser to; raises UnexpectedReply where none should go."""
    link = passwordless_session.link
    # Neither plain http, nor too long for a cookie.
    if not (isinstance(link, str) and LINK.fullmatch(link)):
        raise UnexpectedReply(detail="not a link")
    if not link.startswith(("https://", f"{config.workos_base_url}/")):
        raise UnexpectedReply(detail="a link to elsewhere")
    return link
