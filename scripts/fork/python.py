"""Removes from Python what names a thing that has gone, or uses what is not there any more.

A piece at a time, the smallest that stands by itself: an element of a tuple, a name of an import,
a statement, a whole test. What no rule removes stays, for whoever looks for what is left.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable
from itertools import pairwise

from .source import DEFINITIONS, FUNCTIONS, Cut, Source

Chain = list[ast.AST]
Words = re.Pattern[str]
SIMPLE = (ast.Expr, ast.Assign, ast.AnnAssign, ast.AugAssign, ast.Assert)
SENTENCE_END = re.compile(r"(?<=[.!?])\s+")


def prune(source: Source, offsets: Iterable[int], *, words: Words | None = None) -> Source:
    """Returns the file without the pieces at these places, as far as a rule knows them.

    What only `words` name goes alone from what helps tests; what is used there takes all along.
    """
    found = (source.comment_at(at) or _cut(source, source.chain(at), at, words) for at in offsets)
    cuts = {cut for cut in found if cut}
    # The others in the next pass, if they are due then.
    first = [
        one
        for one in cuts
        if not any(other.is_definition and other.is_around(one) for other in cuts)
        and (one.is_definition or not any(one.is_around(other) for other in cuts))
    ]
    return source.without(first) if first else source


def remove(source: Source, nodes: Iterable[ast.AST]) -> Source:
    """Returns the file without these definitions."""
    cuts = [_whole(source, [source.parents[node], node]) for node in nodes]
    return source.without(cut for cut in cuts if cut)


def _cut(source: Source, chain: Chain, offset: int, words: Words | None) -> Cut | None:
    if not chain:
        return None
    if isinstance(chain[-1], ast.alias):
        names = [[name] for name in chain[-2].names]  # type: ignore[attr-defined] # an import
        if len(names) > 1:
            return source.without_part(names, names.index([chain[-1]]), chain[-2])
        return _whole(source, chain[:-1])
    docstring = _docstring(source, chain)
    if docstring:
        sentence = _without_sentence(source, docstring, offset)
        return sentence or (_whole(source, chain[:-2]) if source.is_test else None)
    function = next((n for n, node in enumerate(chain) if isinstance(node, FUNCTIONS)), None)
    if choice := _choice(source, chain):
        return choice
    if not source.is_test or function is None:
        return _element(source, chain, outermost=source.is_test, words=words) or _statement(
            source, chain, words
        )
    owner = chain[function]
    assert isinstance(owner, FUNCTIONS)
    inside = chain[function + 1] if function + 1 < len(chain) else None
    whole = _whole(source, chain[: function + 1])
    if inside in owner.decorator_list:
        return _element(source, chain, outermost=True, words=words) or whole
    if owner.name.startswith("test_") or not words:
        return whole
    element = _element(source, chain, outermost=True, words=words)
    statement = _statement(source, chain, words) if _is_a_text(chain[-1]) else None
    return element or statement or whole


def _choice(source: Source, chain: Chain) -> Cut | None:
    for node, inside in pairwise(chain):
        if isinstance(node, ast.IfExp) and inside is node.test:
            return Cut(source.span(node), source.said(node.orelse), node)
        if isinstance(node, ast.BoolOp) and inside in node.values and not source.is_test:
            left = [source.said(one) for one in node.values if one is not inside]
            word = " and " if isinstance(node.op, ast.And) else " or "
            return Cut(source.span(node), word.join(left), node)
    return None


def _docstring(source: Source, chain: Chain) -> ast.Expr | None:
    owner = chain[-3] if len(chain) > 2 else source.tree
    body = getattr(owner, "body", [])
    if len(chain) > 1 and isinstance(body, list) and body[:1] == [chain[-2]]:
        is_text = isinstance(chain[-1], ast.Constant) and isinstance(chain[-1].value, str)
        return chain[-2] if is_text and isinstance(chain[-2], ast.Expr) else None
    return None


def _without_sentence(source: Source, docstring: ast.Expr, offset: int) -> Cut | None:
    start, end = source.span(docstring)
    text = source.text[start + 3 : end - 3]
    ends = [0, *(found.end() for found in SENTENCE_END.finditer(text)), len(text)]
    sentences = list(pairwise(ends))
    if len(sentences) == 1 or not text.strip():
        return None
    at = offset - start - 3
    first, last = next((a, b) for a, b in sentences if a <= at < b or b == len(text))
    kept = text[:first] + text[last:] if last < len(text) else text[:first].rstrip()
    return Cut((start + 3, end - 3), kept, docstring)


def _element(source: Source, chain: Chain, *, outermost: bool, words: Words | None) -> Cut | None:
    first = max(n for n, node in enumerate(chain) if isinstance(node, ast.stmt))
    found: Cut | None = None
    for n in range(first, len(chain) - 1):
        node, inside = chain[n], chain[n + 1]
        if isinstance(node, ast.Subscript):
            break  # tuple[str, int]
        if isinstance(inside, ast.keyword) and words and words.search(inside.arg or ""):
            return _keyword(source, chain[: n + 2])
        parts = _parts(node)
        index = next((i for i, part in enumerate(parts) if inside in part), None)
        if index is None:
            continue
        if len(parts) == 1:
            found = _keyword(source, chain[:n]) or _statement(source, chain[: n + 1], words)
        elif isinstance(node, ast.Tuple) and len(parts) == 2:
            found = Cut(source.span(node), f"({source.said(parts[1 - index][0])},)", node)
        else:
            found = source.without_part(parts, index, node)
        if outermost:
            break
    return found


def _parts(node: ast.AST) -> list[list[ast.AST]]:
    if isinstance(node, ast.Dict):
        return [
            [key, value] if key else [value]
            for key, value in zip(node.keys, node.values, strict=True)
        ]
    if isinstance(node, ast.Tuple | ast.List | ast.Set) and len(node.elts) and not _is_pair(node):
        return [[element] for element in node.elts]
    return []


def _is_pair(node: ast.AST) -> bool:
    return isinstance(getattr(node, "ctx", None), ast.Store)


def _keyword(source: Source, chain: Chain) -> Cut | None:
    if len(chain) < 2:
        return None
    keyword, call = chain[-1], chain[-2]
    if not (isinstance(keyword, ast.keyword) and isinstance(call, ast.Call)):
        return None
    given: list[list[ast.AST]] = [[one] for one in (*call.args, *call.keywords)]
    return source.without_part(given, given.index([keyword]), call)


def _statement(source: Source, chain: Chain, words: Words | None) -> Cut | None:
    last = max(n for n, node in enumerate(chain) if isinstance(node, ast.stmt))
    statement = chain[last]
    inside = chain[last + 1] if last + 1 < len(chain) else None
    if (
        words
        and not source.is_test
        and _is_a_text(chain[-1])
        and not _is_named(source, statement, words)
    ):
        return None  # what a text says instead is for an edit to say
    if isinstance(statement, (*SIMPLE, ast.Import, ast.ImportFrom)):
        return _whole(source, chain[: last + 1])
    if isinstance(statement, DEFINITIONS):
        in_header = inside is None or inside in statement.decorator_list
        return _whole(source, chain[: last + 1]) if in_header else None
    if isinstance(statement, ast.If | ast.For) and not statement.orelse:
        head = statement.test if isinstance(statement, ast.If) else statement.iter
        return _whole(source, chain[: last + 1]) if inside is head else None
    return None


def _is_a_text(node: ast.AST) -> bool:
    return isinstance(node, ast.JoinedStr) or (
        isinstance(node, ast.Constant) and isinstance(node.value, str)
    )


def _is_named(source: Source, statement: ast.AST, words: Words) -> bool:
    if isinstance(statement, ast.Assign):
        return any(words.search(source.said(target)) for target in statement.targets)
    if isinstance(statement, ast.AnnAssign):
        return bool(words.search(source.said(statement.target)))
    return isinstance(statement, ast.Expr)


def _whole(source: Source, chain: Chain) -> Cut | None:
    if not chain:
        return None
    statement = chain[-1]
    for owner in reversed(chain[:-1]):
        if [statement] in (getattr(owner, "orelse", None), getattr(owner, "finalbody", None)):
            return None
        if getattr(owner, "body", None) != [statement]:
            break
        if getattr(owner, "orelse", None) or isinstance(owner, ast.Try | ast.ExceptHandler):
            return None
        statement = owner
    around = source.parents[statement]
    return Cut(
        source.whole_lines(source.span(statement)),
        owner=None if isinstance(around, ast.Module) else around,
        is_definition=isinstance(statement, DEFINITIONS),
    )
