"""The doctor looks at access tokens, and a backend that follows its words takes the right ones."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import httpx2
import jwt
import pytest
from flask import Flask, request

from app.config import WORKOS, Config
from doctor.finding import Finding, Patient
from doctor.token_checks import CHECKS
from tests.conftest import ROOT
from workos_emulator.pytest_plugin import WorkOSEmulator

ADA = "ada@example.com"
[KEYS, DOMAIN, BACKENDS] = CHECKS


def find(check: Any, config: Config, transport: httpx2.BaseTransport) -> Finding:
    with httpx2.Client(transport=transport) as http:
        [finding] = check.run(Patient(config, http))
    found: Finding = finding
    return found


def at(emulator: Flask) -> httpx2.BaseTransport:
    return httpx2.WSGITransport(app=emulator)


def answering(**answers: Any) -> httpx2.BaseTransport:
    """Answers every URL that ends like this."""

    def answer(asked: httpx2.Request) -> httpx2.Response:
        for end, body in answers.items():
            if asked.url.path.endswith(end):
                return httpx2.Response(200, json=body)
        raise httpx2.ConnectError("refused", request=asked)

    return httpx2.MockTransport(answer)


def test_it_counts_the_keys_and_names_the_issuers(config: Config, emulator: Flask) -> None:
    """AUT-19."""
    found = find(KEYS, config, at(emulator))

    assert found.outcome == "ok"
    assert found.what.startswith("1 for RS256 at http://localhost:4100/sso/jwks/client_emulator;")
    for iss in ("https://api.workos.com/,", "https://api.workos.com/user_management/client_emu"):
        assert iss in found.what


def test_keys_of_no_use_need_fixing(config: Config) -> None:
    """AUT-19."""
    body = {"keys": [{"kty": "EC", "kid": "a"}]}
    assert find(KEYS, config, answering(client_emulator=body)).outcome == "failure"


@pytest.mark.parametrize("answers", [{}, {"client_emulator": {"keys": []}}])
def test_keys_that_are_not_there_are_another_checks_business(config: Config, answers: Any) -> None:
    assert find(KEYS, config, answering(**answers)).outcome == "skipped"


def test_an_authkit_domain_that_says_so_is_well(
    make_config: Callable[..., Config], emulator: Flask
) -> None:
    config = make_config(authkit_domain="http://localhost:4100")
    assert find(DOMAIN, config, at(emulator)).outcome == "ok"
    assert find(DOMAIN, make_config(), at(emulator)).outcome == "skipped"


@pytest.mark.parametrize(
    ("server", "jwks", "said"),
    [
        ({"issuer": "https://other.authkit.app"}, {}, "calls itself https://other.authkit.app"),
        ({}, {}, "does not say who it is"),
        ({"issuer": "https://ours.authkit.app"}, {"keys": []}, "has no key for RS256"),
    ],
)
def test_an_authkit_domain_that_is_none_needs_fixing(
    make_config: Callable[..., Config], server: Any, jwks: Any, said: str
) -> None:
    config = make_config(authkit_domain="https://ours.authkit.app")
    answers = {"oauth-authorization-server": server, "jwks": jwks}
    found = find(DOMAIN, config, answering(**answers))

    assert found.outcome == "failure"
    assert said in found.what


def test_the_documents_show_what_it_prints(make_config: Callable[..., Config]) -> None:
    config = make_config(
        workos_client_id="client_123", workos_base_url=WORKOS, share_access_tokens="on"
    )
    printed = find(BACKENDS, config, answering()).text

    assert f"```ts\n{printed}```" in (ROOT / "docs" / "tokens.md").read_text()


def test_nothing_is_printed_for_a_backend_that_gets_nothing(config: Config) -> None:
    assert find(BACKENDS, config, answering()).outcome == "skipped"


def backend(configuration: str) -> Flask:
    """Another backend, which knows nothing but this configuration, and does exactly as it says."""
    providers = [
        dict(re.findall(r'(\w+): "([^"]*)"', block))
        for block in re.findall(r"\{\s+(type:.*?)\}", configuration, re.S)
    ]
    keys = {one["jwks"]: jwt.PyJWKClient(one["jwks"]) for one in providers}
    app = Flask("backend")

    @app.get("/me")
    def show() -> tuple[dict[str, str], int]:
        token = request.headers["Authorization"].removeprefix("Bearer ")
        for provider in providers:
            audience = provider.get("applicationID")
            try:
                claims = jwt.decode(
                    token,
                    keys[provider["jwks"]].get_signing_key_from_jwt(token),
                    algorithms=[provider["algorithm"]],
                    issuer=provider["issuer"],
                    audience=audience,
                    options={"verify_aud": audience is not None, "require": ["exp", "iss"]},
                )
            except jwt.PyJWTError:
                continue
            return {"sub": claims["sub"]}, 200
        return {}, 401

    return app


def test_a_backend_that_does_as_it_says_takes_our_tokens_and_no_others(
    make_config: Callable[..., Config], workos_emulator: WorkOSEmulator
) -> None:
    """AUT-19: without a line of ours in it."""
    config = make_config(workos_base_url=workos_emulator.url, share_access_tokens="on")
    client = backend(find(BACKENDS, config, answering()).text).test_client()

    def ask(**made: Any) -> int:
        token = workos_emulator.access_token(ADA, **made)
        return client.get("/me", headers={"Authorization": f"Bearer {token}"}).status_code

    workos_emulator.rotate_keys()
    old = {"iss": f"{workos_emulator.url}/", "aud": "client_emulator"}
    assert [ask(), ask(claims=old)] == [200, 200]
    for refused in (
        {"claims": {"iss": "https://auth.example.com"}},
        {"claims": {**old, "aud": "another"}},
        {"claims": {"exp": None}},
        {"claims": {"exp": 1_700_000_000}},
        {"kind": "authkit"},
        {"kid": "made up"},
        {"signed": "none"},
        {"signed": "RS512"},
        {"signed": "other key"},
        {"signed": "HS256 with the public key"},
    ):
        assert ask(**refused) == 401, refused
