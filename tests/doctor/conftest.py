"""A mail server for the doctor to talk to."""

from __future__ import annotations

import socket
from collections.abc import Iterator

import pytest

import workos_emulator
from workos_emulator.smtp import MailServer


@pytest.fixture
def mailing() -> Iterator[dict[str, str]]:
    """Settings for a mail server that is there."""
    listener = socket.create_server(("127.0.0.1", 0))
    with MailServer(workos_emulator.create_app(), listener) as server:
        yield {
            "EMAIL_DELIVERY": "smtp",
            "SMTP_URL": f"smtp://127.0.0.1:{server.port}",
            "MAIL_FROM": "Us <us@example.com>",
        }
