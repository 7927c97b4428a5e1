"""Finds what something called before, and nothing calls now."""

from __future__ import annotations

import ast
import re
from collections import Counter
from collections.abc import Iterable, Iterator

from .gone import Sources, defined
from .source import DEFINITIONS, FUNCTIONS, WORD, Source

# Doors and views of one's own need these, whether or not one that is here does; pytest the last.
KEPT = frozenset(
    {
        "make",
        "every_failure",
        "code_verifier",
        "redeem",
        "leave",
        "current_organization",
        "pytestmark",
    }
)


def used_names(sources: Sources, others: Iterable[str]) -> Counter[str]:
    """Counts every name in the code, and every word in what else may use it: templates, texts."""
    counted: Counter[str] = Counter()
    for source in sources.values():
        counted.update(source.names)
    for text in others:
        counted.update(WORD.findall(text))
    return counted


def unused(
    sources: Sources, before: Counter[str], now: Counter[str]
) -> Iterator[tuple[Source, ast.stmt]]:
    """Yields each definition that was used before, and is not now."""
    found = [
        (source, name, node) for source in sources.values() for name, node in _definitions(source)
    ]
    definitions = Counter(name for _, name, _ in found)
    for source, name, node in found:
        was_used = before[name] > definitions[name]
        if was_used and now[name] <= definitions[name] and not _is_kept(name):
            yield source, node


def _is_kept(name: str) -> bool:
    # Nobody calls tests, nor by name what aiosmtpd does.
    return name in KEPT or name.startswith(("handle_", "test_"))


def _definitions(source: Source) -> Iterator[tuple[str, ast.stmt]]:
    owners: list[ast.Module | ast.ClassDef] = [source.tree]
    owners += [node for node in source.tree.body if isinstance(node, ast.ClassDef)]
    for owner in owners:
        for name, node in defined(owner.body).items():
            if isinstance(node, ast.Import | ast.ImportFrom) or name.startswith("__"):
                continue
            if isinstance(owner, ast.ClassDef) and not isinstance(node, FUNCTIONS):
                continue  # a field: templates, settings and programs may read it
            if isinstance(node, DEFINITIONS) and _is_registered(source, node):
                continue
            yield name, node


def _is_registered(source: Source, node: ast.stmt) -> bool:
    decorators = getattr(node, "decorator_list", [])
    said = " ".join(source.said(one) for one in decorators)
    return bool(re.search(r"\.(get|post|command|connect)\b|errorhandler|autouse", said))
