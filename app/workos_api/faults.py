"""What people are told when WorkOS cannot help."""

from __future__ import annotations

from ..failures import DOCTOR, RELOAD, START_AGAIN, OurFault, Unavailable
from ..web.email_address import AddressRefused


class WorkOSFault(OurFault):
    """WorkOS cannot help right now, or gives an answer that nobody can use."""

    status = 502
    symptom = "WorkOS is down, slow or busy, or gives an unexpected answer"
    cause = "An outage, the network in between, a proxy that answers in its place, or a quota."
    diagnosis = DOCTOR
    fix = "Look at status.workos.com. Nothing is retried automatically; people can try again."


class WorkOSDown(WorkOSFault):
    """It answered 5xx."""

    title = "The sign-in service has a problem"
    reason = "It answered with an error. Try again in a moment."


class WorkOSUnreachable(Unavailable, WorkOSFault):
    """It cannot be connected to."""

    title = "We cannot reach the sign-in service"
    reason = "The connection failed. Try again in a moment."


class WorkOSSlow(Unavailable, WorkOSFault):
    """It did not answer in time; what was asked may have been done."""

    title = "The sign-in service did not answer in time"
    reason = "Try again in a moment. If an email arrives in the meantime, use the newest one."


class WorkOSBusy(Unavailable, WorkOSFault):
    """It is not accepting requests for a while."""

    title = "The sign-in service is busy"
    reason = "It is not accepting any more requests for the moment."


class TooManyWaiting(WorkOSBusy):
    """All the threads that may wait for it do, so it was not asked."""

    title = "Too many people are signing in right now"
    reason = (
        "Nothing has been used up, and a code that you have still works. Wait a moment, then do "
        "the same again."
    )
    button = RELOAD
    symptom = "503: too many people are waiting for WorkOS"
    cause = (
        "WorkOS answers slowly, or more people sign in at once than there are threads. One thread "
        "in nine stays free for everybody who need not wait, and nobody who is signed in waits in "
        "more than half of the others."
    )
    fix = "Look at status.workos.com. If WorkOS is quick, raise THREADS or WEB_CONCURRENCY."


class DailyQuotaExceeded(Unavailable, WorkOSFault):
    """It does not send any more mail today."""

    title = "No more email can be sent today"
    reason = "The daily limit of the sign-in service has been reached."


class UnexpectedReply(WorkOSFault):
    """The answer is not what WorkOS's documentation promises."""

    title = "The sign-in service gave an unexpected answer"
    reason = "We could not understand it, so nobody was signed in."
    button = START_AGAIN


class WorkOSRefused(WorkOSFault):
    """A refusal with a code that we do not know."""

    title = "The sign-in service refused"
    reason = "It gave a reason that this application does not know."
    button = START_AGAIN


class InvalidRequest(WorkOSFault):
    """It cannot read what we asked."""

    title = "The sign-in service could not read our request"
    reason = "The people who run this site need to fix this."
    button = START_AGAIN


class TokenTooBig(WorkOSFault):
    """What it keeps about the person does not fit in an access token."""

    title = "The sign-in service could not finish this"
    reason = "It knows more about you than fits. The people who run this site need to fix this."
    button = START_AGAIN
    symptom = "WorkOS cannot make an access token"
    cause = "What the JWT template adds is larger than 3,072 bytes for this person."
    fix = "Shorten the template in the WorkOS dashboard, Authentication, Sessions."


class WorkOSNotFound(WorkOSFault):
    """What we asked it for is not there."""

    title = "The sign-in service could not find this"
    reason = "What we asked it for is not there. The people who run this site need to fix this."
    button = START_AGAIN


class NotWorkOS(OurFault):
    """Something answers in place of WorkOS that does not even know the path."""

    status = 502
    title = "This site is not set up correctly"
    reason = (
        "Something else answers in place of the sign-in service. The people who run this site need "
        "to fix this."
    )
    symptom = "What answers is not WorkOS"
    cause = (
        "WORKOS_BASE_URL is another server's or has a path too many, or a proxy answers: a 404 of "
        "WorkOS names what is missing, and this one does not."
    )
    diagnosis = DOCTOR
    fix = "Take WORKOS_BASE_URL out of the environment: without it, WorkOS itself is asked."


class WorkOSConfiguration(OurFault):
    """It does not accept our credentials."""

    title = "This site is not set up correctly"
    reason = (
        "The sign-in service does not accept its credentials. The people who run this site need to "
        "fix this."
    )
    symptom = "The API key is missing or not accepted"
    cause = (
        "WORKOS_API_KEY or WORKOS_CLIENT_ID is mistyped or revoked, or they belong to different "
        "environments."
    )
    diagnosis = DOCTOR
    fix = "Copy both from one environment of the WorkOS dashboard, API Keys, and restart."


class RedirectUriUnregistered(OurFault):
    """It does not know where to send people back to."""

    title = "This site is not set up correctly"
    reason = (
        "The sign-in service does not know where to send you back to. The people who run this site "
        "need to fix this."
    )
    symptom = "The redirect URI does not match, and people are stranded on a WorkOS page"
    cause = (
        "<PUBLIC_URL>/auth/callback is not registered, character by character: http or https, "
        "host, port, path, no slash at the end. Or a caller asked for a redirect URI that "
        "WORKOS_REDIRECT_URIS does not list."
    )
    diagnosis = DOCTOR
    fix = (
        "Compare the redirect URI that was sent, which is the detail in the log, with those in the "
        "WorkOS dashboard, Redirects. Paste the line that the doctor prints into it."
    )


class EmailNotAccepted(AddressRefused):
    """WorkOS cannot use the address."""

    title = "That address was not accepted"
    reason = "Our sign-in service cannot use it. Check the spelling, or use another address."
