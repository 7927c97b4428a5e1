"""The cookies of sign-in attempts under way."""

from __future__ import annotations

import base64
import zlib
from typing import Any

import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from app.auth.attempts import MAX_ATTEMPTS, PURPOSE
from app.keys import Keyring
from tests.characters import ANY
from tests.machine import SECRET_KEY
from tests.walk import ADA, MUCH_MAIL, Visitor, heading


@pytest.fixture
def config(make_config: Any) -> Any:
    """Limits that do not stand in the way of many attempts."""
    return make_config(**MUCH_MAIL)


def attempt_cookies(visitor: Visitor) -> dict[str, str]:
    return {name: value for name, value in visitor.cookies().items() if "attempt-" in name}


def test_a_browser_keeps_the_five_newest(visitor: Visitor) -> None:
    ids = [
        visitor.ask_for_link(f"a{number}@example.com").location.partition("attempt=")[2]
        for number in range(MAX_ATTEMPTS + 2)
    ]

    assert set(attempt_cookies(visitor)) == {
        f"signin-attempt-{name}" for name in ids[-MAX_ATTEMPTS:]
    }


def test_even_long_attempts_leave_room_for_other_cookies(visitor: Visitor) -> None:
    """SES-03: proxies take about 8 kB of cookies in all, browsers 4096 bytes of one."""
    email = "a" * 64 + "@" + ".".join(["b" * 60] * 3) + ".com"
    for _ in range(MAX_ATTEMPTS + 1):
        visitor.ask_for_link(email, state="\N{EURO SIGN}" * 85, next="/" + "n" * 511)

    cookies = attempt_cookies(visitor)
    assert len(cookies) >= 2
    assert sum(map(len, cookies.values())) < 6_000
    assert max(map(len, cookies.values())) < 3_000


def test_an_attempt_tells_a_thief_nothing(visitor: Visitor) -> None:
    """SES-16."""
    visitor.ask_for_code(state="basket-17")

    [token] = attempt_cookies(visitor).values()
    assert ADA.encode() not in base64.urlsafe_b64decode(token)
    assert b"basket" not in base64.urlsafe_b64decode(token)
    opened = zlib.decompress(Keyring([SECRET_KEY]).sealer(PURPOSE).decrypt(token))
    assert visitor.mailed_code().encode() not in opened


def test_an_attempt_is_forgotten_once_it_has_signed_in(visitor: Visitor) -> None:
    visitor.sign_in_by_code()

    assert attempt_cookies(visitor) == {}


def test_any_other_value_is_no_attempt(visitor: Visitor) -> None:
    """SES-14: nothing that a browser may send is more than "no attempt"."""
    page = "/auth/magic-auth/verify?attempt=0123456789ab"
    nothing = visitor.get(page)

    @given(token=st.text(ANY, min_size=1, max_size=200) | st.binary(max_size=200))
    @hypothesis_settings(max_examples=100, deadline=None)
    def check(token: str | bytes) -> None:
        raw = token if isinstance(token, bytes) else token.encode("utf-8", "surrogatepass")
        header = f"signin-attempt-0123456789ab={raw.decode('latin-1')}"
        answer = visitor.get_with_cookies(page, header)
        assert (answer.status_code, heading(answer)) == (nothing.status_code, heading(nothing))

    check()
