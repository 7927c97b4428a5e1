"""What WorkOS asks for in between, before it lets somebody in.

A step with a page of ours (auth/steps/) leads on to it. All others are failures.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from typing import Any, ClassVar, Self

from ..failures import BEGIN_ANEW, OTHER_ADDRESS, Failure
from ..identity import Identity

PENDING_TOKEN = "pending_authentication_token"  # noqa: S105 # the name of one
NOBODY = "nobody"  # begins the token of a step that no answer ends


class StepFailure(Failure):
    """A sign-in that cannot be finished here because of a step."""

    symptom = "WorkOS asks for a step that this application does not offer"
    cause = (
        "The environment or the person's organization asks for a second factor, a choice of "
        "organization, or another proof."
    )
    fix = (
        "Offer hosted AuthKit, which asks for everything itself (SIGN_IN_WITH), switch it off in "
        "the WorkOS dashboard, or add the step: docs/steps.md."
    )


class StepRequired(StepFailure):
    """WorkOS wants one more thing: `token` is for the next call, and a credential."""

    status = 403
    # What the step's page needs from the reply, by WorkOS's names.
    carries: ClassVar[tuple[str, ...]] = ()
    token_name: ClassVar[str] = PENDING_TOKEN

    def __init__(
        self, *, reply: Any = None, retry_after: int | None = None, detail: str | None = None
    ) -> None:
        """Keeps the token of the reply, and nothing else except what the step carries."""
        super().__init__(retry_after=retry_after, detail=detail)
        values: Mapping[str, Any] = reply if isinstance(reply, Mapping) else {}
        user = values.get("user")
        self.token = text_of(values, self.token_name)
        self.email = text_of(values, "email") or text_of(user, "email")  # "" if WorkOS says none
        self.details = {name: values[name] for name in self.carries if name in values}
        # Who has signed in, if it is this application that wants one more thing: REQUIRE_MFA.
        self.withheld: Identity | None = None


class OrganizationSelectionRequired(StepRequired):
    """The person belongs to several organizations."""

    title = "Choose an organization"
    reason = "You belong to several organizations, and the choice cannot be offered to you here."
    button = OTHER_ADDRESS
    carries = ("organizations",)


class EmailVerificationRequired(StepRequired):
    """The address has to be confirmed by a code of its own."""

    title = "Your address has to be confirmed first"
    reason = "The sign-in service wants one more proof that it is yours, and cannot ask you here."
    carries = ("email_verification_id",)

    @classmethod
    def of_nobody(cls, email: str) -> Self:
        """Returns the same for an address that may not have an account, which must not show."""
        return cls(
            reply={
                PENDING_TOKEN: f"{NOBODY} {secrets.token_urlsafe(18)}",
                "email_verification_id": f"email_verification_{secrets.token_hex(13).upper()}",
                "email": email,
            }
        )


class EmailCompletionRequired(StepRequired):
    """The account that the person signed in with has no address."""

    title = "An email address is needed"
    reason = "The account that you used has none, and the sign-in service cannot ask you here."
    token_name = "email_completion_token"  # noqa: S105 # the name of one


class MfaEnrollment(StepRequired):
    """The organization wants a second factor, and there is none yet."""

    title = "A second factor is needed"
    reason = "You need an authenticator app to sign in, and it cannot be set up here now."
    button = OTHER_ADDRESS
    carries = ("user",)


class MfaChallenge(StepRequired):
    """The account has a second factor."""

    title = "A second factor is needed"
    reason = "Your account is protected by a second factor of a kind that cannot be asked for here."
    button = OTHER_ADDRESS
    carries = ("authentication_factors", "user")


class PasskeyProgressiveEnrollment(StepRequired):
    """The person is to make a passkey, which only WorkOS's own pages can do."""

    title = "Set up a passkey first"
    reason = "The sign-in service asks for a passkey, which cannot be set up here."


class ApplicationConsentRequired(StepRequired):
    """The person is to allow the application what it asks for."""

    title = "Your consent is needed"
    reason = (
        "The sign-in service wants you to agree to what this application may see, and cannot ask "
        "you here."
    )


class RadarChallenge(StepRequired):
    """WorkOS takes the sign-in for suspicious, and wants one more proof, such as by phone."""

    title = "This sign-in looks unusual"
    reason = "The sign-in service wants one more proof, which this application does not offer."


class RadarEmailChallenge(RadarChallenge):
    """The same, with a code that it has emailed."""

    reason = "The sign-in service wants a code that it has emailed, and cannot ask you here."
    carries = ("radar_challenge_id",)


class UnknownStepRequired(StepRequired):
    """A step that is newer than this application."""

    title = "One more step is needed"
    reason = "The sign-in service asks for something that this application does not know."


class InvalidPendingAuthenticationToken(StepFailure):
    """The step came too late, or a second time."""

    title = "This sign-in took too long"
    reason = "The sign-in service no longer knows it. If you have just signed in, you can carry on."
    button = BEGIN_ANEW
    may_be_done = True


class EmailAlreadyVerified(StepFailure):
    """No more codes are sent: the address was verified elsewhere in the meantime."""

    title = "Your email address is already confirmed"
    reason = "Start again, and you will not be asked for a code."
    button = BEGIN_ANEW
    symptom = "No more codes are sent to an address that is to be verified"
    cause = "It was verified elsewhere in the meantime: in another window, or in the dashboard."
    fix = "Sign in again."


def text_of(reply: Any, name: str) -> str:
    """Returns this text of a reply of any shape; "" if it has none."""
    value = reply.get(name) if isinstance(reply, Mapping) else None
    return value if isinstance(value, str) else ""
