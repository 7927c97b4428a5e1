"""What a way to sign in has to say about itself."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from flask import Blueprint

from ..identity import Identity
from ..session.workos_session import WorkOSSession
from .attempt import Attempt


@dataclass(frozen=True)
class Proof:
    """What every door ends with: who the person is, and their WorkOS session if they have one."""

    identity: Identity
    workos_session: WorkOSSession | None = None


@dataclass(frozen=True)
class Door:
    """A way to sign in."""

    method: str  # in SIGN_IN_WITH, in the attempt, in the identity and in the log
    said: str  # "a code by email": how pages say that a person signed in
    bp: Blueprint
    offer: str | None = None  # the partial on the sign-in page
    asks_email: bool = True  # whether the partial goes in the form with the address
    # What /auth/callback does with `code`, if people come back that way.
    redeem: Callable[[Attempt, str], Proof] | None = None
