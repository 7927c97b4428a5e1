"""Removes from documents what speaks of a thing that has gone: sections, rows, items, sentences."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Callable, Iterator

Words = re.Pattern[str]
WIDTH = 98
BLOCK = re.compile(r"```.*?^```\n|<!--.*?-->\n|(?:(?!```|<!--)[^\n]+\n)+|\n+", re.M | re.S)
HEADING = re.compile(r"(#+) ")
SENTENCE = re.compile(r".*?(?:(?<!e\.g)[.!?][*)]*(?=\s|$)\s*|$)", re.S)
LABEL = re.compile(r"^\*\*[^*]+\*\*")
ITEM = re.compile(r"^(?=[-*] |\d+\. )", re.M)


def markdown(text: str, words: Words) -> str:
    """Returns the page without what matches, and without headings that say nothing then."""
    kept: list[str] = []
    dropped_level = 0
    for block in BLOCK.findall(text):
        heading = HEADING.match(block)
        if heading and (not dropped_level or len(heading[1]) <= dropped_level):
            dropped_level = len(heading[1]) if words.search(block) else 0
        said = "" if dropped_level else _block(block, words)
        if said.strip():
            kept.append(said)
        elif said and kept and kept[-1].strip():
            kept.append("\n")
    return _without_empty_sections("".join(kept))


def _block(block: str, words: Words) -> str:
    if not words.search(block):
        return block
    if block.startswith("```"):
        lines = [line for line in block.splitlines(keepends=True) if not words.search(line)]
        return "".join(lines) if "".join(lines[1:-1]).strip() else ""
    if block.startswith("|"):
        rows = [row for row in block.splitlines(keepends=True) if not words.search(row)]
        return "".join(rows) if len(rows) > 2 else ""
    if ITEM.match(block):
        items = [_sentences(_links(item, words), words) for item in ITEM.split(block) if item]
        items = [item if ITEM.match(item) else "" for item in items]
        return "".join(item for item in items if re.search(r"\w", item.split(" ", 1)[-1]))
    return "" if block.startswith("<!--") else _sentences(block, words)


def _links(item: str, words: Words) -> str:
    kept = [one for one in item[2:].split(" · ") if not words.search(one)]
    return f"- {' · '.join(kept).rstrip()}\n" if " · " in item else item


def _sentences(text: str, words: Words) -> str:
    # An element of a list in the sentence goes alone.
    element = re.compile(r",\s+`[^`]*`(?=[,.;:)])")
    text = element.sub(lambda one: "" if words.search(one[0]) else one[0], text)
    said = [one for one in SENTENCE.findall(text) if not words.search(one)]
    left = "".join(said).rstrip()
    return f"{left}\n" if re.search(r"\w", LABEL.sub("", left)) else ""


def anchors(text: str) -> set[str]:
    """Returns the anchors that GitHub makes of a page's headings."""
    headings = re.findall(r"^#+ (.+)$", text, re.M)
    return {re.sub(r"[^\w\- ]", "", one.lower()).replace(" ", "-") for one in headings}


def without_last_column(text: str) -> str:
    """Returns the page with each row of its tables one cell shorter."""
    return re.sub(r"^(\|.*\|)[^|\n]*\|$", r"\1", text, flags=re.M)


def _without_empty_sections(text: str) -> str:
    return re.sub(r"^(#{2,}) [^\n]+\n\n(?=#{1,2} |\Z)", "", text, flags=re.M)


def settings(text: str, words: Words) -> str:
    """Returns an example of settings without those that match, and their comments."""
    paragraphs = [_paragraph(one, words) for one in text.split("\n\n")]
    return "\n\n".join(one for one in paragraphs if one).rstrip("\n") + "\n"


def _paragraph(text: str, words: Words) -> str:
    if not words.search(text):
        return text
    kept: list[str] = []
    for said, setting in _settings(text):
        if setting and words.search(setting):
            continue
        comment = _sentences(said, words).strip() if said else ""
        is_shorter = comment != said
        left = textwrap.wrap(comment, WIDTH) if is_shorter else said.splitlines()
        kept += [f"# {line}" for line in left]
        kept += [setting] if setting else []
    return "\n".join(kept)


def _settings(text: str) -> Iterator[tuple[str, str]]:
    comment: list[str] = []
    for line in text.splitlines():
        if re.match(r"(# )?[A-Z_]+=", line):
            yield "\n".join(comment), line
            comment = []
        else:
            comment.append(line.removeprefix("# "))
    if comment:
        yield "\n".join(comment), ""


def lines(text: str, words: Words) -> str:
    """Returns a configuration file without the elements, lines and blocks that match."""
    for element in (r', "[^"\n]*"(?=[,\]])', r'(?<=\[)"[^"\n]*"(?:, )?'):
        text = re.sub(element, lambda one: "" if words.search(one[0]) else one[0], text)
    kept: list[str] = []
    inside = -1
    for line in text.splitlines(keepends=True):
        if line.startswith(".PHONY:"):
            line = re.sub(r" [^ \n]+", lambda one: "" if words.search(one[0]) else one[0], line)
        depth = len(line) - len(line.lstrip(" \t"))
        if line.strip() and depth > inside >= 0:
            continue
        inside = depth if line.strip() and words.search(line) else -1
        if inside < 0:
            kept.append(line)
    return re.sub(r"\n{3,}", "\n\n", "".join(kept))


def rule_for(name: str) -> Callable[[str, Words], str]:
    """Returns how a file that is not Python loses what matches."""
    if name.endswith(".md"):
        return markdown
    return settings if name == ".env.example" else lines
