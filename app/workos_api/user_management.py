"""Users and their sessions. https://workos.com/docs/reference/authkit"""

from __future__ import annotations

import re
import time
from typing import Any

from workos import RequestOptions, WorkOSClient
from workos.common.models.user import User
from workos.user_management.models import AuthenticateResponse, UserCreateResponse

from ..web.email_address import is_same_email
from ..web.visitor import Browser
from .client import TIMEOUT, ask, until, workos
from .denials import (
    ADDRESS_REFUSALS,
    EmailNotAvailable,
    InvitationInvalid,
    UserCreationError,
    withhold,
)
from .faults import UnexpectedReply, WorkOSRefused
from .mail_locale import mail_locale
from .refusals import (
    InvalidGrant,
    InvalidOneTimeCode,
    InvalidTotp,
    OneTimeCodeExpired,
    OneTimeCodeInvalidGrant,
    OneTimeCodePreviouslyUsed,
    SSORequired,
    TotpUsed,
    UserMismatch,
)
from .steps import InvalidPendingAuthenticationToken

ONE_TIME_CODE = re.compile(r"[0-9A-Za-z]{4,16}")


def create_magic_auth(
    email: str, browser: Browser, invitation_token: str | None = None
) -> str | None:
    """Has WorkOS make a one-time code, and email it unless that is switched off; raises Failure.

    Returns the code, which is a credential; None if the address may not have one. An invitation
    lets addresses in that otherwise may not.
    """
    try:
        one_time_code = ask(
            workos().user_management.create_magic_auth,
            email=email,
            invitation_token=invitation_token,
            locale=mail_locale(),
            **browser._asdict(),
        ).code
    except ADDRESS_REFUSALS as refused:
        if invitation_token and isinstance(refused, InvitationInvalid):
            raise  # tells nothing about the address that the invitation does not
        withhold(refused)
        return None
    return mailable(one_time_code)


def mailable(one_time_code: object) -> str:
    """Returns the code if it may go into a mail; raises UnexpectedReply."""
    # It goes into the subject, and has to be what the person types.
    if not isinstance(one_time_code, str) or not ONE_TIME_CODE.fullmatch(one_time_code):
        raise UnexpectedReply(detail="not a code")
    return one_time_code


def authenticate_with_magic_auth(
    one_time_code: str, email: str, browser: Browser, invitation_token: str | None = None
) -> AuthenticateResponse:
    """Exchanges the code that a person typed for who they are; spends it; raises Failure.

    For an address that may not have an account every code is wrong. An invitation is accepted.
    """
    grant = workos().user_management.authenticate_with_magic_auth
    try:
        return ask(
            grant,
            code=one_time_code,
            email=email,
            invitation_token=invitation_token,
            **browser._asdict(),
        )
    except ADDRESS_REFUSALS as refused:
        if invitation_token and isinstance(refused, InvitationInvalid):
            raise
        withhold(refused)
        raise InvalidOneTimeCode(detail=refused.detail) from None
    except InvalidGrant as refused:  # whose words are about a link
        raise OneTimeCodeInvalidGrant(detail=refused.detail) from None


def authenticate_with_organization_selection(
    pending_authentication_token: str, organization_id: str, browser: Browser
) -> AuthenticateResponse:
    """Goes on in the organization that the person chose; spends the token; raises Failure."""
    try:
        return ask(
            workos().user_management.authenticate_with_organization_selection,
            pending_authentication_token=pending_authentication_token,
            organization_id=organization_id,
            **browser._asdict(),
        )
    except InvalidGrant as refused:
        raise InvalidPendingAuthenticationToken(detail=refused.detail) from None
    except SSORequired as required:  # of which WorkOS may say no more than that
        required.details["organization_id"] = organization_id
        raise


def authenticate_with_totp(
    pending_authentication_token: str,
    challenge_id: str,
    code: str,
    browser: Browser,
    request_options: RequestOptions | None = None,
) -> AuthenticateResponse:
    """Goes on with a code of an authenticator app; spends both; raises Failure."""
    try:
        return ask(
            workos().user_management.authenticate_with_totp,
            pending_authentication_token=pending_authentication_token,
            authentication_challenge_id=challenge_id,
            code=code,
            request_options=request_options,
            **browser._asdict(),
        )
    except InvalidOneTimeCode as refused:
        raise InvalidTotp(detail=refused.detail) from None
    except (OneTimeCodePreviouslyUsed, OneTimeCodeExpired) as refused:
        raise TotpUsed(detail=refused.detail) from None
    except (InvalidGrant, UserMismatch) as refused:
        raise InvalidPendingAuthenticationToken(detail=refused.detail) from None


def authenticate_with_refresh_token(
    refresh_token: str, browser: Browser, **options: Any
) -> AuthenticateResponse:
    """Exchanges a refresh token for a new one and an access token; spends it; raises Failure."""
    grant = workos().user_management.authenticate_with_refresh_token
    return ask(grant, refresh_token=refresh_token, **browser._asdict(), **options)


def list_providers(user_id: str, request_options: RequestOptions | None = None) -> list[str]:
    """Returns the providers that a person has signed in with, by WorkOS's names; raises Failure."""
    asked = workos().user_management.get_user_identities
    listed = ask(asked, user_id, request_options=request_options)
    return [one.provider.value for one in listed]


def find_or_create_user(email: str, browser: Browser) -> User | UserCreateResponse:
    """Returns the User with this address, made now if there is none; raises Failure.

    Only for an address that the person has just proved to be theirs: WorkOS has one User for each.
    """
    client, ends_at = workos(), time.monotonic() + TIMEOUT  # of all calls together
    if found := _find_user(client, email, {"timeout": TIMEOUT}):
        return found
    try:
        made = ask(
            client.user_management.create_user,
            email=email,
            email_verified=True,
            **browser._asdict(),
            request_options=until(ends_at),
        )
    except EmailNotAvailable:  # another request has just made it
        if found := _find_user(client, email, until(ends_at)):
            return found
        raise UnexpectedReply(detail="neither there nor free") from None
    except WorkOSRefused as refused:
        raise UserCreationError(detail=refused.detail) from None
    if not _has_email(made, email):
        raise UnexpectedReply(detail="about somebody else")
    return made


def _find_user(client: WorkOSClient, email: str, options: RequestOptions) -> User | None:
    page = ask(client.user_management.list_users, email=email, request_options=options)
    # A server that does not know the filter would answer with everybody.
    return next((user for user in page.data if _has_email(user, email)), None)


def _has_email(user: User | UserCreateResponse, email: str) -> bool:
    # The SDK does not look at what type an id or an address has.
    are_texts = isinstance(user.id, str) and isinstance(user.email, str)
    return are_texts and is_same_email(user.email, email)
