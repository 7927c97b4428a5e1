"""Hosted AuthKit and the providers: a page, a code that works once, and PKCE."""

from datetime import UTC, datetime
from urllib.parse import parse_qsl, urlsplit

import httpx2
import pytest
import time_machine
from workos import WorkOSClient

from bare_http import CALLBACK, OTHER_CALLBACK, BareHttp
from workos_emulator.pytest_plugin import WorkOSEmulator
from workos_emulator.rules import AUTHORIZATION_CODE_LIFETIME

NOON = datetime(2026, 1, 15, 12, tzinfo=UTC)
# The example of RFC 7636, appendix B.
VERIFIER = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"
PKCE = {
    "code_challenge": "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM",
    "code_challenge_method": "S256",
}
ACME, GLOBEX = {"id": "org_1", "name": "Acme"}, {"id": "org_2", "name": "Globex"}


def ask(http: BareHttp, **changes: str | None) -> httpx2.Response:
    """Opens an authorization URL."""
    query = {
        "response_type": "code",
        "client_id": "client_emulator",
        "redirect_uri": CALLBACK,
        "provider": "authkit",
        "state": "state-1",
        **changes,
    }
    given = {name: value for name, value in query.items() if value is not None}
    http.browser.cookies.clear()  # in a browser that AuthKit does not know
    return http.browser.get("/user_management/authorize", params=given)


def page_of(http: BareHttp, **changes: str | None) -> str:
    """Where the authorization URL leads."""
    away = ask(http, **changes)
    assert away.status_code == 302, away.text
    return str(away.headers["Location"])


def answer(http: BareHttp, page: str, **fields: str) -> dict[str, str]:
    """What the page's form tells the application."""
    back = http.browser.post(page, data=fields)
    assert back.status_code == 302, back.text
    assert back.headers["Location"].startswith(CALLBACK)
    return dict(parse_qsl(urlsplit(back.headers["Location"]).query))


def a_code(http: BareHttp, email: str = "ada@example.com", **changes: str | None) -> str:
    return answer(http, page_of(http, **changes), email=email)["code"]


def belongs_to(http: BareHttp, *organizations: object) -> None:
    body = {"email": "ada@example.com", "organizations": list(organizations)}
    assert http.browser.post("/_emulate/organizations", json=body).status_code == 201


def test_the_sdk_walks_the_whole_way(
    workos: WorkOSClient, workos_emulator: WorkOSEmulator, http: BareHttp
) -> None:
    pair = workos.pkce.generate()
    url = workos.user_management.get_authorization_url(
        redirect_uri=CALLBACK,
        provider="authkit",
        state="state-1",
        code_challenge=pair.code_challenge,
        code_challenge_method="S256",
    )
    page = http.browser.get(url).headers["Location"]
    said = answer(http, page, email="ada@example.com")
    assert said["state"] == "state-1"

    reply = workos.user_management.authenticate_with_code(
        code=said["code"], code_verifier=pair.code_verifier
    )
    assert reply.user.email == "ada@example.com"
    assert reply.user.email_verified
    assert reply.authentication_method == "MagicAuth"


def test_the_page_offers_the_hint_and_people_who_have_been_here(http: BareHttp) -> None:
    http.sign_in("bob@example.com")
    page = http.browser.get(page_of(http, login_hint="ada@example.com", screen_hint="sign-up"))

    assert 'value="ada@example.com"' in page.text
    assert 'value="bob@example.com"' in page.text
    assert "<h1>Sign up</h1>" in page.text
    assert "<b>localhost:5000</b> asks who you are" in page.text
    # A browser would not follow the answer of its form to the application otherwise.
    assert "form-action 'self' http://localhost:5000" in page.headers["Content-Security-Policy"]


def test_a_provider_has_its_own_page_and_method(http: BareHttp) -> None:
    page = page_of(http, provider="GoogleOAuth")
    shown = http.browser.get(page).text
    assert "<h1>Sign in with Google</h1>" in shown
    assert "plays Google" in shown

    code = answer(http, page, email="ada@example.com")["code"]
    reply = http.authenticate("authorization_code", code=code).json()
    assert reply["authentication_method"] == "GoogleOAuth"


def test_ten_people_have_a_button_and_all_can_be_searched(http: BareHttp) -> None:
    for number in range(12):
        http.api.post("/user_management/users", json={"email": f"{number}@example.com"})
    shown = http.browser.get(page_of(http)).text

    assert shown.count('<button name="email"') == 10
    assert shown.count("<option ") == 12
    assert "2 more: type their address above." in shown


def test_somebody_new_may_have_a_name(http: BareHttp) -> None:
    grace = {"email": "grace@example.com", "first_name": "Grace", "last_name": "<Hopper>"}
    code = answer(http, page_of(http), **grace)["code"]
    reply = http.authenticate("authorization_code", code=code).json()

    assert reply["user"]["name"] == "Grace <Hopper>"
    assert "Grace &lt;Hopper&gt;" in http.browser.get(page_of(http)).text


def test_an_empty_name_is_none_and_nobody_is_renamed(http: BareHttp) -> None:
    http.api.post("/user_management/users", json={"email": "ada@example.com", "first_name": "Ada"})
    for names in ({"first_name": "", "last_name": ""}, {"first_name": "Eve", "last_name": ""}):
        code = answer(http, page_of(http), email="ada@example.com", **names)["code"]
        reply = http.authenticate("authorization_code", code=code).json()
        assert (reply["user"]["first_name"], reply["user"]["last_name"]) == ("Ada", None)


def test_a_no_comes_back_as_an_error(http: BareHttp) -> None:
    said = answer(http, page_of(http), deny="yes")

    assert (said["error"], said["state"]) == ("access_denied", "state-1")
    assert "code" not in said


def test_without_a_state_none_comes_back(http: BareHttp) -> None:
    assert set(answer(http, page_of(http, state=None), email="ada@example.com")) == {"code"}


def test_a_callback_keeps_its_own_query(http: BareHttp) -> None:
    page = page_of(http, redirect_uri=OTHER_CALLBACK)
    back = http.browser.post(page, data={"email": "ada@example.com"}).headers["Location"]

    assert back.startswith(f"{OTHER_CALLBACK}&code=")


@pytest.mark.parametrize(
    "changes",
    [{"redirect_uri": "https://evil.example/callback"}, {"client_id": "client_other"}],
)
def test_nobody_is_sent_to_an_address_that_is_not_registered(
    http: BareHttp, changes: dict[str, str | None]
) -> None:
    stranded = ask(http, **changes)

    assert stranded.status_code == 400
    assert "is unknown</h1>" in stranded.text


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"provider": None}, "provider"),
        ({"provider": "TelepathyOAuth"}, "provider"),
        ({"response_type": "token"}, "response_type"),
        ({"client_id": None}, "client_id"),
        ({"redirect_uri": None}, "redirect_uri"),
        ({"code_challenge": "abc", "code_challenge_method": "plain"}, "code_challenge_method"),
        ({"code_challenge": "abc"}, "code_challenge_method"),
        ({"screen_hint": "sideways"}, "screen_hint"),
    ],
)
def test_a_wrong_parameter_is_named(
    http: BareHttp, changes: dict[str, str | None], field: str
) -> None:
    refused = ask(http, **changes)

    assert refused.status_code == 422
    assert [error["field"] for error in refused.json()["errors"]] == [field]


@pytest.mark.parametrize("email", ["", "ada", "ada@"])
def test_the_page_takes_addresses_only(http: BareHttp, email: str) -> None:
    assert http.browser.post(page_of(http), data={"email": email}).status_code == 422


def test_head_asks_nothing_and_an_unknown_page_is_not_found(http: BareHttp) -> None:
    assert http.browser.head("/user_management/authorize").status_code == 200
    assert http.browser.get("/_emulate/authkit/never-made").status_code == 404


def test_a_code_works_once(http: BareHttp) -> None:
    code = a_code(http)
    assert http.authenticate("authorization_code", code=code).status_code == 200

    again = http.authenticate("authorization_code", code=code)
    assert (again.status_code, again.json()["error"]) == (400, "invalid_grant")


def test_a_code_expires(http: BareHttp) -> None:
    with time_machine.travel(NOON, tick=False) as clock:
        code = a_code(http)
        clock.shift(AUTHORIZATION_CODE_LIFETIME)
        assert http.authenticate("authorization_code", code=code).json()["error"] == "invalid_grant"


def test_the_verifier_of_the_challenge_is_taken(http: BareHttp) -> None:
    reply = http.authenticate(
        "authorization_code", code=a_code(http, **PKCE), code_verifier=VERIFIER
    )
    assert reply.status_code == 200


@pytest.mark.parametrize("fields", [{}, {"code_verifier": "another" * 8}])
def test_no_other_verifier_is_taken(http: BareHttp, fields: dict[str, str]) -> None:
    refused = http.authenticate("authorization_code", code=a_code(http, **PKCE), **fields)
    assert (refused.status_code, refused.json()["error"]) == (400, "invalid_grant")


def test_a_verifier_without_a_challenge_is_refused(http: BareHttp) -> None:
    refused = http.authenticate("authorization_code", code=a_code(http), code_verifier=VERIFIER)
    assert (refused.status_code, refused.json()["code"]) == (400, "code_challenge_not_found")


def test_a_code_of_a_sign_in_gives_no_profile(http: BareHttp) -> None:
    assert http.exchange(a_code(http)).json()["error"] == "invalid_grant"


def test_authkit_asks_which_organization_by_itself(http: BareHttp) -> None:
    belongs_to(http, ACME, GLOBEX)
    page = page_of(http)
    asked = http.browser.post(page, data={"email": "ada@example.com"})
    assert "Choose an organization" in asked.text

    code = answer(http, page, email="ada@example.com", organization_id="org_2")["code"]
    reply = http.authenticate("authorization_code", code=code).json()
    assert reply["organization_id"] == "org_2"


def test_an_organization_named_in_the_url_is_not_asked_for(http: BareHttp) -> None:
    belongs_to(http, ACME, GLOBEX)
    code = a_code(http, organization_id="org_1")
    assert http.authenticate("authorization_code", code=code).json()["organization_id"] == "org_1"


def test_with_one_organization_nobody_is_asked(http: BareHttp) -> None:
    belongs_to(http, ACME)
    reply = http.authenticate("authorization_code", code=a_code(http)).json()
    assert reply["organization_id"] == "org_1"


def test_for_a_provider_the_application_has_to_ask(http: BareHttp) -> None:
    belongs_to(http, ACME, GLOBEX)
    refused = http.authenticate("authorization_code", code=a_code(http, provider="GoogleOAuth"))
    assert (refused.status_code, refused.json()["code"]) == (403, "organization_selection_required")
