"""What documents say instead, where a sentence speaks of more than what has gone."""

from __future__ import annotations

from .tree import Edit

DEPLOYING = "docs/deploying.md"
SECURITY = "SECURITY.md"
URLS = "docs/existing-application.md"

CODES_ALONE = (
    Edit(
        ".env.example",
        "\n# Only then can no mail scanner use up a link. Switch Magic Auth's own mails off in the WorkOS\n"
        "# dashboard, or people get two.\n",
        "\n# Switch Magic Auth's own mails off in the WorkOS dashboard then, or people get two.\n",
    ),
    Edit("docs/customizing.md", ", as of the last refresh. After a link it is None.", "."),
    Edit(SECURITY, "can sign in, and both ways can be phished. WorkOS\nitself", "can sign in. WorkOS\nitself"),
    Edit(
        SECURITY,
        " OWASP asks for one-time secrets to expire within 10 minutes; WorkOS lets no link\n"
        "expire in less than 15. `state` and relay code last exactly as long as their link. A new code or link does not end\n"
        "an older one (",
        " A new code does not end\nan older one (",
    ),
    Edit(SECURITY, " WorkOS's link if ours is mailed,"),
    Edit(SECURITY, "longer than the code or link, to", "longer than the code, to"),
    Edit(
        SECURITY,
        """\
A link ends in a Profile, which has an id of its own (`prof_…`, kept
beside the other as `profile_id`), so WorkOS is then asked for the User with the address of the link, which the person has just proved to be
theirs; if there is none, one is made, with that address verified. WorkOS has one User for each address, so two links at once end in the same
one. A User with any other address is refused, and an address that nobody has proved leads to no User.

By then the code is spent. While WorkOS cannot be asked for the User, nobody is signed in, because a person with two ids would lose what
belongs to the first. What the link proved stays in the browser that opened it, sealed in its attempt, until the link expires: opening the same
address again, which is what the page's button does, goes on from there, and signs in once. If WorkOS makes no account for the address, the page
says so; only the owner of the mailbox gets that far.
""",
        "WorkOS has one User for each address, and a User with any other is refused.\n",
    ),
    Edit(
        SECURITY,
        " A code is exchanged at most once, so if\n"
        "the exchange fails halfway, a new link is needed; if only what follows it fails, the same link goes on ([above](#one-person-one-id)). The address in the Profile must be the one that was\n"
        "typed. HEAD",
        " A code is exchanged at most once. HEAD",
    ),
    Edit(
        SECURITY,
        "A session that began with a link has no session at WorkOS. Deleting the person there ends it through the `user.deleted` webhook; without\n"
        "webhooks, an operator or its lifetime does.\n\n",
    ),
    Edit(SECURITY, "application sends codes and links itself", "application sends codes itself"),
    Edit(SECURITY, "; codes and links together |", " |"),
    Edit(SECURITY, "keep codes and links from being", "keep codes from being"),
    Edit(SECURITY, "for up to 30 days; links still work |", "for up to 30 days |"),
    Edit(SECURITY, "by a way without codes and links, such", "by a way without codes, such"),
    Edit(SECURITY, "Asking for a code or a link, and typing a code, give", "Asking for a code and typing it give"),
    Edit(SECURITY, "links, one-time codes, relay codes", "one-time codes"),
    Edit(SECURITY, "codes,\nrelay codes, links, `state`", "codes,\n`state`"),
)  # fmt: skip

LINKS_ALONE = (
    Edit(SECURITY, "can sign in, and both ways can be phished. WorkOS\nitself prefers codes. If", "can sign in. If"),
    Edit(
        SECURITY,
        """\
WorkOS takes a code from anybody who knows the address. Here it has to be one that this browser asked for, in whichever tab: the attempt carries a
number worked out from each code (an HMAC), and any other is refused before WorkOS is asked. So WorkOS sees no wrong guesses; they are in our log.

The button in our own mail signs in only the browser that asked. The code waits there, sealed in the attempt; the link has none in it. The cookie stays ten
minutes longer than the code works, to offer a new one to people who are late; by then the button is refused without asking WorkOS, which would refuse it too. The link's token is sealed with a key of its
own, names one attempt, expires with the code, and is worth nothing without that attempt's cookie, as the cookie is without the mail. Pressed anywhere else, by a mail scanner for example, it changes
nothing, with any method, and shows no code: it says which browser asked (by its own word), when, and how its address began, so that the code is typed there. HEAD requests and prefetching
browsers spend nothing. Wrong codes that were typed count for the button too.

""",
    ),
    Edit(
        SECURITY,
        "- A browser that did not ask for WorkOS's link is offered one code for each link, sent to the same address, of which it only sees `a***@example.com`.\n",
    ),
    Edit("docs/production.md", "Switch off Magic Auth's mails in the WorkOS dashboard; give the domain", "Give the domain"),
    Edit(SECURITY, " a secret, an HMAC of the code, the code itself if we mailed it,", " a secret,"),
)  # fmt: skip

NO_DOCTOR = (
    Edit(
        SECURITY,
        """\
`POST /doctor` answers anybody who brings a token signed with `SECRET_KEY` within the last minute; for others it does not exist. It tells the host, process id, a
fingerprint of the key (32 bits of an HKDF output), how many `X-Forwarded-For` entries arrived, whether debug mode is on, and whether workers share a store. The doctor itself
prints no secret.
""",
    ),
    Edit(SECURITY, ", the doctor's questions) has", ") has"),
    Edit(SECURITY, " (the\ndoctor warns of it)"),
    Edit(DEPLOYING, " The doctor counts what arrives:\n", "\n"),
    Edit(
        "docs/production.md",
        """\
Each item names the check of the doctor that looks at it. With these settings in place, all of it at once:

```sh
make doctor URL=https://app.example.com
```

It fails while something needs fixing. `.venv/bin/python -m doctor --json` prints the same for programs, and ends with status 1 then.

""",
    ),
    Edit(URLS, ", `/doctor`"),
)

NO_WEBHOOKS = (
    Edit(SECURITY, ", with a webhook secret under 12 characters, with", ", with"),
    Edit(DEPLOYING, "Redirect URIs, webhooks and ways", "Redirect URIs and ways"),
    Edit(DEPLOYING, "by redirect, and webhooks from its servers. So", "by redirect. So"),
    Edit(URLS, ", `/webhooks/workos`"),
)

NO_INVITATIONS = (
    Edit("docs/authkit.md", "without a line of yours: passkeys, social accounts, SSO, second factors,\ninvitations.", "without a line of yours: passkeys, social accounts, SSO and second factors."),
    Edit("docs/production.md", "| Invitation URL, sign-out redirect and", "| Sign-out redirect and"),
    Edit("docs/production.md", " Where sign-up is closed, [invitations](invitations.md) open it."),
)  # fmt: skip

NO_ORGANIZATIONS = (
    Edit(URLS, ", `/account/organizations…`"),
    Edit("docs/customizing.md", """ For the organization's name, and for buttons that switch to those
where the person has the role that is missing, the refusal asks WorkOS for their memberships, at most ten times a minute for each person; without an answer it has the id. What roles permit
elsewhere nobody says, so for a permission it only says that another organization may have it."""),
    Edit("docs/programs.md", "; with a session, where WorkOS can be asked, also `organization`, its name, and for a role or an organization `elsewhere`: others of theirs that have it. Each", ". Each"),
)  # fmt: skip

NO_ACTIONS = (
    Edit("README.md", " [actions](docs/actions.md),"),
    Edit(SECURITY, ", questions of WorkOS at `/webhooks/actions` to 64 kB"),
    Edit(URLS, ", `/webhooks/actions`"),
)

NO_REDIS = (
    Edit(DEPLOYING, " Several hosts share one Redis:\n\n```ini\nREDIS_URL=rediss://redis.example.com:6379/0\nSECRET_KEY_FALLBACKS=\n```\n\nSessions and limits are then the same everywhere, and so must `SECRET_KEY` be. To change it,", "\n\nSeveral hosts need [a store of your own](stores.md), and the same `SECRET_KEY`. To change it,"),
    Edit("docs/stores.md", ", or in Redis with `REDIS_URL`.", "."),
    Edit("docs/stores.md", "that SQLite and Redis pass are", "that SQLite passes are"),
)  # fmt: skip

NO_DEVELOPMENT = (
    Edit(
        SECURITY,
        """\
`/development/failures`, `/development/session` and `/development/journey` exist only if `PUBLIC_URL` is on this machine and the key is not a live one; anywhere else
there is no such route. They answer only the machine where they run: not the local network, whatever host it names, nor the machine around a container. With these
settings alone are the claims of access tokens kept, to be looked at, and requests and calls noted in memory, to be drawn: by name, as in the log. No page shows a session
id, a token, a code or a link.

""",
    ),
    Edit(URLS, "; in development `/development/…`"),
)

NO_EMULATOR = (
    Edit(
        "README.md",
        "and remove `WORKOS_BASE_URL`, `EMAIL_DELIVERY`, `SMTP_URL` and `MAIL_FROM`.\n",
        "and leave the rest as it is.\n",
    ),
    Edit(SECURITY, " over http, in debug mode or for an emulator,", " over http, in debug mode or for this machine,"),
    Edit(DEPLOYING, "5000 and 4100 to the same ports of your own machine", "5000 to the same port of your own machine"),
    Edit(DEPLOYING, "forward 5000:5000 4100:4100`", "forward 5000:5000`"),
    Edit(".devcontainer/devcontainer.json", "[5000, 4100]", "[5000]"),
    Edit(".devcontainer/devcontainer.json", ',\n    "4100": { "label": "Mailbox", "requireLocalPort": true }'),
    Edit("Makefile", " e2e fuzz soak docs", " docs"),
    Edit("docs/without-make.md", "| `make e2e` | `python -m pytest -m e2e` |\n"),
    Edit("Makefile", "e2e: $(VENV)/dev ## Run the tests in a real Chromium and WebKit alone\n\t@$(BIN)/python -m pytest -m e2e $(PYTEST)\n\n"),
    Edit(".ci/run", "command -v chromium >/dev/null || missing+=(chromium fonts-dejavu-core)\n"),
    Edit(".ci/run", "command -v WebKitWebDriver >/dev/null || missing+=(webkit2gtk-driver)\n"),
    Edit(".ci/run", "command -v Xvfb >/dev/null || missing+=(xvfb) # the screen of that WebKit\n"),
    Edit(".ci/run", "command -v nginx >/dev/null || [ -x /usr/sbin/nginx ] || missing+=(nginx-light)\n"),
    Edit("tests/conftest.py", "`make docs`, `make specimens`, `make fuzz` and `make soak` call", "`make docs` and `make specimens` call"),
)  # fmt: skip
