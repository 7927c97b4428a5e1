"""A mail server on this machine: what is sent to it lands in the mailbox, and goes no further."""

import asyncio
import logging
import socket
import ssl
from collections.abc import Callable
from email import message_from_bytes, policy
from email.message import EmailMessage
from functools import partial
from threading import Thread
from typing import Any, Self

from aiosmtpd.smtp import SMTP, Envelope, Session
from flask import Flask

from .environment import Environment
from .mail import Mail

MAX_MAIL = 1_000_000  # bytes

# It tells of each connection, recipients included.
logging.getLogger("mail.log").setLevel(logging.ERROR)


class Inbox:
    """Puts each mail into the mailbox of one emulator."""

    def __init__(self, environment: Environment) -> None:
        self._environment = environment

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802 # aiosmtpd's name
        """Takes one mail, for each of its recipients."""
        content = envelope.original_content or b""
        message = message_from_bytes(content, EmailMessage, policy=policy.default)
        with self._environment.lock:
            for to in envelope.rcpt_tos:
                self._environment.mailbox.append(Mail.from_message(to, message))
        return "250 OK"


class MailServer:
    """Listens from the moment it is made until `close()`."""

    def __init__(
        self,
        app: Flask,
        listener: socket.socket,
        *,
        inbox: object | None = None,
        tls: ssl.SSLContext | None = None,
        **options: Any,
    ) -> None:
        """With `tls` it is encrypted from the start.

        Tests bring an `inbox` of their own, an aiosmtpd handler, and further options of its SMTP.
        """
        self._protocol = partial(
            SMTP,
            inbox or Inbox(app.extensions["workos_emulator"]),
            data_size_limit=MAX_MAIL,
            hostname="localhost",
            **options,
        )
        self._listener = listener
        self._tls = tls
        self._loop = asyncio.new_event_loop()
        self._end = asyncio.Event()
        self._thread = Thread(target=self._run, daemon=True)
        self._thread.start()

    @property
    def port(self) -> int:
        """Returns where it listens."""
        port: int = self._listener.getsockname()[1]
        return port

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Ends every conversation, and listens no more."""
        self._loop.call_soon_threadsafe(self._end.set)
        self._thread.join()

    def _run(self) -> None:
        with asyncio.Runner(loop_factory=lambda: self._loop) as runner:
            runner.run(self._serve())

    async def _serve(self) -> None:
        make: Callable[[], SMTP] = partial(self._protocol, loop=self._loop)
        server = await self._loop.create_server(make, sock=self._listener, ssl=self._tls)
        await self._end.wait()
        server.close()
