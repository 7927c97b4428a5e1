"""What a check finds."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Literal

import httpx2

from app.config import Config

Outcome = Literal["ok", "warning", "failure", "skipped"]


@dataclass(frozen=True)
class Finding:
    """One result: what is the case, and what to do about it if it is wrong."""

    outcome: Outcome
    what: str
    fix: str = ""
    text: str = ""  # to be copied as it is


def ok(what: str, *, text: str = "") -> Finding:
    """Says that all is well; `text` is something to copy."""
    return Finding("ok", what, text=text)


def warning(what: str, fix: str) -> Finding:
    """Says what may be intended."""
    return Finding("warning", what, fix)


def failure(what: str, fix: str) -> Finding:
    """Says what needs fixing."""
    return Finding("failure", what, fix)


def skipped(what: str) -> Finding:
    """Says what could not be looked at, and why."""
    return Finding("skipped", what)


@dataclass
class Patient:
    """What the checks look at: valid settings, and a connection to ask others with."""

    config: Config
    http: httpx2.Client
    url: str | None = None
    is_debug: bool = False
    notes: dict[str, object] = field(default_factory=dict)  # what one check learns for another


@dataclass(frozen=True)
class Check:
    """One thing that the doctor looks at."""

    name: str
    why: str
    run: Callable[[Patient], Iterator[Finding]]
