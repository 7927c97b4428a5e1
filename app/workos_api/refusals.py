"""What WorkOS says about a sign-in that it does not let through.

Each class is named after WorkOS's own code: https://workos.com/docs/reference/authkit/authentication-errors
"""

from __future__ import annotations

from ..failures import CODE_INSTEAD, NEW_CODE, OTHER_ADDRESS, Button, Failure, WrongCode
from ..web.email_address import AddressRefused
from .steps import StepRequired

OTHER_WAY = Button("sign_in", "Sign in another way")


class CodeRefused(Failure):
    """A code that signs nobody in."""

    symptom = "A code is refused as invalid, expired or used"
    cause = (
        "A code lasts ten minutes, works once, and allows five tries. An older code was typed, the "
        "form was sent twice, or somebody is guessing."
    )
    fix = (
        "The page offers a new code. If every code fails, the API key and the client ID are from "
        "different environments: ask the doctor."
    )
    button = NEW_CODE


class InvalidOneTimeCode(CodeRefused, WrongCode):
    """It is not the code that was mailed."""

    title = "That code is not right"
    reason = (
        "Check it against the newest email. A code works only in the browser that asked for it."
    )
    form = "auth/verify.html"


class OneTimeCodeTooManyAttempts(CodeRefused):
    """It was guessed at too often."""

    title = "Too many wrong codes"
    reason = "To stop people guessing, this code no longer works. Ask for a new one."
    event = "authn_login_fail_max"


class OneTimeCodeExpired(CodeRefused):
    """It is too old."""

    title = "This code has expired"
    reason = "It was sent too long ago. Ask for a new one."


class OneTimeCodePreviouslyUsed(CodeRefused):
    """It has already signed somebody in."""

    title = "This code has already been used"
    reason = "Each code works once. If you have just signed in with it, you can carry on."
    may_be_done = True


class OneTimeCodeInvalidGrant(CodeRefused):
    """It is used up, has expired, or never existed; WorkOS does not say which."""

    title = "This code no longer works"
    reason = (
        "It has expired or has already been used. If you have just signed in, you can carry on."
    )
    may_be_done = True


class TotpRefused(CodeRefused, WrongCode):
    """A code of an authenticator app that proves nothing."""

    symptom = "A code of an authenticator app is refused"
    cause = (
        "The clock of the phone is off by more than half a minute, the code is of another account, "
        "or it has been used: each works once."
    )
    fix = (
        "Have the phone set its time by itself. For somebody who has lost the app, delete the "
        "factor in the WorkOS dashboard, Users."
    )
    button = Failure.button  # no app's code can be mailed


class InvalidTotp(TotpRefused):
    """It is not the code that the app shows."""

    title = "That code is not right"
    reason = "Check that it is the one for this site, and that the clock of your phone is right."


class TotpUsed(TotpRefused):
    """It has already been used, or its half minute is over."""

    title = "This code no longer works"
    reason = "Each works once, for half a minute. Wait until your app shows the next one."
    may_be_done = True


class InvalidGrant(Failure):
    """The authorization code or the refresh token is used up, has expired, or never existed."""

    title = "This link has already been used or has expired"
    reason = "Programs that check mail for dangerous links sometimes open them first."
    button = CODE_INSTEAD
    symptom = "A link has expired or is used up before it is clicked"
    cause = (
        "A program that checks mail opened it first, it was opened in another browser, or it is "
        "older than fifteen minutes. In the log: authn_callback_repeated with a count."
    )
    fix = (
        "EMAIL_DELIVERY=smtp mails a link that no scanner can use up (docs/magic-link.md). Codes "
        "are never affected."
    )


class EmailDomainNotDeliverable(AddressRefused):
    """WorkOS sends no mail to this domain."""

    title = "Mail cannot reach that address"
    reason = (
        "The part after the @ does not accept mail. Check the spelling, or use another address."
    )
    symptom = "Mail does not reach an address"
    cause = "The domain does not accept mail, or the mail server refused the recipient."
    fix = (
        "Check the spelling. If a company filters mail, ask its administrators to allow MAIL_FROM."
    )


class OtherWayOnly(Failure):
    """The environment or the organization lets nobody in by this door."""

    status = 403
    button = OTHER_ADDRESS
    symptom = "The organization only allows its own way in"
    cause = "The method is off in the WorkOS dashboard, or the organization requires SSO."
    fix = "In the WorkOS dashboard, Authentication, switch the method on; or send them to SSO."


class EmailPasswordAuthDisabled(OtherWayOnly):
    """The environment has no passwords."""

    title = "Passwords are switched off"
    reason = "This site does not let anybody sign in with a password. Choose another way."
    button = OTHER_WAY


class MethodRequired(OtherWayOnly, StepRequired):
    """A person's organization lets them in another way; its page offers that (auth/steps/)."""


class SSORequired(MethodRequired):
    """Only the organization's own identity provider lets people in."""

    title = "Use your organization's own sign-in"
    reason = (
        "Your organization lets you in only through its identity provider, which this application "
        "does not offer."
    )
    carries = ("connection_ids",)


class OrganizationAuthenticationMethodsRequired(MethodRequired):
    """The organization allows other methods than this one."""

    title = "Use your organization's own sign-in"
    reason = "Your organization does not allow this way to sign in."
    carries = ("sso_connection_ids", "auth_methods")


class AuthenticationMethodNotAllowed(OtherWayOnly):
    """The method is off for the whole environment."""

    title = "This way to sign in is switched off"
    reason = "Your organization or this site does not allow it."
    button = OTHER_WAY


class SomebodyElse(Failure):
    """What came back is not about the person who asked."""

    symptom = "The address that came back is not the one that was typed"
    cause = (
        "The code from one person's link came back with another's attempt: an attack, or two "
        "people at one computer."
    )
    fix = "Start again. If it happens often, find out who sends people these links."


class UserMismatch(SomebodyElse):
    """The code belongs to another account than the attempt."""

    title = "This code is for another account"
    reason = "It does not belong to the address that was typed in this browser."
