"""A code as a person types it, on any page."""

from __future__ import annotations

import re
import unicodedata

from ..failures import BadInput

MAX_CODE = 16  # characters; six today, but WorkOS only promises a string
_SEPARATORS = re.compile(r"[\s\-\u2010-\u2015.]+")


class CodeUnreadable(BadInput):
    """What was typed cannot be a code; it does not use up a try."""

    symptom = "A typed code is empty or malformed"
    cause = "Nothing was typed, or something other than digits. It does not use up a try."
    fix = "Type the digits; spaces and dashes do not matter."


def plain_code(
    typed: str, *, missing: type[CodeUnreadable], malformed: type[CodeUnreadable]
) -> str:
    """Returns the digits of what was typed; raises `missing` or `malformed`."""
    # NFKC turns the full-width digits of Japanese keyboards into plain ones.
    code = _SEPARATORS.sub("", unicodedata.normalize("NFKC", typed))
    if not code:
        raise missing
    if not (code.isascii() and code.isdigit() and len(code) <= MAX_CODE):
        raise malformed
    return code
