"""One address, in the one form in which it is sent, stored, counted and shown."""

from __future__ import annotations

from email_validator import EmailNotValidError, validate_email

from app.failures import Failure

MAX_EMAIL = 254  # RFC 5321, 4.5.3.1.3, less the angle brackets


def canonical_email(text: str) -> str:
    """Returns the address in lower-case ASCII, its domain in punycode; raises Failure.

    Addresses outside ASCII before the @ are refused: two that look alike would be two people.
    """
    if not text:
        raise Failure("email_missing")
    # What begins like an encoded word (RFC 2047) may be read as another address in a header.
    if len(text) > MAX_EMAIL or "=?" in text:
        raise Failure("email_invalid")
    try:
        address = validate_email(
            text, check_deliverability=False, allow_smtputf8=False, strict=True
        )
    except EmailNotValidError:
        raise Failure("email_invalid") from None
    return f"{address.local_part}@{address.ascii_domain}".lower()


def is_same_email(text: str, canonical: str) -> bool:
    """Whether `text`, in whatever form, is the address whose canonical form is given."""
    try:
        return canonical_email(text) == canonical
    except Failure:
        return False
