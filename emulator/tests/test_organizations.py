"""Who belongs to several organizations is asked for which they sign in."""

from typing import Any

import httpx2
import pytest

from bare_http import MAGIC_AUTH_GRANT, BareHttp

SELECTION_GRANT = "urn:workos:oauth:grant-type:organization-selection"
ACME, GLOBEX = {"id": "org_1", "name": "Acme"}, {"id": "org_2", "name": "Globex"}


def belongs_to(http: BareHttp, *organizations: object) -> httpx2.Response:
    body = {"email": "ada@example.com", "organizations": list(organizations)}
    return http.browser.post("/_emulate/organizations", json=body)


def asked(http: BareHttp) -> dict[str, Any]:
    """The refusal that somebody with a choice gets for the right code."""
    fields = {"code": http.send_code(), "email": "ada@example.com"}
    reply = http.authenticate(MAGIC_AUTH_GRANT, **fields)
    assert reply.status_code == 403
    body: dict[str, Any] = reply.json()
    return body


def test_with_one_organization_nobody_is_asked(http: BareHttp) -> None:
    belongs_to(http, ACME)

    assert http.sign_in()["organization_id"] == "org_1"


def test_with_several_the_choice_comes_with_a_token(http: BareHttp) -> None:
    belongs_to(http, ACME, GLOBEX)
    refused = asked(http)

    assert refused["code"] == "organization_selection_required"
    assert refused["organizations"] == [ACME, GLOBEX]
    assert refused["user"]["email"] == "ada@example.com"
    token = refused["pending_authentication_token"]
    chosen = http.authenticate(
        SELECTION_GRANT, pending_authentication_token=token, organization_id="org_2"
    ).json()
    assert chosen["organization_id"] == "org_2"
    again = http.refresh(chosen["refresh_token"]).json()
    assert again["organization_id"] == "org_2"


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"pending_authentication_token": "unknown"}, "invalid_pending_authentication_token"),
        ({"organization_id": "org_3"}, "organization_not_found"),
    ],
)
def test_another_token_or_organization_is_refused(
    http: BareHttp, changes: dict[str, str], code: str
) -> None:
    belongs_to(http, ACME, GLOBEX)
    token = asked(http)["pending_authentication_token"]
    fields = {"pending_authentication_token": token, "organization_id": "org_1", **changes}

    refused = http.authenticate(SELECTION_GRANT, **fields)

    assert (refused.status_code, refused.json()["code"]) == (400, code)


def test_a_token_works_once(http: BareHttp) -> None:
    belongs_to(http, ACME, GLOBEX)
    token = asked(http)["pending_authentication_token"]
    fields = {"pending_authentication_token": token, "organization_id": "org_1"}

    statuses = [http.authenticate(SELECTION_GRANT, **fields).status_code for _ in range(2)]
    assert statuses == [200, 400]


@pytest.mark.parametrize("given", [{"id": "org_1"}, {"id": "", "name": "x"}, "Acme", {"name": "x"}])
def test_what_is_no_organization_is_explained(http: BareHttp, given: object) -> None:
    assert belongs_to(http, given).status_code == 400
