"""The README: it names every control, and its examples work as written."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from bare_http import PATIENCE
from workos_emulator.pytest_plugin import WorkOSEmulator

README = (Path(__file__).parents[1] / "README.md").read_text()


def examples(language: str) -> list[str]:
    """Returns the fenced blocks of this language."""
    return re.findall(rf"```{language}\n(.*?)```", README, re.S)


def test_it_names_every_route(workos_emulator: WorkOSEmulator) -> None:
    for rule in workos_emulator.app.url_map.iter_rules():
        if rule.rule != "/" and "static" not in rule.rule:
            for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}:
                assert f"`{method} {rule.rule}`" in README


def test_it_names_everything_that_the_fixture_offers() -> None:
    public = {name for name in vars(WorkOSEmulator) if not name.startswith("_")} - {"close"}

    assert public | {"app"} == set(re.findall(r"`\.(\w+)", README.partition("## What")[0]))


def test_its_curl_example_works(workos_emulator: WorkOSEmulator) -> None:
    if not shutil.which("curl"):
        pytest.skip("curl is not installed")
    [example] = [block for block in examples("sh") if "curl" in block]
    script = example.replace("http://localhost:4100", workos_emulator.url)
    subprocess.run(
        ["bash", "-euc", script], check=True, timeout=PATIENCE, stdout=subprocess.DEVNULL
    )

    key = {"Authorization": f"Bearer {workos_emulator.api_key}"}
    client = workos_emulator.app.test_client()
    statuses = [
        client.post(
            "/user_management/magic_auth", json={"email": "ada@example.com"}, headers=key
        ).status_code
        for _ in range(3)
    ]
    assert statuses == [503, 503, 201]
