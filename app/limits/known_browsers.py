"""The browsers in which somebody has signed in before, known for their address by a sealed cookie.

Such a browser has limits of its own, which nobody else can use up, and shows the last way in.
OWASP calls this device cookies:
https://owasp.org/www-community/Slow_Down_Online_Guessing_Attacks_with_Device_Cookies
"""

from __future__ import annotations

import hashlib
import json
import secrets
import time
from typing import NamedTuple, Protocol, runtime_checkable

from flask import Response, request

from .. import shapes
from ..config import DAY, Config
from ..keys import sealer, unseal
from .counters import current, number

NAME = "signin-known-browser"
PURPOSE = "known-browser/1"  # of the key; changes with the format, so that other releases see none
LIFETIME = 180 * DAY  # seconds since the last sign-in
MAX_ADDRESSES = 5


class Mark(NamedTuple):
    """One person who has signed in here, with the address that they proved to be theirs, if any."""

    id: str  # random, so that nobody is counted together with it, and a copy always is
    address: str  # hashed; empty where no mail proved one
    user: str  # hashed
    made_at: int  # in seconds since the epoch
    generation: int  # of the user's marks when it was made
    method: str  # the door


@runtime_checkable
class Replicated(Protocol):
    """A storage whose failover may undo what it has just counted; any other keeps it."""

    def incr_confirmed(self, key: str, expiry: int, amount: int) -> int:
        """Counts as `incr` does, and returns once the replicas have it."""


def find(email: str, config: Config) -> str | None:
    """Returns what to count this browser by for this address; None in an unknown browser."""
    marks = _marks(config)
    address = _hashed(email) if marks else None
    return next((mark.id for mark in marks if mark.address == address and _is_valid(mark)), None)


def last_method(config: Config) -> str | None:
    """Returns by which door somebody signed in here last; None in an unknown browser."""
    return next((mark.method for mark in _marks(config) if _is_valid(mark)), None)


def remember(
    email: str | None, user_id: str, method: str, config: Config, response: Response
) -> None:
    """Makes this browser a known one: for an address that has just been proved here, if any."""
    user, address = _hashed(user_id), _hashed(email) if email else ""
    made_at, generation = int(time.time()), number(_counter(user))
    mark = Mark(secrets.token_hex(8), address, user, made_at, generation, method)
    others = [other for other in _marks(config) if other.address != address]
    kept = json.dumps([mark, *others][:MAX_ADDRESSES], separators=(",", ":"))
    _set_cookie(sealer(PURPOSE).encrypt(kept.encode()).decode(), LIFETIME, config, response)


def forget(config: Config, response: Response) -> None:
    """Makes this browser an unknown one for every address."""
    _set_cookie("", 0, config, response)


def forget_everywhere(user_id: str) -> None:
    """Makes every browser an unknown one in which this person has signed in so far.

    Raises StoreUnavailable: what only one worker knew would hold nowhere else.
    """
    # A counter, because the claims of a session store cannot tell before from after. It grows by a
    # random number: once it has expired, no mark that it made invalid can be valid again.
    counter, more = _counter(_hashed(user_id)), 1 + secrets.randbelow(2**31)
    current().ask_shared(
        lambda storage: (
            storage.incr_confirmed if isinstance(storage, Replicated) else storage.incr
        )(counter, LIFETIME, more)
    )


def _hashed(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def _counter(user: str) -> str:
    return f"known-browsers:{user}"


def _marks(config: Config) -> list[Mark]:
    token = request.cookies.get(config.cookie_prefix + NAME)
    if not token:
        return []
    oldest = time.time() - LIFETIME
    try:
        marks = shapes.read(tuple[Mark, ...], json.loads(unseal(PURPOSE, token)))
    except ValueError:
        return []  # cut, changed, or sealed by another release
    return [mark for mark in marks if mark.made_at > oldest]


def _is_valid(mark: Mark) -> bool:
    return mark.generation == number(_counter(mark.user))


def _set_cookie(token: str, max_age: int, config: Config, response: Response) -> None:
    response.set_cookie(
        config.cookie_prefix + NAME,
        token,
        max_age=max_age,
        secure=config.is_https,
        httponly=True,
        samesite="Lax",
    )
