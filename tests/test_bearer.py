"""Programs with an access token of WorkOS's: who gets through, and what others are told."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Iterator
from threading import Barrier, Thread
from typing import Any

import jwt
import pytest
import time_machine
from flask import Flask, request
from flask.typing import ResponseReturnValue
from werkzeug.test import TestResponse

from app import create_app
from app.config import Config
from app.guards import bearer_required, fresh_login_required, login_required, permission_required
from app.keys import CLOCK_SKEW
from app.session import current_user
from app.session.claims import can, current_organization
from app.workos_api.jwks import MAX_AGE, PAUSE
from tests.auth.asked import set_at_workos
from tests.walk import ADA, Visitor
from workos_emulator.pytest_plugin import WorkOSEmulator

JWKS = "/sso/jwks/client_emulator"
SITE = "http://localhost:5000"


@pytest.fixture
def clock() -> Iterator[time_machine.Traveller]:
    with time_machine.travel("2026-05-01T12:00:00Z", tick=False) as coordinates:
        yield coordinates


@pytest.fixture
def app(app: Flask) -> Flask:
    """With a view for programs."""
    return with_report(app)


def with_report(app: Flask) -> Flask:
    @app.route("/report", methods=["GET", "POST"])
    @bearer_required
    def report() -> ResponseReturnValue:
        organization = current_organization
        return {
            "user": current_user.user_id,
            "email": current_user.email,
            "organization": organization.id if organization else None,
            "writes": can("reports:write"),
            "acts": current_user.impersonator.email if current_user.impersonator else None,
        }

    return app


def token(visitor: Visitor, email: str = ADA, **asked: Any) -> str:
    """Has WorkOS make an access token, as it should be or as it should not."""
    made: Any = visitor.emulator.test_client().post(
        "/_emulate/access-tokens", json={"email": email, **asked}
    )
    assert made.status_code == 201, made.text
    return str(made.json["access_token"])


def report(visitor: Visitor, bearer: str | None, **headers: str) -> TestResponse:
    """Calls the view with this token."""
    if bearer is not None:
        headers["Authorization"] = f"Bearer {bearer}"
    return visitor.get("/report", headers=headers)


def fetches(visitor: Visitor) -> int:
    """How often the keys were asked for."""
    return sum(one["path"] == JWKS for one in visitor.api_calls())


def assert_refused(answer: Any, challenge: str = 'Bearer error="invalid_token"') -> None:
    assert answer.status_code == 401
    assert answer.headers["WWW-Authenticate"] == challenge
    assert answer.json["error"] in ("invalid_token", "access_token_missing")
    assert "Set-Cookie" not in answer.headers


def test_the_token_of_a_sign_in_opens_what_it_claims(visitor: Visitor) -> None:
    """AUT-19: `current_user`, claims and guards go by it, and nothing is written anywhere."""
    claims = {"org_id": "org_lovelace", "permissions": ["reports:write"]}
    set_at_workos(visitor, "claims", email=ADA, claims=claims)
    answer: Any = report(visitor, token(visitor))

    assert answer.status_code == 200
    assert answer.json["user"].startswith("user_")
    assert answer.json["email"] == ""
    assert (answer.json["organization"], answer.json["writes"]) == ("org_lovelace", True)
    assert "Set-Cookie" not in answer.headers


def say_through() -> str:
    return "through"


def test_other_guards_stand_behind_it(app: Flask, visitor: Visitor) -> None:
    for path, guard in {
        "/signed-in": login_required,
        "/writes": permission_required("reports:write"),
        "/deletes": permission_required("reports:delete"),
        "/fresh": fresh_login_required,
    }.items():
        app.add_url_rule(path, path, bearer_required(guard(say_through)))
    set_at_workos(visitor, "claims", email=ADA, claims={"permissions": ["reports:write"]})
    headers = {"Authorization": f"Bearer {token(visitor)}"}
    answers = [
        visitor.get(path, headers=headers)
        for path in ("/signed-in", "/writes", "/deletes", "/fresh")
    ]

    assert [one.status_code for one in answers] == [200, 200, 403, 401]
    assert [one.json["error"] for one in answers[2:]] == ["permission_missing", "sign_in_again"]  # type: ignore[index] # JSON


def test_an_address_that_a_template_adds_is_known(visitor: Visitor) -> None:
    answer: Any = report(visitor, token(visitor, claims={"email": ADA}))

    assert answer.json["email"] == ADA


def test_who_acts_for_the_person_is_known_and_logged(
    visitor: Visitor, caplog: pytest.LogCaptureFixture
) -> None:
    """AUT-23."""
    answer: Any = report(visitor, token(visitor, claims={"act": {"sub": "help@example.com"}}))

    assert answer.json["acts"] == "help@example.com"
    assert "authz_impersonated" in caplog.messages


def test_without_a_token_it_is_told_how_to_come_again(visitor: Visitor) -> None:
    """AUT-19: without an error code (RFC 6750, 3.1), and never on the sign-in page."""
    for headers in ({}, {"Authorization": "Basic YTpi"}, {"Accept": "text/html"}):
        assert_refused(report(visitor, None, **headers), "Bearer")


def test_a_session_stands_for_no_token_and_helps_no_bad_one(visitor: Visitor) -> None:
    """AUT-19."""
    visitor.sign_in_by_code()

    assert_refused(report(visitor, None), "Bearer")
    assert_refused(report(visitor, "bad"))
    assert visitor.is_signed_in()


def test_a_token_counts_and_not_the_session_of_somebody_else_beside_it(visitor: Visitor) -> None:
    visitor.sign_in_by_code("eve@example.com")
    answer: Any = report(visitor, token(visitor, claims={"email": ADA}))

    assert answer.json["email"] == ADA


@pytest.mark.parametrize("path", ["", "/", "/user_management/client_emulator"])
@pytest.mark.parametrize("origin", ["https://api.workos.com", "http://localhost:4100"])
def test_every_issuer_that_workos_has_is_taken(visitor: Visitor, origin: str, path: str) -> None:
    """AUT-19: older environments have other ones, and all come from the same keys."""
    assert report(visitor, token(visitor, claims={"iss": origin + path})).status_code == 200


@pytest.mark.parametrize(
    "claims",
    [
        {"iss": "https://api.workos.com.evil.example"},
        {"iss": "https://api.workos.com/user_management/client_other"},
        {"iss": "https://auth.example.com"},
        {"iss": ["https://api.workos.com"]},
        {"iss": None},
        {"aud": "another-service"},
        {"aud": ["client_emulator"]},
        {"client_id": "client_other"},
        {"exp": None},
        {"exp": "4000000000"},
        {"sid": None},
        {"sid": 1},
        {"auth_time": None},
        {"auth_time": "1700000000"},
        {"auth_time": True},
        {"sub_profile": "agent"},
        {"sub_profile": ""},
        {"sub_type": "agent"},
        {"sub": None},
        {"sub": "client_1"},
        {"nbf": 4_000_000_000},
        {"iat": 4_000_000_000},
    ],
    ids=lambda claims: "-".join(f"{name}-{value}" for name, value in claims.items()),
)
def test_a_token_with_a_wrong_claim_is_refused(visitor: Visitor, claims: dict[str, Any]) -> None:
    """AUT-19: the same key signs for agents, widgets and other applications."""
    assert_refused(report(visitor, token(visitor, claims=claims)))


@pytest.mark.parametrize("kind", ["agent", "widget", "authkit", "m2m"])
def test_a_token_that_is_not_a_persons_is_refused(visitor: Visitor, kind: str) -> None:
    """AUT-19: of an agent, a widget, or an OAuth client while no AuthKit domain is set."""
    assert_refused(report(visitor, token(visitor, kind=kind)))


@pytest.mark.parametrize("signed", ["RS512", "none", "other key", "HS256 with the public key"])
def test_a_token_that_is_wrongly_signed_is_refused(visitor: Visitor, signed: str) -> None:
    """AUT-19: whatever its header says."""
    assert report(visitor, token(visitor)).status_code == 200
    assert_refused(report(visitor, token(visitor, signed=signed)))


def changed(bearer: str, **claims: Any) -> str:
    """Changes what a token says, and keeps its signature."""
    header, payload, signature = bearer.split(".")
    said = jwt.decode(bearer, options={"verify_signature": False}) | claims
    payload = base64.urlsafe_b64encode(json.dumps(said).encode()).decode().rstrip("=")
    return f"{header}.{payload}.{signature}"


def test_a_token_that_was_changed_is_refused(visitor: Visitor) -> None:
    """AUT-19."""
    assert_refused(report(visitor, changed(token(visitor), permissions=["reports:write"])))


def header_of(**fields: Any) -> str:
    return base64.urlsafe_b64encode(json.dumps(fields).encode()).decode().rstrip("=")


@pytest.mark.parametrize(
    "bearer",
    [
        "",
        "x",
        "..",
        "a.b.c",
        "\xe9.\xe9.\xe9",
        "a=b",
        "sk_live_1234",
        f"{header_of(alg='RS256', kid=1)}.e30.eA",
        f"{header_of(alg=['RS256'], kid='a')}.e30.eA",
        f"{header_of(alg='RS256')}.e30.eA",
        f"{header_of(alg='RS256', kid='a', x='[' * 3000)}.W10.eA",
    ],
)
def test_what_is_no_token_is_refused(visitor: Visitor, bearer: str) -> None:
    """AUT-19, and asks nobody."""
    assert_refused(report(visitor, bearer))
    assert fetches(visitor) == 0


def test_a_refusal_tells_strangers_nothing_that_the_log_does_not_keep_from_them(
    visitor: Visitor, caplog: pytest.LogCaptureFixture
) -> None:
    """AUT-19, LOG-02: the log has the reason, and nobody has the token."""
    bearer = token(visitor, claims={"aud": "another-service"})
    refused: Any = report(visitor, bearer)

    [entry] = [one for one in caplog.records if one.getMessage() == "authz_fail"]
    details: Any = entry.__dict__["details"]
    assert details["detail"] == "aud"
    assert "aud" not in refused.text.replace("detail", "")
    for part in bearer.split("."):
        assert part not in refused.text
        assert part not in repr([one.__dict__ for one in caplog.records])


def test_it_counts_until_it_expires_and_a_minute_of_difference_between_clocks(
    visitor: Visitor, clock: time_machine.Traveller
) -> None:
    """AUT-19: also once it has been verified before."""
    bearer = token(visitor)
    assert report(visitor, bearer).status_code == 200
    clock.shift(300 + CLOCK_SKEW - 1)
    assert report(visitor, bearer).status_code == 200
    clock.shift(1)
    assert_refused(report(visitor, bearer))


def test_keys_are_asked_for_once(visitor: Visitor, clock: time_machine.Traveller) -> None:
    for _ in range(3):
        assert report(visitor, token(visitor)).status_code == 200

    assert fetches(visitor) == 1


def test_a_new_key_is_fetched_once_in_a_while_however_many_are_made_up(
    visitor: Visitor, clock: time_machine.Traveller
) -> None:
    """AUT-19: anybody can name a key."""
    assert report(visitor, token(visitor)).status_code == 200
    clock.shift(PAUSE - 1)
    for _ in range(3):
        assert_refused(report(visitor, token(visitor, kid="made up")))
    assert fetches(visitor) == 1
    set_at_workos(visitor, "signing-keys")
    clock.shift(1)

    assert report(visitor, token(visitor)).status_code == 200
    assert fetches(visitor) == 2


def test_a_key_that_was_withdrawn_counts_no_longer_than_an_hour(
    visitor: Visitor, clock: time_machine.Traveller
) -> None:
    """AUT-19."""
    far = {"exp": 4_000_000_000}
    assert report(visitor, token(visitor)).status_code == 200
    first, second = token(visitor, claims=far), token(visitor, claims={**far, "jti": "2"})
    set_at_workos(visitor, "signing-keys", forget_old=True)
    clock.shift(MAX_AGE - 1)
    assert report(visitor, first).status_code == 200
    clock.shift(1)

    assert_refused(report(visitor, second))


def fail_keys(visitor: Visitor, status: int = 503, body: Any = None) -> None:
    set_at_workos(visitor, "hooks", method="GET", path=JWKS, status=status, body=body, count=100)


@pytest.mark.parametrize(
    ("status", "body"), [(503, None), (401, None), (404, {}), (200, {"keys": []}), (200, "?")]
)
def test_known_keys_stay_while_no_others_can_be_had(
    visitor: Visitor, clock: time_machine.Traveller, status: int, body: Any
) -> None:
    """AUT-22: and a token of an unknown key is not called bad, for nobody can tell."""
    assert report(visitor, token(visitor)).status_code == 200
    fail_keys(visitor, status, body)
    clock.shift(MAX_AGE)

    assert report(visitor, token(visitor)).status_code == 200
    unsure: Any = report(visitor, token(visitor, kid="made up"))
    assert (unsure.status_code, unsure.json["error"]) == (503, "keys_unavailable")


def test_without_any_key_it_says_when_to_come_again(
    visitor: Visitor, clock: time_machine.Traveller
) -> None:
    """AUT-22: 503 rather than 401, so that no program throws its token away; asked rarely."""
    fail_keys(visitor)
    bearer = token(visitor)
    for _ in range(3):
        answer: Any = report(visitor, bearer)
        assert (answer.status_code, answer.json["error"]) == (503, "keys_unavailable")
        assert answer.headers["Retry-After"] == str(PAUSE)
        assert "WWW-Authenticate" not in answer.headers
    assert fetches(visitor) == 1
    visitor.emulator.test_client().delete("/_emulate/hooks")
    clock.shift(PAUSE)

    assert report(visitor, bearer).status_code == 200


def test_many_threads_fetch_the_first_keys_once(app: Flask, visitor: Visitor) -> None:
    bearer, barrier, statuses = token(visitor), Barrier(8), []

    def call() -> None:
        barrier.wait()
        headers = {"Authorization": f"Bearer {bearer}"}
        answer = app.test_client().get("/report", base_url=SITE, headers=headers)
        statuses.append(answer.status_code)

    threads = [Thread(target=call) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert statuses == [200] * 8
    assert fetches(visitor) == 1


def test_keys_for_other_purposes_are_passed_over(visitor: Visitor) -> None:
    """AUT-19."""
    bearer = token(visitor)
    [key] = visitor.emulator.test_client().get(JWKS).json["keys"]  # type: ignore[index] # JSON
    others = [
        "nonsense",
        {**key, "use": "enc"},
        {**key, "kid": "ec", "kty": "EC"},
        {**key, "kid": "broken", "n": "?"},
        {**key, "kid": None},
    ]
    fail_keys(visitor, 200, {"keys": [*others, key]})

    assert report(visitor, bearer).status_code == 200
    for kid in ("ec", "broken"):
        assert_refused(report(visitor, token(visitor, kid=kid)))


Make = Callable[..., Visitor]


@pytest.fixture
def made(
    make_config: Callable[..., Config], connect: Callable[[Config], Any], emulator: Flask
) -> Make:
    """Makes somebody at an application with these settings."""

    def make(**settings: Any) -> Visitor:
        config = make_config(**settings)
        return Visitor(with_report(create_app(config, workos=connect(config))), emulator)

    return make


def test_a_custom_domain_is_taken_once_it_is_set(made: Make) -> None:
    """AUT-19: exactly, in each form."""
    visitor = made(workos_custom_domains=("https://auth.example.com",))
    for iss, status in {
        "https://auth.example.com": 200,
        "https://auth.example.com/": 200,
        "https://auth.example.com/user_management/client_emulator": 200,
        "https://api.workos.com": 200,
        "https://auth.example.com/user_management/client_other": 401,
        "https://auth.example.com.evil.example": 401,
        "http://auth.example.com": 401,
    }.items():
        assert report(visitor, token(visitor, claims={"iss": iss})).status_code == status, iss


def test_an_audience_that_is_set_is_a_must(made: Make) -> None:
    """AUT-19."""
    visitor = made(access_token_audience="https://api.example.com")
    for aud, status in (
        ("https://api.example.com", 200),
        (["another", "https://api.example.com"], 200),
        ("https://api.example.com/", 401),
        (["another"], 401),
        (None, 401),
    ):
        assert report(visitor, token(visitor, claims={"aud": aud})).status_code == status, aud


def test_without_an_authkit_domain_there_is_no_metadata(visitor: Visitor) -> None:
    assert visitor.get("/.well-known/oauth-protected-resource").status_code == 404


@pytest.fixture
def at_domain(made: Make, workos_emulator: WorkOSEmulator) -> Visitor:
    """Somebody at an application with an AuthKit domain, which is another host than WorkOS's."""
    return made(authkit_domain=workos_emulator.url)


def token_of(domain: WorkOSEmulator, visitor: Visitor, kind: str = "authkit", **claims: Any) -> str:
    """Has one made in the name of the domain, for us, unless the claims say otherwise."""
    claims = {"iss": domain.url, "aud": SITE, **claims}
    return token(visitor, kind=kind, claims=claims)


def test_an_mcp_client_finds_its_way_and_its_token_is_taken(
    at_domain: Visitor, workos_emulator: WorkOSEmulator
) -> None:
    """AUT-19: RFC 9728; the keys are those of the domain, which never sees our API key."""
    asked: list[object] = []
    workos_emulator.app.before_request(
        lambda: asked.append((request.path, request.headers.get("Authorization")))
    )
    refused = report(at_domain, None)
    metadata = f'resource_metadata="{SITE}/.well-known/oauth-protected-resource"'
    assert_refused(refused, f"Bearer {metadata}")
    assert_refused(report(at_domain, "x"), f'Bearer error="invalid_token", {metadata}')
    assert at_domain.get("/.well-known/oauth-protected-resource").json == {
        "resource": SITE,
        "authorization_servers": [workos_emulator.url],
        "bearer_methods_supported": ["header"],
    }

    for aud in (SITE, f"{SITE}/", [SITE]):
        answer = report(at_domain, token_of(workos_emulator, at_domain, aud=aud))
        assert answer.status_code == 200
    assert asked == [("/oauth2/jwks", None)]
    assert report(at_domain, token(at_domain)).status_code == 200


@pytest.mark.parametrize(
    "claims",
    [
        {"aud": None},
        {"aud": "client_emulator"},
        {"aud": "http://localhost:5001"},
        {"exp": None},
        {"sub_profile": "agent"},
        {"sub": "client_1"},
        {"iss": "https://api.workos.com"},
        {"kind": "m2m"},
        {"kind": "user"},
        {"kind": "user", "aud": None},
    ],
)
def test_other_tokens_of_the_domain_are_refused(
    at_domain: Visitor, workos_emulator: WorkOSEmulator, claims: Any
) -> None:
    """AUT-19: for another resource, of no person, or by a key of WorkOS's other issuer."""
    assert report(at_domain, token_of(workos_emulator, at_domain)).status_code == 200

    bad = token_of(workos_emulator, at_domain, **claims)
    assert report(at_domain, bad).status_code == 401


def test_a_domain_may_be_the_custom_domain_of_workos_too(
    made: Make, workos_emulator: WorkOSEmulator
) -> None:
    """AUT-19: its name is then that of its own tokens; those of sessions add the client ID."""
    domain = workos_emulator.url
    visitor = made(authkit_domain=domain, workos_custom_domains=(domain,))
    of_session = {"iss": f"{domain}/user_management/client_emulator"}

    assert report(visitor, token_of(workos_emulator, visitor)).status_code == 200
    assert report(visitor, token(visitor, claims=of_session)).status_code == 200
    assert report(visitor, token(visitor, claims={"iss": domain})).status_code == 401
