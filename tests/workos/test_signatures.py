"""The calls of the SDK that we make: another release may take other arguments."""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable
from operator import attrgetter

import pytest
from workos import WorkOSClient

from tests.machine import ROOT

CALL = re.compile(r"(?:workos\(\)|\bclient(?=\.\w+\.))\.([\w.]+)")


def signature(client: WorkOSClient, call: str) -> str:
    """Returns the names of its arguments, and their defaults."""
    shape = inspect.signature(attrgetter(call)(client))
    bare = [one.replace(annotation=one.empty) for one in shape.parameters.values()]
    return f"{call}{shape.replace(parameters=bare, return_annotation=shape.empty)}"


@pytest.mark.docs
def test_each_call_takes_the_arguments_that_it_took(
    generated: Callable[[str, str, str], None],
) -> None:
    sources = "".join(path.read_text() for path in (ROOT / "app").rglob("*.py"))
    calls = sorted(set(CALL.findall(sources)))

    assert len(calls) > 4
    client = WorkOSClient(api_key="sk_test_1", client_id="client_1")
    text = "".join(f"- `{signature(client, call)}`\n" for call in calls)
    generated("tests/workos/signatures.md", "signatures", text)
