"""What WorkOS says in `error` at the callback.

https://workos.com/docs/reference/sso/get-authorization-url/error-codes
"""

from __future__ import annotations

from ..failures import CODE_INSTEAD, OTHER_ADDRESS, SIGN_IN, START_AGAIN, Failure
from ..workos_api.faults import WorkOSFault
from .state import LinkUsedUp


class CallbackRefused(Failure):
    """The identity provider or the organization's connection to it ended the sign-in."""

    status = 403
    button = CODE_INSTEAD
    symptom = "An organization's connection to its identity provider fails"
    cause = "WorkOS passed on an error from the identity provider, or from the connection."
    fix = "In the WorkOS dashboard, Organizations, look at the connection and its latest sessions."


class AccessDenied(LinkUsedUp):
    """The link expired, or somebody opened it before."""

    status = 403
    title = "The link did not work"
    reason = (
        "It has expired or has been opened before, perhaps by a program that checks mail for "
        "dangerous links."
    )


class SignInDeclined(CallbackRefused):
    """access_denied, where there was no link to open: a no, by the person or by a rule."""

    title = "You are not signed in"
    reason = "The sign-in was cancelled, or your organization does not allow it."
    button = START_AGAIN
    symptom = "Somebody comes back from the page of the sign-in service with a no"
    cause = "They cancelled it, or a rule of WorkOS or of the identity provider denied it."
    fix = "Nothing, if they cancelled. Otherwise look at their events in the WorkOS dashboard."


class SigninConsentDenied(CallbackRefused):
    """The person said no."""

    title = "You chose not to sign in"
    reason = "Nothing was changed."
    button = SIGN_IN


class OauthFailed(CallbackRefused):
    """The provider ended it."""

    title = "The other service did not confirm who you are"
    reason = "It ended the sign-in with an error."


class ConnectionInvalid(CallbackRefused):
    """The connection is missing or off."""

    title = "Your organization's sign-in is not set up"
    reason = (
        "The connection to your identity provider is missing or switched off. Ask your "
        "administrator."
    )


class ConnectionUnlinked(CallbackRefused):
    """The connection is not finished."""

    title = "Your organization's sign-in is not set up"
    reason = (
        "The connection to your identity provider has not been finished. Ask your administrator."
    )


class OrganizationInvalid(CallbackRefused):
    """The organization is not in this environment."""

    title = "That organization is not known here"
    reason = "Ask your administrator whether it still uses this application."


class AmbiguousConnectionSelector(CallbackRefused):
    """More than one connection fits."""

    title = "Your organization has more than one way in"
    reason = "We could not tell which identity provider is yours. Ask your administrator."


class ProfileNotAllowedOutsideOrganization(CallbackRefused):
    """The account belongs to another organization."""

    title = "That account belongs to another organization"
    reason = "Your identity provider let you in with an account that is not in this organization."
    button = OTHER_ADDRESS


class CallbackError(CallbackRefused):
    """Any other error."""

    status = 400
    title = "The sign-in was not finished"
    reason = "The sign-in service ended it with an error."


class Unasked(Failure):
    """Somebody came who did not start here."""

    symptom = "Somebody arrives at the callback without having started here"
    cause = (
        "They came from impersonation in the WorkOS dashboard, an invitation, or an identity "
        "provider's own page. The code is thrown away, because it could be anybody's."
    )
    fix = (
        "Nothing: sign-in starts again. If you offer authkit, register <PUBLIC_URL>/auth/initiate "
        "at WorkOS (docs/authkit.md)."
    )


class IdpInitiatedSsoDisabled(Unasked):
    """It started at the identity provider, which is switched off."""

    status = 403
    title = "Please start here"
    reason = "Signing in from your identity provider's own page is switched off."
    button = SIGN_IN


class ServerError(WorkOSFault):
    """WorkOS did not finish it."""

    title = "The sign-in service made an error"
    reason = "It did not finish your sign-in."
    button = CODE_INSTEAD


class TemporarilyUnavailable(WorkOSFault):
    """WorkOS is too busy."""

    status = 503
    title = "The sign-in service is busy"
    reason = "It did not finish your sign-in."
    button = CODE_INSTEAD


_KINDS: tuple[type[Failure], ...] = (
    AccessDenied,
    AmbiguousConnectionSelector,
    ConnectionInvalid,
    ConnectionUnlinked,
    IdpInitiatedSsoDisabled,
    OauthFailed,
    OrganizationInvalid,
    ProfileNotAllowedOutsideOrganization,
    ServerError,
    SigninConsentDenied,
    TemporarilyUnavailable,
)
CALLBACK_ERRORS = {kind.name(): kind for kind in _KINDS}
"""By WorkOS's names; anything else is a CallbackError."""
