"""Our own mail, over real sockets: what is in it, whom it reaches, and servers that fail."""

from __future__ import annotations

import re
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from email import message_from_bytes
from email.headerregistry import Address
from email.policy import default as default_policy
from pathlib import Path
from typing import Any

import pytest
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session
from flask import Flask
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

import workos_emulator
from app import create_app
from app.config import Config
from app.failures import Failure
from app.mail import smtp as smtp_server
from app.web.email_address import canonical_email
from app.workos_api.client import TIMEOUT
from tests.certificate import ELSEWHERE, make_certificate
from tests.machine import BRAND, free_port
from tests.walk import ADA, MUCH_MAIL, Visitor, heading
from workos_emulator.smtp import MailServer

FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"


@pytest.fixture
def config(make_config: Any, smtp: dict[str, Any]) -> Any:
    """An application that mails itself."""
    return make_config(**smtp, **MUCH_MAIL)


def test_a_code_by_our_own_mail_signs_in_and_workos_mails_nothing(visitor: Visitor) -> None:
    visitor.client.environ_base["HTTP_USER_AGENT"] = FIREFOX
    visitor.ask_for_code()

    [message] = visitor.mailbox()
    code = message["one_time_code"]
    assert message["subject"] == f"{code} is your {BRAND} sign-in code"
    assert message["sender"] == "Example <sign-in@example.com>"
    for part in (message["text"], message["html"]):
        assert code in part
        assert "10 minutes" in part
        assert "Firefox on Linux" in part
    assert visitor.type_code(code).status_code == 303


def test_a_link_is_in_both_parts_and_says_how_long_it_lives(visitor: Visitor) -> None:
    visitor.post_json("/auth/magic-link", {"email": ADA, "expires_in": 3600})

    [message] = visitor.mailbox()
    [link] = message["links"]
    assert f'href="{link}"' in message["html"]
    assert link in message["text"].splitlines()
    assert "1 hour" in message["text"]
    assert "1 hour" in message["html"]


@pytest.mark.parametrize("error", ["sign_up_not_allowed", "entity_not_found"])
def test_who_has_no_account_is_told_by_mail_and_nobody_else_is(
    visitor: Visitor, emulator: Flask, error: str
) -> None:
    """AUT-14: a mail goes out either way, so not even the time tells."""
    expected = visitor.ask_for_code()
    status = 404 if error == "entity_not_found" else 400
    hook = {"method": "POST", "path": "/user_management/magic_auth", "status": status}
    emulator.test_client().post(
        "/_emulate/hooks", json={**hook, "body": {"code": error, "message": "no"}}
    )

    answer = visitor.ask_for_code("stranger@example.com")

    assert answer.status_code == expected.status_code
    message = visitor.mailbox()[0]
    assert message["to"] == "stranger@example.com"
    assert "no account" in message["text"]
    assert message["one_time_code"] is None


@pytest.mark.parametrize("ask", [Visitor.ask_for_code, Visitor.ask_for_link])
@pytest.mark.parametrize(
    ("typed", "reached"),
    [
        ("Ada@Example.COM", ADA),
        ("ada+news@example.com", "ada+news@example.com"),
        ("-oX/tmp/x@example.com", "-ox/tmp/x@example.com"),
        ("a!b%c@example.com", "a!b%c@example.com"),
        ("ada@b\N{LATIN SMALL LETTER U WITH DIAERESIS}cher.de", "ada@xn--bcher-kva.de"),
        ("o'neil@example.com", "o'neil@example.com"),
    ],
)
def test_a_mail_reaches_exactly_the_address_that_was_typed(
    visitor: Visitor, ask: Callable[[Visitor, str], Any], typed: str, reached: str
) -> None:
    """WEB-14."""
    ask(visitor, typed)

    assert [message["to"] for message in visitor.mailbox()] == [reached]


@pytest.mark.parametrize("ask", [Visitor.ask_for_code, Visitor.ask_for_link])
@pytest.mark.parametrize(
    "typed",
    [
        "ada@example.com\r\nBcc: eve@example.com",
        "ada@example.com\nRCPT TO:<eve@example.com>",
        "ada@example.com>, <eve@example.com",
        "ada@example.com,eve@example.com",
        "ada@example.com eve@example.com",
        '"ada\r\nBcc: eve@example.com"@example.com',
        '"ada@example.com>\r\nRCPT TO:<eve"@example.com',
        "eve@example.com\N{FULLWIDTH COMMERCIAL AT}example.org",
        "ad\N{CYRILLIC SMALL LETTER A}@example.com",
        "=?utf-8?q?ada=40example.com=2C_eve?=@example.com\r\n",
    ],
)
def test_no_address_reaches_a_second_recipient(
    visitor: Visitor, ask: Callable[[Visitor, str], Any], typed: str
) -> None:
    """WEB-14."""
    refused = ask(visitor, typed)

    if refused.status_code == 303:  # what is left of it is one address
        assert len(visitor.mailbox()) == 1
        assert not visitor.mailbox()[0]["to"].startswith("eve@")
    else:
        assert refused.status_code == 400
        assert visitor.mailbox() == []


@given(email=st.text(alphabet="ab.@=?_-+'!#$%&*/^`{|}~\"<>,; \\", max_size=30))
@hypothesis_settings(max_examples=200, deadline=None)
def test_every_address_that_is_taken_fits_into_a_header_as_it_is(email: str) -> None:
    """WEB-14."""
    try:
        canonical = canonical_email(f"{email}@example.com")
    except Failure:
        return
    assert str(Address(addr_spec=canonical)) == canonical


@pytest.mark.parametrize("next_url", ["/account%0d%0aBcc:%20eve@example.com", "/<b>x</b>"])
def test_nothing_else_that_is_typed_gets_into_a_mail(visitor: Visitor, next_url: str) -> None:
    visitor.client.environ_base["HTTP_USER_AGENT"] = "Firefox <b>Linux</b>\tBcc: eve@example.com"
    visitor.ask_for_link(next=next_url, state="<i>state</i>")

    [message] = visitor.mailbox()
    assert "eve@" not in str(message)
    assert "<b>" not in message["html"]
    assert "state" not in message["text"]


def test_a_code_of_workos_that_is_none_begins_no_header(visitor: Visitor, emulator: Flask) -> None:
    body = {"object": "magic_auth", "id": "m", "user_id": "u", "email": ADA, "expires_at": "x"}
    dates = {"created_at": "2026-01-01T00:00:00Z", "updated_at": "2026-01-01T00:00:00Z"}
    hook = {
        "method": "POST",
        "path": "/user_management/magic_auth",
        "status": 201,
        "body": {**body, **dates, "code": "1\r\nBcc: eve@example.com"},
    }
    emulator.test_client().post("/_emulate/hooks", json=hook)

    assert heading(visitor.ask_for_code()) == "The sign-in service gave an unexpected answer"
    assert visitor.mailbox() == []


@pytest.mark.parametrize(
    "link",
    ["http://evil.example/x", "javascript:alert(1)", "", "https://a b", "https://" + "x" * 2000],
)
def test_a_link_of_workos_that_is_none_is_kept_in_no_cookie(
    visitor: Visitor, emulator: Flask, link: str
) -> None:
    body = {"object": "passwordless_session", "id": "p", "email": ADA, "expires_at": "x"}
    hook = {"method": "POST", "path": "/passwordless/sessions", "status": 201}
    emulator.test_client().post("/_emulate/hooks", json={**hook, "body": {**body, "link": link}})

    assert heading(visitor.ask_for_link()) == "The sign-in service gave an unexpected answer"
    assert visitor.mailbox() == []


@pytest.mark.parametrize(("length", "is_kept"), [(1024, True), (1025, False)])
def test_the_longest_attempt_fits_into_one_cookie(
    visitor: Visitor, emulator: Flask, length: int, is_kept: bool
) -> None:
    """SES-03: with the longest link that is kept, too."""
    email = "a" * 64 + "@" + ".".join(["b" * 60] * 3) + ".com"
    link = "https://".ljust(length, "x")
    body = {"object": "passwordless_session", "id": "p", "email": email, "expires_at": "x"}
    hook = {"method": "POST", "path": "/passwordless/sessions", "status": 201}
    emulator.test_client().post("/_emulate/hooks", json={**hook, "body": {**body, "link": link}})

    wish = {"email": email, "expires_in": 86_400, "next": "/" + "n" * 511, "state": "€" * 85}
    answer = visitor.post_json("/auth/magic-link", wish)

    attempts = [value for name, value in visitor.cookies().items() if "attempt-" in name]
    assert (answer.status_code == 202) is is_kept
    assert len(attempts) == is_kept
    assert all(len(attempt) < 3_600 for attempt in attempts)


class Refusing:
    """A mail server that says no at one place."""

    def __init__(self, **answers: str) -> None:
        self._answers = answers

    async def handle_MAIL(  # noqa: N802 # aiosmtpd's names, here and below
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        """Answers MAIL FROM."""
        envelope.mail_from = address
        return self._answers.get("MAIL", "250 OK")

    async def handle_RCPT(  # noqa: N802
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        """Answers RCPT TO."""
        answer = self._answers.get("RCPT", "250 OK")
        if answer.startswith("250"):
            envelope.rcpt_tos.append(address)
        return answer

    async def handle_DATA(  # noqa: N802
        self, server: SMTP, session: Session, envelope: Envelope
    ) -> str:
        """Answers the mail itself."""
        return self._answers.get("DATA", "250 OK")


@pytest.mark.parametrize(
    ("answers", "status", "title"),
    [
        ({"RCPT": "550 no such user canary@"}, 400, "Mail to that address was refused"),
        ({"RCPT": "450 try later"}, 503, "We could not send the email"),
        ({"MAIL": "550 not you"}, 500, "We could not send the email"),
        ({"MAIL": "451 later"}, 503, "We could not send the email"),
        ({"DATA": "554 spam"}, 502, "We could not send the email"),
        ({"DATA": "421 closing"}, 503, "We could not send the email"),
    ],
)
@pytest.mark.parametrize("ask", [Visitor.ask_for_code, Visitor.ask_for_link])
def test_a_refusal_is_a_page_and_leaves_no_attempt_behind(
    make_config: Callable[..., Config],
    connect: Any,
    smtp: dict[str, Any],
    ask: Callable[[Visitor], Any],
    answers: dict[str, str],
    status: int,
    title: str,
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        url = f"smtp://127.0.0.1:{listener.getsockname()[1]}"
        config = make_config(**{**smtp, "smtp_url": url})
        world = workos_emulator.create_app()
        with MailServer(world, listener, inbox=Refusing(**answers)):
            visitor = Visitor(create_app(config, workos=connect(config)), world)
            page = ask(visitor)

    assert (page.status_code, heading(page)) == (status, title)
    assert ("Retry-After" in page.headers) == (status == 503)
    assert not any("attempt" in name for name in visitor.cookies())
    assert "canary" not in page.text


def test_nobody_listening_is_a_page(
    make_config: Callable[..., Config], connect: Any, smtp: dict[str, Any], emulator: Flask
) -> None:
    config = make_config(**{**smtp, "smtp_url": f"smtp://127.0.0.1:{free_port()}"})
    visitor = Visitor(create_app(config, workos=connect(config)), emulator)

    page = visitor.ask_for_code()

    assert (page.status_code, heading(page)) == (503, "We could not send the email")


def hang(connection: socket.socket) -> None:
    with suppress(OSError):
        while connection.recv(1):
            pass


def drip(connection: socket.socket) -> None:
    pause = threading.Event()
    connection.sendall(b"220 ")
    while True:
        connection.sendall(b"x")
        pause.wait(0.02)


def stop_half_way(connection: socket.socket) -> None:
    connection.sendall(b"220 hello\r\n")
    connection.recv(100)
    connection.sendall(b"250 ")
    hang(connection)


def leave(connection: socket.socket) -> None:
    connection.sendall(b"220 hello\r\n")


def gibberish(connection: socket.socket) -> None:
    connection.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")


@contextmanager
def server(behave: Callable[[socket.socket], None]) -> Iterator[str]:
    """Takes one connection; yields its URL."""

    def serve() -> None:
        with suppress(OSError):
            connection, _ = listener.accept()
            with connection:
                connection.settimeout(5)
                behave(connection)

    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=serve)
        thread.start()
        yield f"smtp://127.0.0.1:{listener.getsockname()[1]}"
        thread.join()


@pytest.mark.parametrize("behave", [hang, drip, stop_half_way, leave, gibberish])
def test_a_server_that_misbehaves_is_left_in_time(behave: Callable[[socket.socket], None]) -> None:
    """LIM-05."""
    with server(behave) as url, pytest.raises(Failure) as caught:  # noqa: SIM117 # in this order
        with (
            smtp_server.failing_clearly(),
            smtp_server.connected(url, me="localhost", timeout=0.3) as smtp,
        ):
            smtp.sendmail("a@example.com", ["b@example.com"], "x")

    assert caught.value.name() == "mail_unreachable"


class Certified:
    """A mail server with a certificate of its own, for those who trust `authority`."""

    def __init__(self, directory: Path) -> None:
        self.authority, key = make_certificate(directory)
        self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.context.load_cert_chain(self.authority, key)


def knows_ada(
    server: SMTP, session: Session, envelope: Envelope, mechanism: str, given: Any
) -> AuthResult:
    return AuthResult(success=given == LoginPassword(b"ada", b"s:p@"), handled=False)


# TLS from the start is something that aiosmtpd does not see.
WITHOUT_TLS = pytest.mark.filterwarnings("ignore:Requiring AUTH while not requiring TLS")


@WITHOUT_TLS
@pytest.mark.parametrize(
    ("user", "outcome"),
    [
        ("ada:s%3Ap%40@", "sent"),
        ("ada:wrong@", "mail_configuration"),
        ("", "mail_configuration"),
    ],
)
def test_tls_and_a_login(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, user: str, outcome: str
) -> None:
    certified = Certified(tmp_path)
    monkeypatch.setenv("SSL_CERT_FILE", certified.authority)

    assert attempt(certified, f"smtps://{user}localhost") == outcome


@WITHOUT_TLS
def test_a_certificate_that_nobody_vouches_for_is_refused(tmp_path: Path) -> None:
    """SEC-11: and no password is sent."""
    assert attempt(Certified(tmp_path), "smtps://ada:s%3Ap%40@localhost") == "mail_configuration"


def attempt(certified: Certified, url: str) -> str:
    world = workos_emulator.create_app()
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
        login = {"auth_required": True, "auth_require_tls": False, "authenticator": knows_ada}
        with MailServer(world, listener, tls=certified.context, **login):
            try:
                with (
                    smtp_server.failing_clearly(),
                    smtp_server.connected(f"{url}:{port}", me="x") as smtp,
                ):
                    smtp.sendmail("a@example.com", ["b@example.com"], "Subject: x\r\n\r\ny")
            except Failure as failure:
                return failure.name()
    return "sent"


def has_another_address() -> bool:
    with suppress(OSError), socket.create_server((ELSEWHERE, 0)):
        return True
    return False


@pytest.mark.skipif(not has_another_address(), reason=f"this machine has no {ELSEWHERE}")
def test_another_machine_is_talked_to_with_starttls_or_not_at_all(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """SEC-11: a password never travels unencrypted."""
    certified = Certified(tmp_path)
    monkeypatch.setenv("SSL_CERT_FILE", certified.authority)
    outcomes = []
    for tls in (certified.context, None):
        world = workos_emulator.create_app()
        with socket.create_server((ELSEWHERE, 0)) as listener:
            url = f"smtp://{ELSEWHERE}:{listener.getsockname()[1]}"
            with MailServer(world, listener, tls_context=tls):
                try:
                    with smtp_server.failing_clearly(), smtp_server.connected(url, me="x") as smtp:
                        smtp.sendmail("a@example.com", ["b@example.com"], "Subject: x\r\n\r\ny")
                    outcomes.append("sent")
                except Failure as failure:
                    outcomes.append(failure.name())

    assert outcomes == ["sent", "mail_configuration"]


class Keeping:
    """A mail server that keeps what it gets, to the byte."""

    def __init__(self) -> None:
        self.mails: list[bytes] = []

    async def handle_DATA(  # noqa: N802
        self, server: SMTP, session: Session, envelope: Envelope
    ) -> str:
        """Keeps the mail."""
        self.mails.append(envelope.original_content or b"")
        return "250 OK"


def test_a_mail_names_its_sender_and_not_this_machine(
    make_config: Callable[..., Config], connect: Any, smtp: dict[str, Any]
) -> None:
    inbox, world = Keeping(), workos_emulator.create_app()
    with socket.create_server(("127.0.0.1", 0)) as listener:
        url = f"smtp://127.0.0.1:{listener.getsockname()[1]}"
        config = make_config(**{**smtp, "smtp_url": url})
        with MailServer(world, listener, inbox=inbox):
            asked = Visitor(create_app(config, workos=connect(config)), world).ask_for_code()

    assert asked.status_code == 303
    [raw] = inbox.mails
    message = message_from_bytes(raw, policy=default_policy)
    assert message["Auto-Submitted"] == "auto-generated"
    assert message["Message-ID"].endswith("@example.com>")
    assert re.search(r"\+0000|-0000|GMT", message["Date"])
    head = raw.partition(b"\r\n\r\n")[0].decode()  # a random link may well contain a short name
    assert not re.search(rf"\b{re.escape(socket.gethostname())}\b", head)
    assert max(map(len, raw.splitlines())) <= 998  # RFC 5322, 2.1.1


def test_no_request_waits_for_more_than_15_seconds() -> None:
    """LIM-05: a link of WorkOS takes two calls, a mail of ours one call and the mail."""
    assert 2 * TIMEOUT < 15
    assert TIMEOUT + smtp_server.TIMEOUT < 15
