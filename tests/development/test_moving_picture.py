"""README's moving picture, which `make docs` makes: see tests/browser."""

from __future__ import annotations

import re

import pytest

from tests.conftest import ROOT


@pytest.mark.docs
def test_the_moving_picture_has_the_diagram_of_today_and_little_else() -> None:
    """The README shows it where scripts do not run; its pages are made by `make docs` alone."""
    moving, drawn = (
        # Without heights: in one of them a webhook may have come in between.
        re.sub(r' (?:y[12]?|points)="[^"]*"', "", (ROOT / "docs/pictures" / name).read_text())
        for name in ("signing-in.svg", "journey-magic_auth.svg")
    )
    rows = re.findall(r"<g class=.*?</g>\n", drawn, re.S)

    assert rows
    assert [row for row in rows if row not in moving] == [], "make docs"
    assert len(moving) < 1_500_000
    assert "<script" not in moving
    assert not re.search(r'href="(?!data:image/png;base64,)', moving)
