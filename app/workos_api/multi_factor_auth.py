"""Second factors: authenticator apps (TOTP). https://workos.com/docs/reference/authkit/mfa"""

from __future__ import annotations

import re
from dataclasses import dataclass

from workos import RequestOptions
from workos.multi_factor_auth.models import AuthenticationFactor

from .client import ask, call, workos
from .faults import UnexpectedReply, WorkOSNotFound
from .refusals import InvalidTotp
from .steps import InvalidPendingAuthenticationToken

TOTP_URI = re.compile(r"otpauth://totp/[\x21-\x7e]{1,512}")
SECRET = re.compile(r"[A-Z2-7]{16,128}=*")  # base32, as people type it


@dataclass(frozen=True)
class Enrollment:
    """A factor whose owner has not shown a code yet; `secret` and `uri` are credentials."""

    factor_id: str
    secret: str
    uri: str


def list_factors(
    user_id: str, request_options: RequestOptions | None = None
) -> list[AuthenticationFactor]:
    """Returns a person's authenticator apps, the first one first; raises Failure."""
    listed = workos().multi_factor_auth.list_user_auth_factors
    page = ask(listed, user_id, limit=100, order="asc", request_options=request_options)
    return [factor for factor in page.data if factor.type == "totp"]


def enroll(
    user_id: str, *, issuer: str, name: str, request_options: RequestOptions | None = None
) -> Enrollment:
    """Makes a factor, which is there from now on; the reply alone has its secret."""
    made = ask(
        workos().multi_factor_auth.create_user_auth_factor,
        user_id,
        type="totp",
        totp_issuer=issuer,
        totp_user=name,
        request_options=request_options,
    ).authentication_factor
    # Both are shown, and the URI is drawn: they have to be what an app can read.
    secret, uri = (str(made.totp.secret), str(made.totp.uri)) if made.totp else ("", "")
    if not (SECRET.fullmatch(secret) and TOTP_URI.fullmatch(uri)):
        raise UnexpectedReply(detail="no TOTP")
    return Enrollment(made.id, secret, uri)


def challenge_factor(factor_id: str, request_options: RequestOptions | None = None) -> str:
    """Returns the id of a new challenge, which one code answers; raises Failure."""
    challenge = workos().multi_factor_auth.challenge_factor
    try:
        return ask(challenge, factor_id, request_options=request_options).id
    except WorkOSNotFound as gone:  # removed meanwhile, by its owner or an operator
        raise InvalidPendingAuthenticationToken(detail=gone.detail) from None


def verify_challenge(
    challenge_id: str, code: str, request_options: RequestOptions | None = None
) -> None:
    """Returns if this is the code, which is used up then; raises Failure."""
    verify = workos().multi_factor_auth.verify_challenge
    if ask(verify, challenge_id, code=code, request_options=request_options).valid is not True:
        raise InvalidTotp


def delete_factor(factor_id: str, request_options: RequestOptions | None = None) -> None:
    """Takes a factor away; raises Failure."""
    call(workos().multi_factor_auth.delete_factor, factor_id, request_options=request_options)
