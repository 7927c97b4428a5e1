"""`make fork`: see scripts/fork/__init__.py."""

from __future__ import annotations

import argparse
import gc
import subprocess
import sys
from pathlib import Path

from .doors import BY_EMAIL, DOORS
from .forking import catalogues, fork
from .looks import colour_from, mark_from
from .things import THINGS
from .tree import ForkError


def main() -> None:
    """Changes the working tree, commits nothing, and says what it did."""
    asked = _arguments()
    doors = asked.doors.replace(",", " ").split() or list(DOORS)
    without = asked.without.replace(",", " ").split()
    languages = asked.languages.replace(",", " ").replace("-", "_").split()
    try:
        _require_clean(Path())
        _require_known(doors, DOORS, "DOORS")
        _require_known(without, THINGS, "WITHOUT")
        _require_one_by_email(doors)
        _require_known(languages, ["en", *(path.name for path in catalogues(Path()))], "LANGUAGES")
        looks = {
            "colour": colour_from(asked.colour) if asked.colour else "",
            "mark": mark_from(Path(asked.logo)) if asked.logo else "",
        }
        for line in fork(
            Path(), asked.name, doors=doors, without=without, languages=languages, **looks
        ):
            print(line, flush=True)
    except ForkError as error:
        sys.exit(f"Error: {error}")


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="make fork", description=main.__doc__)
    parser.add_argument("--name", required=True, help="what your product is called")
    parser.add_argument("--colour", default="", help="of buttons and links, such as #0a7")
    parser.add_argument("--logo", default="", help="an SVG, the mark on pages and the icon")
    parser.add_argument("--doors", default="", help=f"of {', '.join(DOORS)}; all, if not said")
    parser.add_argument("--without", default="", help=f"of {', '.join(THINGS)}")
    parser.add_argument("--languages", default="", help="those that stay beside English: de pt_BR")
    return parser.parse_args()


def _require_known(names: list[str], known: object, variable: str) -> None:
    assert hasattr(known, "__iter__")
    there_are = list(known)
    unknown = [name for name in names if name not in there_are]
    if unknown:
        raise ForkError(
            f"{variable} names {', '.join(unknown)}. There are: {', '.join(there_are)}."
        )


def _require_one_by_email(doors: list[str]) -> None:
    if not set(doors) & set(BY_EMAIL):
        raise ForkError(f"DOORS has to name {' or '.join(BY_EMAIL)}. SIGN_IN_WITH need not.")


def _require_clean(root: Path) -> None:
    asked = ["git", "status", "--porcelain"]
    ended = subprocess.run(asked, cwd=root, capture_output=True, text=True, check=False)  # noqa: S603 # our own words
    if ended.returncode:
        raise ForkError("this is no git repository, so nothing could be undone.")
    if ended.stdout:
        raise ForkError(
            "there are changes that are not committed. Commit or stash them first: then "
            "`git diff` shows what the fork did, and `git checkout .` undoes it."
        )


if __name__ == "__main__":
    gc.disable()  # it would look again and again at trees of Python that stay until the end
    main()
