"""Guards that let programs in, and alternatives on one view."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from flask.typing import ResponseReturnValue

from ..failures import Failure
from ..web.authorization import bearer_token
from .guard import Guard
from .sign_in import NotSignedIn, login_required


@dataclass(frozen=True)
class ProgramGuard(Guard):
    """Lets a program through by what it brings in `Authorization: Bearer`."""

    takes: Callable[[str], bool]  # whether this can be of its kind at all; asks nobody
    missing: type[Failure]  # what is raised where nothing was brought; its `challenge` says what to


def signed_in_or(*programs: ProgramGuard) -> Guard:
    """Lets people through who are signed in, and programs that one of these guards lets through.

    Where there is an `Authorization: Bearer`, the cookie of a session counts for nothing. Calls
    with a session need their CSRF token, as everywhere.
    """

    def check() -> ResponseReturnValue | None:
        token = bearer_token()
        fitting = [program for program in programs if token is not None and program.takes(token)]
        guard = fitting[0] if fitting else login_required if token is None else programs[0]
        try:
            return guard.check()
        except Failure as refused:
            if refused.status == NotSignedIn.status:
                others = [program for program in programs if program is not guard]
                refused.other_challenges = tuple(other.missing().challenge for other in others)
            raise

    return Guard(check)
