"""Follows up in Python what has gone: its uses, their uses, and what nothing uses then."""

from __future__ import annotations

import ast
import re
from collections import Counter
from collections.abc import Callable, Iterator
from functools import cache, partial
from pathlib import PurePosixPath

from . import unused
from .gone import Facts, defined, imports, module_of, uses_of_what_has_gone
from .python import prune, remove
from .source import Source
from .tree import Tree, places

OUTSIDE = ("tests/", "scripts/fork/", "emulator/")


class Following:
    """What a project had before something was taken away, to see what misses it."""

    def __init__(self, tree: Tree) -> None:
        self._tree = tree
        self._sources: dict[str, Source] = {}
        self._read()
        self._before = Facts.of(self._sources)
        self._used = {part: self._names(part) for part in ("app", "tests")}
        self._idle = set(self._idle_imports())
        self._imported = self._imported_modules()
        self._silent: set[Source] = set()  # in which no word is left that could go

    def prune(self, words: re.Pattern[str]) -> None:
        """Removes what matches, and whatever needs it, until nothing more is found."""
        while True:
            self._read()
            found = [self._prune_words(words), self._prune_uses(), self._prune_idle()]
            if not any([*found, self._prune_unused(), self._prune_files()]):
                return

    def _read(self) -> None:
        present = self._tree.files(".py")
        for name in set(self._sources) - set(present):
            del self._sources[name]
        for name in present:
            text = self._tree.read(name)
            if name not in self._sources or self._sources[name].text != text:
                self._sources[name] = Source(name, text)

    def _keep(self, source: Source) -> None:
        self._sources[source.name] = source
        self._tree.write(source.name, source.text)

    def _prune_words(self, words: re.Pattern[str]) -> bool:
        def named(source: Source) -> Iterator[int]:
            return _matches(source, words)

        said = [name for name in self._ours() if self._sources[name] not in self._silent]
        changed = [self._pruned(name, named, words) for name in said]
        self._silent = set(self._sources.values())
        return any(changed)

    def _prune_uses(self) -> bool:
        now = Facts.of(self._sources)

        def uses(source: Source) -> Iterator[int]:
            return uses_of_what_has_gone(source, self._before, now)

        changed = [self._pruned(name, uses) for name in self._ours()]
        return any(changed)

    def _pruned(
        self,
        name: str,
        find: Callable[[Source], Iterator[int]],
        words: re.Pattern[str] | None = None,
    ) -> bool:
        source = self._sources[name]
        while (smaller := prune(source, find(source), words=words)) is not source:
            source = smaller
        if source is self._sources[name]:
            return False
        self._keep(source)
        return True

    def _ours(self) -> list[str]:
        return [
            name for name in self._sources if not name.startswith(("emulator/", "scripts/fork"))
        ]

    def _idle_imports(self) -> Iterator[tuple[str, str]]:
        for name in self._ours():
            source = self._sources[name]
            yield from ((name, one) for one in _unused_imports(source))

    def _prune_idle(self) -> bool:
        idle: dict[str, list[str]] = {}
        for name, one in set(self._idle_imports()) - self._idle:
            idle.setdefault(name, []).append(one)
        changed = [self._pruned(name, partial(_imports_of, ones)) for name, ones in idle.items()]
        return any(changed)

    def _names(self, part: str) -> Counter[str]:
        sources = self._part(part)
        others = [self._tree.read(name) for name in self._tree.files(".html", ".txt")]
        others = [text for text in others if "--hash=" not in text]
        if part == "tests":
            sources = {name: self._sources[name] for name in self._ours()}
        return unused.used_names(sources, others)

    def _part(self, part: str) -> dict[str, Source]:
        return {
            name: source
            for name, source in self._sources.items()
            if name.startswith("tests/") == (part == "tests")
            and not name.startswith(("emulator/", "scripts/fork"))
        }

    def _prune_unused(self) -> bool:
        changed = False
        for part, before in self._used.items():
            found: dict[Source, list[ast.stmt]] = {}
            for source, node in unused.unused(self._part(part), before, self._names(part)):
                found.setdefault(source, []).append(node)
            for source, nodes in found.items():
                self._keep(remove(source, nodes))
                changed = True
        return changed

    def _imported_modules(self) -> set[str]:
        imported = {one for source in self._sources.values() for one in imports(source)}
        return {name for name in self._part("tests") if module_of(name) in imported}

    def _prune_files(self) -> bool:
        imported = self._imported_modules()
        gone = [
            name
            for name, source in self._part("tests").items()
            if (_is_test_file(name) and not any(map(_is_test, source.tree.body)))
            or (not _is_test_file(name) and name in self._imported - imported)
        ]
        for name in gone:
            self._tree.delete(name)
        return bool(gone)


@cache
def _unused_imports(source: Source) -> tuple[str, ...]:
    uses = {node.id for node in source.nodes if isinstance(node, ast.Name)}
    return tuple(
        one
        for one, node in defined(source.tree.body).items()
        if isinstance(node, ast.Import | ast.ImportFrom) and one not in uses
    )


def _imports_of(names: list[str], source: Source) -> Iterator[int]:
    for node in source.imports:
        for alias in node.names:
            if (alias.asname or alias.name).partition(".")[0] in names:
                yield source.start_of(alias)


def _matches(source: Source, words: re.Pattern[str]) -> Iterator[int]:
    start = 0
    for line in source.text.splitlines(keepends=True):
        yield from (start + place for place in places(line, words))
        start += len(line)


def _is_test(node: ast.AST) -> bool:
    return isinstance(node, ast.FunctionDef) and node.name.startswith("test_")


def _is_test_file(name: str) -> bool:
    return PurePosixPath(name).name.startswith("test_")
