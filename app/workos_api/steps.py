"""What WorkOS asks for in between, before it lets somebody in.

A step with a page of ours (auth/steps/) leads on to it. All others are failures.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from ..failures import OTHER_ADDRESS, START_AGAIN, Failure


class StepFailure(Failure):
    """A sign-in that cannot be finished here because of a step."""

    symptom = "WorkOS asks for a step that this application does not offer"
    cause = (
        "The environment or the person's organization asks for a second factor, a choice of "
        "organization, or another proof."
    )
    fix = (
        "Switch it off in the WorkOS dashboard, or add the step: one file in app/auth/steps/, as "
        "choose_organization.py is."
    )


class StepRequired(StepFailure):
    """WorkOS wants one more thing: `token` is for the next call, and a credential."""

    status = 403
    # What the step's page needs from the reply, by WorkOS's names.
    carries: ClassVar[tuple[str, ...]] = ()

    def __init__(
        self, *, reply: Any = None, retry_after: int | None = None, detail: str | None = None
    ) -> None:
        """Keeps the token of the reply, and nothing else except what the step carries."""
        super().__init__(retry_after=retry_after, detail=detail)
        values: Mapping[str, Any] = reply if isinstance(reply, Mapping) else {}
        token = values.get("pending_authentication_token")
        self.token = token if isinstance(token, str) else ""
        self.details = {name: values[name] for name in self.carries if name in values}


class OrganizationSelectionRequired(StepRequired):
    """The person belongs to several organizations."""

    title = "Choose an organization"
    reason = "You belong to several organizations, and the choice cannot be offered to you here."
    button = OTHER_ADDRESS
    carries = ("organizations",)


class EmailVerificationRequired(StepRequired):
    """The address has to be confirmed by a code of its own."""

    title = "Your address has to be confirmed first"
    reason = (
        "The sign-in service wants one more proof that it is yours, which this application does "
        "not offer."
    )


class MfaEnrollment(StepRequired):
    """The organization wants a second factor, and there is none yet."""

    title = "A second factor is needed"
    reason = "Your organization wants an authenticator app, which this application does not offer."
    button = OTHER_ADDRESS


class MfaChallenge(StepRequired):
    """The account has a second factor."""

    title = "A second factor is needed"
    reason = (
        "Your account is protected by an authenticator app, which this application does not offer."
    )
    button = OTHER_ADDRESS


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
    """WorkOS takes the sign-in for suspicious."""

    title = "This sign-in looks unusual"
    reason = "The sign-in service wants one more proof, which this application does not offer."


class InvalidPendingAuthenticationToken(StepFailure):
    """The step came too late."""

    title = "This sign-in took too long"
    reason = "The sign-in service no longer knows it."
    button = START_AGAIN
