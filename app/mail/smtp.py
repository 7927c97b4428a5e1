"""One conversation with a mail server: over in time, and encrypted unless it is on this machine."""

from __future__ import annotations

import smtplib
import socket
import ssl
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from threading import Timer
from urllib.parse import SplitResult, unquote, urlsplit

from ..dangers import LOOPBACK
from ..failures import DOCTOR, Failure, OurFault, Unavailable
from ..workos_api.refusals import EmailDomainNotDeliverable

TIMEOUT = 6  # seconds for one mail; with the call to WorkOS before it, under 15
CONNECT_TIMEOUT = 3  # seconds, for each address of the server
SUBMISSION_PORT, SUBMISSIONS_PORT = 587, 465  # RFC 6409, RFC 8314


class MailFault(OurFault):
    """Our own mail is not sent."""

    title = "We could not send the email"
    symptom = "Our own mail is not sent"
    cause = (
        "SMTP_URL is wrong, or the server is down, refuses the login or the sender, offers no "
        "STARTTLS, or has a certificate that is not trusted."
    )
    diagnosis = DOCTOR
    fix = "Correct SMTP_URL and MAIL_FROM."


class MailUnreachable(Unavailable, MailFault):
    """The server did not answer, or asked us to try again later."""

    reason = (
        "The mail server did not answer in time. If an email arrives anyway, use the newest one."
    )


class MailRefused(MailFault):
    """The server did not accept the mail."""

    status = 502
    reason = "The mail server did not accept it. The people who run this site need to fix this."


class MailConfiguration(MailFault):
    """The server does not accept mail from us."""

    reason = "Mail is not set up correctly. The people who run this site need to fix this."


class MailAddressRefused(EmailDomainNotDeliverable):
    """The server does not accept mail for this address."""

    title = "Mail to that address was refused"
    reason = "Our mail server does not deliver to it. Check the spelling, or use another address."


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
        with suppress(OSError):  # saying goodbye changes nothing about the mail
            smtp.quit()
        smtp.close()


class _Conversation(smtplib.SMTP):
    """Ends in time, even with a server that answers byte by byte."""

    def __init__(
        self, url: SplitResult, *, me: str, timeout: float, context: ssl.SSLContext
    ) -> None:
        self._ends_at = time.monotonic() + timeout
        # Without `me`, smtplib would look up this machine's name, and tell the server.
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
        with suppress(OSError):  # it has already ended
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
        kind: type[Failure] = MailAddressRefused if status >= 500 else MailUnreachable
        raise kind(detail=_detail(error, status)) from None
    except smtplib.SMTPServerDisconnected as error:
        raise MailUnreachable(detail=_detail(error)) from None
    except (smtplib.SMTPNotSupportedError, ssl.SSLError) as error:
        raise MailConfiguration(detail=_detail(error)) from None
    except smtplib.SMTPResponseException as error:
        is_ours = isinstance(error, smtplib.SMTPAuthenticationError | smtplib.SMTPSenderRefused)
        kind = MailConfiguration if is_ours else MailRefused
        kind = kind if error.smtp_code >= 500 else MailUnreachable
        raise kind(detail=_detail(error, error.smtp_code)) from None
    except (OSError, smtplib.SMTPException) as error:
        raise MailUnreachable(detail=_detail(error)) from None


def _detail(error: Exception, status: int | None = None) -> str:
    # The server's words may quote the address, so only its status is kept.
    return f"{type(error).__name__} {status or ''}".strip()
