"""What a way to sign in has to say about itself."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from flask import Blueprint, Response
from workos.user_management.models import AuthenticateResponse

from ..config import DAY, Config
from ..identity import Identity
from ..session.workos_session import WorkOSSession, read_authentication
from ..web.visitor import Browser
from .attempt import Attempt

# In WorkOS's words: a passkey is two factors, an identity provider sees to its own, and who
# impersonates somebody does not have that person's phone.
TWO_FACTORS = ("SSO", "Passkey", "Impersonation")


@dataclass(frozen=True)
class Proof:
    """What every door ends with: who the person is, and their WorkOS session if they have one."""

    identity: Identity
    workos_session: WorkOSSession | None = None
    proved_at: int | None = None  # in seconds since the epoch, if not now
    second_factor: bool = False  # whether there were two, so that REQUIRE_MFA asks for no other

    @classmethod
    def from_authentication(
        cls, attempt: Attempt, reply: AuthenticateResponse, config: Config
    ) -> Proof:
        """Reads the answer of `POST /user_management/authenticate`."""
        said = read_authentication(reply, config)
        workos_session = said.workos_session
        proved_at = None
        if attempt.email is None:
            # WorkOS lets people through who have signed in there before. That is no recent sign-in,
            # and neither is one of which it does not say when it was.
            proved_at = said.auth_time or int(time.time()) - DAY
        method = reply.authentication_method and reply.authentication_method.value
        identity = Identity.from_user(
            reply.user,
            method=attempt.method,
            organization_id=workos_session.organization_id if workos_session else None,
            authentication_method=method,
            impersonator=said.impersonator,
        )
        return cls(identity, workos_session, proved_at, method in TWO_FACTORS)


@dataclass(frozen=True)
class Door:
    """A way to sign in."""

    method: str  # in SIGN_IN_WITH, in the attempt, in the identity and in the log
    said: str  # "a code by email": how pages say that a person signed in
    bp: Blueprint
    offer: str | None = None  # the partial on the sign-in page
    asks_email: bool = True  # whether the partial goes in the form with the address
    has_claims: bool = True  # whether WorkOS keeps a session for it, which says who may do what
    # Leads to where somebody signs in to an organization: its id, their address, and where next.
    lead_to_organization: Callable[[str, str, str], Response] | None = None
    # What /auth/callback does with `code`, if people come back that way.
    redeem: Callable[[Attempt, str, Browser, Config], Proof] | None = None
    # Where it leads somebody who comes there without having begun here: None if it cannot, or just
    # has. It has what WorkOS said in the query, by WorkOS's names.
    begin_again: Callable[[Mapping[str, str]], Response | None] | None = None
