"""`pip install .`: the application as a package, wherever it is run from."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.clone import run
from tests.machine import ROOT

pytestmark = pytest.mark.server

PROGRAM = """
from app import create_app
from app.config import Config

app = create_app(Config(workos_api_key="sk_test_1", workos_client_id="client_1",
                        secret_key="Zk4-mTqS9x_Lr7vWb2NcYd8HfJp3Ga6Ue0Ri5Ko1"))
for path in ("/sign-in", "/static/signin/style.css", "/static/base.css"):
    page = app.test_client().get(path, base_url="http://localhost:5000")
    assert page.status_code == 200, (path, page.text)
"""


def test_pip_installs_the_application_with_its_pages(clone: Path, tmp_path: Path) -> None:
    """Without its dependencies, which are here already: nothing may need the network."""
    shutil.copy2(ROOT / "pyproject.toml", clone / "pyproject.toml")
    shutil.copy2(ROOT / "README.md", clone / "README.md")
    target = tmp_path / "installed"
    options = ("--quiet", "--no-deps", "--no-build-isolation", "--no-index")

    installed = run(
        clone, sys.executable, "-m", "pip", "install", *options, "--target", str(target), "."
    )
    assert installed.returncode == 0, installed.stderr
    ran = subprocess.run(
        [sys.executable, "-c", PROGRAM],
        cwd=tmp_path,
        env={"PYTHONPATH": str(target), "PATH": ""},
        capture_output=True,
        text=True,
        check=False,
    )

    assert ran.returncode == 0, ran.stderr
    assert not (target / "emulator").exists()
