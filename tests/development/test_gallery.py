"""The gallery of failures: complete in development, absent in production."""

from __future__ import annotations

import re
from collections.abc import Callable
from html import unescape
from pathlib import Path
from typing import Any

import pytest
from flask import Flask

from app import create_app
from app.config import Config
from app.failures import EXPLANATIONS
from app.troubleshooting import BY_CODE, HELP
from tests.conftest import ROOT
from tests.walk import Visitor, heading

PAGES = ("/development/failures", "/development/failures/csrf", "/development/session")


@pytest.mark.parametrize("path", PAGES)
@pytest.mark.parametrize(
    "changes",
    [
        {"public_url": "https://app.example.com"},
        {"public_url": "https://localhost", "workos_api_key": "sk_live_1"},
        {"public_url": "http://app.example.com"},
    ],
)
def test_production_has_no_pages_for_developers(
    make_config: Callable[..., Config], emulator: Flask, path: str, changes: dict[str, str]
) -> None:
    """SEC-07: there is no route, so no switch can be forgotten."""
    app = create_app(make_config(**changes))
    visitor = Visitor(app, emulator, origin=changes["public_url"])

    assert visitor.get(path).status_code == 404
    assert "development" not in str(app.url_map)
    assert "/development/" not in visitor.get("/").text


def test_the_gallery_shows_every_failure_with_cause_fix_and_log_line(visitor: Visitor) -> None:
    page = unescape(visitor.get("/development/failures").text)

    for code, entry in BY_CODE.items():
        assert f'href="/development/failures/{code}"' in page
        assert entry.cause in page
        assert entry.fix in page
        assert f'"failure": "{code}", "status": {EXPLANATIONS[code].status}' in page


@pytest.mark.parametrize("code", sorted(EXPLANATIONS))
def test_each_failure_has_its_own_page(visitor: Visitor, code: str) -> None:
    row = EXPLANATIONS[code]
    for path in (code, f"{code}?attempt=no"):
        page = visitor.get(f"/development/failures/{path}")
        assert page.status_code == row.status
        assert heading(page) == row.title


def test_the_page_is_the_one_that_people_see(visitor: Visitor) -> None:
    """With the form that they sent, and the step of their attempt."""
    shown = {
        "invalid_one_time_code": 'name="one_time_code"',
        "email_invalid": 'name="email"',
        "access_denied": "E-mail me a code instead",
        "too_many_requests": "Try again in <strong>30 seconds",
        "workos_down": "step 3 of 4: exchanging the code",
    }
    for code, text in shown.items():
        assert text in visitor.get(f"/development/failures/{code}").text


def test_an_unknown_failure_is_not_there(visitor: Visitor) -> None:
    assert visitor.get("/development/failures/nonsense").status_code == 404


def test_every_failure_has_its_help_and_every_help_its_words() -> None:
    assert set(BY_CODE) == set(EXPLANATIONS)
    assert sum(len(entry.codes) for entry in HELP) == len(BY_CODE)
    for entry in HELP:
        for text in (entry.cause, entry.fix):
            assert text.endswith("."), entry.symptom


@pytest.mark.docs
def test_the_troubleshooting_page_is_made_of_the_same_table(
    generated: Callable[[str, str, str], None],
) -> None:
    generated("docs/troubleshooting.md", "failures", "\n".join(map(as_markdown, HELP)))


def as_markdown(entry: Any) -> str:
    pages = "".join(
        f"- `{code}` ({EXPLANATIONS[code].status}): {EXPLANATIONS[code].title}. "
        f"{EXPLANATIONS[code].reason}\n"
        for code in entry.codes
    )
    diagnosis = entry.diagnosis
    command = f"`{diagnosis}`" if re.match(r"(make|\.venv/bin/\w+) ", diagnosis) else diagnosis
    return (
        f"## {entry.symptom}\n\n"
        f"**Cause.** {entry.cause.replace('<', '&lt;')}\n\n"
        f"**Diagnosis.** {command}\n\n"
        f"**Fix.** {entry.fix.replace('<', '&lt;')}\n\n"
        f"What people see:\n\n{pages}"
    )


def test_no_template_of_development_is_used_elsewhere() -> None:
    sources = [path for path in Path(ROOT / "app").rglob("*.py") if "development" not in path.parts]

    assert not [path for path in sources if "development/" in path.read_text()]
