"""A small world to begin with: what may be in it, what it does, and what is wrong with it."""

import re
import subprocess
import sys
from copy import deepcopy
from pathlib import Path
from typing import Any

import jwt
import pytest

import workos_emulator
from bare_http import MAGIC_AUTH_GRANT, BareHttp
from workos_emulator.pytest_plugin import WorkOSEmulator
from workos_emulator.seed import SeedError

SEED: dict[str, Any] = {
    "roles": {"editor": ["notes:write"]},
    "organizations": [
        {
            "id": "org_1",
            "name": "Acme",
            "domains": ["Acme.test"],
            "roles": {"auditor": ["log:read"]},
        },
        {"name": "Globex"},
        {
            "name": "Initech",
            "domains": ["initech.test"],
            "connection": "Okta",
            "policies": {"requires_sso": True},
        },
        {"name": "Umbrella", "policies": {"auth_methods": ["google_oauth"]}},
        {"name": "Vault", "policies": {"requires_mfa": True}},
    ],
    "people": [
        {
            "email": "Ada@example.com",
            "first_name": "Ada",
            "last_name": "Lovelace",
            "organizations": {"Acme": ["editor", "auditor"]},
        },
        {"email": "bob@example.com", "organizations": {"org_1": "member", "Globex": "admin"}},
        {"email": "eve@example.com", "email_verified": False},
        {"email": "joan@example.com", "radar": "radar_email_challenge"},
        {"email": "mallory@example.com", "denied": "policy_denied"},
        {"email": "guest@initech.test"},
        {"email": "alice@example.com", "organizations": {"Umbrella": "member"}},
        {"email": "val@example.com", "organizations": {"Vault": "member"}},
        {"email": "max@example.com", "requires_mfa": True},
        {"email": "kim@example.com", "authenticator": True},
    ],
}
README = (Path(__file__).parents[1] / "README.md").read_text()


@pytest.fixture
def workos_emulator_settings() -> dict[str, Any]:
    """A world that is not empty."""
    return {"seed": SEED}


def users(http: BareHttp) -> list[dict[str, Any]]:
    return list(http.api.get("/user_management/users?order=asc&limit=100").json()["data"])


def test_everybody_is_there_and_nobody_was_told(http: BareHttp) -> None:
    assert [(user["email"], user["name"], user["email_verified"]) for user in users(http)[:5]] == [
        ("ada@example.com", "Ada Lovelace", True),
        ("bob@example.com", None, True),
        ("eve@example.com", None, False),
        ("joan@example.com", None, True),
        ("mallory@example.com", None, True),
    ]
    acme = http.api.get("/organizations/org_1").json()
    assert [(one["domain"], one["state"]) for one in acme["domains"]] == [("acme.test", "verified")]
    assert http.browser.get("/_emulate/webhooks").json() == []


def test_they_sign_in_as_what_they_are(http: BareHttp) -> None:
    claims = jwt.decode(http.sign_in()["access_token"], options={"verify_signature": False})
    assert (claims["org_id"], claims["roles"], claims["permissions"]) == (
        "org_1",
        ["editor", "auditor"],
        ["log:read", "notes:write"],
    )
    code = http.send_code("bob@example.com")
    refused = http.authenticate(MAGIC_AUTH_GRANT, code=code, email="bob@example.com").json()
    assert [one["name"] for one in refused["organizations"]] == ["Acme", "Globex"]
    [connection] = http.api.get("/connections").json()["data"]
    assert (connection["name"], connection["state"]) == ("Okta", "active")
    for email, code in (
        ("joan@example.com", "radar_email_challenge"),
        ("mallory@example.com", "policy_denied"),
        ("guest@initech.test", "sso_required"),
        ("alice@example.com", "organization_authentication_methods_required"),
        ("val@example.com", "mfa_enrollment"),
        ("max@example.com", "mfa_enrollment"),
        ("kim@example.com", "mfa_challenge"),
    ):
        reply = http.authenticate(MAGIC_AUTH_GRANT, code=http.send_code(email), email=email)
        assert code in (reply.json().get("code"), reply.json().get("error"))


def test_the_first_page_says_what_will_happen(http: BareHttp) -> None:
    page = re.sub(r"\s+", " ", re.sub("<[^>]*>", " ", http.browser.get("/").text))

    assert "Ada Lovelace ada@example.com signs in to Acme, as editor and auditor" in page
    assert "bob@example.com is asked for an organization: Acme or Globex" in page
    assert "eve@example.com signs in, without an organization" in page
    assert "joan@example.com looks suspicious" in page
    assert "mallory@example.com is not let in" in page
    assert "guest@initech.test has to use the single sign-on of Initech" in page
    assert "val@example.com has to set up an authenticator app signs in to Vault" in page
    assert "kim@example.com is asked for the code of an authenticator app" in page
    assert "alice@example.com may only come by google_oauth signs in to Umbrella" in page


def test_reset_comes_back_to_it(http: BareHttp) -> None:
    before = users(http)
    http.sign_in("new@example.com")
    http.api.delete(f"/user_management/users/{before[0]['id']}")
    http.api.delete("/organizations/org_1")

    assert http.browser.post("/_emulate/reset").status_code == 204
    assert [user["id"] for user in users(http)] == [user["id"] for user in before]
    assert http.sign_in()["organization_id"] == "org_1"


def test_the_first_page_has_a_button_for_that(http: BareHttp) -> None:
    http.sign_in("new@example.com")
    back = http.browser.post("/_emulate/reset", data={"page": "/"})

    assert (back.status_code, back.headers["Location"]) == (303, "/")
    assert len(users(http)) == len(SEED["people"])


def test_ids_outlive_a_restart() -> None:
    first, second = ids(), ids()
    assert first == second


def ids() -> list[str]:
    with WorkOSEmulator(seed=SEED) as emulator:
        environment = emulator.app.extensions["workos_emulator"]
        return [*environment.users, *environment.organizations]


def changed(*path: str | int, value: object) -> dict[str, Any]:
    """The seed with one value that is another."""
    world: Any = deepcopy(SEED)
    place = world
    for name in path[:-1]:
        place = place[name]
    place[path[-1]] = value
    return dict(world)


@pytest.mark.parametrize(
    ("path", "value", "complaint"),
    [
        (("peple",), [], "The seed has no key 'peple'. There are: roles, organizations, people."),
        (("people",), {}, "people must be tables, each headed [[people]]."),
        (("people", 1), "bob", "people[2] must be a table."),
        (("people", 1, "nmae"), "Bob", "people[2] has no key 'nmae'. There are: email, first_name"),
        (("people", 1, "email"), None, "people[2]: email must be a string that is not empty."),
        (("people", 1, "email"), "bob", "people[2]: email must be an email address."),
        (("people", 1, "email"), "ADA@example.com", "people[2]: there is another ADA@example.com."),
        (("people", 1, "first_name"), 7, "people[2]: first_name must be a string"),
        (("people", 1, "email_verified"), "yes", "people[2]: email_verified must be true or false"),
        (("people", 1, "radar"), "shrug", "people[2]: code must be one of radar_email_challenge"),
        (("people", 1, "denied"), 7, "people[2]: code must be a string"),
        (("people", 1, "organizations"), ["Acme"], "people[2].organizations must name a role"),
        (
            ("people", 1, "organizations"),
            {"Acne": "member"},
            "people[2].organizations: there is no organization 'Acne'.",
        ),
        (
            ("people", 1, "organizations"),
            {"Globex": "auditor"},
            "people[2].organizations.Globex: 'auditor' is none of the roles: member, admin",
        ),
        (
            ("people", 1, "organizations"),
            {"Acme": [["x"]]},
            "people[2].organizations.Acme: [['x']]",
        ),
        (("people", 1, "organizations"), {"Acme": []}, "people[2].organizations.Acme: [] is none"),
        (("roles",), ["editor"], "roles must list what each permits."),
        (("roles", "editor"), "notes", "roles: editor must be a list of strings."),
        (("organizations", 0, "roles"), {"x": 7}, "organizations[1].roles: x must be a list"),
        (("organizations", 1, "name"), "Acme", "organizations[2]: there is another Acme."),
        (("organizations", 1, "name"), "", "organizations[2]: name must be a string"),
        (("organizations", 1, "domains"), "a.test", "organizations[2]: domains must be a list"),
        (
            ("organizations", 1, "policies"),
            {"telepathy": True},
            "organizations[2].policies has no key 'telepathy'.",
        ),
        (
            ("organizations", 1, "policies"),
            {"requires_sso": "yes"},
            "organizations[2].policies: requires_sso must be true or false.",
        ),
        (
            ("organizations", 1, "policies"),
            {"auth_methods": ["telepathy"]},
            "organizations[2].policies: auth_methods says true or false of",
        ),
        (("organizations", 1, "connection"), 7, "organizations[2]: name must be a string"),
        (("organizations", 1, "policies"), True, "organizations[2].policies must be a table."),
    ],
)
def test_what_is_wrong_is_named(path: tuple[str | int, ...], value: object, complaint: str) -> None:
    with pytest.raises(SeedError) as refused:
        workos_emulator.create_app(seed=changed(*path, value=value))
    assert str(refused.value).startswith(complaint)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "emulator.toml"


def test_a_test_may_name_a_file(file: Path) -> None:
    file.write_text('[[people]]\nemail = "ada@example.com"\n')
    with WorkOSEmulator(seed=file) as emulator:
        [ada] = emulator.client().user_management.list_users().data
    assert ada.email == "ada@example.com"


@pytest.mark.server
@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        (b'[[people]]\nemail = ada@example.com"\n', "emulator.toml: Invalid value (at line 2,"),
        (
            b'[[people]]\nemial = "ada@example.com"\n',
            "emulator.toml: people[1] has no key 'emial'.",
        ),
        (b"\xff", "emulator.toml: 'utf-8' codec can't decode"),
        (None, "emulator.toml: No such file or directory"),
    ],
)
def test_the_command_names_file_and_place(
    file: Path, environ: dict[str, str], text: bytes | None, complaint: str
) -> None:
    if text is not None:
        file.write_bytes(text)
    command = [sys.executable, "-m", "workos_emulator", "--port", "0", "--seed", str(file)]

    done = subprocess.run(command, env=environ, capture_output=True, text=True, check=False)

    assert done.returncode == 1
    assert complaint in done.stderr
    assert "Traceback" not in done.stderr


def test_the_example_of_the_readme_can_be_sown(file: Path) -> None:
    [example] = re.findall(r"```toml\n(.*?)```", README, re.S)
    file.write_text(example)
    with WorkOSEmulator(seed=file) as emulator:
        listed = emulator.client().user_management.list_users().data
    assert [one.email for one in listed] == ["joan@example.com", "ada@example.com"]
