"""Mails, as the mailbox shows them: WorkOS's own, and those that came by SMTP."""

import re
from dataclasses import asdict, dataclass, field
from datetime import datetime
from email.message import EmailMessage
from typing import Self

from flask import render_template

from .formats import Json, new_id, now, same_email, timestamp, with_query
from .invitation import Invitation
from .objects import MailedCode, PasswordlessSession

LINK = re.compile(r"https?://[^\s<>\"]+")
ONE_TIME_CODE = re.compile(r"\b\d{6}\b")


@dataclass(frozen=True)
class Mail:
    """One mail to one person."""

    to: str
    subject: str
    text: str
    html: str
    sender: str = "WorkOS"
    links: list[str] = field(default_factory=list)
    one_time_code: str | None = None
    id: str = field(default_factory=lambda: new_id("email"))
    sent_at: datetime = field(default_factory=now)

    @classmethod
    def with_link(cls, session: PasswordlessSession, link: str) -> Self:
        """Returns WorkOS's mail with a link."""
        return cls(
            to=session.email,
            subject="Your sign-in link",
            text=render_template("mail/magic_link.txt", email=session.email, link=link),
            html=render_template("mail/magic_link.html", email=session.email, link=link),
            links=[link],
        )

    @classmethod
    def with_one_time_code(cls, sent: MailedCode) -> Self:
        """Returns WorkOS's mail with a code."""
        shown = {"one_time_code": sent.one_time_code, "locale": sent.locale}
        is_verification = sent.purpose == "email_verification"
        return cls(
            to=sent.user.email,
            subject="Confirm your email address" if is_verification else "Your sign-in code",
            text=render_template("mail/magic_auth.txt", **shown),
            html=render_template("mail/magic_auth.html", **shown),
            one_time_code=sent.one_time_code,
        )

    @classmethod
    def with_invitation(cls, invitation: Invitation, url: str) -> Self:
        """Returns WorkOS's mail that invites somebody."""
        link = with_query(url, {"invitation_token": invitation.token})
        inviter = invitation.inviter and (invitation.inviter.name or invitation.inviter.email)
        organization = invitation.organization and invitation.organization.name
        subject = f"Join {organization}" if organization else "You are invited"
        shown = {"link": link, "inviter": inviter, "organization": organization}
        shown["locale"] = invitation.locale
        return cls(
            to=invitation.email,
            subject=subject,
            text=render_template("mail/invitation.txt", **shown),
            html=render_template("mail/invitation.html", **shown),
            links=[link],
        )

    @classmethod
    def from_message(cls, to: str, message: EmailMessage) -> Self:
        """Returns a mail that came by SMTP, with the links and the code that are in it."""
        text, html = _part(message, "plain"), _part(message, "html")
        links = list(dict.fromkeys(LINK.findall(text or html)))
        found = ONE_TIME_CODE.search(LINK.sub("", text or html))
        return cls(
            to=to,
            subject=str(message["Subject"] or ""),
            text=text,
            html=html,
            sender=str(message["From"] or ""),
            links=links,
            one_time_code=found and found[0],
        )

    def is_to(self, email: str) -> bool:
        """Returns whether this is the recipient, however the address is spelt."""
        return same_email(self.to) == same_email(email)

    def to_json(self) -> Json:
        """Returns it as /_emulate/mailbox lists it."""
        return {**asdict(self), "sent_at": timestamp(self.sent_at)}


def _part(message: EmailMessage, kind: str) -> str:
    part = message.get_body([kind])
    return str(part.get_content()) if part else ""
