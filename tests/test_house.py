"""The house itself: rooms that are small enough to read, and imports that point one way."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from tests.conftest import ROOT

APP = ROOT / "app"
MODULES = sorted(APP.rglob("*.py"))
MOST_LINES = 200

# The floor of each room, from the top down. A room imports from rooms on floors below, and within
# itself without circles.
FLOOR = {
    "app": 0,
    "app.development": 1,
    "app.account": 2,
    "app.api": 2,
    "app.cli": 2,
    "app.health": 2,
    "app.home": 2,
    "app.report": 2,
    "app.webhooks": 2,
    "app.actions": 2,
    "app.failure_pages": 3,
    "app.auth": 4,
    "app.guards": 5,
    "app.limits": 6,
    "app.pages": 5,
    "app.mail": 6,
    "app.stores": 6,
    "app.session": 7,
    "app.workos_api": 8,
    "app.web": 9,
    "app.identity": 10,
    "app.keys": 10,
    "app.signals": 10,
    "app.config": 11,
    "app.dangers": 13,
    "app.environment": 12,
    "app.failures": 12,
    "app.parsing": 13,
    "app.shapes": 13,
}


def name_of(path: Path) -> str:
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(part for part in parts if part != "__init__")


NAMES = {name_of(path): path for path in MODULES}


def imports(path: Path) -> set[str]:
    """Returns the modules of the house that this one imports."""
    package = list(path.relative_to(ROOT).parts[:-1])
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.ImportFrom) and node.level:
            base = package[: len(package) - node.level + 1]
            target = ".".join([*base, *(node.module or "").split(".")]).rstrip(".")
            inner = {f"{target}.{alias.name}" for alias in node.names}
            found |= {name if name in NAMES else target for name in inner}
    return found & set(NAMES)


def room_of(module: str) -> str:
    return ".".join(module.split(".")[:2])


def floor_of(module: str) -> int:
    """Returns the floor of its room; what a fork adds stands where the account pages do."""
    return FLOOR.get(room_of(module), FLOOR["app.account"])


def test_few_files_lie_in_the_hall_and_none_is_long() -> None:
    ours = [path for path in MODULES if room_of(name_of(path)) in FLOOR]

    assert len([path for path in ours if path.parent == APP]) < 20
    assert {path.name: lines for path in ours if (lines := lines_of(path)) > MOST_LINES} == {}


def lines_of(path: Path) -> int:
    return len(path.read_text().splitlines())


@pytest.mark.parametrize("path", MODULES, ids=name_of)
def test_imports_are_relative_and_point_downwards(path: Path) -> None:
    """So the folder can be copied under any name, and plumbing knows no door."""
    source = path.read_text()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.ImportFrom) and not node.level:
            assert (node.module or "").partition(".")[0] not in ("app", "doctor", "scripts"), path
    room = room_of(name_of(path))
    for target in imports(path):
        below = room_of(target)
        assert below == room or floor_of(target) > floor_of(name_of(path)), (
            f"{room} imports {target}"
        )


def test_no_two_modules_import_each_other() -> None:
    edges = {name: imports(path) for name, path in NAMES.items()}

    while leaves := {name for name, targets in edges.items() if not targets}:
        edges = {name: targets - leaves for name, targets in edges.items() if name not in leaves}
    assert edges == {}
