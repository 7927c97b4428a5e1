"""What a developer or operator does about each failure; app.failures says what people are told.

The gallery of failures, docs/troubleshooting.md and the doctor's story of an attempt read it.
"""

from __future__ import annotations

from dataclasses import dataclass

DOCTOR = "make doctor"
SITE_DOCTOR = "make doctor URL=https://app.example.com"
STORY = ".venv/bin/python -m doctor --attempt ID < log"


@dataclass(frozen=True, kw_only=True)
class Help:
    """One kind of trouble; `codes` are the keys of EXPLANATIONS that it stands behind."""

    symptom: str
    codes: tuple[str, ...] = ()
    cause: str
    diagnosis: str
    fix: str


# The first five are what people ask most.
HELP = (
    Help(
        symptom="A code is refused as invalid, expired or used",
        codes=(
            "invalid_one_time_code",
            "one_time_code_expired",
            "one_time_code_previously_used",
            "one_time_code_too_many_attempts",
            "too_many_tries",
        ),
        cause="A code lives ten minutes, works once, and takes five tries. An older code than the "
        "newest was typed, the form was sent twice, or somebody guesses.",
        diagnosis=STORY,
        fix="The page offers a new code. If every code fails, the key and the client ID are from "
        "different environments: the doctor tells.",
    ),
    Help(
        symptom="The API key is missing or not accepted",
        codes=("workos_configuration",),
        cause="WORKOS_API_KEY or WORKOS_CLIENT_ID is misspelt, revoked, or of another environment "
        "than the other one.",
        diagnosis=DOCTOR,
        fix="Copy both from one environment of the WorkOS dashboard, API Keys, and restart.",
    ),
    Help(
        symptom="The redirect URI does not match, and people are stranded on a page of WorkOS",
        codes=("redirect_uri_unregistered", "redirect_uri_not_allowed"),
        cause="<PUBLIC_URL>/auth/callback is not registered, character by character: http or "
        "https, host, port, path, no slash at the end. Or a caller asked for a redirect URI that "
        "WORKOS_REDIRECT_URIS does not list.",
        diagnosis=DOCTOR,
        fix="Paste the line that the doctor prints into the WorkOS dashboard, Redirects.",
    ),
    Help(
        symptom="A session does not stick: signed in, and signed out on the next page",
        codes=("not_signed_in", "csrf", "attempt_missing", "unknown_host"),
        cause="The browser does not send the cookie back: PUBLIC_URL says https and the page came "
        "by http, the site was opened under another name than PUBLIC_URL (127.0.0.1 is not "
        "localhost), cookies are blocked, workers have different SECRET_KEYs, or the session "
        "store is not shared.",
        diagnosis=SITE_DOCTOR,
        fix="Open the site under PUBLIC_URL; give every worker the same SECRET_KEY, and several "
        "hosts one REDIS_URL.",
    ),
    Help(
        symptom="A link has expired or is used up before the click",
        codes=(
            "access_denied",
            "invalid_grant",
            "state_expired",
            "state_used",
            "already_signed_in",
            "state_foreign",
            "code_instead_sent",
        ),
        cause="A program that checks mail opened it first, it was opened in another browser, or it "
        "is older than fifteen minutes. In the log: authn_callback_repeated with a count.",
        diagnosis=STORY,
        fix="EMAIL_DELIVERY=smtp mails a link that no scanner can use up (docs/magic-link.md). "
        "Codes are never affected.",
    ),
    Help(
        symptom="Whatever is typed as an address is refused",
        codes=("email_missing", "email_invalid", "email_not_accepted"),
        cause="It is no address that mail can reach, has characters outside ASCII before the @, or "
        "WorkOS does not take it.",
        diagnosis=STORY,
        fix="Another spelling or address. Quoted and non-ASCII local parts are refused on purpose.",
    ),
    Help(
        symptom="Mail does not reach an address",
        codes=("email_domain_not_deliverable", "mail_address_refused"),
        cause="The domain takes no mail, or the mail server refused the recipient.",
        diagnosis=STORY,
        fix="Check the spelling. Where a company filters, have its administrators let MAIL_FROM "
        "pass.",
    ),
    Help(
        symptom="A typed code is empty or malformed",
        codes=(
            "one_time_code_missing",
            "one_time_code_malformed",
            "relay_code_missing",
            "relay_code_malformed",
        ),
        cause="Nothing was typed, or something other than digits. It costs no try.",
        diagnosis=STORY,
        fix="Type the digits; spaces and dashes do not matter.",
    ),
    Help(
        symptom="A relay code is refused",
        codes=("invalid_relay_code",),
        cause="It belongs to another link than the window that it was typed into, as with two "
        "attempts in two tabs.",
        diagnosis=STORY,
        fix="Open the newest link, and type its code into the newest window.",
    ),
    Help(
        symptom="A link is broken",
        codes=("callback_incomplete", "link_invalid", "state_invalid"),
        cause="A mail program cut the line, the URL was copied in part, or SECRET_KEY changed "
        "without SECRET_KEY_FALLBACKS.",
        diagnosis=DOCTOR,
        fix="Copy the whole link. After a change of the key, put the old one into "
        "SECRET_KEY_FALLBACKS.",
    ),
    Help(
        symptom="Somebody arrives at the callback without having asked",
        codes=("state_missing", "idp_initiated_sso_disabled"),
        cause="Impersonation from the WorkOS dashboard, an invitation, or an identity provider's "
        "own page sent them. The code is thrown away, for it may be anybody's.",
        diagnosis=STORY,
        fix="Nothing: sign-in begins anew. Let such links point to <PUBLIC_URL>/sign-in.",
    ),
    Help(
        symptom="The address that came back is not the one that was typed",
        codes=("email_mismatch", "user_mismatch"),
        cause="A code of somebody else's link was opened with one's own attempt: an attack, or two "
        "people at one computer.",
        diagnosis=STORY,
        fix="Start again. If it comes often, look at who sends people these links.",
    ),
    Help(
        symptom="A request of a program is refused",
        codes=(
            "duplicate_field",
            "malformed_json",
            "wrong_type",
            "field_too_long",
            "not_utf8",
            "control_characters",
            "unsupported_media_type",
            "bad_request",
            "too_large",
            "state_too_long",
            "expires_in_invalid",
        ),
        cause="The body or the query is not what docs/programs.md documents.",
        diagnosis="curl -i, and read `error` and `hint` of the answer",
        fix="One JSON object in UTF-8, or a form; texts only, each name once, at most 16 kB.",
    ),
    Help(
        symptom="An address of the site does not exist, or not for this method",
        codes=("not_found", "method_not_allowed", "session_not_found"),
        cause="A mistyped address, a GET for something that only POST does, or a session that has "
        "ended meanwhile.",
        diagnosis=".venv/bin/flask routes",
        fix="Use a link of the site itself.",
    ),
    Help(
        symptom="Asked to sign in again",
        codes=("sign_in_again", "session_ended"),
        cause="The view wants a sign-in within the last 15 minutes (fresh_login_required), or the "
        "session was ended elsewhere: here, at WorkOS, or by an operator.",
        diagnosis="grep authn_token_revoked in the log: `reason` says why",
        fix="Sign in. Sessions at WorkOS have lifetimes of their own, in its dashboard.",
    ),
    Help(
        symptom="503: the session cannot be confirmed",
        codes=("session_stale", "store_unavailable"),
        cause="WorkOS has been out of reach for more than an hour, or the session store is: a full "
        "disk, wrong rights, or Redis down.",
        diagnosis=DOCTOR,
        fix="Bring it back. Nobody has been signed out.",
    ),
    Help(
        symptom="429: too many requests",
        codes=("too_many_requests",),
        cause="A limit was reached. Behind a proxy that is not counted in TRUSTED_PROXIES "
        "everybody is one visitor.",
        diagnosis=SITE_DOCTOR,
        fix="Set TRUSTED_PROXIES to the number of your proxies; change a LIMIT_ setting last.",
    ),
    Help(
        symptom="503: not opened in advance",
        codes=("prefetched",),
        cause="A browser or a preview opened the link before anybody clicked it (HEAD, "
        "Sec-Purpose, Purpose, X-Moz). Nothing was spent.",
        diagnosis=STORY,
        fix="Nothing: the click works.",
    ),
    Help(
        symptom="A webhook is refused",
        codes=("webhook_refused",),
        cause="WORKOS_WEBHOOK_SECRET is missing or of another endpoint, the clock is off by more "
        "than three minutes, or somebody else knocks.",
        diagnosis=DOCTOR,
        fix="Copy the secret of the endpoint <PUBLIC_URL>/webhooks/workos from the dashboard.",
    ),
    Help(
        symptom="500: something went wrong here",
        codes=("internal_error",),
        cause="An unforeseen error in this application.",
        diagnosis="grep the request id in the log: the sys_crash line says where",
        fix="Mend the line that `where` names. The message itself is not logged, for it may quote "
        "a secret.",
    ),
    Help(
        symptom="WorkOS wants one more step that this application does not offer",
        codes=(
            "email_verification_required",
            "mfa_enrollment",
            "mfa_challenge",
            "organization_selection_required",
            "radar_challenge",
            "invalid_pending_authentication_token",
        ),
        cause="The environment or the person's organization asks for a second factor, a choice of "
        "organization, or another proof.",
        diagnosis=STORY,
        fix="Switch it off in the WorkOS dashboard, or build the step: the error carries a "
        "pending_authentication_token.",
    ),
    Help(
        symptom="The organization allows only its own way in",
        codes=(
            "sso_required",
            "organization_authentication_methods_required",
            "authentication_method_not_allowed",
        ),
        cause="Magic Auth or Magic Link is off in the WorkOS dashboard, or the organization "
        "requires SSO.",
        diagnosis=STORY,
        fix="Dashboard, Authentication: switch the method on; or send these people to SSO.",
    ),
    Help(
        symptom="An address has no account",
        codes=("sign_up_not_allowed", "invitation_invalid"),
        cause="Sign-up is off in the WorkOS dashboard, and this address was not invited.",
        diagnosis="grep authn_code_withheld in the log",
        fix="Invite them, or allow sign-up. The sign-in page tells nobody who has an account.",
    ),
    Help(
        symptom="An organization's connection to its identity provider fails",
        codes=(
            "signin_consent_denied",
            "oauth_failed",
            "connection_invalid",
            "connection_unlinked",
            "organization_invalid",
            "ambiguous_connection_selector",
            "profile_not_allowed_outside_organization",
            "callback_error",
        ),
        cause="WorkOS came back with an error of the identity provider, or of the connection.",
        diagnosis=STORY,
        fix="Dashboard, Organizations: look at the connection and at its latest sessions.",
    ),
    Help(
        symptom="WorkOS is down, slow, busy, or answers nonsense",
        codes=(
            "workos_down",
            "workos_unreachable",
            "workos_slow",
            "workos_busy",
            "workos_nonsense",
            "workos_refused",
            "workos_not_found",
            "server_error",
            "temporarily_unavailable",
            "daily_quota_exceeded",
        ),
        cause="Its status, the network between, a proxy that answers in its place, or a quota.",
        diagnosis=DOCTOR,
        fix="Look at status.workos.com. Nothing is retried by itself; people can try again.",
    ),
    Help(
        symptom="Our own mail does not go out",
        codes=("mail_unreachable", "mail_refused", "mail_configuration"),
        cause="SMTP_URL is wrong, the server refuses the login or the sender, offers no STARTTLS, "
        "has a certificate that nobody vouches for, or is down.",
        diagnosis=DOCTOR,
        fix="Correct SMTP_URL and MAIL_FROM; the doctor talks to the server as far as the sender.",
    ),
)

BY_CODE = {code: entry for entry in HELP for code in entry.codes}
