"""`python -m bench.profile /account`: where the time of one route goes, as a flame graph.

A second thread looks at what the first is doing, a thousand times a second; everything runs on, a
little slower. Works wherever Python does.
"""

from __future__ import annotations

import random
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable
from html import escape
from pathlib import Path
from types import FrameType

from bench.__main__ import quiet
from bench.subjects import (
    answer_of,
    cookie_of,
    environ_of,
    make_app,
    session_at_workos,
    sign_in_at,
    workos_on_loopback,
)

Stacks = Counter[tuple[str, ...]]  # how often each was met, from the outermost call inwards

SECONDS, EVERY = 5.0, 0.001  # how long it looks, and how often on average
SWITCH = 1e-5  # seconds until a thread hands over: long ones would favour calls that let go
WIDTH, ROW, LETTER = 1200, 18, 6.7  # pixels
NARROWEST = 0.5  # pixels; what would be narrower is left out
ROOT, DIRECTORY = Path(__file__).parents[1], Path("instance")
PYTHON = f"python{sys.version_info.major}.{sys.version_info.minor}/"  # its own modules
STYLE = """
svg { font: 12px ui-monospace, monospace; --paper: #ffffff; --text: #1b1f27; }
.paper { fill: var(--paper); } text { fill: var(--text); pointer-events: none; }
.ours { fill: #8fbcf5; } .theirs { fill: #f2cf9b; } .python { fill: #d5d9e0; }
rect:hover { opacity: 0.7; }
@media (prefers-color-scheme: dark) { svg { --paper: #14171d; --text: #f2f4f8; }
  .ours { fill: #23508a; } .theirs { fill: #6e4a16; } .python { fill: #3a4150; } }
"""


def main(route: str) -> None:
    """Asks for the route for some seconds, as somebody signed in; says where the graph is."""
    with quiet(), workos_on_loopback() as (url, client), tempfile.TemporaryDirectory() as directory:
        app = make_app(Path(directory), workos_base_url=url)
        cookie = cookie_of(app, session_at_workos(app, sign_in_at(client)))
        status = answer_of(app, environ_of(route, cookie))[0]
        if not status.startswith("2"):
            sys.exit(f"{route} answers {status}: there is nothing to look at.")
        stacks, asked = sampled(lambda: answer_of(app, environ_of(route, cookie)), SECONDS)
    DIRECTORY.mkdir(exist_ok=True)
    name = route.strip("/").replace("/", "-") or "home"
    graph, text = (DIRECTORY / f"profile-{name}.{ending}" for ending in ("svg", "txt"))
    graph.write_text(flame_graph(f"GET {route}: {SECONDS / asked * 1e6:,.0f} µs each", stacks))
    text.write_text("".join(f"{';'.join(stack)} {n}\n" for stack, n in sorted(stacks.items())))
    print(f"{asked:,} requests, {stacks.total():,} samples: {graph} (open it in a browser), {text}")


def sampled(action: Callable[[], object], seconds: float) -> tuple[Stacks, int]:
    """Repeats the action for so long; returns what it was met at, and how often it ran."""
    stacks: Stacks = Counter()
    watched, is_over = threading.get_ident(), threading.Event()

    def look() -> None:
        while not is_over.wait(random.uniform(0, 2 * EVERY)):  # never in step with the action
            frame = sys._current_frames().get(watched)  # documented, underscore and all
            if stack := names(frame)[::-1]:
                stacks[tuple(stack)] += 1

    before = sys.getswitchinterval()
    sys.setswitchinterval(SWITCH)
    watcher = threading.Thread(target=look)
    watcher.start()
    try:
        count = repeated(action, seconds)
    finally:
        is_over.set()
        watcher.join()
        sys.setswitchinterval(before)
    return stacks, count


def repeated(action: Callable[[], object], seconds: float) -> int:
    """Repeats the action for so long; returns how often it ran."""
    count, ends_at = 0, time.perf_counter() + seconds
    while time.perf_counter() < ends_at:
        action()
        count += 1
    return count


def names(frame: FrameType | None) -> list[str]:
    """Returns what the action that is repeated is calling, innermost first, if it is running."""
    found = []
    while frame and frame.f_code is not repeated.__code__:
        code = frame.f_code
        found.append(f"{short(code.co_filename)}:{code.co_qualname}")
        frame = frame.f_back
    return found if frame else []


def short(filename: str) -> str:
    """Returns a path from the root of this project, or from where packages are installed."""
    path = Path(filename)
    if path.is_relative_to(ROOT) and "site-packages" not in path.parts:
        return path.relative_to(ROOT).as_posix()
    return "/".join(path.parts[-2:])


def flame_graph(title: str, stacks: Stacks) -> str:
    """Returns the stacks as an SVG: callers above, as wide as their share of the time."""
    parts: list[str] = []
    deepest = _draw(parts, list(stacks.items()), 0, 0.0, WIDTH / max(stacks.total(), 1))
    height = 40 + (deepest + 1) * ROW
    body = "\n".join(parts)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" role="img">\n'
        f'<style>{STYLE}</style>\n<rect class="paper" width="{WIDTH}" height="{height}"/>\n'
        f'<text x="8" y="22">{escape(title)}</text>\n{body}\n</svg>\n'
    )


def _draw(
    parts: list[str], stacks: list[tuple[tuple[str, ...], int]], depth: int, x: float, unit: float
) -> int:
    """Draws what is called at this depth, and all below it; returns how deep it goes."""
    deepest = depth
    below: dict[str, list[tuple[tuple[str, ...], int]]] = {}
    for stack, count in stacks:
        if len(stack) > depth:
            below.setdefault(stack[depth], []).append((stack, count))
    for name, inner in below.items():
        samples = sum(count for _, count in inner)
        width, y = samples * unit, 36 + depth * ROW
        if width >= NARROWEST:
            share = f"{name}: {100 * width / WIDTH:.1f} %"
            label = name.partition(":")[2][: int(width / LETTER)]
            parts.append(
                f'<rect class="{_owner(name)}" x="{x:.1f}" y="{y}" width="{width:.1f}"'
                f' height="{ROW - 1}"><title>{escape(share)}</title></rect>'
            )
            if len(label) > 2:
                parts.append(f'<text x="{x + 3:.1f}" y="{y + 13}">{escape(label)}</text>')
            deepest = max(deepest, _draw(parts, inner, depth + 1, x, unit))
        x += width
    return deepest


def _owner(name: str) -> str:
    if name.startswith(("app/", "bench/")):
        return "ours"
    return "python" if name.startswith(PYTHON) else "theirs"


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    main(sys.argv[1])
