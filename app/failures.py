"""What can go wrong: each failure is a class, with its words beside its `raise`.

Only the bases are here, and the buttons that a failure's page can offer. failure_pages.py makes
the pages; the gallery and docs/troubleshooting.md are written from the classes.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import ClassVar

from flask_babel import gettext

RETRY_LATER = 30  # seconds, if the service that is down does not say
DOCTOR = "make doctor"
SITE_DOCTOR = "make doctor URL=https://app.example.com"
STORY = ".venv/bin/python -m doctor --attempt ID < log"


@dataclass(frozen=True)
class Button:
    """What a person can do next: `partial` is a file in templates/auth/buttons/."""

    partial: str
    label: str


START_AGAIN = Button("sign_in", "Start again")
BEGIN_ANEW = Button("begin_anew", "Start again")  # with the same address
NEXT_STEP = Button("next_step", "Continue")
TRY_AGAIN = Button("next_step", "Try again")  # what WorkOS waits for, or from the start
OTHER_ADDRESS = Button("sign_in", "Use another address")
SIGN_IN = Button("sign_in", "Sign in")
SIGN_IN_AGAIN = Button("sign_in", "Sign in again")
NEW_CODE = Button("send_code", "Email me a new code")
CODE_INSTEAD = Button("send_code", "Email me a code instead")
HOME = Button("home", "Go to the home page")
ORGANIZATIONS = Button("organizations", "Show my organizations")
RELOAD = Button("reload", "Try again")
CORRECT = Button("sign_in", "Correct it and send it again")


class Failure(Exception):
    """Something that stops a request. A class with a `reason` has a page of its own.

    `symptom`, `cause`, `diagnosis` and `fix` are for developers and operators; classes that share
    them inherit them.
    """

    status: ClassVar[int] = 400
    # In English, where the class is; see translate().
    title: str
    reason: str
    button: Button = START_AGAIN
    # The page whose form is shown again to be corrected, instead of the failure's own page.
    form: str | None = None
    # The event in the log: from OWASP's vocabulary, where it has a word for it.
    event: ClassVar[str] = "authn_login_fail"
    # Whether the person may be signed in already, in another tab for example.
    may_be_done: ClassVar[bool] = False

    symptom: ClassVar[str]
    cause: ClassVar[str]
    diagnosis: ClassVar[str] = STORY
    fix: ClassVar[str]

    usual_wait: ClassVar[int | None] = None  # seconds, where nobody says when to try again
    tries_left: int | None = None
    other_challenges: tuple[str | None, ...] = ()  # of the alternatives, see guards/program.py
    about: Mapping[str, object] = MappingProxyType({})  # what else programs are told
    placeholders: Mapping[str, object] = MappingProxyType({})  # what stands for those in `reason`

    def __init__(self, *, retry_after: int | None = None, detail: str | None = None) -> None:
        super().__init__(self.name())
        self.retry_after = retry_after or self.usual_wait  # seconds
        self.detail = detail  # harmless, and for the log alone

    def translate(self) -> None:
        """Puts title, reason and button into the language of the request, to be shown."""
        self.title = gettext(self.title)
        self.reason = gettext(self.reason, **self.placeholders)
        self.button = replace(self.button, label=gettext(self.button.label))

    @property
    def challenge(self) -> str | None:
        """Returns what WWW-Authenticate says, where a program is to come again with a token."""
        return None

    @classmethod
    def name(cls) -> str:
        """Returns the class name in snake case: `error` in JSON, `failure` in the log."""
        words = cls.__name__.replace("WorkOS", "Workos")
        return re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", "_", words).lower()


class BadInput(Failure):
    """Something typed or sent is not valid; trying again costs nothing."""

    event = "input_validation_fail"


class WrongCode(Failure):
    """The wrong code was typed; `tries_left` says how many tries remain."""

    title = "That code is not right"


class OurFault(Failure):
    """Something here, or at a service we use, needs fixing."""

    status = 500
    button = TRY_AGAIN
    event = "sys_failure"


class Unavailable(OurFault):
    """Something cannot be reached right now; the page says when to try again."""

    status = 503
    usual_wait = RETRY_LATER


class CookieLost(Failure):
    """A browser comes without a cookie that it should have."""

    symptom = "A session does not last: signed in, then signed out on the next page"
    cause = (
        "The browser does not send the cookie back: PUBLIC_URL says https but the page came over "
        "http, the site was opened at another address than PUBLIC_URL (127.0.0.1 is not "
        "localhost), cookies are blocked, workers have different SECRET_KEYs, or the session "
        "store is not shared."
    )
    diagnosis = SITE_DOCTOR
    fix = (
        "Open the site at PUBLIC_URL. Give every worker the same SECRET_KEY, and several hosts the "
        "same store."
    )


def every_failure() -> list[type[Failure]]:
    """Returns each class that has a page, once."""
    found: dict[type[Failure], None] = {}
    waiting: list[type[Failure]] = [Failure]
    while waiting:
        kind = waiting.pop(0)
        waiting[:0] = kind.__subclasses__()
        if "reason" in kind.__dict__:
            found[kind] = None
    return list(found)
