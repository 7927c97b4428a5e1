"""`python -m bench [--write] [question ...]`: answers all or those named, as a table."""

from __future__ import annotations

import sys
from collections.abc import Callable

from bench import in_process, programs, served
from bench.table import Row, as_markdown, write_down

QUESTIONS: tuple[Callable[[], Row | list[Row]], ...] = (
    in_process.checking_a_session,
    in_process.a_known_api_key,
    in_process.a_million_sessions,
    in_process.a_guarded_request,
    programs.letting_a_program_in,
    programs.many_permissions,
    served.sign_ins_per_second,
    served.pages_while_sign_ins_wait,
    served.a_workos_that_hangs,
    served.memory_and_start,
)


def main() -> None:
    """Measures, prints, and with --write keeps the table in docs/performance.md."""
    named = set(sys.argv[1:]) - {"--write"}
    if unknown := named - {question.__name__ for question in QUESTIONS}:
        sys.exit(f"No such question: {', '.join(sorted(unknown))}")
    if named and "--write" in sys.argv:
        sys.exit("--write keeps the whole table, so it takes no names.")
    in_process.quiet()
    rows: list[Row] = []
    for question in QUESTIONS:
        if named and question.__name__ not in named:
            continue
        print(f"{question.__name__} ...", file=sys.stderr, flush=True)
        answer = question()
        rows += answer if isinstance(answer, list) else [answer]
    print(as_markdown(rows))
    if "--write" in sys.argv:
        write_down(rows)


if __name__ == "__main__":
    main()
