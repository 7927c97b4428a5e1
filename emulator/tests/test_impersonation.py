"""Impersonation, and the browsers that hosted AuthKit knows."""

from typing import Any
from urllib.parse import parse_qsl, urlsplit

import httpx2
import jwt
import pytest

from bare_http import CALLBACK, BareHttp

ADA, SUPPORT = "ada@example.com", "support@example.com"
QUERY = {
    "response_type": "code",
    "client_id": "client_emulator",
    "redirect_uri": CALLBACK,
    "provider": "authkit",
    "state": "state-1",
}


def authorize(http: BareHttp, **changes: str) -> str:
    return str(
        http.browser.get("/user_management/authorize", params=QUERY | changes).headers["Location"]
    )


def sign_in_at_authkit(http: BareHttp) -> dict[str, Any]:
    back = http.browser.post(authorize(http), data={"email": ADA}).headers["Location"]
    return redeem(http, back)


def redeem(http: BareHttp, callback: str) -> dict[str, Any]:
    code = dict(parse_qsl(urlsplit(callback).query))["code"]
    return dict(http.authenticate("authorization_code", code=code).json())


def impersonate(http: BareHttp, **fields: str) -> httpx2.Response:
    form = {"email": ADA, "impersonator": SUPPORT, "reason": "Ticket 7", **fields}
    return http.browser.post("/_emulate/impersonation", data=form)


def claims(reply: dict[str, Any]) -> dict[str, Any]:
    return dict(jwt.decode(reply["access_token"], options={"verify_signature": False}))


def test_it_leads_to_the_initiate_login_uri_and_through_authkit(http: BareHttp) -> None:
    assert SUPPORT in http.browser.get("/_emulate/impersonation").text
    assert impersonate(http).headers["Location"] == "http://localhost:5000/auth/initiate"

    reply = redeem(http, authorize(http))

    assert reply["user"]["email"] == ADA
    assert reply["impersonator"] == {"email": SUPPORT, "reason": "Ticket 7"}
    assert reply["authentication_method"] == "Impersonation"
    assert claims(reply)["act"] == {"sub": SUPPORT}
    refreshed = http.refresh(reply["refresh_token"]).json()
    assert refreshed["impersonator"] == reply["impersonator"]
    [listed] = http.api.get(f"/user_management/users/{reply['user']['id']}/sessions").json()["data"]
    assert (listed["auth_method"], listed["impersonator"]["email"]) == ("impersonation", SUPPORT)


def test_without_such_a_uri_it_leads_to_the_callback_with_a_code_alone(http: BareHttp) -> None:
    back = impersonate(http, without_initiate_login_uri="yes").headers["Location"]

    assert set(dict(parse_qsl(urlsplit(back).query))) == {"code"}
    assert redeem(http, back)["impersonator"]["email"] == SUPPORT


def test_authkit_knows_its_browser_until_the_logout_page(http: BareHttp) -> None:
    first = sign_in_at_authkit(http)
    again = authorize(http)
    assert again.startswith(CALLBACK)
    second = redeem(http, again)
    assert second["user"] == {**first["user"], **{k: second["user"][k] for k in TIMES}}
    assert claims(second)["auth_time"] == claims(first)["auth_time"]

    sid = claims(second)["sid"]
    http.api.post("/user_management/sessions/revoke", json={"session_id": sid})
    assert authorize(http).startswith(CALLBACK)

    http.browser.get("/user_management/sessions/logout", params={"session_id": sid})
    assert authorize(http).startswith("/_emulate/authkit/")


TIMES = ("last_sign_in_at", "updated_at")


@pytest.mark.parametrize(
    "changes",
    [
        {"max_age": "0"},
        {"prompt": "login"},
        {"screen_hint": "sign-up"},
        {"provider": "GoogleOAuth"},
    ],
)
def test_authkit_asks_again_where_it_is_told_to(http: BareHttp, changes: dict[str, str]) -> None:
    sign_in_at_authkit(http)
    assert authorize(http, **changes).startswith("/_emulate/authkit/")
