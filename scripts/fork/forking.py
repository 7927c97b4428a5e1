"""Makes a fork: names it, takes things away, and follows up until nothing mentions them."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

from ..look import ICON, written
from . import documents
from .doors import DOORS, TOGETHER
from .following import Following
from .locks import without_packages
from .looks import recolour
from .naming import rename
from .readme import readme
from .things import THINGS
from .tree import Edit, ForkError, Thing, Tree

# Made once: a fork does not need what made it.
OURS = Thing(
    paths=(
        "docs/pictures/signing-in.svg",
        "scripts/fork",
        "tests/browser/test_moving_picture.py",
        "tests/development/test_moving_picture.py",
        "tests/fork",
    ),
    words=r"make fork|scripts[./]fork|tests/fork|^forks?:|## Make it yours",
    edits=(
        Edit("Makefile", ' -m "not fork"'),
        Edit("docs/without-make.md", ' -m "not fork"'),
        Edit("Makefile", " fork forks lock", " lock"),
        Edit("pyproject.toml", '  "fork: makes forks that `make test` leaves out: make forks",\n'),
        Edit("README.md", "In a fork, [", "["),
        Edit(
            "docs/customizing.md",
            """\
## What you do not need

`make fork` takes it away, with its settings, pages, tests, documents and packages; see [Make it yours](../README.md#make-it-yours). It
wants a tree without uncommitted changes, changes it, and commits nothing: look at `git diff`, run `make check` and `make quick`, and commit it yourself. Once is
enough, so it takes itself away, too.
""",
        ),
    ),
)
CATALOGUES = "app/translations"
WRITES = "docs and not e2e and not server"
PROMISE = re.compile(r"^\| ([A-Z0-9]+-\d\d) \| .*\n", re.M)


def fork(
    root: Path,
    name: str,
    *,
    doors: Sequence[str],
    without: Sequence[str],
    colour: str = "",
    mark: str = "",
    languages: Sequence[str] = (),
) -> Iterator[str]:
    """Changes the tree, and yields what it has done; raises ForkError.

    `colour` has six digits, and `mark` is an SVG; without them the looks stay as they are. Of the
    languages, those named stay, or all.
    """
    tree = Tree(root)
    names = _with_what_they_take([*(door for door in DOORS if door not in doors), *without])
    things = {one: (DOORS | THINGS)[one] for one in names}
    together = [needed for needed in TOGETHER if needed <= set(names)]
    things |= {" and ".join(sorted(needed)): TOGETHER[needed] for needed in together}
    things["what made this fork"] = OURS
    following = Following(tree)
    rename(tree, name)
    yield f"It is called {name}."
    if colour:
        yield from recolour(tree, colour)
    if mark:
        tree.write(str(ICON), mark)
    for file, text in written(tree.root).items():
        tree.write(str(file), text)
    gone = {path for thing in things.values() for path in thing.paths}
    gone |= {str(path) for path in catalogues(root) if languages and path.name not in languages}
    # What our releases have left; a fork has released nothing yet.
    gone |= {path for path in tree.files(".json") if path.startswith("tests/specimens/")}
    for path in sorted(gone):
        if not gone & {str(folder) for folder in Path(path).parents}:
            tree.delete(path)
    tree.write("README.md", readme(tree.read("README.md"), name, things))
    edits = [edit for thing in things.values() for edit in thing.edits]
    for edit in edits:
        tree.edit(edit)
    if "doctor" in things:  # whose checks stand beside what there is to do
        checklist = tree.read("docs/production.md")
        tree.write("docs/production.md", documents.without_last_column(checklist))
    words = _words(things)
    _prune_texts(tree, words)
    following.prune(words)
    _prune_texts(tree, _links_to_nowhere(tree))
    _prune_promises(tree)
    _prune_locks(tree, things)
    _tidy(root)
    if left := tree.mentions(words):
        raise ForkError("this still speaks of what has gone:\n" + "\n".join(left))
    for one in things:
        yield f"Without {one}."
    if languages:
        yield f"It speaks {', '.join(languages)}."
    yield "Nothing is committed: `git diff` shows what has changed."


def catalogues(root: Path) -> list[Path]:
    """Returns the folder of each language but English, which needs none."""
    return sorted(path.relative_to(root) for path in (root / CATALOGUES).iterdir())


def _words(things: dict[str, Thing]) -> re.Pattern[str]:
    paths = (path for thing in things.values() for path in thing.paths if "/" in path)
    said = (thing.words for thing in things.values())
    return re.compile("|".join((*said, *map(re.escape, paths))), re.I | re.M)


def _with_what_they_take(names: Sequence[str]) -> list[str]:
    found: list[str] = []
    waiting = list(names)
    while waiting:
        name = waiting.pop(0)
        if name not in found:
            found.append(name)
            waiting += (DOORS | THINGS)[name].takes
    return found


def _prune_texts(tree: Tree, words: re.Pattern[str]) -> None:
    for name in tree.files():
        is_text = not name.endswith((".py", ".html", ".txt", ".css", ".po", "LICENSE"))
        is_text = is_text and not name.startswith("emulator/")
        if is_text and words.search(tree.read(name)):
            tree.write(name, documents.rule_for(name)(tree.read(name), words))


def _links_to_nowhere(tree: Tree) -> re.Pattern[str]:
    nowhere = {
        re.escape(f"]({target})")
        for name in tree.files(".md")
        for target in re.findall(r"\]\(([^)\s:]+)\)", tree.read(name))
        if not _leads_somewhere(tree.root / name, target)
    }
    return re.compile("|".join(sorted(nowhere)) or r"(?!)")


def _leads_somewhere(page: Path, target: str) -> bool:
    name, _, anchor = target.partition("#")
    file = page.parent / name if name else page
    return file.exists() and (not anchor or anchor in documents.anchors(file.read_text()))


def _prune_promises(tree: Tree) -> None:
    """Drops what SECURITY.md promises and no test holds any more, and pictures no page shows."""
    tests = "".join(tree.read(name) for name in tree.files(".py") if "tests/" in name)
    page = tree.read("SECURITY.md")
    held = PROMISE.sub(lambda row: row[0] if row[1] in tests else "", page)
    tree.write("SECURITY.md", held)
    shown = "".join(tree.read(name) for name in tree.files(".md"))
    for picture in (tree.root / "docs/pictures").iterdir():
        if picture.name not in shown:
            tree.delete(str(picture.relative_to(tree.root)))


def _prune_locks(tree: Tree, things: dict[str, Thing]) -> None:
    gone = {package for thing in things.values() for package in thing.packages}
    files = {path for thing in things.values() for path in thing.paths}
    files |= {f"{path}/pyproject.toml" for path in files}
    for name in tree.files(".txt"):
        if name.startswith("requirements") and gone:
            tree.write(name, without_packages(tree.read(name), gone, files))


def _tidy(root: Path) -> None:
    # Those that write documents alone, because to collect all takes as long as to make the fork.
    writers = [
        str(one) for one in root.glob("tests/**/test_*.py") if "mark.docs" in one.read_text()
    ]
    for command in (
        ["scripts.translations"],  # without what nobody says any more
        ["ruff", "check", "--quiet", "--fix", "--select", "F401,I", "."],
        ["ruff", "format", "--quiet", "."],
        # Plain: it is nobody who reads what fails here, and to rewrite every assert takes long.
        [*("pytest", "-q", "--assert=plain", "--write-docs"), "-m", WRITES, *writers],
    ):
        environment = {**os.environ, "RUFF_NO_CACHE": "true"}
        asked = [sys.executable, "-m", *command]
        subprocess.run(asked, cwd=root, env=environment, check=False, capture_output=True)  # noqa: S603 # our own words
