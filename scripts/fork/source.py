"""One Python file, and the pieces that can be cut out of it."""

from __future__ import annotations

import ast
import io
import re
import tokenize
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property

WORD = re.compile(r"[A-Za-z_]\w*")
FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)
DEFINITIONS = (*FUNCTIONS, ast.ClassDef)
Span = tuple[int, int]


@dataclass(frozen=True)
class Cut:
    """What is cut, what stands there instead, and what it is cut from: once in a pass."""

    span: Span
    instead: str = ""
    owner: ast.AST | None = None
    is_definition: bool = False

    def is_around(self, other: Cut) -> bool:
        """Whether the other one lies within this one."""
        (start, end), (inner_start, inner_end) = self.span, other.span
        return self is not other and start <= inner_start and inner_end <= end


class Source:
    """The text of a file, its tree, and where each piece is."""

    def __init__(self, name: str, text: str) -> None:
        self.name, self.text = name, text
        self.is_test = name.startswith("tests/")
        self.tree = ast.parse(text)
        self._lines = text.splitlines(keepends=True)
        self._starts = [0]
        for line in self._lines:
            self._starts.append(self._starts[-1] + len(line))
        self.nodes: list[ast.AST] = [self.tree]
        self.parents: dict[ast.AST, ast.AST] = {}  # the node around each node
        for node in self.nodes:  # as ast.walk does, which takes four times as long
            fields = node.__dict__
            for name in node._fields:
                inner = fields.get(name)
                parts = inner if isinstance(inner, list) else (inner,)
                for part in parts:
                    if isinstance(part, ast.AST):
                        self.nodes.append(part)
                        self.parents[part] = node

    @cached_property
    def imports(self) -> list[ast.Import | ast.ImportFrom]:
        """Its imports, wherever they stand."""
        return [node for node in self.nodes if isinstance(node, ast.Import | ast.ImportFrom)]

    @cached_property
    def comments(self) -> list[Span]:
        """Where comments begin and end."""
        if "#" not in self.text:
            return []
        tokens = tokenize.generate_tokens(io.StringIO(self.text).readline)
        return [self._token_span(one) for one in tokens if one.type == tokenize.COMMENT]

    @cached_property
    def names(self) -> Counter[str]:
        """Every name in the code, with how often it is there."""
        counted: Counter[str] = Counter()
        for node in self.nodes:
            if isinstance(node, ast.Name):
                counted[node.id] += 1
            elif isinstance(node, ast.Attribute):
                counted[node.attr] += 1
            elif isinstance(node, (*DEFINITIONS, ast.alias)):
                counted[node.name] += 1
            elif isinstance(node, ast.arg | ast.keyword) and node.arg:
                counted[node.arg] += 1
            elif isinstance(node, ast.ImportFrom) and node.module:
                counted.update(node.module.split("."))
            elif isinstance(node, ast.Constant) and isinstance(node.value, str):
                counted.update(WORD.findall(node.value) if " " not in node.value else ())
        return counted

    def _token_span(self, token: tokenize.TokenInfo) -> Span:
        (line, column), (end_line, end_column) = token.start, token.end
        return self._starts[line - 1] + column, self._starts[end_line - 1] + end_column

    def _offset(self, line: int, column: int) -> int:
        # `ast` counts bytes.
        return self._starts[line - 1] + len(self._lines[line - 1].encode()[:column].decode())

    def start_of(self, node: ast.AST) -> int:
        """Returns where a node begins; a definition begins with its first decorator."""
        decorators = node.decorator_list if isinstance(node, DEFINITIONS) else []
        first = decorators[0] if decorators else node
        start = self._offset(first.lineno, first.col_offset)  # type: ignore[attr-defined] # all that are asked for have a place
        return start - 1 if decorators else start

    def span(self, *nodes: ast.AST) -> Span:
        """Returns where these nodes, which stand in this order, begin and end."""
        last = nodes[-1]
        return self.start_of(nodes[0]), self._offset(last.end_lineno, last.end_col_offset)  # type: ignore[attr-defined] # as above

    def said(self, node: ast.AST) -> str:
        """Returns the text of a node."""
        return self.text[slice(*self.span(node))]

    def chain(self, offset: int) -> list[ast.AST]:
        """Returns the nodes around a place, outermost first."""
        found: list[ast.AST] = []
        waiting: list[ast.AST] = list(ast.iter_child_nodes(self.tree))
        while waiting:
            node = waiting.pop()
            if hasattr(node, "lineno"):
                start, end = self.span(node)
                if not start <= offset < end:
                    continue
                found.append(node)
                waiting = []
            waiting += ast.iter_child_nodes(node)
        return found

    def whole_lines(self, span: Span) -> Span:
        """Returns the lines of a statement, with the comment that stands right above it."""
        start = self.text.rfind("\n", 0, span[0]) + 1
        end = self.text.find("\n", span[1]) + 1 or len(self.text)
        while start:
            above = self.text.rfind("\n", 0, start - 1) + 1
            if not self.text[above:start].lstrip().startswith("#"):
                break
            start = above
        return start, end

    def comment_at(self, offset: int) -> Cut | None:
        """Returns the comment at a place, to be cut: all of its lines."""
        if "#" not in self.text[self.text.rfind("\n", 0, offset) + 1 : offset + 1]:
            return None
        for start, end in self.comments:
            if start <= offset < end:
                line = self.text.rfind("\n", 0, start) + 1
                if self.text[line:start].strip():
                    return Cut((len(self.text[:start].rstrip()), end))
                span = self.whole_lines((start, end))
                last = span[1]
                while self.text[last:].lstrip(" ").startswith("#"):
                    last = self.text.find("\n", last) + 1 or len(self.text)
                return Cut((span[0], last))
        return None

    def without_part(self, parts: Sequence[Sequence[ast.AST]], index: int, owner: ast.AST) -> Cut:
        """Returns the cut of one of several pieces that commas separate, with its comma."""
        start, end = self.span(*parts[index])
        if self.text[start - 2 : start] == "**":
            start -= 2
        if index + 1 < len(parts):
            rest = self.text[end : self.span(*parts[index + 1])[0]]
            _, _, between = rest.partition(",")
            spaces = len(between) - len(between.lstrip())
            return Cut((start, end + len(rest) - len(between) + spaces), owner=owner)
        return Cut((self.span(*parts[index - 1])[1] if index else start, end), owner=owner)

    def without(self, cuts: Iterable[Cut]) -> Source:
        """Returns the file without these pieces, as far as they do not touch each other."""
        text, before = self.text, len(self.text) + 1
        owners: set[ast.AST] = set()
        for cut in sorted(cuts, key=lambda cut: cut.span, reverse=True):
            start, end = cut.span
            if end <= before and cut.owner not in owners:
                text, before = text[:start] + cut.instead + text[end:], start
                owners |= {cut.owner} if cut.owner else set()
        return Source(self.name, text)
