"""Our own mail: a function for each mail, with its words in templates/mail/.

Only with EMAIL_DELIVERY=smtp; otherwise WorkOS sends its own.
"""

from __future__ import annotations

from datetime import UTC, datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import formatdate, make_msgid, parseaddr
from typing import Any

from flask import current_app, request

from ..config import settings
from ..web import log
from ..web.browsers import browser_in_words, browser_name
from ..web.language import current_language
from ..web.visitor import network_start
from ..web.words import in_utc, in_words
from .smtp import connected, failing_clearly


def send_code(email: str, one_time_code: str, *, lifetime: int, link: str | None = None) -> None:
    """Emails a one-time code, which works for `lifetime` seconds, and a button with our link.

    Raises Failure.
    """
    _send(email, "code", one_time_code=one_time_code, lifetime=lifetime, link=link)


def send_no_account(email: str) -> None:
    """Emails that this address has no account; raises Failure.

    Without it no mail would be sent, and the time taken would tell the person asking.
    """
    _send(email, "no_account")


def send_link(email: str, link: str, *, expires_in: int) -> None:
    """Emails a link of ours, which works for `expires_in` seconds; raises Failure."""
    _send(email, "link", link=link, expires_in=expires_in)


def send_second_factor(email: str, change: str) -> None:
    """Emails that an authenticator app was "added" or "removed"; raises Failure."""
    _send(email, "second_factor", change=change)


def _send(email: str, mail: str, **values: Any) -> None:
    config = settings()
    values |= {
        "browser": browser_in_words(browser_name(request.headers.get("User-Agent", ""))),
        "language": current_language(),
        "network": network_start(),
        "asked_at": in_utc(datetime.now(UTC)),
        "in_words": in_words,
    }
    # Plain text shows every line break, so blocks must not leave any, even if a host's own do.
    templates = current_app.jinja_env.overlay(trim_blocks=True, lstrip_blocks=True)
    plain, html = (
        templates.get_template(f"mail/{mail}.{kind}").render(values) for kind in ("txt", "html")
    )
    subject, _, text = plain.partition("\n")
    name, sender = parseaddr(config.mail_from or "")
    message = EmailMessage(policy=SMTP)
    message["From"] = Address(name, addr_spec=sender)
    message["To"] = Address(addr_spec=email)
    message["Subject"] = subject
    message["Date"] = formatdate()
    message["Message-ID"] = make_msgid(domain=sender.rpartition("@")[2])
    message["Auto-Submitted"] = "auto-generated"  # RFC 3834: no holiday notices in reply
    message.set_content(text.lstrip())
    message.add_alternative(html, subtype="html")
    with failing_clearly(), connected(config.smtp_url or "", me=config.public_host) as smtp:
        smtp.send_message(message, to_addrs=[email])
    log.event("mail_sent", mail=mail, email=email)
