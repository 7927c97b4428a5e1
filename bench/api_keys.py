"""What it costs to check the API key of a program."""

from __future__ import annotations

import tempfile
from pathlib import Path

from app.guards import api_key_required
from bench.clock import in_turn
from bench.subjects import make_app, within, workos_on_loopback
from bench.table import Row, compared


def a_known_api_key(rounds: int) -> list[Row]:
    """A key that WorkOS has just confirmed, against the SDK's own check, which asks WorkOS."""
    with workos_on_loopback() as (url, client), tempfile.TemporaryDirectory() as directory:
        acme = client.organizations.create_organization(name="Acme").id
        value = client.api_keys.create_organization_api_key(acme, name="CI").value
        app = make_app(Path(directory), workos_base_url=url)

        def ours() -> None:
            assert api_key_required() is None

        def sdk() -> None:
            assert client.api_keys.create_validation(value=value).api_key

        check = within(app, ours, HTTP_AUTHORIZATION=f"Bearer {value}")
        mine, theirs = in_turn(check, sdk, rounds=rounds, count=2)
    question = "Checking an API key that is known, against the SDK's own check"
    return [compared(question, mine, theirs, target=0.1)]
