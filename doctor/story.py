"""The story of one sign-in attempt, from the log: in order, in words, and without secrets."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from datetime import datetime
from typing import Any

from app.auth.attempt import STAGES
from app.failures import every_failure

ATTEMPT_ID = re.compile(r"[0-9a-f]{12}")
LINE = re.compile(r"(\d\d:\d\d:\d\d) ([A-Z]+) (\w+) (.*)")
PAIR = re.compile(r"(\w+)=(.*?)(?= \w+=|$)")

WORDS = {
    "authn_magic_auth_sent": "A code was sent.",
    "authn_magic_link_sent": "A link was sent.",
    "authn_led_away": "The browser was sent to the page of the sign-in service.",
    "mail_sent": "The mail server took the mail.",
    "authn_address_refused": "WorkOS refused the address; the person was not told.",
    "authn_step_required": "WorkOS asked for one more step, and the person was shown its page.",
    "authn_link_opened_elsewhere": "The link was opened in another browser; that got a relay code.",
    "authn_callback_repeated": "The callback was opened again: the sign of a mail scanner.",
    "authn_callback_unmatched": "An error came back with a link that is not this browser's.",
    "authn_callback_ignored": "The callback was opened by a program, or again; nothing happened.",
    "session_created": "Signed in.",
    "request": "A request was answered.",
}
FAILURES = {kind.name(): kind for kind in every_failure()}
# What may be told; anything else that a fork logs is left out.
DETAILS = (
    *("email", "mail", "required", "count", "reason", "detail"),
    *("status", "request_id", "path", "method"),
)


def tell(attempt_id: str, log: Iterable[str]) -> int:
    """Prints the story of the attempt; returns 1 when the log says nothing about it."""
    lines = [line for line in map(_read, log) if line and line.get("attempt") == attempt_id]
    if not ATTEMPT_ID.fullmatch(attempt_id) or not lines:
        print("This log says nothing about that attempt. An id has 12 digits, 0 to 9 and a to f.")
        return 1
    lines.sort(key=lambda line: str(line["time"]))
    print(f"Attempt {attempt_id}\n")
    for line in lines:
        print(_sentence(line, lines[0]))
    print(f"\n{_end(lines)}")
    return 0


def _read(text: str) -> dict[str, Any] | None:
    """Reads lines in both formats of app.web.log, with anything before them."""
    start = text.find("{")
    if start >= 0:
        try:
            line = json.loads(text[start:])
        except ValueError:
            return None
        return line if isinstance(line, dict) and {"time", "event"} <= set(line) else None
    found = LINE.search(text.rstrip())
    if not found:
        return None
    at, level, event, rest = found.groups()
    return {"time": at, "level": level, "event": event, **dict(PAIR.findall(rest))}


def _sentence(line: dict[str, Any], first: dict[str, Any]) -> str:
    what = WORDS.get(str(line["event"]), str(line["event"]))
    if kind := FAILURES.get(str(line.get("failure", ""))):
        what = f"{kind.title} ({kind.name()}). {kind.cause}"
    told = ", ".join(f"{name} {line[name]}" for name in DETAILS if name in line)
    stage = int(line.get("stage", 0) or 0)
    where = f"stage {stage} of {len(STAGES)}" if 0 < stage <= len(STAGES) else ""
    return f"{_when(line, first):>12}  {where:<12}  {what}\n{'':28}{told}"


def _when(line: dict[str, Any], first: dict[str, Any]) -> str:
    if line is first:
        return str(line["time"])[11:19] or str(line["time"])
    try:
        return f"+{(_moment(line) - _moment(first)).total_seconds():.1f} s"
    except ValueError:
        return str(line["time"])


def _moment(line: dict[str, Any]) -> datetime:
    text = str(line["time"])
    return datetime.fromisoformat(text if "-" in text else f"2000-01-01T{text}")


def _end(lines: list[dict[str, Any]]) -> str:
    if any(line["event"] == "session_created" for line in lines):
        return "It ended in a session."
    found = [FAILURES[line["failure"]] for line in lines if line.get("failure") in FAILURES]
    if not found:
        return "Nothing came after that: no code was typed, and no link was opened."
    return f"It ended without a session. What to do: {found[-1].fix}"
