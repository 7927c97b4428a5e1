"""The files of the project, and edits that fit exactly or not at all."""

from __future__ import annotations

import re
import shutil
import subprocess
from dataclasses import dataclass
from functools import cache
from pathlib import Path

BINARY = (".png", ".svg", ".min.css", ".mo")


class ForkError(Exception):
    """The fork cannot be made; the message says why, for the person who asked for it."""


@dataclass(frozen=True)
class Edit:
    """In `path`, `old` becomes `new`, or goes; `old` has to be there exactly once."""

    path: str
    old: str
    new: str = ""


@dataclass(frozen=True, kw_only=True)
class Thing:
    """What can be taken away: whatever matches `words` and is not edited goes with it."""

    paths: tuple[str, ...] = ()
    words: str
    edits: tuple[Edit, ...] = ()
    packages: tuple[str, ...] = ()
    takes: tuple[str, ...] = ()  # things that cannot be without this one


@cache  # most lines are read again and again, and few change
def places(line: str, words: re.Pattern[str]) -> tuple[int, ...]:
    """Returns where a line speaks of what has gone."""
    return tuple(found.start() for found in words.finditer(line))


class Tree:
    """What git tracks below `root`, as it is now."""

    def __init__(self, root: Path) -> None:
        self.root = root
        listed = subprocess.run(
            ["git", "ls-files"],  # noqa: S607 # the git of the person who asks
            cwd=root,
            capture_output=True,
            text=True,
            check=True,
        )
        self._names = listed.stdout.splitlines()

    def files(self, *endings: str) -> list[str]:
        """Returns the text files that are still there, those with these endings."""
        present = [name for name in self._names if (self.root / name).exists()]
        chosen = [name for name in present if not name.endswith(BINARY)]
        return [name for name in chosen if name.endswith(endings)] if endings else chosen

    def read(self, name: str) -> str:
        """Returns the text of a file."""
        return (self.root / name).read_text()

    def write(self, name: str, text: str) -> None:
        """Replaces a file."""
        (self.root / name).write_text(text)

    def delete(self, name: str) -> None:
        """Deletes a file or a folder, and folders that are empty then; it has to be there."""
        path = self.root / name
        if path.is_dir():
            shutil.rmtree(path)
        elif path.exists():
            path.unlink()
        else:
            raise ForkError(f"{name} is to be deleted, but is not here.")
        for folder in path.parents:
            if folder != self.root and folder.exists() and not any(folder.iterdir()):
                folder.rmdir()

    def edit(self, edit: Edit) -> None:
        """Makes one edit, unless its file has gone with something else."""
        if not (self.root / edit.path).exists():
            return
        text = self.read(edit.path)
        if text.count(edit.old) != 1:
            raise ForkError(
                f"{edit.path} has changed: this was to be there once, to be edited:\n{edit.old}"
            )
        self.write(edit.path, text.replace(edit.old, edit.new))

    def mentions(self, words: re.Pattern[str]) -> list[str]:
        """Returns each line that mentions what has gone, with its place."""
        return [
            f"{name}:{number}: {line.strip()}"
            for name in self.files()
            if not name.startswith(("requirements", "emulator/", "LICENSE"))
            for number, line in enumerate(self.read(name).splitlines(keepends=True), 1)
            if places(line, words)
        ] + [
            name for name in self.files() if words.search(name) and not name.startswith("emulator/")
        ]
