"""Every way to fail: what happened, why, and what to do next. One table, one exception."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

# Where the button of the page leads: nobody is left without one.
Way = Literal["sign_in", "send_code", "correct", "sessions", "home", "public_url", "reload"]


Button = tuple[Way, str]

RETRY_LATER = 30  # seconds, where whatever is down does not say


@dataclass(frozen=True)
class Explanation:
    """What a page says about one failure."""

    status: int
    title: str
    reason: str
    way: Way
    label: str

    @property
    def is_ours(self) -> bool:
        """Whether the operator should look, rather than the person."""
        return self.status >= 500


class Failure(Exception):
    """Raised wherever something cannot go on; `code` is a key of EXPLANATIONS."""

    def __init__(
        self, code: str, *, retry_after: int | None = None, detail: str | None = None
    ) -> None:
        super().__init__(code)
        self.code = code
        self.explanation = EXPLANATIONS[code]
        self.retry_after = retry_after  # seconds
        self.detail = detail  # harmless, and for the log alone


# The button of each row: what it does, and what it says.
START_AGAIN: Button = ("sign_in", "Start again")
TRY_AGAIN: Button = ("sign_in", "Try again")
OTHER_ADDRESS: Button = ("sign_in", "Use another address")
NEW_CODE: Button = ("send_code", "E-mail me a new code")
CODE_INSTEAD: Button = ("send_code", "E-mail me a code instead")
CORRECT: Button = ("correct", "Correct it and send it again")
HOME: Button = ("home", "Go to the home page")
RELOAD: Button = ("reload", "Try again")
OPEN_PUBLIC_URL: Button = ("public_url", "Open the right address")

_ROWS: dict[str, tuple[int, str, str, Button]] = {
    # What was typed
    "email_missing": (
        400,
        "Enter your e-mail address",
        "The address was left empty.",
        CORRECT,
    ),
    "email_invalid": (
        400,
        "Check the e-mail address",
        "It does not look like an address that mail can reach. An example is ada@example.com.",
        CORRECT,
    ),
    "email_not_accepted": (
        400,
        "That address was not accepted",
        "Our sign-in service cannot use it. Check the spelling, or use another address.",
        CORRECT,
    ),
    "email_domain_not_deliverable": (
        400,
        "Mail cannot reach that address",
        "The part after the @ does not take mail. Check its spelling, or use another address.",
        CORRECT,
    ),
    "one_time_code_missing": (
        400,
        "Enter the code",
        "The code was left empty. It is in the e-mail that we sent you.",
        CORRECT,
    ),
    "one_time_code_malformed": (
        400,
        "Check the code",
        "A code has only digits. Spaces and dashes between them do not matter.",
        CORRECT,
    ),
    "invalid_one_time_code": (
        400,
        "That code is not right",
        "Check it against the newest e-mail; an older code may no longer work.",
        CORRECT,
    ),
    "relay_code_missing": (
        400,
        "Enter the code",
        "The code was left empty. It is on the page that the link opened.",
        CORRECT,
    ),
    "relay_code_malformed": (
        400,
        "Check the code",
        "A code has only digits. Spaces and dashes between them do not matter.",
        CORRECT,
    ),
    "invalid_relay_code": (
        400,
        "That code is not right",
        "Check it against the page that the newest link opens; each link shows its own.",
        CORRECT,
    ),
    "too_many_tries": (
        400,
        "Too many wrong codes",
        "To keep guessers out, this code no longer works. Ask for a new one.",
        NEW_CODE,
    ),
    "one_time_code_too_many_attempts": (
        400,
        "Too many wrong codes",
        "To keep guessers out, this code no longer works. Ask for a new one.",
        NEW_CODE,
    ),
    "one_time_code_expired": (
        400,
        "This code has expired",
        "It was sent too long ago. Ask for a new one.",
        NEW_CODE,
    ),
    "one_time_code_previously_used": (
        400,
        "This code has already been used",
        "Each code works once. If you have just signed in with it, you can simply go on.",
        NEW_CODE,
    ),
    "attempt_missing": (
        400,
        "We lost track of this sign-in",
        "It took too long, or this browser did not keep its cookies.",
        START_AGAIN,
    ),
    # What a program sent
    "duplicate_field": (
        400,
        "Something was sent twice",
        "The request names the same field more than once.",
        START_AGAIN,
    ),
    "malformed_json": (
        400,
        "That is not a JSON object",
        "The request says that it carries JSON, but its body is not one JSON object in UTF-8.",
        START_AGAIN,
    ),
    "wrong_type": (
        400,
        "A value has the wrong type",
        "Fields are texts; only expires_in may be a number.",
        START_AGAIN,
    ),
    "field_too_long": (
        400,
        "Something is too long",
        "One of the fields is longer than this application takes.",
        START_AGAIN,
    ),
    "not_utf8": (
        400,
        "Some characters are not readable",
        "The request is not valid UTF-8.",
        START_AGAIN,
    ),
    "control_characters": (
        400,
        "Some characters are not allowed",
        "A field has line breaks or invisible characters. Type it instead of pasting it.",
        START_AGAIN,
    ),
    "unsupported_media_type": (
        415,
        "This kind of content is not understood",
        "Send a form or a JSON object.",
        START_AGAIN,
    ),
    "state_too_long": (
        400,
        "The state is too long",
        "The application that sent you here passed more state than fits in a cookie.",
        START_AGAIN,
    ),
    "redirect_uri_not_allowed": (
        400,
        "That redirect URI is not allowed",
        "It is neither this application's own callback nor listed in WORKOS_REDIRECT_URIS.",
        START_AGAIN,
    ),
    "expires_in_invalid": (
        400,
        "That lifetime is not allowed",
        "A link lives from 900 to 86400 seconds.",
        START_AGAIN,
    ),
    # Requests as such
    "bad_request": (
        400,
        "That request was not understood",
        "Something in it is not as it should be.",
        HOME,
    ),
    "csrf": (
        400,
        "This page was out of date",
        "It was opened before you last signed in or out, or this browser keeps no cookies. "
        "Nothing was changed.",
        START_AGAIN,
    ),
    "unknown_host": (
        400,
        "This site has another address",
        "Sign-in works only under the site's own address, because your browser keeps "
        "each address apart.",
        OPEN_PUBLIC_URL,
    ),
    "not_signed_in": (
        401,
        "You are not signed in",
        "This needs somebody who is signed in, or your session has ended.",
        ("sign_in", "Sign in"),
    ),
    "sign_in_again": (
        401,
        "Please sign in again",
        "This needs somebody who has signed in within the last 15 minutes.",
        ("sign_in", "Sign in again"),
    ),
    "session_not_found": (
        404,
        "That session is not there",
        "It may have ended already.",
        ("sessions", "Show my sessions"),
    ),
    "webhook_refused": (
        400,
        "Not accepted",
        "The event could not be verified.",
        HOME,
    ),
    "session_ended": (
        401,
        "Your session has ended",
        "It was ended elsewhere, or your organization asks you to sign in again.",
        ("sign_in", "Sign in again"),
    ),
    "session_stale": (
        503,
        "We cannot confirm your session now",
        "The sign-in service has been out of reach for a long time. You have not been signed out.",
        RELOAD,
    ),
    "not_found": (
        404,
        "There is nothing here",
        "The address may be misspelled, or the page has gone.",
        HOME,
    ),
    "method_not_allowed": (
        405,
        "That cannot be done here",
        "The page exists, but not for this kind of request.",
        HOME,
    ),
    "too_large": (
        413,
        "That is too much",
        "The request is larger than any form of this application.",
        HOME,
    ),
    "too_many_requests": (
        429,
        "Too many requests",
        "To keep everybody's mailbox and account safe, this is limited.",
        RELOAD,
    ),
    "prefetched": (
        503,
        "Not opened in advance",
        "A sign-in link is only followed when somebody opens it.",
        RELOAD,
    ),
    "internal_error": (
        500,
        "Something went wrong here",
        "It is our fault, and it has been logged. Nothing that you did is lost.",
        TRY_AGAIN,
    ),
    "store_unavailable": (
        503,
        "We cannot check your session now",
        "A part of this site is out of reach. You have not been signed out.",
        RELOAD,
    ),
    # The link and its way back
    "callback_incomplete": (
        400,
        "This link is incomplete",
        "Part of it is missing, as when a mail program breaks a long line.",
        CODE_INSTEAD,
    ),
    "state_missing": (
        400,
        "This sign-in did not start here",
        "What brought you here is not tied to your browser, so it was not used. Begin here.",
        START_AGAIN,
    ),
    "state_invalid": (
        400,
        "This link has been changed",
        "The part that ties it to your browser is not as we made it, so it was not used.",
        START_AGAIN,
    ),
    "state_expired": (
        400,
        "This link has expired",
        "It was sent too long ago.",
        CODE_INSTEAD,
    ),
    "state_foreign": (
        400,
        "This browser did not ask for the link",
        "It was asked for in another one, or this one no longer has the cookie that says so. "
        "It works once, so it is used up now. A code works wherever you type it.",
        CODE_INSTEAD,
    ),
    "state_used": (
        400,
        "This link has already been used",
        "Each link works once. If you have just signed in with it, you can simply go on.",
        CODE_INSTEAD,
    ),
    "already_signed_in": (
        409,
        "You are already signed in",
        "This link has been used, and it works once. There is nothing left to do.",
        HOME,
    ),
    "link_invalid": (
        400,
        "This link is incomplete",
        "Part of it is missing or changed, as when a mail program breaks a long line.",
        START_AGAIN,
    ),
    "code_instead_sent": (
        400,
        "A code has already been sent",
        "It went to the same address, and works where it was asked for. To get another, "
        "type your address.",
        START_AGAIN,
    ),
    "email_mismatch": (
        400,
        "This link is for another address",
        "It does not belong to the address that was typed in this browser, so it was not used.",
        START_AGAIN,
    ),
    # What WorkOS says at the callback
    "access_denied": (
        403,
        "The link did not work",
        "It has expired or has been opened before, perhaps by a program that checks mail for "
        "dangerous links.",
        CODE_INSTEAD,
    ),
    "signin_consent_denied": (
        403,
        "You chose not to sign in",
        "Nothing was changed.",
        START_AGAIN,
    ),
    "oauth_failed": (
        403,
        "The other service did not confirm who you are",
        "It ended the sign-in with an error.",
        CODE_INSTEAD,
    ),
    "connection_invalid": (
        403,
        "Your organization's sign-in is not set up",
        "The connection to your identity provider is missing or switched off. "
        "Ask your administrator.",
        CODE_INSTEAD,
    ),
    "connection_unlinked": (
        403,
        "Your organization's sign-in is not set up",
        "The connection to your identity provider has not been finished. Ask your administrator.",
        CODE_INSTEAD,
    ),
    "organization_invalid": (
        403,
        "That organization is not known here",
        "Ask your administrator whether it still uses this application.",
        CODE_INSTEAD,
    ),
    "ambiguous_connection_selector": (
        403,
        "Your organization has more than one way in",
        "We could not tell which identity provider is yours. Ask your administrator.",
        CODE_INSTEAD,
    ),
    "idp_initiated_sso_disabled": (
        403,
        "Please begin here",
        "Signing in from your identity provider's own page is switched off.",
        ("sign_in", "Sign in"),
    ),
    "profile_not_allowed_outside_organization": (
        403,
        "That account belongs to another organization",
        "Your identity provider let you in with an account that is not of this organization.",
        OTHER_ADDRESS,
    ),
    "server_error": (
        502,
        "The sign-in service made an error",
        "It did not finish your sign-in.",
        CODE_INSTEAD,
    ),
    "temporarily_unavailable": (
        503,
        "The sign-in service is busy",
        "It did not finish your sign-in.",
        CODE_INSTEAD,
    ),
    "callback_error": (
        400,
        "The sign-in was not finished",
        "The sign-in service ended it with an error.",
        CODE_INSTEAD,
    ),
    # What WorkOS says when a code is exchanged
    "invalid_grant": (
        400,
        "This link has already been used or has expired",
        "Programs that check mail for dangerous links sometimes open them first.",
        CODE_INSTEAD,
    ),
    "sign_up_not_allowed": (
        403,
        "This address has no account",
        "New accounts are made by invitation only.",
        OTHER_ADDRESS,
    ),
    "invitation_invalid": (
        403,
        "The invitation is not valid",
        "It has expired, was used, or is for another address.",
        OTHER_ADDRESS,
    ),
    "authentication_method_not_allowed": (
        403,
        "This way to sign in is switched off",
        "Your organization or this site does not allow it.",
        START_AGAIN,
    ),
    "email_verification_required": (
        403,
        "Your address has to be confirmed first",
        "The sign-in service wants one more proof that it is yours, which this application "
        "does not offer.",
        START_AGAIN,
    ),
    "mfa_enrollment": (
        403,
        "A second factor is needed",
        "Your organization wants an authenticator app, which this application does not offer.",
        OTHER_ADDRESS,
    ),
    "mfa_challenge": (
        403,
        "A second factor is needed",
        "Your account is protected by an authenticator app, which this application does not offer.",
        OTHER_ADDRESS,
    ),
    "organization_selection_required": (
        403,
        "Choose an organization",
        "You belong to several organizations, and this application does not offer the choice.",
        OTHER_ADDRESS,
    ),
    "sso_required": (
        403,
        "Use your organization's own sign-in",
        "Your organization lets you in only through its identity provider, which this "
        "application does not offer.",
        OTHER_ADDRESS,
    ),
    "organization_authentication_methods_required": (
        403,
        "Use your organization's own sign-in",
        "Your organization does not allow this way to sign in.",
        OTHER_ADDRESS,
    ),
    "radar_challenge": (
        403,
        "This sign-in looks unusual",
        "The sign-in service wants one more proof, which this application does not offer.",
        START_AGAIN,
    ),
    "invalid_pending_authentication_token": (
        400,
        "This sign-in took too long",
        "The sign-in service no longer knows it.",
        START_AGAIN,
    ),
    "user_mismatch": (
        400,
        "This code is for another account",
        "It does not belong to the address that was typed in this browser.",
        START_AGAIN,
    ),
    # When WorkOS cannot help
    "workos_configuration": (
        500,
        "This site is not set up correctly",
        "The sign-in service does not accept its credentials. Whoever runs this site has to act.",
        TRY_AGAIN,
    ),
    "redirect_uri_unregistered": (
        500,
        "This site is not set up correctly",
        "The sign-in service does not know where to send you back to. Whoever runs this site "
        "has to act.",
        TRY_AGAIN,
    ),
    "workos_refused": (
        502,
        "The sign-in service refused",
        "It gave a reason that this application does not know.",
        START_AGAIN,
    ),
    "workos_not_found": (
        502,
        "The sign-in service does not know this",
        "What we asked it for is not there. Whoever runs this site has to act.",
        START_AGAIN,
    ),
    "workos_nonsense": (
        502,
        "The sign-in service gave a strange answer",
        "We could not understand it, so nobody was signed in.",
        START_AGAIN,
    ),
    "workos_down": (
        502,
        "The sign-in service has a problem",
        "It answered with an error. Try again in a moment.",
        TRY_AGAIN,
    ),
    "workos_unreachable": (
        503,
        "The sign-in service is out of reach",
        "We could not connect to it. Try again in a moment.",
        TRY_AGAIN,
    ),
    "workos_slow": (
        503,
        "The sign-in service did not answer in time",
        "Try again in a moment. If a message arrives meanwhile, use the newest one.",
        TRY_AGAIN,
    ),
    "workos_busy": (
        503,
        "The sign-in service is busy",
        "It takes no more requests for the moment.",
        TRY_AGAIN,
    ),
    # When our own mail cannot go out
    "mail_address_refused": (
        400,
        "Mail to that address was refused",
        "Our mail server does not deliver to it. Check the spelling, or use another address.",
        CORRECT,
    ),
    "mail_unreachable": (
        503,
        "We could not send the e-mail",
        "The mail server did not answer in time. If a message arrives all the same, "
        "use the newest one.",
        TRY_AGAIN,
    ),
    "mail_refused": (
        502,
        "We could not send the e-mail",
        "The mail server did not take it. Whoever runs this site has to act.",
        TRY_AGAIN,
    ),
    "mail_configuration": (
        500,
        "We could not send the e-mail",
        "Mail is not set up correctly. Whoever runs this site has to act.",
        TRY_AGAIN,
    ),
    "daily_quota_exceeded": (
        503,
        "No more mail can be sent today",
        "The daily limit of the sign-in service has been reached.",
        TRY_AGAIN,
    ),
}

EXPLANATIONS = {code: Explanation(*row[:3], *row[3]) for code, row in _ROWS.items()}

# What WorkOS may put into `error` at the callback; any other value is shown as "callback_error".
CALLBACK_ERRORS = frozenset(
    {
        "access_denied",
        "ambiguous_connection_selector",
        "connection_invalid",
        "connection_unlinked",
        "idp_initiated_sso_disabled",
        "oauth_failed",
        "organization_invalid",
        "profile_not_allowed_outside_organization",
        "server_error",
        "signin_consent_denied",
        "temporarily_unavailable",
    }
)

# What WorkOS may put into the `code` or `error` of a refusal, and means what the table says.
WORKOS_REFUSALS = frozenset(
    {
        "authentication_method_not_allowed",
        "daily_quota_exceeded",
        "email_domain_not_deliverable",
        "email_verification_required",
        "invalid_grant",
        "invalid_one_time_code",
        "invalid_pending_authentication_token",
        "invitation_invalid",
        "mfa_challenge",
        "mfa_enrollment",
        "one_time_code_expired",
        "one_time_code_previously_used",
        "one_time_code_too_many_attempts",
        "organization_authentication_methods_required",
        "organization_selection_required",
        "sign_up_not_allowed",
        "sso_required",
        "user_mismatch",
    }
)
