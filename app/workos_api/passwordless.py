"""Passwordless sessions: WorkOS's object for one Magic Link.

https://workos.com/docs/reference/magic-link
"""

from __future__ import annotations

import re
import secrets
from contextlib import suppress

from workos.passwordless import PasswordlessSession

from ..config import Config
from ..failures import Failure
from .client import ask, call, workos
from .denials import ADDRESS_REFUSALS, withhold
from .faults import RedirectUriUnregistered, UnexpectedReply

LINK = re.compile(r"[\x21-\x7e]{1,1024}")


def create_session(
    email: str, *, redirect_uri: str, state: str, expires_in: int
) -> PasswordlessSession | None:
    """Makes a passwordless session; its `link` is a credential; raises Failure.

    Returns None if the address may not have one.
    """
    try:
        return ask(
            workos().passwordless.create_session,
            email=email,
            type="MagicLink",
            redirect_uri=redirect_uri,
            state=state,
            expires_in=expires_in,
        )
    except ADDRESS_REFUSALS as refused:
        withhold(refused)
        return None
    except RedirectUriUnregistered as refused:
        refused.detail = f"{redirect_uri} was sent, {refused.detail}"
        raise


def send_session(passwordless_session: PasswordlessSession) -> None:
    """Has WorkOS email the link of a passwordless session; raises Failure."""
    try:
        call(workos().passwordless.send_session, passwordless_session.id)
    except ADDRESS_REFUSALS as refused:
        withhold(refused)


def send_nothing() -> None:
    """Takes as long as `send_session`, for an address that may not have a link; mails nothing."""
    with suppress(Failure):  # there is no such session, however WorkOS says so
        call(workos().passwordless.send_session, f"passwordless_session_{secrets.token_hex(13)}")


def link_to_nowhere() -> str:
    """Returns what looks like a link of WorkOS's, to stand in an attempt's cookie in its place."""
    return f"https://auth.workos.com/passwordless/{secrets.token_urlsafe(19)[:25]}/confirm"


def usable_link(passwordless_session: PasswordlessSession, config: Config) -> str:
    """Returns the link, to send a browser to; raises UnexpectedReply where none should go."""
    link = passwordless_session.link
    # Neither plain http, nor too long for a cookie.
    if not (isinstance(link, str) and LINK.fullmatch(link)):
        raise UnexpectedReply(detail="not a link")
    if not link.startswith(("https://", f"{config.workos_base_url}/")):
        raise UnexpectedReply(detail="a link to elsewhere")
    return link
