"""`make translations`: brings the catalogues in app/translations/ up to date.

Failures and doors keep their words as plain strings, which are translated where they are shown.
"""

from __future__ import annotations

import argparse
import ast
import re
import sys
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path

from babel.core import Locale, UnknownLocaleError
from babel.messages import Catalog, Message
from babel.messages.extract import extract, extract_from_dir
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po

ROOT = Path(__file__).parents[1]
FOLDER = Path("app/translations")
COMMENT = "Translators:"
TEMPLATES = [("**.html", "jinja2"), ("**.txt", "jinja2")]
IN_ENGLISH = "development"  # the name of folders
# Where plain strings are that people read: attributes of classes, arguments of calls, and names.
ATTRIBUTES = {"title", "reason", "need", "need_there"}
CALLS = {"Button": 1, "Door": 1}
NAMES = {
    "app/account/organizations.py": {"SURELY", "POSSIBLY"},
    "app/auth/attempt.py": {"STAGES"},
    "app/web/browsers.py": {"UNKNOWN", "UNKNOWN_WITHIN", "PROGRAM", "PROGRAM_ALONE"},
}
# What no translation may change: placeholders and tags.
FIXED = re.compile(r"%\(\w+\)s|</?\w+>")
SHOWN = 20  # of what is left to do
# Its own hyphen would let a line end behind the first letter.
E_MAIL, UNBROKEN = re.compile(r"\b(e)-(?=mail)", re.IGNORECASE), "\\1\N{NON-BREAKING HYPHEN}"


def words_of(source: str, path: str) -> Iterator[tuple[int, str, str]]:
    """Yields the plain strings that people read, each with its line and what it is."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.ClassDef):
            for part in node.body:
                if isinstance(part, ast.Assign) and (names := _names(part) & ATTRIBUTES):
                    about = f"{names.pop()} of {node.name}: {ast.get_docstring(node) or ''}"
                    yield from _texts(part.value, about.splitlines()[0])
        elif isinstance(node, ast.Assign) and (names := _names(node) & NAMES.get(path, set())):
            yield from _texts(node.value, names.pop())
        elif isinstance(node, ast.Call) and (at := CALLS.get(ast.unparse(node.func))):
            yield from _texts(node.args[at], ast.unparse(node.func))


def _names(node: ast.Assign) -> set[str]:
    return {target.id for target in node.targets if isinstance(target, ast.Name)}


def _texts(node: ast.expr, about: str) -> Iterator[tuple[int, str, str]]:
    for part in node.elts if isinstance(node, ast.Tuple) else [node]:
        if isinstance(part, ast.Constant) and isinstance(part.value, str):
            yield part.lineno, part.value, about


def template() -> Catalog:
    """Returns every message of code and templates, with where it is."""
    catalog = Catalog()
    for path in sorted((ROOT / "app").rglob("*.py")):
        name = path.relative_to(ROOT).as_posix()
        if IN_ENGLISH not in path.parts:
            source = path.read_text()
            for at, text, about in words_of(source, name):
                catalog.add(text, locations=[(name, at)], auto_comments=[about])
            for line, message, comments, context in extract(
                "python", BytesIO(source.encode()), comment_tags=[COMMENT], strip_comment_tags=True
            ):
                catalog.add(message, None, [(name, line)], (), comments, context=context)
    for file, line, message, comments, context in extract_from_dir(
        ROOT / "templates", TEMPLATES, comment_tags=[COMMENT], strip_comment_tags=True
    ):
        if IN_ENGLISH not in Path(file).parts:
            place = (f"templates/{file}", line)
            catalog.add(message, None, [place], (), comments, context=context)
    return catalog


def catalogue_of(code: str) -> Path:
    """Returns where the catalogue of a language is; it is compiled to .mo beside."""
    return ROOT / FOLDER / code / "LC_MESSAGES/messages.po"


def begun(code: str) -> Catalog:
    """Returns an empty catalogue."""
    return Catalog(
        code,
        header_comment="# What people read here, in another language: see docs/languages.md.",
        project="sign-in",
        version="1",
        msgid_bugs_address="this project",
        last_translator="this project",
        language_team="this project",
        fuzzy=False,
    )


def read(code: str) -> Catalog:
    """Returns the catalogue of a language."""
    with catalogue_of(code).open("rb") as file:
        return read_po(file, locale=code)


def faults(catalog: Catalog) -> Iterator[str]:
    """Yields what is wrong with a catalogue: what is missing, and what differs that must not."""
    for message in catalog:
        said, texts = _texts_of(message.id), _texts_of(message.string)
        if not said[0]:
            continue
        if message.fuzzy or not all(texts) or len(texts) not in (1, catalog.num_plurals):
            yield f"to translate: {said[0]}"
        elif any(_fixed(text, message) != _fixed(said[-1], message) for text in texts):
            yield f"other placeholders or tags: {said[0]}"


def _fixed(text: str, message: Message) -> list[str]:
    # In some languages a plural form for one or two says the number in words.
    in_words = ["%(count)s"] if message.pluralizable else []
    return sorted(part for part in FIXED.findall(text) if part not in in_words)


def _texts_of(texts: object) -> tuple[str, ...]:
    return tuple(texts) if isinstance(texts, list | tuple) else (str(texts or ""),)


def update(code: str, words: Catalog) -> Catalog:
    """Writes the catalogue of a language anew, with just these words, and compiles it."""
    path = catalogue_of(code)
    catalog = read(code) if path.exists() else begun(code)
    catalog.update(words, no_fuzzy_matching=True, update_creation_date=False)
    for message in catalog:
        texts = tuple(E_MAIL.sub(UNBROKEN, text) for text in _texts_of(message.string))
        message.string = texts if message.pluralizable else texts[0]
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("wb") as file:
        write_po(file, catalog, sort_by_file=True, ignore_obsolete=True, include_lineno=False)
    with path.with_suffix(".mo").open("wb") as file:
        write_mo(file, catalog)
    return catalog


def main() -> None:
    """Updates all catalogues, begins another one if asked, and says what is left to do."""
    parser = argparse.ArgumentParser(prog="make translations", description=main.__doc__)
    parser.add_argument("--new", default="", help="a language to begin, such as it or pt_BR")
    parser.add_argument("--only", default="", help="a language that is there")
    asked = parser.parse_args()
    there = {path.parent.name for path in (ROOT / FOLDER).glob("*/LC_MESSAGES")}
    if asked.new:
        try:
            there.add(str(Locale.parse(asked.new.replace("-", "_"))))
        except (UnknownLocaleError, ValueError) as error:
            sys.exit(f"Error: {error}")
    words = template()
    for code in [asked.only] if asked.only else sorted(there):
        left = list(faults(update(code, words)))
        print(f"{FOLDER}/{code}: {len(words)} messages, {len(left)} with something to do")
        print(*left[:SHOWN], sep="\n")


if __name__ == "__main__":
    main()
