"""Where a person may be sent next."""

from __future__ import annotations

import re
from urllib.parse import unquote

HOME = "/"
MAX_RETURN_TO = 512  # characters; it travels in a cookie

# One slash, then printable ASCII without the backslash, which browsers read as a slash.
_SAME_SITE_PATH = re.compile(r"/(?!/)[\x21-\x5b\x5d-\x7e]*")
_CONTROL = re.compile(r"[\x00-\x1f\x7f\\]")


def safe_return_to(next_url: str | None) -> str:
    """Returns `?next=` if it is a path on this site, and the home page for anything else."""
    if not next_url or len(next_url) > MAX_RETURN_TO or not _SAME_SITE_PATH.fullmatch(next_url):
        return HOME
    # Checked again as a proxy might pass it on: some decode before they forward.
    decoded = unquote(unquote(next_url.partition("?")[0]))
    return HOME if decoded.startswith("//") or _CONTROL.search(decoded) else next_url
