"""The command: `make doctor`."""

from __future__ import annotations

import argparse
import json
import os
import sys
import textwrap
from collections.abc import Sequence

import httpx2
from dotenv import find_dotenv

from app.environment import ConfigError, load_env
from app.workos_api.client import TIMEOUT
from app.workos_api.transport import make_http
from doctor import make_run
from doctor.examination import examine, refused
from doctor.finding import Check, Finding
from doctor.story import tell

MARKS = {"ok": "ok     ", "warning": "WARNING", "failure": "FAILURE", "skipped": "skipped"}
WIDTH = 96
INDENT = " " * 25


def main(arguments: Sequence[str]) -> int:
    """Runs the checks and prints what they find; returns 1 if anything needs fixing."""
    options = _parse(arguments)
    if options.attempt:
        return tell(options.attempt, sys.stdin)
    found = _examine(options.url)
    if options.json:
        print(_as_json(found))
    else:
        is_refused = found[0][1].outcome == "failure" and found[0][0].name == "settings"
        if is_refused:  # then nothing else could be looked at
            found = [(check, finding) for check, finding in found if finding.outcome == "failure"]
        for check, finding in found:
            print(_as_text(check, finding))
        print(f"\n{_summary(found)}")
        if is_refused and not find_dotenv(usecwd=True):
            print("There is no .env here: make run makes one for the emulator.")
    return int(any(finding.outcome == "failure" for _, finding in found))


def _parse(arguments: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m doctor", description=__doc__)
    parser.add_argument("--url", help="also ask the running application, from outside")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    parser.add_argument(
        "--attempt", metavar="ID", help="tell the story of one sign-in attempt from a log on stdin"
    )
    return parser.parse_args(arguments)


def _examine(url: str | None) -> list[tuple[Check, Finding]]:
    running = make_run.ports()
    for name, port in running.items():
        os.environ.setdefault(name, port)
    try:
        load_env()
    except ConfigError as error:
        return list(refused(error))
    with make_http() as http:
        http.timeout = httpx2.Timeout(TIMEOUT)
        if running:  # the settings alone do not tell its debug mode, for example
            url = url or os.environ["PUBLIC_URL"]
        return list(examine(os.environ, url=url, http=http))


def _as_text(check: Check, finding: Finding) -> str:
    head = f"{MARKS[finding.outcome]}  {check.name:<15} "
    lines = [textwrap.fill(finding.what, WIDTH, initial_indent=head, subsequent_indent=INDENT)]
    if finding.fix:
        why = "Why: " + check.why
        lines += [
            textwrap.fill(text, WIDTH, initial_indent=INDENT, subsequent_indent=INDENT + "     ")
            for text in (why, f"Do:  {finding.fix}")
        ]
    if finding.text:
        lines.append(textwrap.indent(finding.text.rstrip(), INDENT))
    return "\n".join(lines)


def _as_json(found: list[tuple[Check, Finding]]) -> str:
    findings = [
        {
            "check": check.name,
            "outcome": finding.outcome,
            "what": finding.what,
            "why": check.why,
            "fix": finding.fix,
            "text": finding.text,
        }
        for check, finding in found
    ]
    is_well = not any(finding.outcome == "failure" for _, finding in found)
    return json.dumps({"ok": is_well, "findings": findings}, indent=2)


def _summary(found: list[tuple[Check, Finding]]) -> str:
    outcomes = [finding.outcome for _, finding in found]
    if failures := outcomes.count("failure"):
        return f"{failures} of {len(outcomes)} need attention."
    if warnings := outcomes.count("warning"):
        return f"Nothing needs fixing; {warnings} to think about."
    return "All is well."


def _printed(arguments: Sequence[str]) -> int:
    # https://docs.python.org/3/library/signal.html#note-on-sigpipe
    try:
        status = main(arguments)
        sys.stdout.flush()
    except BrokenPipeError:  # whoever reads has seen enough: `| head`
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    return status


if __name__ == "__main__":
    sys.exit(_printed(sys.argv[1:]))
