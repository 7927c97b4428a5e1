"""Finds what Python uses and nobody defines any more, in a project that was whole before."""

from __future__ import annotations

import ast
import builtins
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import PurePosixPath

from .source import DEFINITIONS, FUNCTIONS, Source

Sources = Mapping[str, Source]
Definitions = dict[str, ast.stmt]
KNOWN = frozenset({*dir(builtins), "__file__", "__name__"})


def defined(body: Iterable[ast.stmt]) -> Definitions:
    """Returns what these statements define or import, with the statement that does."""
    found: Definitions = {}
    for node in body:
        if isinstance(node, DEFINITIONS):
            found[node.name] = node
        elif isinstance(node, ast.Assign | ast.AnnAssign):
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            names = [one.id for t in targets for one in ast.walk(t) if isinstance(one, ast.Name)]
            found |= dict.fromkeys(names, node)
        elif isinstance(node, ast.Import | ast.ImportFrom):
            found |= {(a.asname or a.name).partition(".")[0]: node for a in node.names}
        elif isinstance(node, ast.If | ast.Try | ast.With):
            found |= defined(node.body)
    return found


@dataclass(frozen=True, eq=False)
class Facts:
    """What a project defines: by module, by class, and as fixtures by folder."""

    modules: Mapping[str, Definitions]
    members: Mapping[str, frozenset[str]]
    fixtures: Mapping[str, frozenset[str]]

    @classmethod
    def of(cls, sources: Sources) -> Facts:
        """Collects them."""
        modules = {module_of(name): defined(one.tree.body) for name, one in sources.items()}
        classes = {
            f"{module_of(name)}.{node.name}": frozenset(defined(node.body))
            for name, one in sources.items()
            for node in one.tree.body
            if isinstance(node, ast.ClassDef)
        }
        fixtures = {name: frozenset(_fixtures(one)) for name, one in sources.items()}
        return cls(modules, classes, fixtures)

    def visible_fixtures(self, name: str) -> set[str]:
        """Returns the fixtures that a test file may ask for."""
        folders = [str(folder) for folder in PurePosixPath(name).parents]
        places = {name, *(f"{folder}/conftest.py" for folder in folders)}
        return {one for place in places for one in self.fixtures.get(place, ())}


def module_of(name: str) -> str:
    """Returns the dotted name of a file."""
    path = PurePosixPath(name.removeprefix("emulator/")).with_suffix("")
    parts = path.parts[:-1] if path.name == "__init__" else path.parts
    return ".".join(parts)


def uses_of_what_has_gone(source: Source, before: Facts, now: Facts) -> Iterator[int]:
    """Yields the places in a file that need what `before` had, and `now` has not."""
    yield from _imports(source, before, now)
    yield from _unbound(source)
    yield from _members(source, before, now)
    if source.is_test:
        yield from _asked_fixtures(source, before, now)


def imported_from(source: Source, node: ast.ImportFrom) -> str:
    """Returns the dotted name of the module that an import names."""
    if not node.level:
        return node.module or ""
    package = module_of(source.name).split(".")
    up = node.level - source.name.endswith("__init__.py")
    return ".".join([*package[: len(package) - up], *filter(None, [node.module])])


def imports(source: Source) -> Iterator[str]:
    """Yields the dotted name of each module that a file imports, or may mean to."""
    for node in source.imports:
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        if isinstance(node, ast.ImportFrom):
            module = imported_from(source, node)
            yield module
            yield from (f"{module}.{alias.name}" for alias in node.names)


def _imports(source: Source, before: Facts, now: Facts) -> Iterator[int]:
    for node in source.imports:
        if isinstance(node, ast.Import):
            for alias in node.names:
                if alias.name in before.modules and alias.name not in now.modules:
                    yield source.start_of(alias)
        if isinstance(node, ast.ImportFrom):
            module = imported_from(source, node)
            for alias in node.names:
                # A package that imports a part of itself does not define it by that.
                is_own = module == module_of(source.name)
                had = _has(before, module, alias.name)
                part = f"{module}.{alias.name}"
                has = part in now.modules if is_own else _has(now, module, alias.name)
                if had and not has:
                    yield source.start_of(alias)


def _has(facts: Facts, module: str, name: str) -> bool:
    return name in facts.modules.get(module, ()) or f"{module}.{name}" in facts.modules


@cache  # files are looked at again and again, and few of them change
def _unbound(source: Source) -> tuple[int, ...]:
    """Returns where a file names what it neither defines nor imports."""
    bound = set(KNOWN)
    for node in source.nodes:
        if isinstance(node, DEFINITIONS):
            bound.add(node.name)
        elif isinstance(node, ast.arg):
            bound.add(node.arg)
        elif isinstance(node, ast.Name) and not isinstance(node.ctx, ast.Load):
            bound.add(node.id)
        elif isinstance(node, ast.alias):
            bound.add((node.asname or node.name).partition(".")[0])
        elif isinstance(node, ast.ExceptHandler) and node.name:
            bound.add(node.name)
    return tuple(
        source.start_of(node)
        for node in source.nodes
        if isinstance(node, ast.Name) and node.id not in bound
    )


def _members(source: Source, before: Facts, now: Facts) -> Iterator[int]:
    lost = _lost_members(before, now)
    modules = _modules(source)
    for node in source.nodes:
        if not isinstance(node, ast.Attribute):
            continue
        value = node.value
        module = modules.get(value.id, "") if isinstance(value, ast.Name) else ""
        is_ours = module in now.modules and module in before.modules
        if (is_ours and _has(before, module, node.attr) and not _has(now, module, node.attr)) or (
            not is_ours and node.attr in lost
        ):
            yield source.start_of(node)


@cache
def _lost_members(before: Facts, now: Facts) -> frozenset[str]:
    lost = {
        member
        for owner, members in before.members.items()
        if owner in now.members
        for member in members - now.members[owner]
    }
    return frozenset(lost - {member for members in now.members.values() for member in members})


@cache
def _modules(source: Source) -> dict[str, str]:
    return {
        alias.asname or alias.name: f"{imported_from(source, node)}.{alias.name}"
        for node in source.imports
        if isinstance(node, ast.ImportFrom)
        for alias in node.names
    }


def _fixtures(source: Source) -> Iterator[str]:
    for node in source.tree.body:
        if isinstance(node, FUNCTIONS) and _is_fixture(source, node):
            yield node.name


def _is_fixture(source: Source, node: ast.FunctionDef | ast.AsyncFunctionDef) -> bool:
    return any("fixture" in source.said(one) for one in node.decorator_list)


def _asked_fixtures(source: Source, before: Facts, now: Facts) -> Iterator[int]:
    lost = before.visible_fixtures(source.name) - now.visible_fixtures(source.name)
    if not lost:
        return
    for node in source.nodes:
        around = source.parents.get(node)
        if isinstance(node, FUNCTIONS) and isinstance(around, ast.Module | ast.ClassDef):
            is_asking = node.name.startswith("test") or _is_fixture(source, node)
            asked = [*node.args.args, *node.args.kwonlyargs] if is_asking else []
            yield from (source.start_of(arg) for arg in asked if arg.arg in lost)
