"""The Python in the documentation passes the strictest check of types, as a fork would have it."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import ROOT

FENCE = re.compile(r"```python\n(.*?)```", re.S)
# What the pages leave to their reader.
STAND_INS = {
    "my_store": (
        "from stores_1 import PostgresSessionStore\n\n\n"
        "class MyStore(PostgresSessionStore):\n"
        "    def __init__(self) -> None:\n"
        "        super().__init__(lambda statement, values: [])\n"
    ),
    "handing_in": (
        "from limits.storage import MemoryStorage\n"
        "from my_store import MyStore\n"
        "from stores_0 import create\n\n"
        "create(MyStore(), MemoryStorage())\n"
    ),
}


@pytest.mark.server
def test_every_snippet_is_typed_strictly(tmp_path: Path) -> None:
    """One run for all: mypy reads the application once."""
    for name in ("app", "signin"):  # docs/existing-application.md copies it under that name
        shutil.copytree(ROOT / "app", tmp_path / name, ignore=shutil.ignore_patterns("*.pyc*"))
    paths: list[Path] = []
    for name, text in STAND_INS.items():
        paths.append(tmp_path / f"{name}.py")
        paths[-1].write_text(text)
    for page in sorted(ROOT.glob("docs/*.md")):
        for number, text in enumerate(FENCE.findall(page.read_text())):
            # What imports relatively is meant for a file in app/.
            room = tmp_path / "app" if re.search(r"^from \.", text, re.M) else tmp_path
            paths.append(room / f"{page.stem.replace('-', '_')}_{number}.py")
            paths[-1].write_text(text)
    command: list[str | Path] = [
        sys.executable,
        "-m",
        "mypy",
        "--cache-dir",  # that of `make check`, which has read all the libraries
        str(ROOT / ".mypy_cache"),
        "--config-file",
        str(ROOT / "pyproject.toml"),
        *paths,
    ]

    checked = subprocess.run(
        command,
        cwd=tmp_path,
        env={"MYPYPATH": f"{tmp_path}:{ROOT}", "PATH": ""},
        capture_output=True,
        text=True,
        check=False,
    )

    assert len(paths) > 4 + len(STAND_INS)
    assert checked.returncode == 0, checked.stdout + checked.stderr
