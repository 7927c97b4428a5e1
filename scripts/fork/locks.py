"""Removes packages from locked requirements, and what only they had required."""

from __future__ import annotations

import re
from collections.abc import Collection

BLOCK = re.compile(r"^\S.*\n(?:[ ]+.*\n)*", re.M)
PINNED = re.compile(r"[\w.-]+")


def without_packages(text: str, gone: Collection[str], files: Collection[str]) -> str:
    """Returns the lock without these packages, as required by what has gone: packages, files."""
    blocks = {PINNED.match(block)[0]: block for block in BLOCK.findall(text)}  # type: ignore[index] # each begins with a name
    lost = {name.lower() for name in gone}
    while True:
        kept = {name: _without(block, {*lost, *files}) for name, block in blocks.items()}
        orphans = {name for name, block in kept.items() if block is None} - lost
        if not orphans:
            break
        lost |= orphans
    return "".join(block for name, block in kept.items() if block and name not in lost)


def _without(block: str, lost: Collection[str]) -> str | None:
    said, _, reasons = block.partition("    # via")
    named = [line.strip(" #") for line in reasons.splitlines()]
    left = [name for name in named if name and not any(_is(name, gone) for gone in lost)]
    if not [name for name in left if not name.startswith("-c ")]:
        return None
    if len(left) == 1:
        return f"{said}    # via {left[0]}\n"
    return f"{said}    # via\n" + "".join(f"    #   {name}\n" for name in left)


def _is(name: str, gone: str) -> bool:
    return name == gone or name == f"-c {gone}" or name.endswith(f"({gone})")
