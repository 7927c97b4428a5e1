"""One key for each purpose, and a new SECRET_KEY that signs nobody out."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from typing import Any

import pytest
import time_machine
from cryptography.fernet import InvalidToken
from itsdangerous import BadSignature, Signer, URLSafeTimedSerializer
from workos import WorkOSClient

from app import create_app
from app.keys import Keyring
from tests.conftest import SECRET_KEY
from tests.walk import Visitor, heading

NEW_KEY = "n7KqXw3Rt9Lz5Pd6Hs8Jf2Vb4Mc1Gy0Ue-Qa_Ti"


@pytest.fixture
def rotate(make_config: Any, visitor: Visitor, workos: WorkOSClient) -> Callable[..., Visitor]:
    """Restarts the application with a new key; the browser stays as it was."""

    def restarted(*fallbacks: str) -> Visitor:
        config = make_config(secret_key=NEW_KEY, secret_key_fallbacks=fallbacks)
        after = Visitor(create_app(config, workos=workos), visitor.emulator)
        after.take_cookies(visitor.cookies())
        return after

    return restarted


def test_a_session_outlives_its_key_and_is_signed_with_the_new_one_soon(
    visitor: Visitor, rotate: Callable[..., Visitor], make_config: Any, workos: WorkOSClient
) -> None:
    """SEC-02."""
    with time_machine.travel("2026-05-01T12:00:00Z", tick=False) as clock:
        visitor.sign_in_by_code()
        after = rotate(SECRET_KEY)
        assert after.is_signed_in()
        clock.shift(120)
        assert after.is_signed_in()  # is extended here, and so signed again

        without_the_old = create_app(make_config(secret_key=NEW_KEY), workos=workos)
        later = Visitor(without_the_old, visitor.emulator)
        later.take_cookies(after.cookies())
        assert later.is_signed_in()


def test_a_refresh_token_outlives_its_key(visitor: Visitor, rotate: Callable[..., Visitor]) -> None:
    """SEC-02: everything sealed can still be opened."""
    with time_machine.travel("2026-05-01T12:00:00Z", tick=False) as clock:
        visitor.sign_in_by_code()
        after = rotate(SECRET_KEY)
        clock.shift(300)
        assert after.get("/account").status_code == 200


def test_a_refresh_token_whose_key_went_too_early_is_a_sign_in_again(
    visitor: Visitor, rotate: Callable[..., Visitor], make_config: Any, workos: WorkOSClient
) -> None:
    """SEC-02: and nothing that nobody can end is left at WorkOS."""
    with time_machine.travel("2026-05-01T12:00:00Z", tick=False) as clock:
        visitor.sign_in_by_code()
        user_id = visitor.api_session().json["user"]["id"]
        after = rotate(SECRET_KEY)
        clock.shift(120)
        assert after.is_signed_in()  # its cookie has the new key from here on

        too_early = Visitor(create_app(make_config(secret_key=NEW_KEY), workos=workos))
        too_early.take_cookies(after.cookies())
        clock.shift(180)
        ended = too_early.get("/account")

    assert (ended.status_code, heading(ended)) == (401, "Your session has ended")
    assert not workos.user_management.list_sessions(user_id).data


def test_a_code_can_be_typed_after_the_key_has_changed(
    visitor: Visitor, rotate: Callable[..., Visitor]
) -> None:
    """SEC-02: the attempt, and the CSRF token of the page that was open."""
    visitor.ask_for_code()
    token = visitor.csrf_token()
    after = rotate(SECRET_KEY)

    fields = {"csrf_token": token, "one_time_code": visitor.mailed_code()}
    assert after.client.post("/auth/magic-auth/verify", data=fields).status_code == 303


def test_a_link_can_be_opened_after_the_key_has_changed(
    visitor: Visitor, rotate: Callable[..., Visitor]
) -> None:
    """SEC-02: `state`."""
    visitor.ask_for_link()

    after = rotate(SECRET_KEY)

    assert after.get(after.open_at_workos(after.mailed_link())).status_code == 303
    assert after.is_signed_in()


def test_without_the_old_key_nothing_of_it_is_taken(
    visitor: Visitor, rotate: Callable[..., Visitor]
) -> None:
    visitor.ask_for_link()
    after = rotate()

    assert after.get(after.open_at_workos(after.mailed_link())).status_code == 400


def test_no_key_serves_two_purposes() -> None:
    """SEC-04, SES-15."""
    ring = Keyring([SECRET_KEY])
    purposes = (
        "signin-session", "flask-session", "attempt/3", "state", "magic-link/2", "relay-code",
        "csrf", "refresh-token", "one-time-code", "pseudonym", "doctor",
    )  # fmt: skip

    assert len({ring.derive(purpose)[0] for purpose in purposes}) == len(purposes)
    with pytest.raises(BadSignature):
        ring.signer("flask-session").loads(ring.signer("magic-link").dumps("x"))
    with pytest.raises(InvalidToken):
        ring.sealer("attempt/3").decrypt(ring.sealer("state").encrypt(b"x"))


def test_signatures_are_sha_256() -> None:
    """SEC-04: itsdangerous would sign with SHA-1."""
    ring = Keyring([SECRET_KEY])
    token = ring.signer("magic-link").dumps("x")

    sha1 = URLSafeTimedSerializer(ring.derive("magic-link"), salt="magic-link")
    with pytest.raises(BadSignature):
        sha1.loads(token)
    assert ring.signer("magic-link").signer_kwargs["digest_method"] is hashlib.sha256


def test_a_stamp_is_what_itsdangerous_would_make() -> None:
    """SEC-04."""
    stamp, key = Keyring([SECRET_KEY]).stamp("a"), Keyring([SECRET_KEY]).derive("a")[0]
    theirs = Signer(key, key_derivation="none", digest_method=hashlib.sha256).sign("b.1")

    assert stamp.sign("b.1") == theirs.decode()
    assert stamp.unsign(theirs.decode()) == "b.1"
    for other in ("", ".", "b.1", "b.1.", f"{theirs.decode()}=", f"c{theirs.decode()}", "b.1.é"):
        with pytest.raises(ValueError, match="not signed"):
            stamp.unsign(other)


def test_the_newest_key_writes() -> None:
    """SEC-02."""
    both, new = Keyring([NEW_KEY, SECRET_KEY]), Keyring([NEW_KEY])

    signed = both.stamp("signin-session").sign("a")
    assert new.stamp("signin-session").unsign(signed) == "a"
    assert new.sealer("attempt/3").decrypt(both.sealer("attempt/3").encrypt(b"a")) == b"a"
