"""How the tests themselves run: what a failure shows of the running sites, who shares them."""

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


@pytest.mark.xdist_group("one process")
@pytest.mark.parametrize("number", range(4))
def test_tests_of_one_group_share_a_process(
    request: pytest.FixtureRequest,
    tmp_path_factory: pytest.TempPathFactory,
    worker_id: str,
    number: int,
) -> None:
    """Or what breaks a site in one of them is met by those that another process runs meanwhile."""
    if request.config.getoption("loadgroup", default=False):
        of_all_processes = tmp_path_factory.getbasetemp().parent
        (of_all_processes / f"ran-in-{worker_id}").touch()
        assert len(list(of_all_processes.glob("ran-in-*"))) == 1
