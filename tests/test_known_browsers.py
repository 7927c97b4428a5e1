"""A browser in which somebody has signed in before: what strangers do is no concern of theirs."""

from __future__ import annotations

import base64
import itertools
import json
from collections.abc import Iterator
from typing import Any

import pytest
import time_machine
from flask import Flask
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from limits.errors import StorageError
from limits.storage import MemoryStorage

from app import create_app, keys
from app.config import Config
from app.limits.known_browsers import LIFETIME, MAX_ADDRESSES, NAME, PURPOSE
from app.stores.database import Database
from app.stores.sqlite_sessions import SQLiteSessionStore
from tests.characters import ANY
from tests.conftest import SECRET_KEY
from tests.walk import ADA, MUCH_MAIL, Visitor, heading

DAY = 24 * 60 * 60


@pytest.fixture(autouse=True)
def clock() -> Iterator[time_machine.Traveller]:
    with time_machine.travel("2026-05-01T12:00:00Z", tick=False) as coordinates:
        yield coordinates


def use_up_mail(app: Flask, emulator: Flask, clock: Any, email: str = ADA) -> int:
    """Asks for mail from everywhere, until strangers get none; returns how much was sent."""
    before = sent = None
    for number in itertools.count():
        stranger = Visitor(app, emulator, address=f"192.0.{number}.1")
        before, sent = sent, len(stranger.mailbox())
        if sent == before:
            break
        while stranger.ask_for_code(email).status_code == 303:
            clock.shift(31)  # WorkOS itself sends an address three a minute
    clock.shift(31)
    return sent or 0


def use_up_tries(app: Flask, emulator: Flask, clock: Any, *, pause: int = 61) -> int:
    """Guesses at codes from everywhere, until strangers may not; returns how many were read."""
    tries, status = 0, 400
    while status == 400:
        if tries % 5 == 0:
            clock.shift(pause)
            stranger = Visitor(app, emulator, address=f"192.0.{tries}.1")
            stranger.ask_for_code()
        status = stranger.type_code("000000").status_code
        tries += status == 400
    return tries


def known_browser(visitor: Visitor) -> dict[str, str]:
    """Returns what a thief would copy."""
    return {name: value for name, value in visitor.cookies().items() if name == NAME}


def is_known(visitor: Visitor) -> bool:
    """Whether the page for those who are signed out offers to forget this browser."""
    return "Forget this browser" in visitor.get("/auth/sign-out").text


def test_a_hundred_wrong_tries_of_strangers_do_not_stop_the_owner(
    app: Flask, emulator: Flask, clock: Any
) -> None:
    """LIM-04, LIM-09, AUT-09: with the limits as set.

    In a browser they have never used they wait, for up to 30 days, or sign in by link.
    """
    owner, elsewhere = Visitor(app, emulator), Visitor(app, emulator, address="198.51.100.7")
    owner.sign_in_by_code()
    owner.sign_out()

    assert use_up_tries(app, emulator, clock, pause=31 * 60) == 100
    clock.shift(3_600)
    elsewhere.ask_for_code()
    refused = elsewhere.type_code(elsewhere.mailed_code())
    use_up_mail(app, emulator, clock)

    assert refused.status_code == 429
    assert 29 * DAY < int(refused.headers["Retry-After"]) <= 30 * DAY
    assert owner.sign_in_by_code().status_code == 303


def test_in_an_unknown_browser_strangers_of_two_networks_use_up_the_mail_of_an_hour(
    app: Flask, emulator: Flask, clock: Any, visitor: Visitor
) -> None:
    """LIM-04, AUT-13, with the limits as set: ten mails an hour from one network, twenty in all."""
    stranger = Visitor(app, emulator, address="192.0.2.1")
    for _ in range(12):
        stranger.ask_for_code()
        clock.shift(31)
    assert len(visitor.mailbox()) == 10
    assert visitor.ask_for_code().status_code == 303

    assert use_up_mail(app, emulator, clock) == 20
    assert visitor.ask_for_code().status_code == 429
    clock.shift(3_600)
    assert visitor.ask_for_code().status_code == 303


def test_signing_in_by_link_makes_a_known_browser_too_and_forgives_what_others_tried(
    app: Flask, emulator: Flask, clock: Any
) -> None:
    """LIM-04, LIM-09: it all happens where every door ends."""
    owner, elsewhere = Visitor(app, emulator), Visitor(app, emulator, address="198.51.100.7")
    assert use_up_tries(app, emulator, clock) == 10
    clock.shift(61)

    owner.sign_in_by_link()
    owner.sign_out()

    assert is_known(owner)
    assert elsewhere.sign_in_by_code().status_code == 303


def test_operators_can_forgive_what_strangers_tried(
    app: Flask, emulator: Flask, clock: Any, another_visitor: Visitor
) -> None:
    """LIM-04: for people who know no browser here."""
    use_up_tries(app, emulator, clock)
    clock.shift(61)
    forgive = ["tries", "forgive"]

    assert app.test_cli_runner().invoke(args=[*forgive, "nobody"]).exit_code == 2
    assert app.test_cli_runner().invoke(args=[*forgive, "Ada@Example.com"]).exit_code == 0

    assert another_visitor.sign_in_by_code().status_code == 303


def test_copies_of_its_cookie_guess_together_and_no_more_than_anybody(
    app: Flask, emulator: Flask, clock: Any
) -> None:
    """AUT-09: ten tries an hour, five a code."""
    owner = Visitor(app, emulator)
    owner.sign_in_by_code()
    statuses = []
    for number in range(3):
        thief = Visitor(app, emulator, address=f"192.0.{number}.1")
        thief.take_cookies(known_browser(owner))
        clock.shift(61)
        thief.ask_for_code()
        answers = [thief.type_code("000000") for _ in range(6)]
        statuses.append([answer.status_code for answer in answers])

    assert statuses == [[400] * 6, [400] * 6, [429] * 5 + [400]]
    assert heading(answers[-1]) == "Too many wrong codes"
    assert int(answers[0].headers["Retry-After"]) <= 3_600
    clock.shift(3_600)
    thief.ask_for_code()
    assert thief.type_code("000000").status_code == 400


def test_after_a_hundred_wrong_tries_it_guesses_with_the_strangers(
    make_config: Any, connect: Any, emulator: Flask, clock: Any
) -> None:
    """AUT-09: or a stolen cookie would guess for half a year."""
    config = make_config(
        **MUCH_MAIL,
        limit_send_per_known_browser="100 per minute",
        limit_send_per_visitor="100 per minute",
        limit_verify_per_known_browser="1000 per hour",
        limit_verify_per_address="3 per hour",
    )
    thief = Visitor(create_app(config, workos=connect(config)), emulator)
    thief.sign_in_by_code()
    thief.sign_out()
    statuses = []
    for _ in range(21):
        thief.ask_for_code()
        statuses += [thief.type_code("000000").status_code for _ in range(5)]
        clock.shift(61)

    assert statuses == [400] * 103 + [429] * 2
    clock.shift(3_600)
    thief.sign_in_by_code()
    thief.sign_out()
    thief.ask_for_code()
    assert [thief.type_code("000000").status_code for _ in range(5)] == [400] * 5


def test_copies_of_its_cookie_ask_for_mail_together(
    app: Flask, emulator: Flask, clock: Any
) -> None:
    """AUT-13: ten an hour."""
    owner = Visitor(app, emulator)
    owner.sign_in_by_code()
    statuses = []
    for number in range(12):
        thief = Visitor(app, emulator, address=f"192.0.{number}.1")
        thief.take_cookies(known_browser(owner))
        clock.shift(61)
        statuses.append(thief.ask_for_code().status_code)

    assert statuses == [303] * 10 + [429] * 2


def test_it_is_known_for_its_own_address_only(app: Flask, emulator: Flask, clock: Any) -> None:
    """LIM-09: or strangers would make themselves budgets to guess at other people's codes."""
    eve = Visitor(app, emulator)
    eve.sign_in_by_code("eve@example.com")
    use_up_mail(app, emulator, clock)

    assert eve.ask_for_code().status_code == 429
    assert eve.ask_for_code("eve@example.com").status_code == 303


def test_when_everybody_together_has_used_up_all_mail_known_browsers_have_a_reserve(
    make_config: Any, connect: Any, emulator: Flask
) -> None:
    """LIM-09, AUT-13: which is limited too."""
    config = make_config(limit_send_total="3 per minute", limit_send_total_known="2 per minute")
    app = create_app(config, workos=connect(config))
    owner, stranger = Visitor(app, emulator), Visitor(app, emulator, address="192.0.2.1")
    owner.sign_in_by_code()
    strangers = [stranger.ask_for_code(f"a{n}@example.com").status_code for n in range(3)]

    assert strangers == [303, 303, 429]
    assert [owner.ask_for_code().status_code for _ in range(3)] == [303, 303, 429]


def test_ending_all_sessions_makes_every_browser_an_unknown_one(
    visitor: Visitor, another_visitor: Visitor
) -> None:
    """LIM-09: and signing in makes this one known again."""
    another_visitor.sign_in_by_code()
    another_visitor.sign_out()
    visitor.sign_in_by_code()
    assert is_known(another_visitor)

    visitor.post("/account/sessions/end-all")

    assert [is_known(browser) for browser in (visitor, another_visitor)] == [False, False]
    visitor.sign_in_by_code()
    visitor.sign_out()
    assert [is_known(browser) for browser in (visitor, another_visitor)] == [True, False]


def test_all_sessions_end_on_every_worker_or_not_at_all(
    config: Config, connect: Any, emulator: Flask
) -> None:
    """LIM-09: what one worker alone remembered, the others would not know."""
    counters = Fragile()
    stores = SQLiteSessionStore(Database(config.database_path)), counters
    visitor = Visitor(create_app(config, workos=connect(config), stores=stores), emulator)
    visitor.sign_in_by_code()

    counters.is_down = True
    refused = visitor.post("/account/sessions/end-all")

    assert (refused.status_code, visitor.is_signed_in()) == (503, True)
    counters.is_down = False
    assert visitor.post("/account/sessions/end-all").status_code == 303
    assert not is_known(visitor)


class Fragile(MemoryStorage):
    """Counters that can be switched off."""

    is_down = False

    def incr(self, key: str, expiry: float, amount: int = 1) -> int:
        if self.is_down:
            raise StorageError(OSError("down"))
        return super().incr(key, expiry, amount)


def test_operators_who_end_somebodys_sessions_do_so_too(app: Flask, visitor: Visitor) -> None:
    visitor.sign_in_by_code()
    user = visitor.api_session().json["user"]["id"]
    visitor.sign_out()
    assert is_known(visitor)

    app.test_cli_runner().invoke(args=["sessions", "end", "--user", user])

    assert not is_known(visitor)


def test_it_outlives_a_change_of_the_key_and_not_its_loss(
    make_config: Any, visitor: Visitor
) -> None:
    """SEC-02."""
    visitor.sign_in_by_code()
    visitor.sign_out()
    new = "another-key-of-more-than-thirty-two-characters"
    for fallbacks, known in (((SECRET_KEY,), True), ((), False)):
        config = make_config(secret_key=new, secret_key_fallbacks=fallbacks)
        later = Visitor(create_app(config))
        later.take_cookies(known_browser(visitor))
        assert is_known(later) is known


def test_after_half_a_year_without_signing_in_it_is_unknown(visitor: Visitor, clock: Any) -> None:
    """The server says so, whatever the browser keeps."""
    visitor.sign_in_by_code()
    visitor.sign_out()
    copy = known_browser(visitor)
    clock.shift(LIFETIME - 1)
    visitor.take_cookies(copy)
    assert is_known(visitor)
    clock.shift(2)
    visitor.take_cookies(copy)
    assert not is_known(visitor)


def test_it_is_known_for_the_newest_five_addresses(
    app: Flask, emulator: Flask, clock: Any, visitor: Visitor
) -> None:
    """SES-03: so that its cookie stays small, however long the addresses."""
    emails = [f"{'a' * 50}{n}@{'b' * 60}.example.com" for n in range(MAX_ADDRESSES + 1)]
    for email in emails:
        visitor.sign_in_by_code(email)
    for email in emails[:2]:
        use_up_mail(app, emulator, clock, email)

    assert len(visitor.cookies()[NAME]) < 1_500
    assert [visitor.ask_for_code(email).status_code for email in emails[:2]] == [429, 303]


def test_its_cookie_tells_a_thief_nothing(visitor: Visitor) -> None:
    """SES-16: sealed, and even then only hashes."""
    visitor.sign_in_by_code()
    [token] = known_browser(visitor).values()

    with visitor.app.app_context():
        assert ADA.encode() not in keys.sealer(PURPOSE).decrypt(token)
    assert ADA.encode() not in base64.urlsafe_b64decode(token)


@pytest.mark.parametrize(
    "content", [b"", b"\xff", b"null", b"1", b"{}", b'{"a": 1}', b"[[1]]", b'["abcde", 1]', b"[[]]"]
)
def test_a_cookie_of_another_release_makes_an_unknown_browser(
    visitor: Visitor, content: bytes
) -> None:
    """SES-14: sealed by us, and nothing that we know."""
    with visitor.app.app_context():
        visitor.take_cookies({NAME: keys.sealer(PURPOSE).encrypt(content).decode()})

    assert not is_known(visitor)
    assert visitor.sign_in_by_code().status_code == 303
    visitor.sign_out()
    assert is_known(visitor)


def test_marks_of_other_types_make_an_unknown_browser(visitor: Visitor) -> None:
    """SES-14."""
    for values in (["a"] * 5, [None] * 5, [[], {}, 1, 2.5, "x"], ["a", "b", "c", 1e300, []]):
        with visitor.app.app_context():
            content = json.dumps([values]).encode()
            visitor.take_cookies({NAME: keys.sealer(PURPOSE).encrypt(content).decode()})
        assert not is_known(visitor)


def test_any_other_value_makes_an_unknown_browser(visitor: Visitor) -> None:
    """SES-14."""

    @given(token=st.text(ANY, min_size=1, max_size=200) | st.binary(max_size=200))
    @hypothesis_settings(max_examples=50, deadline=None)
    def check(token: str | bytes) -> None:
        raw = token if isinstance(token, bytes) else token.encode("utf-8", "surrogatepass")
        header = {"HTTP_COOKIE": f"{NAME}={raw.decode('latin-1')}"}
        page = visitor.get("/auth/sign-out", environ_overrides=header)
        assert heading(page) == "You are signed out"
        assert "Forget this browser" not in page.text

    check()


def test_people_on_a_shared_computer_let_it_forget_them(visitor: Visitor) -> None:
    """LIM-10: signing out alone does not."""
    visitor.sign_in_by_code()
    visitor.sign_out()
    assert is_known(visitor)

    forgotten = visitor.post("/auth/forget-browser")

    assert (forgotten.status_code, forgotten.location) == (303, "/auth/sign-out")
    assert not is_known(visitor)
    assert known_browser(visitor) == {}


def test_a_program_lets_it_forget_too_and_another_site_does_not(visitor: Visitor) -> None:
    """LIM-10, WEB-02."""
    visitor.sign_in_by_code()
    assert visitor.client.post("/auth/forget-browser").status_code == 400
    assert visitor.get("/auth/forget-browser").status_code == 405
    assert known_browser(visitor)

    assert visitor.post_json("/auth/forget-browser", {}).json == {"status": "forgotten"}
    assert known_browser(visitor) == {}
    assert visitor.is_signed_in()
