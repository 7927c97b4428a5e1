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
    email: str, *, redirect_uri: str, state: str, expires_in: int, sends: bool
) -> PasswordlessSession | None:
    """Makes a passwordless session, whose `link` is a credential; WorkOS emails it if it `sends`.

    Returns None if the address may not have one, after as many calls; raises Failure.
    """
    client, made = workos(), None
    try:
        made = ask(
            client.passwordless.create_session,
            email=email,
            type="MagicLink",
            redirect_uri=redirect_uri,
            state=state,
            expires_in=expires_in,
        )
        if sends:
            call(client.passwordless.send_session, made.id)
    except ADDRESS_REFUSALS as refused:
        withhold(refused)
        if sends and made is None:
            with suppress(Failure):  # there is no such session, however WorkOS says so
                call(
                    client.passwordless.send_session,
                    f"passwordless_session_{secrets.token_hex(13)}",
                )
    except RedirectUriUnregistered as refused:
        refused.detail = f"{redirect_uri} was sent, {refused.detail}"
        raise
    return made


def usable_link(passwordless_session: PasswordlessSession | None, config: Config) -> str:
    """Returns the link, to send a browser to; raises UnexpectedReply where none should go.

    Without a passwordless session it leads nowhere, and looks the same in an attempt's cookie.
    """
    if passwordless_session is None:
        return f"https://auth.workos.com/passwordless/{secrets.token_urlsafe(19)[:25]}/confirm"
    link = passwordless_session.link
    # Neither plain http, nor too long for a cookie.
    if not (isinstance(link, str) and LINK.fullmatch(link)):
        raise UnexpectedReply(detail="not a link")
    if not link.startswith(("https://", f"{config.workos_base_url}/")):
        raise UnexpectedReply(detail="a link to elsewhere")
    return link
