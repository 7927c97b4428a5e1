"""The view of session and tokens says whether another backend would take the token."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from app.session.store import session_store
from app.session.workos_session import ACCESS_TOKEN, sealed
from tests.development.test_session_view import text
from tests.walk import ADA, Visitor


def as_workos_claims(visitor: Visitor, **claims: object) -> str:
    """Has WorkOS make a token like that, puts it into the session, and returns the page."""
    made: Any = visitor.emulator.test_client().post(
        "/_emulate/access-tokens", json={"email": ADA, "claims": claims}
    )
    with visitor.app.app_context():
        user_id = visitor.api_session().json["user"]["id"]
        [(handle, record)] = session_store().of_user(user_id).items()
        there = record.workos_session
        assert there
        kept = {
            **(there.claims or {}),
            ACCESS_TOKEN: sealed(ACCESS_TOKEN, made.json["access_token"]),
        }
        session_store().keep(handle, replace(there, claims=kept), refresh_at=record.refresh_at)
    return text(visitor)


def test_it_says_that_another_backend_would_take_the_token(visitor: Visitor) -> None:
    """AUT-19: with the signature, which shows no part of the token."""
    visitor.sign_in_by_code()
    page = text(visitor)

    for leg in ("Signature", "iss", "aud", "exp", "sid"):
        assert f"Yes: {leg}" in page
    assert "http://localhost:4100/sso/jwks/client_emulator, with RS256" in page
    assert ACCESS_TOKEN not in page
    assert "eyJ" not in page


@pytest.mark.parametrize(
    ("claims", "verdict"),
    [
        ({"iss": "https://auth.example.com"}, "No: iss"),
        ({"aud": "another"}, "No: aud"),
        ({"exp": 1_700_000_000}, "No: exp"),
        ({"exp": None}, "No: exp"),
        ({"sid": None}, "No: sid"),
    ],
)
def test_it_says_why_another_backend_would_not_take_it(
    visitor: Visitor, claims: dict[str, object], verdict: str
) -> None:
    """AUT-19."""
    visitor.sign_in_by_code()

    assert verdict in as_workos_claims(visitor, **claims)


def test_it_says_when_the_signature_cannot_be_judged(visitor: Visitor) -> None:
    """AUT-19, AUT-22."""
    visitor.sign_in_by_code()
    hook = {"method": "GET", "path": "/sso/jwks/client_emulator", "status": 503}
    visitor.emulator.test_client().post("/_emulate/hooks", json={**hook, "count": 1})

    assert "No: Signature" in text(visitor)
    assert "cannot be fetched" in text(visitor)
