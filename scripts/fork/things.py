"""What is not a door and can be taken away, and what goes with it."""

from __future__ import annotations

from .emulator import WITHOUT_EMULATOR
from .tree import Edit, Thing
from .wording import (
    NO_ACTIONS,
    NO_DEVELOPMENT,
    NO_DOCTOR,
    NO_EMULATOR,
    NO_INVITATIONS,
    NO_ORGANIZATIONS,
    NO_REDIS,
    NO_WEBHOOKS,
)

APP = "app/__init__.py"
SOAK = "tests/serving/test_soak.py"
WORKOS_SESSION = "app/session/workos_session.py"
MAILBOX = """\
  {% if signin.mailbox %}<p class="hint" lang="en" dir="ltr">In development, all mail is in <a href="{{ signin.mailbox }}">the mailbox</a>.</p>{% endif %}
"""
AUTHENTICATOR = """\
{% if signin.mailbox %}<p class="hint" lang="en" dir="ltr">In development, everybody's authenticator apps are <a href="{{ signin.mailbox }}">beside the mailbox</a>.</p>{% endif %}
"""

THINGS: dict[str, Thing] = {
    "doctor": Thing(
        words=r"doctor|report\.report",
        paths=("doctor", "app/report.py", "tests/doctor"),
        edits=(
            Edit(
                "app/failures.py",
                'STORY = ".venv/bin/python -m doctor --attempt ID < log"',
                'STORY = "grep the id of the attempt in the log"',
            ),
            Edit(
                "app/workos_api/faults.py",
                "Paste the line that the doctor prints into",
                "Register <PUBLIC_URL>/auth/callback in",
            ),
            Edit(
                "app/workos_api/refusals.py",
                '"different environments: ask the doctor."',
                '"different environments."',
            ),
            *NO_DOCTOR,
        ),
    ),
    "emulator": Thing(
        words=r"emulat|\bfuzz|\bsoak|playwright",
        takes=("bench", "cli"),
        paths=(
            "emulator",
            "emulator.toml",
            "requirements-emulator.txt",
            "scripts/develop.py",
            "doctor/make_run.py",
            "doctor/server_checks.py",
            # These start whole sites, with the emulator behind.
            "tests/attack",
            "tests/browser",
            "tests/serving",
            "tests/clone.py",
            "tests/nginx.py",
            "tests/site.py",
            "tests/host",
            "tests/stores/test_documented_stores.py",
            "tests/test_api_keys.py",
        ),
        packages=("aiosmtpd", "axe-playwright-python", "playwright"),
        edits=(*WITHOUT_EMULATOR, *NO_EMULATOR),
    ),
    "actions": Thing(
        words=r"webhooks/actions|app[./]actions|actions\.(md|py|construct)|action_(secret|url|checks)"
        r"|action_refused|action is refused|malicious_action|^## Actions",
        paths=(
            "app/actions.py",
            "docs/actions.md",
            "doctor/action_checks.py",
            "tests/test_actions.py",
        ),
        edits=(
            *NO_ACTIONS,
            Edit(
                APP,
                "    decide: actions.Decide = actions.allow_everybody,\n) -> Flask:",
                ") -> Flask:",
            ),
            Edit(
                APP,
                "    decide: actions.Decide = actions.allow_everybody,\n) -> None:",
                ") -> None:",
            ),
            Edit(APP, ", decide=decide)", ")"),
            Edit(APP, '    app.extensions["signin_decide"] = decide\n'),
            Edit(
                "docs/nginx.conf",
                """

    location = /webhooks/actions {
      client_max_body_size 64k;
      proxy_pass http://127.0.0.1:8000;
    }
""",
                "\n",
            ),
        ),
    ),
    "cli": Thing(
        words=r"examples/|device code|^## Programs for the command line",
        paths=("examples", "tests/examples"),
        edits=(Edit("pyproject.toml", '"examples", '),),
    ),
    "webhooks": Thing(
        words=r"webhook|authn_connection_lost",
        takes=("actions",),
        paths=(
            "app/webhooks.py",
            "app/session/deleted_organizations.py",
            "tests/test_webhooks.py",
            "tests/test_told_by_workos.py",
        ),
        edits=(
            *NO_WEBHOOKS,
            Edit(
                "app/session/refresh.py",
                """\
    if session and deleted_organizations.includes(session.organization_id):
        _leave_organization(handle, session)
        raise OrganizationLost(detail="organization deleted")
""",
            ),
            Edit("README.md", ", signals, webhooks |", ", signals |"),
            Edit(
                "docs/nginx.conf",
                """

    location = /webhooks/workos {
      client_max_body_size 256k;
      proxy_pass http://127.0.0.1:8000;
    }
""",
                "\n",
            ),
        ),
    ),
    "invitations": Thing(
        words=r"auth/invitation|signin\.invitation|^## Invitations|invitation URL|accept_invitation_url",
        paths=(
            "app/auth/invitation.py",
            "app/auth/invited.py",
            "app/workos_api/invitations.py",
            "docs/invitations.md",
            "templates/auth/invitation.html",
            "tests/auth/test_invitation.py",
        ),
        edits=(
            *NO_INVITATIONS,
            Edit(
                "app/auth/doors/authkit.py",
                """\
    query = queried("next", "state", "again", "invitation_token", *HINTS)
    if query["invitation_token"]:
        # Any page could bring people here with one, and AuthKit may ask nothing. Ours asks first.
        return invitation.keep(query["invitation_token"], settings())
""",
                """\
    query = queried("next", "state", "again", *HINTS)
""",
            ),
            Edit(
                "app/auth/doors/magic_auth.py",
                "one_time_code, email, visitor.browser, invited.token(attempt.return_to, config)",
                "one_time_code, email, visitor.browser",
            ),
            Edit(
                "app/auth/doors/magic_auth.py",
                "email, visitor.browser, invited.token(attempt.return_to, config)",
                "email, visitor.browser",
            ),
            Edit(
                "app/auth/elsewhere.py",
                """\
    if token := invited.token(attempt.return_to, config):
        asked = {**asked, "invitation_token": token}  # here: it is refused with the code
""",
            ),
            Edit(
                "doctor/dashboard_checks.py",
                '    wanted = {"invitation URL": "invitation"}\n',
                """\
    wanted: dict[str, str] = {}
    if ways_in <= BY_EMAIL:
        yield skipped("No address has to stand in the dashboard alone")
""",
            ),
            Edit(
                "tests/doctor/test_examination.py",
                """\
    assert named("magic_auth,magic_link") == ["invitation"]
    assert named("magic_auth,google") == ["invitation", "sign-out"]
    assert named("authkit") == ["invitation", "sign-out", "initiate"]
""",
                """\
    assert named("magic_auth,google") == ["sign-out"]
    assert named("authkit") == ["sign-out", "initiate"]
""",
            ),
        ),
    ),
    "organizations": Thing(
        words=r"account/organizations|signin\.organizations|buttons/organizations|not_?switched|lead_to_organization|do not switch",
        paths=(
            "app/account/organizations.py",
            "app/session/switch.py",
            "templates/account/organizations.html",
            "templates/auth/buttons/organizations.html",
            "tests/test_organizations.py",
            "tests/attack/test_organizations_at_once.py",
        ),
        edits=(
            *NO_ORGANIZATIONS,
            Edit("tests/test_languages.py", '"security", "organizations", ', '"security", '),
            Edit(
                "app/failures.py",
                'ORGANIZATIONS = Button("organizations", "Show my organizations")',
                'ORGANIZATIONS = Button("sign_in_another_way", "Sign in another way")',
            ),
            Edit("app/guards/claims.py", "dashboard, or let them switch.", "dashboard."),
            Edit(
                "templates/account/account.html",
                """\
  <li><a href="{{ url_for('signin.organizations.show') }}">{{ _("Your organizations") }}<span>{{ _("Where you belong, and which one you are working in") }}</span></a></li>
""",
            ),
            Edit(
                "templates/account/api_keys.html",
                """ <a href="{{ url_for('signin.organizations.show') }}">{{ _("Your organizations") }}</a></p>""",
                "</p>",
            ),
            Edit(
                "templates/auth/invitation.html",
                """\
{{ _("To work there, switch to it.") }}
<a href="{{ url_for('signin.organizations.show', next='/') }}">{{ _("Your organizations") }}</a></p>
""",
                """\
<a href="{{ url_for('signin.sign_in.show', next='/', again='yes') }}">{{ _("Sign in again") }}</a></p>
""",
            ),
        ),
    ),
    "api_keys": Thing(
        words=r"(?-i:\bapi_keys\b|api_key_(?:required|changed)|user_api_keys?\b|current_api_key|known_api_key|APIKey|API_KEYS=|api-keys|\bAPI keys\b)",
        paths=(
            "app/account/api_keys.py",
            "app/guards/api_key.py",
            "app/guards/known_api_keys.py",
            "app/workos_api/api_keys.py",
            "bench/api_keys.py",
            "docs/api-keys.md",
            "templates/account/api_key_made.html",
            "templates/account/api_key_revoke.html",
            "templates/account/api_keys.html",
            "templates/auth/buttons/api_keys.html",
            "tests/browser/test_api_keys.py",
            "tests/test_account_api_keys.py",
            "tests/test_api_keys.py",
            "tests/test_signed_in_or.py",
            "tests/workos/test_api_key_calls.py",
        ),
        edits=(
            Edit("README.md", ", or with an [API key](docs/api-keys.md)"),
            Edit("SECURITY.md", ", wrong API keys |", " |"),
            Edit(
                "templates/account/account.html",
                """\
  {% if signin.makes_api_keys %}
  <li><a href="{{ url_for('signin.api_keys.show') }}">{{ _("Your API keys") }}<span>{{ _("What your programs sign in with") }}</span></a></li>
  {% endif %}
""",
            ),
            Edit("app/pages.py", '        "makes_api_keys": config.api_keys == "on",\n'),
            Edit(
                "app/__init__.py", '    app.extensions["signin_known_api_keys"] = KnownAPIKeys()\n'
            ),
            Edit(
                "app/__init__.py",
                '    if config.api_keys == "on":\n        signin.register_blueprint(api_keys.bp)\n',
            ),
            Edit(
                "app/identity.py",
                '''\
    def __bool__(self) -> bool:
        """Whether it is anybody: for whom the API key of an organization speaks is nobody."""
        return bool(self.user_id)

''',
            ),
            Edit(
                "app/guards/sign_in.py",
                """\
    record = signed_in_record()
    return None if record and record.identity else turn_away()
""",
                """\
    return None if signed_in_record() else turn_away()
""",
            ),
            Edit("app/session/__init__.py", "record.identity or None if", "record.identity if"),
        ),
    ),
    "redis": Thing(
        words=r"redis",
        paths=(
            "app/stores/redis_counters.py",
            "app/stores/redis_server.py",
            "app/stores/redis_sessions.py",
            "bench/on_redis.py",
            "tests/redis_failover.py",
            "tests/redis_server.py",
            "tests/test_redis.py",
            "tests/test_redis_failover.py",
        ),
        packages=("redis",),
        edits=(
            *NO_REDIS,
            Edit("app/stores/__init__.py", ", or Redis when REDIS_URL is set"),
            Edit(SOAK, '@pytest.fixture(params=["SQLite", "Redis"])', "@pytest.fixture"),
            Edit(SOAK, "(request: pytest.FixtureRequest, tmp_path: Path)", "(tmp_path: Path)"),
            Edit(SOAK, ", or the memory of Redis"),
            Edit(
                SOAK,
                """\
    if request.param == "SQLite":
        with running_site(tmp_path, **SETTINGS) as site:
            yield site, lambda: look_at_sqlite(tmp_path / "app.sqlite3")
        return
    server = RedisServer(tmp_path)
    try:
        with running_site(tmp_path, **SETTINGS, REDIS_URL=server.url) as site:
            yield site, lambda: look_at_redis(server.url)
    finally:
        server.kill()
""",
                """\
    with running_site(tmp_path, **SETTINGS) as site:
        yield site, lambda: look_at_sqlite(tmp_path / "app.sqlite3")
""",
            ),
        ),
    ),
    "development": Thing(
        words=r"/development|development/|app\.development|for_developers|development_(fail|sess|journ)|how-it-works",
        paths=(
            "app/development",
            "app/web/peer.py",
            "docs/how-it-works.md",
            "templates/development",
            "tests/development",
        ),
        edits=(
            *NO_DEVELOPMENT,
            Edit(
                WORKOS_SESSION,
                """, and its access token.

    All claims, and the key, are kept where developers look at them, and nowhere else.
    \"""
""",
                ', and its access token."""\n',
            ),
            Edit(WORKOS_SESSION, "dict(claims) if config.is_development else {}", "{}"),
            Edit(WORKOS_SESSION, "    key_id: str | None = None\n"),
            Edit(
                WORKOS_SESSION,
                """\
            key_id=_text(token["header"].get("kid")) if config.is_development else None,
""",
            ),
            Edit(
                "templates/base.html",
                """\
    {% if signin.is_development %}
    <p lang="en" dir="ltr">Development: {% if signin.mailbox %}<a href="{{ signin.mailbox }}">mailbox</a>, {% endif %}
    <a href="{{ url_for('signin.development_journey.show', request=request.environ.get('signin.request_id')) }}" target="journey">what just happened</a>,
    <a href="{{ url_for('signin.development_failures.show') }}">every failure</a>,
    <a href="{{ url_for('signin.development_session.show') }}">session and tokens</a></p>
    {% endif %}
""",
            ),
            Edit("templates/base.html", "signin.is_development or "),
            Edit(
                "templates/home/home.html",
                '{% if signin.is_development %}{% include "development/home.html" %}{% endif %}\n',
            ),
            Edit(
                "templates/account/account.html",
                '{% if signin.is_development %}{% include "development/account.html" %}{% endif %}\n',
            ),
            Edit("templates/auth/_forms.html", MAILBOX),
            Edit("templates/auth/sent.html", MAILBOX),
            Edit("templates/auth/steps/totp.html", AUTHENTICATOR),
            Edit("templates/auth/_qr_code.html", AUTHENTICATOR),
            Edit(
                "app/pages.py",
                """\
    is_development = config.is_development and is_on_this_machine()
    is_workos_here = urlsplit(config.workos_base_url).hostname in LOOPBACK
""",
            ),
            Edit(
                "app/pages.py",
                """\
        "is_development": is_development,
        "mailbox": config.workos_base_url if is_development and is_workos_here else "",
""",
            ),
        ),
    ),
    "tokens": Thing(
        words=r"tokens\.md|bearer_required|signin_verified|access_tokens\.init_app|protected.resource"
        r"|share_access_tokens|workos_custom_domains|access_token_audience|authkit_domain"
        r"|keeps_access_tokens|token_(checks|keys|verdicts)|other_backends|verdicts=|api_token|/api/token"
        r"|access_tokens? of a session|letting_a_program_in|many_permissions|letting a program in"
        r"|with 2,000 permissions|programs with access tokens|`invalid_token`|access_token_(missing|expired)"
        r"|keys_unavailable|no_access_token|there is no access token for|an access token has expired and"
        r"|a program is refused, or its|AUT-19",
        paths=(
            "app/api/protected_resource.py",
            "app/api/token.py",
            "app/development/token_verdicts.py",
            "app/guards/bearer.py",
            "app/session/access_token.py",
            "app/workos_api/access_tokens.py",
            "app/workos_api/jwks.py",
            "app/workos_api/token_claims.py",
            "bench/programs.py",
            "doctor/token_checks.py",
            "docs/tokens.md",
            "tests/development/test_token_verdicts.py",
            "tests/doctor/test_token_checks.py",
            "tests/test_access_token.py",
            "tests/test_bearer.py",
            "tests/test_signed_in_or.py",
        ),
        edits=(
            Edit("README.md", " and [tokens](docs/tokens.md)"),
            Edit("SECURITY.md", " access tokens, pseudonyms", " pseudonyms"),
            Edit(
                "SECURITY.md",
                " with `AUTHKIT_DOMAIN`, as strictly and without our key, to that domain for its "
                "public keys;",
            ),
            Edit(
                WORKOS_SESSION,
                """\
        if config.keeps_access_tokens:
            kept[ACCESS_TOKEN] = sealed(ACCESS_TOKEN, reply.access_token)
""",
            ),
            Edit(
                "app/development/session.py",
                "        verdicts=verdicts(workos_session, settings()) if workos_session else [],\n",
            ),
            Edit(
                "templates/development/session.html",
                """\

<h2>Would another backend take it?</h2>
<dl>
  {% for verdict in verdicts %}
  <dt>{{ "Yes" if verdict.is_good else "No" }}: {{ verdict.about }}</dt><dd>{{ verdict.words }}</dd>
  {% else %}
  <dt>Not known</dt><dd>This session began before tokens were kept: sign in again, or wait for its next refresh.</dd>
  {% endfor %}
</dl>
""",
            ),
        ),
    ),
    "bench": Thing(
        words=r"\bbench|flask.login",
        paths=(
            "bench",
            "docs/performance.md",
            "docs/pictures/performance-load.svg",
            "docs/pictures/performance-request.svg",
            "docs/pictures/performance-sessions.svg",
            "tests/test_bench.py",
            "tests/test_route_costs.py",
        ),
        packages=("flask-login",),
        edits=(
            Edit("Makefile", " profile check serve", " check serve"),
            Edit(
                "Makefile",
                """\
profile: $(VENV)/dev ## Draw where the time of one route goes, as a flame graph: ROUTE=/account
\t@PYTHONPATH=emulator $(BIN)/python -m bench.profile $(or $(ROUTE),/account)

""",
            ),
        ),
    ),
}
