"""The doors, and what goes with each."""

from __future__ import annotations

from .tree import Edit, Thing
from .wording import CODES_ALONE, LINKS_ALONE

MAGIC_AUTH = "app/auth/doors/magic_auth.py"
SEND_CODE = "templates/auth/buttons/send_code.html"
VERIFY = "templates/auth/verify.html"
FORMS = "templates/auth/_forms.html"
SENT = "templates/auth/sent.html"
WAYS = "templates/auth/ways.html"
# What tests say of all doors at once.
MATRIX = (
    "tests/auth/matrix.py",
    "tests/auth/test_doors_and_steps.py",
    "tests/auth/test_steps_in_disorder.py",
)

ONE_MAIL = Edit(
    "templates/auth/sign_in.html",
    """\
{% if signin.mails_itself and "magic_auth" in signin.methods %}{# whose mail has a button of its own #}
{% set with_email = with_email | rejectattr("method", "equalto", "magic_link") | list %}
{% endif %}
""",
)
# One door has no other to offer, so every attempt is of the browser that typed its address.
NO_CODE_INSTEAD = (
    ONE_MAIL,
    Edit(
        "app/auth/callback.py",
        "    if arrival.attempt is None:\n"
        "        attempts.follow(code_instead.offer(token, found), EXCHANGING)\n",
    ),
    Edit(
        "app/auth/attempt.py",
        """\
        \"""Whether the same address was typed for an earlier one.

        Of one that was not typed here, this would tell which address it is.
        \"""
        typed = self.knows_email and other.knows_email and other.method == self.method
        return typed and other.email == self.email and other.started_at < self.started_at
""",
        """\
        \"""Whether the same address was typed for an earlier one.\"""
        typed = other.method == self.method and other.email == self.email
        return typed and other.started_at < self.started_at
""",
    ),
)

ONLY_LINKS = (
    *LINKS_ALONE,
    *NO_CODE_INSTEAD,
    Edit(".env.example", "# SIGN_IN_WITH=magic_auth,magic_link", "# SIGN_IN_WITH=magic_link"),
    Edit(
        FORMS,
        """\
{% macro send_button(label, attempt, quiet=false) %}
{% call form(url_for("signin.magic_auth.send")) %}
  {% if attempt.knows_email %}
  {{ hidden({"email": attempt.email, "next": attempt.return_to, "state": attempt.caller_state}) }}
  {% else %}
  {{ hidden({"instead_of": attempt.instead_of}) }}
  {% endif %}
  <button{% if quiet %} class="quiet"{% endif %}>{{ label }}</button>
{% endcall %}
{% endmacro %}

""",
    ),
    Edit("app/workos_api/refusals.py", '    form = "auth/verify.html"\n'),
    # Steps ask for codes, too; who is late for one begins anew.
    Edit(
        SEND_CODE,
        """\
{% from "auth/_forms.html" import address, send_button with context %}
{% if "magic_auth" not in signin.methods or not (attempt and attempt.email) or not (attempt.knows_email or attempt.instead_of) %}
{% set label = _("Start again") %}
{% include "auth/buttons/sign_in.html" %}
{% elif signin.current_user %}
{% include "auth/buttons/go_on.html" %}
{% if attempt.knows_email %}{{ send_button(failure.button.label, attempt, quiet=true) }}{% endif %}
{% else %}
<p>{% if attempt.knows_email %}{% trans email=address(attempt.shown_email) %}The code goes to {{ email }}.{% endtrans %}
{%- else %}{% trans email=address(attempt.shown_email) %}The code goes to {{ email }}, the address that the link was for.{% endtrans %}{% endif %}</p>
{{ send_button(failure.button.label, attempt) }}
<p><a href="{{ url_for('signin.sign_in.show', next=attempt.return_to) }}">{{ _("Use another address") }}</a></p>
{% endif %}
""",
        """\
{% set label = _("Start again") %}
{% include "auth/buttons/sign_in.html" %}
""",
    ),
    Edit(
        WAYS,
        """\
{% set sends_code = email and "magic_auth" in doors | map(attribute="method") %}
{% set with_email = connections or sends_code %}
""",
        """\
{% set with_email = connections %}
""",
    ),
    Edit(
        WAYS,
        """\
{% if sends_code %}
{% call form(url_for("signin.magic_auth.send")) %}
  {{ hidden({"email": email, "next": attempt.return_to, "state": attempt.caller_state}) }}
  <div class="way"><button{% if connections %} class="quiet"{% endif %}>{{ _("Email me a code") }}</button></div>
{% endcall %}
{% endif %}
""",
    ),
    Edit(SENT, "hidden, send_button with", "hidden with"),
    Edit(
        SENT,
        """\
  {% if "magic_auth" in signin.methods %}
  {{ send_button(_("Email me a code instead"), attempt, quiet=true) }}
  {% endif %}
""",
    ),
    Edit(SENT, '{{ signin.language.space }}{{ _("A code cannot be used up that way.") }}'),
    Edit(
        "doctor/server_checks.py",
        "Set SIGN_IN_WITH=magic_auth, or use the emulator",
        "Use the emulator",
    ),
    Edit(
        "templates/development/failures.html",
        """
      {% if kind.button.partial == "send_code" %}(<a href="{{ url_for('signin.development_failures.fail', name=kind.name(), attempt='no') }}">without an attempt<span class="only-read">: {{ kind.name() }}</span></a>){% endif %}</p>""",
        "</p>",
    ),
)

ONLY_CODES = (
    *CODES_ALONE,
    Edit(".env.example", "# SIGN_IN_WITH=magic_auth,magic_link", "# SIGN_IN_WITH=magic_auth"),
    *NO_CODE_INSTEAD,
    Edit(
        "app/auth/state.py",
        "claim(_claim(attempt.id, attempt.profile_id), expires",
        "claim(_claim(attempt.id), expires",
    ),
    Edit(
        "app/auth/state.py", "(attempt_id: str, profile_id: str | None = None)", "(attempt_id: str)"
    ),
    Edit(
        "app/auth/state.py",
        "    # A code is exchanged once, and what it proved signs in once.\n"
        '    return f"state:{attempt_id}:proved" if profile_id else f"state:{attempt_id}"',
        '    return f"state:{attempt_id}"',
    ),
    Edit(
        "app/auth/attempt.py",
        "    link: str | None = None  # WorkOS's own, if the mail carries one of ours\n",
    ),
    Edit(
        "templates/development/session.html",
        "{% if attempt.link %}; WorkOS's link is sealed in its cookie{% endif %}",
    ),
    Edit("templates/development/session.html", "Ask for a code or a link.", "Ask for a code."),
    Edit("tests/workos/test_calls.py", '        "profile_id": None,\n'),
    Edit(VERIFY, "(attempt, sends_another=attempt.knows_email)", "(attempt)"),
    Edit(
        "app/workos_api/faults.py",
        'at the end. Or a caller asked for a redirect URI that "\n'
        '        "WORKOS_REDIRECT_URIS does not list."',
        'at the end."',
    ),
    Edit(
        "app/workos_api/refusals.py",
        '"EMAIL_DELIVERY=smtp mails a link that no scanner can use up (docs/magic-link.md). Codes "\n'
        '        "are never affected."',
        '"Sign in again: codes are never affected."',
    ),
    Edit(
        MAGIC_AUTH,
        """\
    fields, config = submitted("email", "instead_of", "next", "state"), settings()
    token, visitor = fields["instead_of"], this_visitor()
    link = code_instead.replaced_link(token) if token else None
    email = link.email if link else canonical_email(fields["email"])
    # A scanner that submits the form of a failed link must not use up the person's own limit.
    limits.count_mail(f"link {link.attempt_id}" if link else email, visitor, config)
""",
        """\
    fields, config = submitted("email", "next", "state"), settings()
    email, visitor = canonical_email(fields["email"]), this_visitor()
    limits.count_mail(email, visitor, config)
""",
    ),
    Edit(
        MAGIC_AUTH,
        """\
    if link:  # from here on, for a failure's page too
        attempt = attempts.follow(replace(attempt, knows_email=False), SENDING)
    with code_instead.spending(link) if link else nullcontext():
        one_time_code = user_management.create_magic_auth(
            email, visitor.browser, invited.token(attempt.return_to, config)
        )
        if config.mails_itself and one_time_code:
            button = mailed_link.make(LINK, "signin.magic_auth.open_mail", attempt, config)
            mail.send_code(email, one_time_code, lifetime=CODE_LIFETIME, link=button)
        elif config.mails_itself:
            mail.send_no_account(email)
""",
        """\
    one_time_code = user_management.create_magic_auth(
        email, visitor.browser, invited.token(attempt.return_to, config)
    )
    if config.mails_itself and one_time_code:
        button = mailed_link.make(LINK, "signin.magic_auth.open_mail", attempt, config)
        mail.send_code(email, one_time_code, lifetime=CODE_LIFETIME, link=button)
    elif config.mails_itself:
        mail.send_no_account(email)
""",
    ),
    Edit(
        FORMS,
        """\
  {% if attempt.knows_email %}
  {{ hidden({"email": attempt.email, "next": attempt.return_to, "state": attempt.caller_state}) }}
  {% else %}
  {{ hidden({"instead_of": attempt.instead_of}) }}
  {% endif %}
""",
        """\
  {{ hidden({"email": attempt.email, "next": attempt.return_to, "state": attempt.caller_state}) }}
""",
    ),
    Edit(SEND_CODE, " or not (attempt.knows_email or attempt.instead_of)"),
    Edit(
        SEND_CODE,
        "{% if attempt.knows_email %}{{ send_button(failure.button.label, attempt, quiet=true) }}{% endif %}",
        "{{ send_button(failure.button.label, attempt, quiet=true) }}",
    ),
    Edit(
        SEND_CODE,
        """\
<p>{% if attempt.knows_email %}{% trans email=address(attempt.shown_email) %}The code goes to {{ email }}.{% endtrans %}
{%- else %}{% trans email=address(attempt.shown_email) %}The code goes to {{ email }}, the address that the link was for.{% endtrans %}{% endif %}</p>
""",
        """\
<p>{% trans email=address(attempt.shown_email) %}The code goes to {{ email }}.{% endtrans %}</p>
""",
    ),
    Edit(
        "static/signin/style.css",
        ".shown-code { font-family: var(--mono-font); font-size: 2.25rem; font-weight: 700; letter-spacing: 0.12em; margin: 0 0 1.25rem; padding: 0.75rem; border-radius: var(--radius); background: var(--accent-bg); text-align: center; user-select: all; }\n",
    ),
    Edit(
        "doctor/server_checks.py",
        """\
    elif which == OFFICIAL and "magic_link" in config.sign_in_with:
        yield warning(
            f"{what}. It has no Magic Link, so asking for one ends in an error.",
            "Set SIGN_IN_WITH=magic_auth, or use the emulator of this project: make run.",
        )
""",
    ),
    Edit(
        "doctor/store_checks.py",
        "WorkOS sends it; a mail scanner can use up its links (docs/magic-link.md).",
        "WorkOS sends it.",
    ),
)

# Limits, known browsers and most tests are about mail: a fork without any would be another project.
BY_EMAIL = ("magic_auth", "magic_link")

DOORS: dict[str, Thing] = {
    "magic_auth": Thing(
        # A code may be mailed for a step, too; this is how tests read those that sign people in.
        words=r"magic.?auth|instead_of|code_instead|Email me a code|Continue with email|auth/verify\.html|knows_email|(one_time|waiting)_code: str \| None"
        r'|[\])l]\["one_time_code"\]',
        takes=("bench",),
        paths=(
            *MATRIX,
            MAGIC_AUTH,
            "app/auth/code_instead.py",
            "templates/auth/doors/magic_auth.html",
            "templates/auth/where_asked.html",
            VERIFY,
            "tests/auth/test_code_button.py",
            "tests/browser/test_code_button.py",
            "tests/auth/test_magic_auth.py",
        ),
        edits=ONLY_LINKS,
    ),
    "magic_link": Thing(
        words=r"magic.?link|links and mail scanners|relay|own_link|instead_of|code_instead\.|WORKOS_REDIRECT_URIS|knows_email"
        r"|profile_id|user_?creation_?error|email_?not_?available",
        paths=(
            *MATRIX,
            "app/auth/doors/magic_link.py",
            "app/auth/doors/own_link.py",
            "app/auth/code_instead.py",
            "app/workos_api/passwordless.py",
            "app/workos_api/sso.py",
            "templates/auth/doors/magic_link.html",
            "templates/auth/relay.html",
            SENT,
            "templates/mail/link.html",
            "templates/mail/link.txt",
            "docs/magic-link.md",
            "tests/auth/test_magic_link.py",
            "tests/auth/test_our_own_link.py",
            "tests/auth/test_user_of_a_link.py",
            "tests/workos/test_find_user.py",
        ),
        edits=ONLY_CODES,
    ),
    # What a door of one's own that leads elsewhere needs too stays: its failures, and `proved_at`.
    "authkit": Thing(
        words=r"hosted authkit|auth/authkit|auth/social|GoogleOAuth|signin\.authkit|docs/authkit\.md|auth/initiate|hosted_authkit"
        r"|EmailCompletion|email_completion_token|complete_email|your-email",
        paths=(
            *MATRIX,
            "app/auth/doors/authkit.py",
            "app/auth/doors/social.py",
            "app/auth/steps/at_authkit.py",
            "app/auth/steps/complete_email.py",
            "templates/auth/doors/authkit.html",
            "templates/auth/doors/social.html",
            "templates/auth/steps/complete_email.html",
            "docs/authkit.md",
            "tests/auth/test_authkit.py",
            "tests/auth/test_complete_email.py",
            "tests/auth/test_steps_elsewhere.py",
            "tests/auth/test_impersonation.py",
            "tests/auth/test_invitation.py",
            "tests/auth/test_logout.py",
            "tests/auth/test_social.py",
            "tests/browser/test_elsewhere.py",
        ),
        edits=(
            Edit(
                "app/auth/callback_errors.py",
                """\
    fix = (
        "Nothing: sign-in starts again. If you offer authkit, register <PUBLIC_URL>/auth/initiate "
        "at WorkOS (docs/authkit.md)."
    )
""",
                """\
    fix = "Nothing: sign-in starts again. Point such links at <PUBLIC_URL>/sign-in."
""",
            ),
            Edit(
                "app/auth/steps/__init__.py",
                """\
    \"""Leads on to the page for what WorkOS asks, or else to hosted AuthKit, which has all pages.

    Returns None if there is neither, and it is a failure; raises Failure.
    \"""
""",
                """\
    \"""Leads on to the page for what WorkOS asks.

    Returns None if there is none, and it is a failure; raises Failure.
    \"""
""",
            ),
            Edit("app/auth/steps/__init__.py", " or lead_to_authkit(attempt, required)"),
            Edit(
                "app/workos_api/steps.py",
                """\
        "Offer hosted AuthKit, which asks for everything itself (SIGN_IN_WITH), switch it off in "
        "the WorkOS dashboard, or add the step: docs/steps.md."
""",
                """\
        "Switch it off in the WorkOS dashboard, or add the step: docs/steps.md."
""",
            ),
        ),
    ),
    "sso": Thing(
        words=r"single.?sign.?on|to an organization's identity provider|auth/sso|signin\.sso|sso\.md|sso_checks"
        r"|choose.?method|no_connection|auth_methods|connections_of|active_connections",
        paths=(
            *MATRIX,
            "app/auth/doors/sso.py",
            "app/auth/steps/choose_method.py",
            "app/workos_api/connections.py",
            "doctor/sso_checks.py",
            "templates/auth/doors/sso.html",
            "templates/auth/ways.html",
            "docs/sso.md",
            "tests/auth/test_sso.py",
            "tests/auth/test_choose_method.py",
            "tests/browser/test_single_sign_on.py",
            "tests/doctor/test_sso_checks.py",
        ),
    ),
}

# What goes only where all of these have gone.
TOGETHER: dict[frozenset[str], Thing] = {
    frozenset({"authkit", "sso"}): Thing(
        words=r"led_away",
        paths=(
            "app/auth/elsewhere.py",
            "app/workos_api/authorize.py",
            "tests/workos/test_authorize.py",
        ),
    ),
}
