"""An email address in one form, for sending, storing, counting and showing."""

from __future__ import annotations

from email_validator import EmailNotValidError, validate_email

from ..failures import BadInput

MAX_EMAIL = 254  # RFC 5321, 4.5.3.1.3, less the angle brackets


class AddressRefused(BadInput):
    """What was typed cannot be an address."""

    form = "auth/sign_in.html"
    symptom = "An email address is refused"
    cause = "Mail cannot reach it, it has non-ASCII characters before the @, or WorkOS refused it."
    fix = "Use another spelling or address. Quoted and non-ASCII names are refused on purpose."


class EmailMissing(AddressRefused):
    """No address was typed."""

    title = "Enter your email address"
    reason = "You left it empty."


class EmailInvalid(AddressRefused):
    """The address is not well formed."""

    title = "Check the email address"
    reason = "Enter an address that mail can reach, such as ada@example.com."


def canonical_email(text: str) -> str:
    """Returns the address in lower-case ASCII, its domain in punycode; raises AddressRefused.

    Non-ASCII characters before the @ are refused: two people could look alike.
    """
    if not text:
        raise EmailMissing
    # An encoded word (RFC 2047) may be read as another address in a header.
    if len(text) > MAX_EMAIL or "=?" in text:
        raise EmailInvalid
    try:
        address = validate_email(
            text, check_deliverability=False, allow_smtputf8=False, strict=True
        )
    except EmailNotValidError:
        raise EmailInvalid from None
    return f"{address.local_part}@{address.ascii_domain}".lower()


def is_same_email(text: str, canonical: str) -> bool:
    """Whether `text`, in any form, is the address with this canonical form."""
    try:
        return canonical_email(text) == canonical
    except AddressRefused:
        return False
