"""The doctor looks at what single sign-on leads to."""

from __future__ import annotations

from typing import Any

import httpx2
import pytest
from flask import Flask

import workos_emulator
from app.config import Config
from doctor.finding import Patient
from doctor.sso_checks import CHECKS

[CHECK] = CHECKS
ACME = {"name": "Acme", "organization_id": "org_acme", "domains": {"acme.example": "verified"}}


def examine(make_config: Any, *made: dict[str, Any], **changes: Any) -> list[tuple[str, str]]:
    """What the check finds where WorkOS has these connections."""
    emulator: Flask = workos_emulator.create_app()
    for one in made:
        emulator.test_client().post("/_emulate/connections", json={**ACME, **one})
    config: Config = make_config(**{"sign_in_with": ("magic_auth", "sso"), **changes})
    with httpx2.Client(transport=httpx2.WSGITransport(app=emulator)) as http:
        return [(one.outcome, one.what) for one in CHECK.run(Patient(config, http))]


def test_one_that_is_active_is_enough(make_config: Any) -> None:
    off = {"id": "conn_off", "state": "inactive"}
    assert examine(make_config, {}, off) == [("ok", "1 active of 2.")]


@pytest.mark.parametrize("made", [(), ({"state": "inactive"},)], ids=len)
def test_none_that_is_active_needs_fixing(make_config: Any, made: Any) -> None:
    [(outcome, what)] = examine(make_config, *made)
    assert (outcome, what.partition(" ")[2]) == ("failure", "connections, of which none is active.")


def test_one_without_a_domain_is_found_by_no_address(make_config: Any) -> None:
    _, (outcome, what) = examine(make_config, {"id": "conn_1", "domains": {}})
    assert (outcome, what.partition(",")[0]) == ("warning", "Acme (conn_1) has no domain")


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"sign_in_with": ("magic_auth",)}, "SIGN_IN_WITH does not offer sso."),
        ({"workos_api_key": "sk_test_other"}, "WorkOS does not list them (status 401)"),
    ],
)
def test_what_cannot_be_asked_is_said(make_config: Any, changes: Any, said: str) -> None:
    [(outcome, what)] = examine(make_config, **changes)
    assert outcome == "skipped"
    assert what.startswith(said)


def test_a_workos_that_is_not_there_cannot_be_asked(make_config: Any) -> None:
    def refuse(request: httpx2.Request) -> httpx2.Response:
        raise httpx2.ConnectError("refused", request=request)

    with httpx2.Client(transport=httpx2.MockTransport(refuse)) as http:
        [finding] = CHECK.run(Patient(make_config(sign_in_with=("sso",)), http))

    assert (finding.outcome, finding.what) == ("skipped", "WorkOS cannot be asked; see api.")
