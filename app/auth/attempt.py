"""One try at signing in, sealed in a cookie of the browser that made it."""

from __future__ import annotations

import math
import time
from dataclasses import dataclass, field
from typing import Any

from ..web.log import masked_email

# An attempt outlives what was mailed, so that people who are late are offered a new code.
LATE = 10 * 60  # seconds
# Bytes: its cookie carries a multiple of these, so that its length does not tell what is in it.
PADDED_TO = 384
RESEND_AFTER = 30  # seconds before the page offers another code; style.css waits as long
STEP_LIFETIME = 10 * 60  # seconds to answer what WorkOS asks in between

STAGES = (
    "asking for an email",
    "sending the email",
    "confirming the sign-in",
    "starting the session",
)
ASKING, SENDING, EXCHANGING, BEGINNING = range(1, len(STAGES) + 1)


@dataclass(frozen=True)
class Pending:
    """What WorkOS asks in between; `token` goes with the answer, and is a credential."""

    step: str
    token: str
    ends_at: int
    details: dict[str, Any] = field(default_factory=dict)

    @property
    def seconds_left(self) -> int:
        """Seconds until it is too late for the answer."""
        return max(1, self.ends_at - int(time.time()))


@dataclass(frozen=True, kw_only=True)
class Attempt:
    """One attempt: `id` is public (pages, logs), `secret` only in the cookie and in `state`."""

    id: str
    secret: str
    method: str
    return_to: str
    started_at: float  # not in whole seconds, to tell which of two is newer
    lifetime: int  # seconds that the code or link works
    ends_at: int  # when it stops working, in seconds since the epoch
    forget_at: int  # when the attempt itself is over
    caller_state: str | None = None
    email: str | None = None
    knows_email: bool = True  # it was typed here, so it may be shown here and mailed to again
    login_hint: str | None = None  # an address that was typed here, or WorkOS named: not proved
    link: str | None = None  # WorkOS's own, if the mail carries one of ours
    one_time_code: str | None = None  # a number worked out from it: see doors/magic_auth.py
    waiting_code: str | None = None  # the code itself, if our mail has a button for this browser
    profile_id: str | None = None  # what a link proved, until WorkOS says whose it is
    code_verifier: str | None = None  # for PKCE (RFC 7636), if the door uses it
    pending: Pending | None = None
    second_factor: bool = False  # whether a code of their authenticator app was right
    stage: int = ASKING
    instead_of: str | None = None  # a link of another browser, to ask for a code

    @property
    def resend_after(self) -> int:
        """Seconds until its page offers another code, in steps of five, which style.css has."""
        if self.pending:  # of a step, for which something else was mailed, and later
            return RESEND_AFTER
        left = self.started_at + RESEND_AFTER - time.time()
        return min(max(0, 5 * math.ceil(left / 5)), RESEND_AFTER)

    def comes_after(self, other: Attempt) -> bool:
        """Whether the same address was typed for an earlier one.

        Of one that was not typed here, this would tell which address it is.
        """
        typed = self.knows_email and other.knows_email and other.method == self.method
        return typed and other.email == self.email and other.started_at < self.started_at

    @property
    def shown_email(self) -> str:
        """As much of the address as this browser may see."""
        if not self.knows_email:
            return masked_email(self.email or "")
        return self.email or ""

    @property
    def retyped_email(self) -> str:
        """The address that the person need not type again if they begin anew."""
        if not self.knows_email:
            return self.login_hint or ""
        return self.login_hint or self.email or ""
