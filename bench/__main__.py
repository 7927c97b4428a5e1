"""`python -m bench [--write] [row ...]`: measures all rows or those named, as a table."""

from __future__ import annotations

import argparse
import logging
import math
import sys
import time
import traceback
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from bench import api_keys, in_process, on_redis, programs, served, sessions, waiting
from bench.history import keep, moved
from bench.table import Picture, Row, as_markdown, write_down

HISTORY = Path("instance/bench.json")
Question = Callable[[int], Sequence[Row | Picture]]

QUESTIONS: tuple[Question, ...] = (
    in_process.session_check,
    on_redis.session_check_in_redis,
    in_process.guarded_request,
    in_process.signing_in,
    api_keys.a_known_api_key,
    programs.letting_a_program_in,
    programs.many_permissions,
    sessions.a_million_sessions,
    sessions.bytes_a_session,
    on_redis.bytes_a_session_in_redis,
    served.pages_per_second,
    served.sign_ins_per_second,
    waiting.pages_while_people_wait,
    waiting.a_workos_that_hangs,
    served.memory_and_start,
)
ONLY_NAMED: tuple[Question, ...] = (
    sessions.ten_million_sessions,
)  # they take too long for every run


def main(arguments: Sequence[str]) -> int:
    """Measures, prints, and with --write keeps it in docs/; returns 1 if a row failed."""
    options = parse(arguments)
    asked = {one.__name__: one for one in QUESTIONS}
    if options.rows:
        known = asked | {one.__name__: one for one in ONLY_NAMED}
        if unknown := set(options.rows) - set(known):
            sys.exit(f"No such row: {', '.join(sorted(unknown))}. There are: {', '.join(known)}.")
        asked = {name: known[name] for name in options.rows}
    with quiet():
        answers = [
            answer
            for number, question in enumerate(asked.values(), 1)
            for answer in ask(question, options.rounds, f"{number} of {len(asked)}")
        ]
    rows = [answer for answer in answers if isinstance(answer, Row)]
    print(as_markdown(rows))
    if options.write:
        write_down(rows, [answer for answer in answers if isinstance(answer, Picture)])
    for line in moved(rows, options.history) or ["Nothing moved by more than the noise."]:
        print(line, file=sys.stderr)
    keep(rows, options.history)
    return int(not all(row.is_measured for row in rows))


def parse(arguments: Sequence[str]) -> argparse.Namespace:
    """Returns the options; ends the process with a usage message if they are wrong."""
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("rows", nargs="*", metavar="row", help="what to measure; all by default")
    parser.add_argument("--write", action="store_true", help="keep the table in docs/")
    parser.add_argument("--rounds", type=int, default=150, help="fewer are quicker, and noisier")
    parser.add_argument("--history", type=Path, default=HISTORY, help="the last figures")
    options = parser.parse_args(arguments)
    if options.rows and options.write:
        parser.error("--write keeps the whole table, so it takes no rows")
    return options


def ask(question: Question, rounds: int, which: str) -> Sequence[Row | Picture]:
    """Returns the answers, and says what is being measured; a row that fails says so as well."""
    name, started = question.__name__, time.monotonic()
    print(f"[{which}] {name} ...", end=" ", file=sys.stderr, flush=True)
    try:
        answers = question(rounds)
    except Exception as error:  # noqa: BLE001 # whatever it is, the other rows go on
        print("failed:", file=sys.stderr)
        traceback.print_exception(error)
        return [Row(name, math.nan, detail=f"failed: {type(error).__name__}")]
    print(f"{time.monotonic() - started:.0f} s", file=sys.stderr, flush=True)
    return answers


@contextmanager
def quiet() -> Iterator[None]:
    """Keeps logs out of the measurement of everybody alike."""
    before = logging.root.manager.disable
    logging.disable(logging.CRITICAL)
    yield
    logging.disable(before)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
