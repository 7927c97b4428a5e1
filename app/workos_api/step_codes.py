"""The codes that WorkOS mails in between, to verify an address or because of Radar.

https://workos.com/docs/reference/authkit/email-verification
"""

from __future__ import annotations

import secrets
from collections.abc import Callable
from contextlib import suppress
from typing import TypeVar

from workos.user_management.models import AuthenticateResponse

from ..failures import Failure
from ..web.visitor import Browser
from .client import ask, workos
from .faults import WorkOSNotFound
from .mail_locale import mail_locale
from .refusals import InvalidGrant
from .steps import InvalidPendingAuthenticationToken
from .user_management import mailable

Found = TypeVar("Found")


def authenticate_with_email_verification(
    code: str, pending_authentication_token: str, browser: Browser
) -> AuthenticateResponse:
    """Goes on with the code that was mailed to verify an address; spends it; raises Failure."""
    try:
        return ask(
            workos().user_management.authenticate_with_email_verification,
            code=code,
            pending_authentication_token=pending_authentication_token,
            **browser._asdict(),
        )
    except InvalidGrant as refused:
        raise InvalidPendingAuthenticationToken(detail=refused.detail) from None


def authenticate_with_radar_email_challenge(
    code: str, radar_challenge_id: str, pending_authentication_token: str, browser: Browser
) -> AuthenticateResponse:
    """Goes on with the code that Radar mailed; spends it; raises Failure."""
    try:
        return ask(
            workos().user_management.authenticate_with_radar_email_challenge,
            code=code,
            radar_challenge_id=radar_challenge_id,
            pending_authentication_token=pending_authentication_token,
            **browser._asdict(),
        )
    except InvalidGrant as refused:
        raise InvalidPendingAuthenticationToken(detail=refused.detail) from None


def email_verification_code(email_verification_id: str) -> str:
    """Returns the code to mail, which is a credential; raises Failure."""
    get = workos().user_management.get_email_verification
    return mailable(_still_there(get, email_verification_id).code)


def radar_challenge_code(radar_challenge_id: str) -> tuple[str, str]:
    """Returns the address, and the code to mail to it, which is a credential; raises Failure."""
    challenge = _still_there(workos().user_management.get_radar_challenge, radar_challenge_id)
    return str(challenge.email), mailable(challenge.code)


def send_verification_email(email_verification_id: str) -> None:
    """Has WorkOS email another code to the person that this one is for; raises Failure."""
    # What asked for the code did not say who that is.
    get = workos().user_management.get_email_verification
    user_id = _still_there(get, email_verification_id).user_id
    ask(workos().user_management.send_verification_email, user_id, locale=mail_locale())


def send_nothing(email_verification_id: str) -> None:
    """Takes as long as `send_verification_email`, for an address without an account."""
    with suppress(Failure):  # there is neither, however WorkOS says so
        ask(workos().user_management.get_email_verification, email_verification_id)
    with suppress(Failure):
        nobody = f"user_{secrets.token_hex(13)}"
        ask(workos().user_management.send_verification_email, nobody, locale=mail_locale())


def _still_there(get: Callable[[str], Found | None], name: str) -> Found:
    try:
        return ask(get, name)
    except WorkOSNotFound as gone:
        raise InvalidPendingAuthenticationToken(detail=gone.detail) from None
