"""`make bench` measures, draws and compares; none of its figures is held to anything here."""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from pathlib import Path
from xml.etree import ElementTree

import pytest

from bench.__main__ import ask, main
from bench.history import keep, moved
from bench.pictures import bars, lines
from bench.profile import Stacks, flame_graph, sampled
from bench.table import Row, as_markdown, compared
from tests.waiting import wait_for

SVG = "{http://www.w3.org/2000/svg}"


def test_one_row_can_be_measured_alone(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    history = tmp_path / "bench.json"

    code = main(["guarded_request", "--rounds", "1", "--history", str(history)])

    said = capsys.readouterr()
    assert code == 0
    assert "[1 of 1] guarded_request ..." in said.err
    assert "| A guarded JSON request, against Flask-Login's |" in said.out
    assert (
        "A guarded JSON request, against Flask-Login's"
        in json.loads(history.read_text())["figures"]
    )


def test_a_row_that_is_not_there_is_named(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit, match=r"No such row: nothing\. There are: .*session_check"):
        main(["nothing"])


def test_a_row_that_fails_says_so_and_holds_up_no_other(
    capsys: pytest.CaptureFixture[str],
) -> None:
    def broken(_: int) -> Sequence[Row]:
        raise FileNotFoundError("redis-server is not installed")

    [row] = ask(broken, 1, "1 of 2")

    assert isinstance(row, Row)
    assert "redis-server is not installed" in capsys.readouterr().err
    assert "| broken |  |  | not measured | failed: FileNotFoundError |" in as_markdown([row])


def test_a_target_is_met_or_not() -> None:
    ratio = compared("Mine, against theirs", [2.0, 2.0], [4.0, 4.0], target=0.5)
    more = compared("The other way", [2.0, 2.0], [4.0, 4.0], target=0.6, at_least=True)
    said = Row("Only said", 3.0)

    assert [row.met for row in (ratio, more, said)] == ["yes", "no", ""]
    assert "| Mine, against theirs | 0.50 | ≤ 0.5 | yes | 2.00 s against 4.00 s |" in as_markdown(
        [ratio]
    )


def test_what_moved_by_more_than_the_noise_is_said(tmp_path: Path) -> None:
    history = tmp_path / "bench.json"
    keep([Row("steady", 1.0, noise=0.1), Row("moved", 1.0, noise=0.1)], history)
    now = [Row("steady", 1.15, noise=0.1), Row("moved", 1.5, noise=0.1), Row("failed", math.nan)]

    assert moved(now, history) == ["moved: 1.00 → 1.50 (noise 0.20)"]

    keep([Row("moved", 1.5)], history)  # alone, by ROW=
    assert moved(now, history) == []


def test_figures_of_another_machine_are_compared_with_nothing(tmp_path: Path) -> None:
    history = tmp_path / "bench.json"
    keep([Row("moved", 1.0)], history)
    history.write_text(json.dumps(json.loads(history.read_text()) | {"machine": "another"}))

    assert moved([Row("moved", 2.0)], history) == []


def test_a_plot_has_a_line_for_each_and_no_label_on_another() -> None:
    points = [(1_000.0, 20e-6), (1_000_000.0, 30e-6)]
    drawn = lines("Sessions", "sessions", "time", {"This & that": points, "Others": points})

    root = ElementTree.fromstring(drawn)
    assert root.findtext(f"{SVG}title") == "Sessions"
    assert len(root.findall(f"{SVG}polyline")) == 2
    labels = {text.text: float(text.attrib["y"]) for text in root.iter(f"{SVG}text")}
    assert abs(labels["This & that"] - labels["Others"]) >= 16


def test_bars_are_as_long_as_what_they_stand_for() -> None:
    drawn = bars("One request", {"This application": [20e-6], "Others": [40e-6]})

    boxes = [box for box in ElementTree.fromstring(drawn).iter(f"{SVG}rect") if "x" in box.attrib]
    short, long = (float(box.attrib["width"]) for box in boxes)
    assert long == pytest.approx(2 * short, abs=0.1)


def test_a_profile_meets_what_takes_the_time() -> None:
    met: list[Stacks] = []

    def meets_something() -> bool:
        met.append(sampled(lambda: sorted(range(10_000), key=str), 0.05)[0])
        return bool(met[-1])

    wait_for(meets_something, lambda: "for a sample")
    assert all(stack[0].startswith("tests/test_bench.py:") for stack in met[-1])


def test_a_flame_graph_is_as_wide_as_the_time_spent() -> None:
    drawn = flame_graph("GET /", Stacks({("app/a.py:all",): 1, ("app/a.py:all", "b.py:part"): 3}))

    shares = [title.text for title in ElementTree.fromstring(drawn).iter(f"{SVG}title")]
    assert shares == ["app/a.py:all: 100.0 %", "b.py:part: 75.0 %"]
