"""The one-time code as a person types it."""

from __future__ import annotations

import re
import unicodedata

from app.auth import attempts
from app.auth.attempts import Attempt
from app.failures import Failure
from app.fields import submitted

MAX_CODE = 16  # characters; six today, but WorkOS calls it a text
_SEPARATORS = re.compile(r"[\s\-\u2010-\u2015.]+")


def entered() -> tuple[Attempt, str]:
    """Returns the attempt in hand and the code typed for it; raises Failure.

    The address comes with the attempt, never from the form: else a code mailed to one person
    could be tried for another.
    """
    fields = submitted("attempt", "one_time_code")
    attempt = attempts.require("magic_auth", fields["attempt"])
    return attempt, _plain(fields["one_time_code"])


def _plain(typed: str) -> str:
    # NFKC makes the full-width digits of Japanese keyboards plain ones.
    code = _SEPARATORS.sub("", unicodedata.normalize("NFKC", typed))
    if not code:
        raise Failure("one_time_code_missing")
    if not (code.isascii() and code.isdigit() and len(code) <= MAX_CODE):
        raise Failure("one_time_code_malformed")
    return code
