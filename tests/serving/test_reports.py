"""What a failure on a machine that nobody can log in to shows of the running sites."""

from __future__ import annotations

from pathlib import Path

import pytest

pytest_plugins = ["pytester"]


@pytest.mark.parametrize("known_as", ["site", "Browser(site)"])
def test_a_failure_shows_what_its_site_complained_about(
    pytester: pytest.Pytester, tmp_path: Path, known_as: str
) -> None:
    lines = ['{"level": "INFO", "event": "calm"}', '{"level": "WARNING", "event": "loud"}', "Crash"]
    log = str(tmp_path / "log")
    Path(log).write_text("\n".join(lines))
    pytester.makepyfile(
        f"""
        from pathlib import Path
        from tests.site import Browser, Site

        def test_it():
            found = {known_as.replace("site", f"Site('http://one', '', None, Path({log!r}))")}
            assert False
        """
    )

    result = pytester.runpytest_inprocess("-p", "tests.site")

    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["*- log of http://one -*", lines[1], lines[2]])
    result.stdout.no_fnmatch_line(lines[0])
