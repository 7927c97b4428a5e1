"""Our own mail, by SMTP: the texts are in `templates/mail/`, the name and colours in `_brand.html`.

Only with EMAIL_DELIVERY=smtp; else WorkOS sends its own.
"""

from __future__ import annotations

import smtplib
import socket
import ssl
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import formatdate, make_msgid, parseaddr
from threading import Timer
from typing import Any
from urllib.parse import SplitResult, unquote, urlsplit

from flask import render_template, request

from app.config import LOOPBACK, settings
from app.failures import RETRY_LATER, Failure
from app.web import log
from app.web.browsers import browser_name

TIMEOUT = 6  # seconds for one mail; with the call to WorkOS before it, under 15
CONNECT_TIMEOUT = 3  # seconds, for each address of the server
SUBMISSION_PORT, SUBMISSIONS_PORT = 587, 465  # RFC 6409, RFC 8314


def send_code(email: str, one_time_code: str) -> None:
    """E-mails a one-time code; raises Failure."""
    _send(email, "code", one_time_code=one_time_code)


def send_no_account(email: str) -> None:
    """E-mails that this address has no account; raises Failure.

    Without it, no mail would go out, and whoever asks could tell by the time that it takes.
    """
    _send(email, "no_account")


def send_link(email: str, link: str, *, expires_in: int) -> None:
    """E-mails a link of ours, which lives for `expires_in` seconds; raises Failure."""
    _send(email, "link", link=link, expires_in=expires_in)


def _send(email: str, template: str, **values: Any) -> None:
    message = _message(email, template, **values)
    config = settings()
    with failing_clearly(), connected(config.smtp_url or "", me=config.public_host) as smtp:
        smtp.send_message(message, to_addrs=[email])
    log.event("mail_sent", mail=template, email=log.masked_email(email))


def _message(email: str, template: str, **values: Any) -> EmailMessage:
    values["browser"] = browser_name(request.headers.get("User-Agent", ""))
    subject, _, text = render_template(f"mail/{template}.txt", **values).partition("\n")
    name, sender = parseaddr(settings().mail_from or "")
    message = EmailMessage(policy=SMTP)
    message["From"] = Address(name, addr_spec=sender)
    message["To"] = Address(addr_spec=email)
    message["Subject"] = subject
    message["Date"] = formatdate()
    message["Message-ID"] = make_msgid(domain=sender.rpartition("@")[2])
    message["Auto-Submitted"] = "auto-generated"  # RFC 3834: no holiday notices in answer
    message.set_content(text.lstrip())
    message.add_alternative(render_template(f"mail/{template}.html", **values), subtype="html")
    return message


@contextmanager
def connected(smtp_url: str, *, me: str, timeout: float = TIMEOUT) -> Iterator[smtplib.SMTP]:
    """Talks to the server as the host `me`, logged in, encrypted unless it is on this machine.

    All of it is over after `timeout` seconds. Raises OSError, which SMTPException is too.
    """
    url = urlsplit(smtp_url)
    context = ssl.create_default_context()
    is_encrypted = url.scheme == "smtps"
    kind = _EncryptedConversation if is_encrypted else _Conversation
    smtp = kind(url, me=me, timeout=timeout, context=context)
    try:
        if not is_encrypted and url.hostname not in LOOPBACK:
            smtp.starttls(context=context)
        if url.username:
            smtp.login(unquote(url.username), unquote(url.password or ""))
        smtp.ehlo_or_helo_if_needed()
        yield smtp
    finally:
        with suppress(OSError):  # the mail is on its way, or it is not: a farewell changes nothing
            smtp.quit()
        smtp.close()


class _Conversation(smtplib.SMTP):
    """Is over in time, even with a server that drips."""

    def __init__(
        self, url: SplitResult, *, me: str, timeout: float, context: ssl.SSLContext
    ) -> None:
        self._ends_at = time.monotonic() + timeout
        # Without `me`, smtplib would ask the DNS for this machine's name, and tell it the server.
        super().__init__(
            url.hostname or "", url.port or SUBMISSION_PORT, me, min(timeout, CONNECT_TIMEOUT)
        )

    def getreply(self) -> tuple[int, bytes]:
        """Reads one answer of the server, in what is left of the time."""
        left = max(self._ends_at - time.monotonic(), 0.001)
        if self.sock:
            self.sock.settimeout(left)
        alarm = Timer(left, self._hang_up)
        alarm.start()
        try:
            return super().getreply()
        finally:
            alarm.cancel()

    def _hang_up(self) -> None:
        with suppress(OSError):  # it has ended meanwhile
            if self.sock:
                self.sock.shutdown(socket.SHUT_RDWR)


class _EncryptedConversation(_Conversation, smtplib.SMTP_SSL):
    """The same, over TLS from the start."""

    def __init__(
        self, url: SplitResult, *, me: str, timeout: float, context: ssl.SSLContext
    ) -> None:
        self._ends_at = time.monotonic() + timeout
        smtplib.SMTP_SSL.__init__(
            self,
            url.hostname or "",
            url.port or SUBMISSIONS_PORT,
            me,
            timeout=min(timeout, CONNECT_TIMEOUT),
            context=context,
        )


@contextmanager
def failing_clearly() -> Iterator[None]:
    """Turns what SMTP says into a Failure, without the addresses that it quotes."""
    try:
        yield
    except smtplib.SMTPRecipientsRefused as error:
        [(status, _)] = error.recipients.values()
        code = "mail_address_refused" if status >= 500 else "mail_unreachable"
        raise _failure(code, error, status) from None
    except smtplib.SMTPServerDisconnected as error:
        raise _failure("mail_unreachable", error) from None
    except (smtplib.SMTPNotSupportedError, ssl.SSLError) as error:
        raise _failure("mail_configuration", error) from None
    except smtplib.SMTPResponseException as error:
        is_ours = isinstance(error, smtplib.SMTPAuthenticationError | smtplib.SMTPSenderRefused)
        code = "mail_configuration" if is_ours else "mail_refused"
        code = code if error.smtp_code >= 500 else "mail_unreachable"
        raise _failure(code, error, error.smtp_code) from None
    except (OSError, smtplib.SMTPException) as error:
        raise _failure("mail_unreachable", error) from None


def _failure(code: str, error: Exception, status: int | None = None) -> Failure:
    # What the server says may quote the address, so only its number is kept.
    detail = f"{type(error).__name__} {status or ''}".strip()
    retry_after = RETRY_LATER if code == "mail_unreachable" else None
    return Failure(code, retry_after=retry_after, detail=detail)
