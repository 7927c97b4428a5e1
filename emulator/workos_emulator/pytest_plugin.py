"""A WorkOS for each test: `def test_it(workos_emulator)`, in any project with pytest."""

from __future__ import annotations

import socket
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from datetime import timedelta
from functools import cached_property
from threading import Thread
from typing import TYPE_CHECKING, Any, Self

import httpx2
import pytest
from flask import Flask

from . import create_app
from .access_tokens import make_token, rotate_keys
from .environment import Environment
from .errors import BadRequest
from .fault import Fault
from .formats import same_email
from .mail import Mail
from .objects import SeenRequest
from .server import make_silent_server
from .totp import PERIOD

if TYPE_CHECKING:  # A project may test without the SDK.
    from workos import WorkOSClient


class WorkOSEmulator:
    """One WorkOS environment, the mail that it sends, and faults on demand."""

    def __init__(self, **settings: Any) -> None:
        """Makes one that knows nobody yet; the settings are those of `create_app`."""
        self._closing = ExitStack()
        # The port is taken from the start, so that links name it however late the serving begins.
        self._socket = self._closing.enter_context(socket.socket())
        self._socket.bind(("127.0.0.1", 0))
        self._address = f"http://127.0.0.1:{self._socket.getsockname()[1]}"
        self.app: Flask = create_app(**{"base_url": self._address, **settings})
        self._environment: Environment = self.app.extensions["workos_emulator"]

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Ends the server, and the connections of every client."""
        self._closing.close()

    @cached_property
    def url(self) -> str:
        """Serves from the first use on, on a free port of this machine, and returns where."""
        self._socket.listen()
        server = make_silent_server(self.app, self._socket)
        self._closing.callback(server.server_close)
        thread = Thread(target=server.serve_forever, args=(0.01,), daemon=True)
        thread.start()
        self._closing.callback(thread.join)
        self._closing.callback(server.shutdown)
        return self._address

    @property
    def api_key(self) -> str:
        """Returns the API key that it accepts."""
        return self._environment.settings.api_key

    @property
    def client_id(self) -> str:
        """Returns the client ID that it knows."""
        return self._environment.settings.client_id

    def client(self, **options: Any) -> WorkOSClient:
        """Returns WorkOS's own SDK, plugged in without a socket; the options are the SDK's."""
        from workos import WorkOSClient  # only who calls this needs the SDK

        settings = self._environment.settings
        defaults: dict[str, Any] = {
            "api_key": settings.api_key,
            "client_id": settings.client_id,
            "base_url": settings.base_url,
            "max_retries": 0,
        }
        if "http_client" not in options:
            transport = httpx2.WSGITransport(app=self.app)
            defaults["http_client"] = self._closing.enter_context(
                httpx2.Client(transport=transport)
            )
        return WorkOSClient(**{**defaults, **options})

    def mailbox(self) -> list[Mail]:
        """Returns all mail, newest first."""
        with self._environment.lock:
            return self._environment.mails()

    def mail_to(self, email: str) -> Mail:
        """Returns the newest mail to somebody; fails the test if there is none."""
        with self._environment.lock:
            mails = self._environment.mails(email)
        if not mails:
            pytest.fail(f"There is no mail to {email}. {self._known_recipients()}")
        return mails[0]

    def code_for(self, email: str) -> str:
        """Returns the six digits of the newest mail to somebody; fails the test without them."""
        mail = self.mail_to(email)
        if mail.one_time_code is None:
            pytest.fail(f"There is no code in the newest mail to {email}: {mail.subject!r}.")
        return mail.one_time_code

    def link_for(self, email: str) -> str:
        """Returns the first link of the newest mail to somebody; fails the test without one."""
        mail = self.mail_to(email)
        if not mail.links:
            pytest.fail(f"There is no link in the newest mail to {email}: {mail.subject!r}.")
        return mail.links[0]

    def totp_for(self, email: str) -> str:
        """Returns the next code of somebody's newest authenticator app, which nobody has used.

        For that it moves the clock of all apps on by half a minute. Fails the test without an app.
        """
        environment = self._environment
        with environment.lock:
            user = environment.users_by_email.get(same_email(email))
            factors = environment.factors_of(user) if user else []
            if not factors:
                pytest.fail(f"{email} has no authenticator app.")
            environment.authenticator_ahead += timedelta(seconds=PERIOD)
            return factors[-1].code_at(environment.authenticator_time())

    def access_token(
        self,
        email: str,
        *,
        kind: str = "user",
        claims: Mapping[str, object] | None = None,
        signed: str = "RS256",
        kid: str | None = None,
    ) -> str:
        """Returns an access token for somebody; a claim that is None is left out.

        Raises ValueError for a kind or a way to sign that there is not.
        """
        try:
            with self._environment.lock:
                return make_token(
                    self._environment,
                    email,
                    kind=kind,
                    claims=dict(claims or {}),
                    signed=signed,
                    kid=kid,
                )
        except BadRequest as refusal:
            raise ValueError(refusal.body["message"]) from None

    def rotate_keys(self, *, forget_old: bool = False) -> None:
        """Signs access tokens with a new key from now on; the old ones verify unless forgotten."""
        with self._environment.lock:
            rotate_keys(self._environment, forget_old=forget_old)

    def requests(self) -> list[SeenRequest]:
        """Returns what WorkOS was asked so far, oldest first: method, path and status."""
        with self._environment.lock:
            return list(self._environment.requests)

    def fail_next(
        self,
        method: str,
        path: str,
        status: int,
        *,
        body: object = None,
        headers: Mapping[str, str] | None = None,
        times: int = 1,
        delay_ms: int = 0,
    ) -> None:
        """Answers the next requests with this instead; `*` is any method, or any end of a path.

        A body that is a string is sent as it is, anything else as JSON. Raises ValueError if it
        cannot be done so.
        """
        try:
            fault = Fault.from_json(
                {
                    "method": method,
                    "path": path,
                    "status": status,
                    "body": body,
                    "headers": None if headers is None else dict(headers),
                    "count": times,
                    "delay_ms": delay_ms,
                }
            )
        except BadRequest as refusal:
            raise ValueError(refusal.body["message"]) from None
        with self._environment.lock:
            self._environment.faults.append(fault)

    def _known_recipients(self) -> str:
        recipients = dict.fromkeys(mail.to for mail in self.mailbox())
        return f"The mailbox has some to {', '.join(recipients) or 'nobody'}."


@pytest.fixture
def workos_emulator_settings() -> dict[str, Any]:
    """The keyword arguments of `create_app`; override this fixture to set them."""
    return {}


@pytest.fixture
def workos_emulator(workos_emulator_settings: dict[str, Any]) -> Iterator[WorkOSEmulator]:
    """A WorkOS of this test's own."""
    with WorkOSEmulator(**workos_emulator_settings) as emulator:
        yield emulator
