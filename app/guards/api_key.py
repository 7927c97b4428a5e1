"""API keys of WorkOS, with which programs of our customers call us.

https://workos.com/docs/authkit/api-keys
"""

from __future__ import annotations

import re
import time
from functools import partial
from typing import overload

from flask import g
from flask.typing import ResponseReturnValue
from werkzeug.local import LocalProxy

from ..config import settings
from ..failures import DOCTOR, HOME, Failure, Unavailable
from ..identity import Identity
from ..limits import TooManyRequests
from ..limits.counters import Budget, hit, left
from ..session import act_as
from ..session.store import SessionRecord, hash_id
from ..session.workos_session import WorkOSSession
from ..web import log
from ..web.answers import answer_program
from ..web.authorization import bearer_token
from ..web.visitor import this_visitor
from ..workos_api import api_keys
from ..workos_api.api_keys import APIKey
from ..workos_api.faults import NotWorkOS, WorkOSConfiguration
from .claims import PermissionMissing
from .guard import P, View
from .known_api_keys import known_api_keys
from .program import ProgramGuard

LONGEST_REQUEST = 60 * 60  # seconds for which a request that was let in may ask `can()`
# RFC 6750, section 2.1. Access tokens begin with "ey", as every JWT does.
SHAPE = re.compile(r"sk_[A-Za-z0-9._~+/=-]{1,250}")


class APIKeyRefused(Failure):
    """A program called without an API key that is good."""

    status = 401
    button = HOME
    event = "authn_login_fail"
    symptom = "401: an API key is refused"
    cause = (
        "The key was revoked, has expired, is of another WorkOS environment, or did not come as "
        "`Authorization: Bearer sk_…`."
    )
    diagnosis = "grep api_key_invalid in the log: `detail` has the end of the key"
    fix = "Make a new key, and send it in the header."
    challenge = 'Bearer realm="API key"'  # how to come again: with a key (RFC 6750, section 3)


class APIKeyMissing(APIKeyRefused):
    """The call came without an Authorization header, or with one of another kind."""

    title = "An API key is missing"
    reason = "Send one in the header, as Authorization: Bearer sk_… does."


class APIKeyInvalid(APIKeyRefused):
    """WorkOS does not know the key, or not any more."""

    title = "That API key is not valid"
    reason = "It may have been revoked, or it has expired."
    challenge = f'{APIKeyRefused.challenge}, error="invalid_token"'


class APIKeyUnconfirmed(Unavailable):
    """WorkOS cannot say whether the key is good, which says nothing about the key."""

    title = "We cannot check your API key right now"
    reason = "Try again in a moment. Your key has not been revoked."
    button = HOME
    symptom = "503: an API key cannot be checked"
    cause = "WorkOS is down, slow or busy. Keys that it has confirmed go on for a minute."
    diagnosis = DOCTOR
    fix = "Look at status.workos.com. Callers can try again."


class APIKeyGuard(ProgramGuard):
    """Lets a program through that brings an API key; `guard(permission)` asks for more of it."""

    @overload
    def __call__(self) -> ResponseReturnValue | None: ...

    @overload
    def __call__(self, view: View[P], /) -> View[P]: ...

    @overload
    def __call__(self, permission: str, /) -> ProgramGuard: ...

    def __call__(
        self, given: View[P] | str | None = None
    ) -> ProgramGuard | View[P] | ResponseReturnValue | None:
        """Does what every guard does; with a permission, returns one that asks for it."""
        if isinstance(given, str):
            return ProgramGuard(partial(_require, given), self.takes, self.missing)
        return self.check() if given is None else super().__call__(given)


def _require(permission: str | None) -> None:
    answer_program()
    value = bearer_token()
    if not value:
        raise APIKeyMissing
    if not SHAPE.fullmatch(value):
        raise APIKeyInvalid(detail="not of an API key's shape")
    handle = hash_id(value)
    key, record = known_api_keys().find(handle) or _ask(value, handle)
    g.signin_api_key = key
    act_as(record)
    if permission is not None and permission not in key.permissions:
        detail = f"{permission} {key.id}"
        raise PermissionMissing(permission, key.organization_id, detail=detail)


api_key_required = APIKeyGuard(
    partial(_require, None),
    takes=lambda token: token.startswith("sk_"),
    missing=APIKeyMissing,
)
"""Lets a program through that brings an API key of WorkOS's in `Authorization: Bearer`.

`api_key_required("reports:read")` asks for one with this permission.
"""

current_api_key: APIKey = LocalProxy(lambda: g.get("signin_api_key"))  # type: ignore[assignment] # typed as what it stands for
"""The key that let this request in; false if none did."""


def _ask(value: str, handle: str) -> tuple[APIKey, SessionRecord]:
    # Only wrong keys are counted, and afterwards: the keys of many programs may come from one
    # address, and each worker asks for itself. What slips through in parallel are a few calls.
    wrong = Budget("api-key-visitor", this_visitor().address, settings().limit_verify_per_visitor)
    if not left(wrong) and (exceeded := hit(wrong)):
        raise TooManyRequests(retry_after=exceeded.retry_after)
    try:
        key = api_keys.check(value)
    except (WorkOSConfiguration, NotWorkOS):  # nothing that the caller could mend
        raise
    except Failure as fault:
        raise APIKeyUnconfirmed(retry_after=fault.retry_after, detail=fault.name()) from None
    if key is None:
        hit(wrong)
        raise APIKeyInvalid(detail=f"sk_...{value[-4:]}")
    log.event("authn_api_key", api_key=key.id, user=key.user_id, organization=key.organization_id)
    record = _record(key)
    known_api_keys().keep(handle, key, record)
    return key, record


def _record(key: APIKey) -> SessionRecord:
    identity = Identity(
        user_id=key.user_id or "",
        email="",
        name=None,
        method="api_key",
        organization_id=key.organization_id,
    )
    workos_session = WorkOSSession(
        id=key.id,
        expires_at=int(time.time()) + LONGEST_REQUEST,
        refresh_token=None,
        organization_id=key.organization_id,
        permissions=key.permissions,
    )
    return SessionRecord.of_program(identity, workos_session)
