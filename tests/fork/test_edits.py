"""What forks take away is still quoted as it stands: told here at once, and there after minutes."""

from __future__ import annotations

import pytest

from scripts.fork.doors import DOORS, TOGETHER
from scripts.fork.things import THINGS
from scripts.fork.tree import Thing
from tests.machine import ROOT

TAKEN = {**DOORS, **THINGS, **{" and ".join(sorted(both)): one for both, one in TOGETHER.items()}}


@pytest.mark.parametrize("thing", TAKEN.values(), ids=TAKEN)
def test_each_edit_of_a_fork_fits_exactly_once(thing: Thing) -> None:
    texts: dict[str, str] = {}  # as the edits before have left them
    for edit in thing.edits:
        text = texts.get(edit.path) or (ROOT / edit.path).read_text()
        assert text.count(edit.old) == 1, f"{edit.path}: {edit.old}"
        texts[edit.path] = text.replace(edit.old, edit.new)
