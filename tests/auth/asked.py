"""What WorkOS asks in between, as a test sets it, and somebody who meets it at a provider."""

from __future__ import annotations

from typing import Any

from werkzeug.test import TestResponse

from tests.auth.test_authkit import at_authkit
from tests.walk import ADA, Visitor

AUTHENTICATE = {"method": "POST", "path": "/user_management/authenticate"}


def set_at_workos(visitor: Visitor, control: str, **fields: Any) -> None:
    """Sets one of the emulator's controls."""
    answer = visitor.emulator.test_client().post(f"/_emulate/{control}", json=fields)
    assert answer.status_code == 201, answer.text


def answer_next(visitor: Visitor, status: int, body: Any) -> None:
    """Has WorkOS answer the next proof so."""
    set_at_workos(visitor, "hooks", **AUTHENTICATE, status=status, body=body, count=1)


def come_back(visitor: Visitor, begin: str = "/auth/social/github", **form: str) -> TestResponse:
    """Goes to a provider, says who is there, and comes back to the callback."""
    return visitor.get(at_authkit(visitor, visitor.get(begin).location, **(form or {"email": ADA})))


def authentications(visitor: Visitor) -> int:
    """How many proofs WorkOS was shown."""
    return sum(one["path"] == AUTHENTICATE["path"] for one in visitor.api_calls())
