"""What a person's authenticator app does."""

from __future__ import annotations

import re
from typing import Any

import pytest
from flask import Flask

from app.web.log import JSONFormatter
from tests.machine import ROOT
from tests.walk import ADA, Visitor

KEY = {"Authorization": "Bearer sk_test_emulator"}
BRAND = (ROOT / "templates/auth/_brand.html").read_text()
NAME = re.findall(r'set name = "(.+)"', BRAND)[0]  # as apps show it beside its codes


def next_totp(visitor: Visitor, email: str = ADA) -> str:
    """Returns a code of somebody's newest app that nobody has used, without sleeping."""
    client = visitor.emulator.test_client()
    assert client.post("/_emulate/authenticator/wait", json={}).status_code == 201
    shown: Any = client.get("/_emulate/authenticator/codes", query_string={"email": email}).json
    return str(shown[0]["code"])


def set_up(visitor: Visitor, email: str = ADA) -> str:
    """Gives somebody an app, as if they had set it up elsewhere; returns the id of its factor."""
    client = visitor.emulator.test_client()
    user = user_of(visitor.emulator, email)
    path = f"/user_management/users/{user}/auth_factors"
    made: Any = client.post(path, json={"type": "totp"}, headers=KEY).json
    challenge = made["authentication_challenge"]["id"]
    code = {"code": next_totp(visitor, email)}
    assert client.post(f"/auth/challenges/{challenge}/verify", json=code, headers=KEY).json == {
        "challenge": made["authentication_challenge"],
        "valid": True,
    }
    return str(made["authentication_factor"]["id"])


def user_of(emulator: Flask, email: str) -> str:
    """Returns the id of somebody's User, made now if there is none."""
    client = emulator.test_client()
    listed: Any = client.get(
        "/user_management/users", query_string={"email": email}, headers=KEY
    ).json
    if listed["data"]:
        return str(listed["data"][0]["id"])
    made: Any = client.post("/user_management/users", json={"email": email}, headers=KEY).json
    return str(made["id"])


def fails_next(visitor: Visitor, email: str, path: str, status: int, body: object = None) -> None:
    """Has the next question about somebody answered so."""
    of_user = f"/user_management/users/{user_of(visitor.emulator, email)}"
    hook = {"method": "GET", "path": of_user + path, "status": status, "body": body, "count": 1}
    assert visitor.emulator.test_client().post("/_emulate/hooks", json=hook).status_code == 201


def answers_next(visitor: Visitor, status: int, body: object) -> None:
    """Has the next attempt to authenticate answered so."""
    path = "/user_management/authenticate"
    hook = {"method": "POST", "path": path, "status": status, "body": body, "count": 1}
    assert visitor.emulator.test_client().post("/_emulate/hooks", json=hook).status_code == 201


def logged(caplog: pytest.LogCaptureFixture) -> str:
    """Returns all that was logged, as it is written."""
    return "\n".join(map(JSONFormatter().format, caplog.records))


def requires_mfa(visitor: Visitor) -> None:
    """Makes a second factor a must for everybody, as in the WorkOS dashboard."""
    body = {"everybody": True}
    reply = visitor.emulator.test_client().post("/_emulate/second-factors", json=body)
    assert reply.status_code == 201
