"""What may be noted of paths, fields, cookies and redirects: names and plain words, no values."""

from __future__ import annotations

import json
import re
from urllib.parse import parse_qsl, urlsplit

from flask import request

from ...auth import attempts
from .journal import Call

# Of a path, or nothing; anything else may be an id or a secret.
WORD = re.compile(r"(?:[a-z]+(?:[_-][a-z]+)*)?")
LONGEST_WORD = 30
MAX_PATH = 100  # characters
LIKE_A_NAME = re.compile(r"[A-Za-z][\w-]{0,40}")
# Of the query: what WorkOS and our own pages use. Other names are the caller's own words.
QUERY = ("code", "state", "error", "attempt", "token", "invitation_token", "login_hint", "next")
GRANT_TYPE = "urn:workos:oauth:grant-type:"  # what WorkOS's own begin with


def masked_path(path: str) -> str:
    """Returns the path with `:id` for whatever is not a plain word."""
    words = [
        word if len(word) <= LONGEST_WORD and WORD.fullmatch(word) else ":id"
        for word in path.split("/")
    ]
    return "/".join(words)[:MAX_PATH]


def call(method: str, url: str, content: bytes | None, status: str, ms: int) -> Call:
    """Returns what may be noted of a call to WorkOS."""
    parts = urlsplit(url)
    try:
        body = json.loads(content or b"{}")
    except ValueError:
        body = dict(parse_qsl((content or b"").decode("ascii", "replace")))
    fields = [*(body if isinstance(body, dict) else ()), *dict(parse_qsl(parts.query))]
    grant_type = str(body.get("grant_type", "")) if isinstance(body, dict) else ""
    names = tuple(name for name in fields if LIKE_A_NAME.fullmatch(name))
    grant_type = grant_type.removeprefix(GRANT_TYPE)
    return Call(method, masked_path(parts.path), status, ms, names, grant_type)


def cookie_name(name: str) -> str:
    """Returns the name without the id of an attempt, which is public but says nothing."""
    return re.sub(rf"(?<={attempts.PREFIX}).*", "…", name)


def target(location: str | None) -> tuple[str | None, bool]:
    """Returns the path that a redirect leads to on this site, or whether it leads to another."""
    if not location:
        return None, False
    parts = urlsplit(location)
    if parts.netloc in ("", request.host):
        return masked_path(parts.path), False
    return None, True
