"""A README for what was forked: a few words of its own, and of ours what still holds."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Collection

# What speaks of this project as a project, or is written anew below.
OURS = ("Two commands", "How it goes", "Make it yours")
SECTION = re.compile(r"^## ", re.M)
NEWCOMER = re.compile(r"<!-- newcomer.*?<!-- end of newcomer -->", re.S)

INTRO = (
    "People sign in without a password, through [WorkOS](https://workos.com): {ways}. The "
    "application has one configured `WorkOSClient`, one `/auth/callback`, and sessions that "
    "really end."
)
WAYS = {
    "magic_auth": "with a six-digit code by email ([Magic Auth](https://workos.com/docs/authkit/magic-auth))",
    "magic_link": "with a link by email ([Magic Link](https://workos.com/docs/magic-link), "
    "[and mail scanners](docs/magic-link.md))",
    "authkit": "on the page of WorkOS itself ([hosted AuthKit](docs/authkit.md))",
    "sso": "at their organization ([single sign-on](docs/sso.md))",
}
WITH_EMULATOR = """\
## Run it

```sh
make run
make test
```

`make run` sets everything up, starts the application and an emulator of WorkOS, and prints two addresses. Open the first, sign in with
any address, and find the mail in the second. If a port is taken: `make run PORT=5001 EMULATOR_PORT=4101 SMTP_PORT=2526`.

{newcomer}

"""
WITHOUT_EMULATOR = """\
## Run it

Copy [`.env.example`](.env.example) to `.env`, and set `SECRET_KEY` and, from WorkOS as described below, key and client ID. Then

```sh
make run
make test
```

The tests need no account: they never leave this machine.

"""
GOES = """\
## How it goes

```
{flow}
complete()  ->  session.sign_in(...)  ->  303, back to where the person was

every request:  cookie -> signature, lifetimes, still alive? -> refresh if due -> current_user -> guard -> view
every failure:  a class raised -> one handler -> one page or JSON object: what happened, why, what to do next
```

"""
FLOWS = {
    "magic_auth": """\
POST /auth/magic-auth          a mail goes out
GET  /auth/magic-auth/verify   asks for the code
POST /auth/magic-auth/verify   WorkOS checks it
GET  /auth/magic-auth/open     the button in a mail of ours, where it was asked for
""",
    "magic_link": """\
POST /auth/magic-link          a mail goes out
GET  /auth/magic-link/sent     says: check your email
GET  /auth/magic-link/open     here: on to WorkOS; elsewhere: a relay code
GET  /auth/callback            state once, code once, then the User
""",
    "authkit": """\
GET  /auth/authkit             away to the page of WorkOS
GET  /auth/callback            state once, code once, with the verifier that stayed here
""",
    "sso": """\
POST /auth/sso                 says the same for every address, and moves on
GET  /auth/sso/continue        away to the identity provider of its domain
GET  /auth/callback            state once, code once, with the verifier that stayed here
""",
}


def readme(page: str, name: str, gone: Collection[str]) -> str:
    """Returns the README of a fork called `name`; the rest is pruned as any other page is."""
    _, *sections = SECTION.split(page)
    kept = {one.partition("\n")[0]: f"## {one}" for one in sections if not one.startswith(OURS)}
    where = kept.pop("Where things live")
    if "magic_auth" in gone:
        where = where.replace("doors/magic_auth.py", "doors/magic_link.py")
    doors = [door for door in FLOWS if door not in gone]
    intro = INTRO.format(ways=" or ".join(WAYS[door] for door in doors))
    newcomer = NEWCOMER.search(page)
    run = WITHOUT_EMULATOR if "emulator" in gone else WITH_EMULATOR
    return "".join(
        (
            f"# {name}\n\n{textwrap.fill(intro, 138, break_on_hyphens=False)}\n\n",
            run.format(newcomer=newcomer[0] if newcomer else ""),
            where,
            GOES.format(flow="\n".join(FLOWS[door] for door in doors)),
            *kept.values(),
        )
    )
