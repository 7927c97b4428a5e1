"""Whatever a fork does without, what is left is whole: it is checked, and its tests pass."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import textwrap
from collections.abc import Callable
from pathlib import Path

import pytest

from scripts.fork.doors import BY_EMAIL
from scripts.fork.looks import colour_from, mark_from
from scripts.fork.things import THINGS
from scripts.fork.tree import ForkError
from tests.machine import ROOT

pytestmark = pytest.mark.server

LONG = 900  # seconds; a ceiling, for a machine that is busy
PYTEST = ("-q", "-p", "no:cacheprovider", "-m", "not e2e and not server")
EVERYTHING = " ".join(THINGS)
# What is compiled already comes along, as people have it; not what is just being written.
NOT_OURS = shutil.ignore_patterns(".git", ".venv", ".env", "instance", ".*_cache", "*.pyc.*")
SOMEBODY = ("-c", "user.name=Ada", "-c", "user.email=ada@example.com")
# To make and test each takes minutes, so `make forks` does. `make test` has the time for two: the
# smallest, which has lost most and has the fewest tests, and the one that lacks what it keeps.
VARIANTS: dict[str, tuple[str, str]] = {
    "all of it": ("", ""),
    **{f"without {thing}": ("", thing) for thing in THINGS},
    **{f"{door} alone": (door, "") for door in BY_EMAIL},
    "without magic_link": ("magic_auth authkit sso", ""),
    "codes and sso": ("magic_auth sso", ""),
    "the smallest": ("magic_auth", EVERYTHING),
}
MARK = '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 1 1"><path d="M0 0h1v1z"/></svg>'


def run(directory: Path, *command: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command, cwd=directory, capture_output=True, text=True, timeout=LONG, check=False
    )


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """This tree, as a repository in which all of it is committed."""
    return make_copy(tmp_path / "copy")


@pytest.fixture(scope="module")
def untouched(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same, for tests that change nothing of it."""
    return make_copy(tmp_path_factory.mktemp("untouched") / "copy")


def make_copy(directory: Path) -> Path:
    # Not a clone: this tree may be an archive, or a repository of another user, which git refuses.
    if not shutil.which("git"):
        pytest.skip("git is not installed")
    shutil.copytree(ROOT, directory, ignore=NOT_OURS)
    for command in (("init",), ("add", "--all"), (*SOMEBODY, "commit", "--message", "All of it")):
        ended = run(directory, "git", *command)
        assert ended.returncode == 0, ended.stderr
    return directory


@pytest.fixture(scope="session")
def types(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What mypy knows of this tree, which is most of what it has to know of a fork."""
    cache = tmp_path_factory.mktemp("types")
    if (ROOT / ".mypy_cache").exists():
        shutil.copytree(ROOT / ".mypy_cache", cache, dirs_exist_ok=True)
    return cache


def make_fork(copy: Path, doors: str, without: str, *more: str) -> subprocess.CompletedProcess[str]:
    arguments = ("--name", "Acme Notes", "--doors", doors, "--without", without, *more)
    return run(copy, sys.executable, "-m", "scripts.fork", *arguments)


def test_the_smallest_fork_is_whole_and_looks_as_asked(
    copy: Path, types: Path, tmp_path: Path
) -> None:
    """A11Y-01: with its colour in a shade that can be read, also where pages are dark."""
    mark = tmp_path / "mark.svg"
    mark.write_text(MARK)

    made = make_fork(copy, *VARIANTS["the smallest"], "--colour", "#0A7", "--logo", str(mark))

    assert made.returncode == 0, made.stderr
    assert "#00aa77 is too pale to be read where pages are light: there it is #007e58." in (
        made.stdout
    )
    for path in ("templates/auth/_brand.html", "static/signin/tokens.css"):
        assert "#007e58" in (copy / path).read_text()
        assert "#00aa77" in (copy / path).read_text()
    assert (copy / "static/signin/icon.svg").read_text() == MARK
    check(copy, types)
    assert_ends_well(copy, "pytest", *PYTEST)


def test_a_fork_without_codes_is_clean(copy: Path, types: Path) -> None:
    made = make_fork(copy, *VARIANTS["magic_link alone"])
    assert made.returncode == 0, made.stderr

    check(copy, types)
    # Plain, because all are collected only: to rewrite every assert takes longer than that.
    assert_ends_well(copy, "pytest", *PYTEST, "--collect-only", "--assert=plain")


@pytest.mark.fork
@pytest.mark.parametrize("variant", [one for one in VARIANTS if one != "the smallest"])
def test_a_fork_is_whole(copy: Path, variant: str, types: Path) -> None:
    made = make_fork(copy, *VARIANTS[variant])
    assert made.returncode == 0, made.stderr

    check(copy, types)
    assert_ends_well(copy, "pytest", *PYTEST)


def check(fork: Path, types: Path) -> None:
    """Has a fork checked as `make check` does, and looks at README and Makefile."""
    assert all(len(line) <= 140 for line in (fork / "README.md").read_text().splitlines())
    makefile = (fork / "Makefile").read_text()
    [phony] = re.findall(r"^\.PHONY: (.+)$", makefile, re.M)
    assert set(phony.split()) == set(re.findall(r"^([a-z0-9]+):", makefile, re.M))
    assert {"run", "test", "quick", "check", "docs"} <= set(phony.split())
    assert_ends_well(fork, "ruff", "check", "--no-cache", ".")
    assert_ends_well(fork, "ruff", "format", "--no-cache", "--check", ".")
    assert_ends_well(fork, "mypy", "--cache-dir", str(types))


def assert_ends_well(fork: Path, *command: str) -> None:
    """Runs a command in a fork, which has to end with status 0."""
    ended = run(fork, sys.executable, "-m", *command)
    assert ended.returncode == 0, ended.stdout[-4_000:] + ended.stderr


@pytest.mark.fork
def test_the_name_stands_wherever_the_product_is_named(copy: Path) -> None:
    make_fork(copy, "", "bench")

    for path in ("README.md", "pyproject.toml", ".env.example", "templates/auth/_brand.html"):
        assert "Acme Notes" in (copy / path).read_text(), path


@pytest.mark.parametrize(
    ("svg", "said"),
    [
        ("<p>", "has to be an SVG"),
        (MARK.replace("<path", "<script>1</script><path"), "'<script'"),
        (MARK.replace("<path", '<image href="https://a.example/b.png"/><path'), "'href="),
        (MARK.replace("<path", "<path onload='a()'"), "'onload='"),
        (MARK + " " * 4_000, "may have 4,000"),
    ],
)
def test_a_mark_that_browsers_would_refuse_is_refused(tmp_path: Path, svg: str, said: str) -> None:
    path = tmp_path / "mark.svg"
    path.write_text(svg)

    with pytest.raises(ForkError, match=said):
        mark_from(path)


def test_what_is_no_colour_is_refused() -> None:
    for asked in ("green", "0a7", "#0a", "#00aa7g"):
        with pytest.raises(ForkError, match="COLOUR is written"):
            colour_from(asked)


@pytest.mark.xdist_group("refused forks")
@pytest.mark.parametrize(
    ("doors", "without", "said"),
    [
        ("fingerprint", "", "DOORS names fingerprint"),
        ("authkit", "", "DOORS has to name magic_auth or magic_link"),
        ("", "errors", "WITHOUT names errors"),
    ],
)
def test_what_is_not_there_cannot_be_taken_away(
    untouched: Path, doors: str, without: str, said: str
) -> None:
    ended = make_fork(untouched, doors, without)

    assert ended.returncode != 0
    assert said in ended.stderr
    assert run(untouched, "git", "status", "--porcelain").stdout == ""


@pytest.mark.xdist_group("refused forks")
def test_a_tree_with_changes_is_left_alone(untouched: Path) -> None:
    (untouched / "README.md").write_text("Mine.\n")

    ended = make_fork(untouched, "", "bench")

    assert "not committed" in ended.stderr
    assert run(untouched, "git", "status", "--porcelain").stdout == " M README.md\n"
    assert (untouched / "README.md").read_text() == "Mine.\n"
    run(untouched, "git", "checkout", "README.md")


@pytest.mark.fork
@pytest.mark.docs
def test_the_readme_says_how_large_each_is(
    tmp_path: Path, generated: Callable[[str, str, str], None]
) -> None:
    sizes = []
    for variant, (doors, without) in VARIANTS.items():
        assert make_fork(make_copy(tmp_path / variant), doors, without).returncode == 0
        app, tests = (lines(tmp_path / variant, part, "py") for part in ("app", "tests"))
        pages = lines(tmp_path / variant, "templates", "html")
        sizes.append(f"{variant} {app + pages:,} + {tests:,}")
    text = f"Lines of application with templates, and of tests: {'; '.join(sizes)}."
    generated("README.md", "sizes", textwrap.fill(text, 138) + "\n")


def lines(tree: Path, part: str, ending: str) -> int:
    """Returns how many lines that are not empty are in a folder."""
    texts = (path.read_text() for path in (tree / part).rglob(f"*.{ending}"))
    return sum(len(re.findall(r"^.*\S", text, re.M)) for text in texts)
