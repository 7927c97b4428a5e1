from typing import Any

import pytest
from workos import BadRequestError, WorkOSClient

from bare_http import BareHttp

USERS = "/user_management/users"


def create(http: BareHttp, **fields: object) -> Any:
    response = http.api.post(USERS, json={"email": "ada@example.com", **fields})
    assert response.status_code == 201
    return response.json()


@pytest.fixture
def three(http: BareHttp) -> list[str]:
    """The ids of three users, oldest first."""
    return [create(http, email=f"{name}@example.com")["id"] for name in ("a", "b", "c")]


def test_a_user_is_made_and_found_by_address(workos: WorkOSClient) -> None:
    made = workos.user_management.create_user(
        email="Ada@Example.com", first_name="Ada", last_name="Lovelace", email_verified=True
    )
    workos.user_management.create_user(email="bob@example.com")

    [found] = workos.user_management.list_users(email="ADA@example.com").data
    assert found.id == made.id
    assert (found.email, found.email_verified, found.name) == (
        "ada@example.com",
        True,
        "Ada Lovelace",
    )
    assert workos.user_management.list_users(email="eve@example.com").data == []
    assert workos.user_management.get_user(made.id).email == "ada@example.com"


def test_a_user_is_unverified_unless_the_application_says_otherwise(http: BareHttp) -> None:
    assert create(http)["email_verified"] is False


def test_an_address_has_one_user(workos: WorkOSClient, http: BareHttp) -> None:
    by_code = http.sign_in()["user"]

    with pytest.raises(BadRequestError) as refused:
        workos.user_management.create_user(email="ADA@example.com", first_name="Eve")

    assert refused.value.code == "user_creation_error"
    assert [error["code"] for error in refused.value.errors or []] == ["email_not_available"]
    assert http.api.get(f"{USERS}/{by_code['id']}").json() == by_code


def test_a_code_signs_in_the_user_that_was_made(http: BareHttp) -> None:
    assert create(http)["id"] == http.sign_in()["user"]["id"]


@pytest.mark.parametrize(
    ("fields", "at_fault"),
    [
        ({"email": "nobody"}, "email"),
        ({"email": None}, "email"),
        ({"email_verified": "yes"}, "email_verified"),
        ({"first_name": 7}, "first_name"),
    ],
)
def test_a_field_of_the_wrong_type_is_named(
    http: BareHttp, fields: dict[str, object], at_fault: str
) -> None:
    response = http.api.post(USERS, json={"email": "ada@example.com", **fields})
    assert response.status_code == 422
    assert [error["field"] for error in response.json()["errors"]] == [at_fault]
    assert http.api.get(USERS).json()["data"] == []


@pytest.mark.parametrize(
    ("query", "listed", "before", "after"),
    [
        ("", "cba", None, None),
        ("order=asc", "abc", None, None),
        ("limit=2", "cb", None, "b"),
        ("limit=2&after={b}", "a", "a", None),
        ("limit=1&before={a}", "b", "b", "b"),
        ("limit=1&order=asc&after={a}", "b", "b", "b"),
        ("limit=1&order=normal", "c", "c", None),
        ("limit=1&order=normal&before={c}", "b", "b", "b"),
        ("after=user_none", "cba", None, None),
    ],
)
def test_a_list_comes_in_pages(
    http: BareHttp, three: list[str], query: str, listed: str, before: str, after: str
) -> None:
    ids = dict(zip("abc", three, strict=True))

    page = http.api.get(f"{USERS}?{query.format(**ids)}").json()

    assert [user["email"][0] for user in page["data"]] == list(listed)
    expected = {"before": ids.get(before), "after": ids.get(after)}
    assert page["list_metadata"] == expected


@pytest.mark.parametrize("query", ["limit=0", "limit=101", "limit=x", "limit=-1", "order=up"])
def test_a_page_that_cannot_be_is_refused(http: BareHttp, query: str) -> None:
    response = http.api.get(f"{USERS}?{query}")
    assert response.status_code == 422
    assert response.json()["errors"][0]["field"] == query.partition("=")[0]
