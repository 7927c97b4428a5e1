"""The code as a person types it: a one-time code, or the relay code of a link."""

from __future__ import annotations

import re
import unicodedata

from app.auth import attempts
from app.auth.attempts import Attempt
from app.failures import Failure
from app.identity import Method
from app.web.fields import submitted

# What a person types to go on with an attempt of this kind.
FIELDS: dict[Method, str] = {"magic_auth": "one_time_code", "magic_link": "relay_code"}
MAX_CODE = 16  # characters; six today, but WorkOS calls it a text
_SEPARATORS = re.compile(r"[\s\-\u2010-\u2015.]+")


def entered(method: Method) -> tuple[Attempt, str]:
    """Returns the attempt in hand and the code typed for it; raises Failure.

    The address comes with the attempt, never from the form: else a code mailed to one person
    could be tried for another.
    """
    name = FIELDS[method]
    fields = submitted("attempt", name)
    attempt = attempts.require(method, fields["attempt"])
    return attempt, _plain(fields[name], name)


def _plain(typed: str, name: str) -> str:
    # NFKC makes the full-width digits of Japanese keyboards plain ones.
    code = _SEPARATORS.sub("", unicodedata.normalize("NFKC", typed))
    if not code:
        raise Failure(f"{name}_missing")
    if not (code.isascii() and code.isdigit() and len(code) <= MAX_CODE):
        raise Failure(f"{name}_malformed")
    return code
