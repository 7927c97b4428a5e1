"""The fixture, in this project's own tests and in a project that only installed the package."""

import re
import shutil
import subprocess
import sys
import tomllib
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from urllib.parse import urlsplit

import httpx2
import pytest
from workos import AuthenticationError, RateLimitExceededError, ServerError

import workos_emulator as package
from bare_http import PATIENCE
from test_readme import examples
from workos_emulator.pytest_plugin import WorkOSEmulator

pytest_plugins = ["pytester"]

PROJECT = Path(package.__file__).parents[1]
ADA = "ada@example.com"


@pytest.fixture
def workos_emulator_settings() -> dict[str, object]:
    """The plugin's own, which is none."""
    return {}


def send_link(emulator: WorkOSEmulator, email: str = ADA) -> str:
    """Mails a link through the SDK, and returns it."""
    passwordless = emulator.client().passwordless
    session = passwordless.create_session(email=email, type="MagicLink")
    passwordless.send_session(session.id)
    return session.link


def test_a_code_can_be_read_from_the_mailbox(workos_emulator: WorkOSEmulator) -> None:
    users = workos_emulator.client().user_management
    older = users.create_magic_auth(email=ADA).code
    newer = users.create_magic_auth(email=ADA).code
    users.create_magic_auth(email="bob@example.com")

    assert workos_emulator.code_for("Ada@Example.com") == newer
    assert [mail.one_time_code for mail in workos_emulator.mailbox()][1:] == [newer, older]
    assert workos_emulator.mail_to(ADA).to == ADA


def test_a_link_can_be_read_from_the_mailbox(workos_emulator: WorkOSEmulator) -> None:
    link = send_link(workos_emulator)

    assert workos_emulator.link_for(ADA) == link


def test_a_missing_mail_code_or_link_fails_the_test_and_says_why(
    workos_emulator: WorkOSEmulator,
) -> None:
    with pytest.raises(pytest.fail.Exception, match=r"no mail to ada@.*to nobody"):
        workos_emulator.mail_to(ADA)
    send_link(workos_emulator)
    with pytest.raises(pytest.fail.Exception, match="no code in the newest mail to ada@"):
        workos_emulator.code_for(ADA)
    with pytest.raises(pytest.fail.Exception, match=r"no mail to bob@.*to ada@example\.com"):
        workos_emulator.code_for("bob@example.com")
    workos_emulator.client().user_management.create_magic_auth(email=ADA)
    with pytest.raises(pytest.fail.Exception, match="no link in the newest mail to ada@"):
        workos_emulator.link_for(ADA)


def test_the_url_is_served_from_the_first_use_to_the_end() -> None:
    with WorkOSEmulator() as emulator:
        link = send_link(emulator)
        with pytest.raises(httpx2.ConnectError):
            httpx2.get(link)

        assert link.startswith(f"{emulator.url}/passwordless/")
        assert httpx2.get(link, timeout=PATIENCE).status_code == 302
        assert httpx2.get(emulator.url, timeout=PATIENCE).status_code == 200
        assert urlsplit(emulator.url).hostname == "127.0.0.1"

    with pytest.raises(httpx2.ConnectError):
        httpx2.get(emulator.url)


def test_two_are_served_side_by_side(workos_emulator: WorkOSEmulator) -> None:
    with WorkOSEmulator() as other:
        assert other.url != workos_emulator.url
        other.client().user_management.create_magic_auth(email=ADA)
        mailbox = f"{workos_emulator.url}/_emulate/mailbox"
        assert httpx2.get(mailbox, timeout=PATIENCE).json() == []


def test_requests_are_listed_oldest_first(workos_emulator: WorkOSEmulator) -> None:
    send_link(workos_emulator)
    workos_emulator.mailbox()

    methods = [(seen.method, seen.status) for seen in workos_emulator.requests()]
    assert methods == [("POST", 201), ("POST", 200)]
    assert workos_emulator.requests()[0].path == "/passwordless/sessions"


def test_the_next_requests_fail_as_often_as_told(workos_emulator: WorkOSEmulator) -> None:
    users = workos_emulator.client().user_management
    workos_emulator.fail_next("POST", "/user_management/magic_auth", 503, body={"message": "down"})
    workos_emulator.fail_next("*", "/user_management/*", 429, headers={"Retry-After": "7"}, times=2)

    with pytest.raises(ServerError, match="down"):
        users.create_magic_auth(email=ADA)
    for _ in range(2):
        with pytest.raises(RateLimitExceededError) as refused:
            users.create_magic_auth(email=ADA)
        assert refused.value.retry_after == 7
    assert users.create_magic_auth(email=ADA).email == ADA


@pytest.mark.parametrize(
    ("path", "status", "complaint"),
    [("sso/token", 503, "path must start with /"), ("/sso/token", 99, "status must be an integer")],
)
def test_a_fault_that_cannot_be_is_refused(
    workos_emulator: WorkOSEmulator, path: str, status: int, complaint: str
) -> None:
    with pytest.raises(ValueError, match=complaint):
        workos_emulator.fail_next("POST", path, status)


def test_the_client_takes_the_options_of_the_sdk(workos_emulator: WorkOSEmulator) -> None:
    with pytest.raises(AuthenticationError):
        workos_emulator.client(api_key="sk_test_other").passwordless.send_session("x")
    with httpx2.Client(timeout=PATIENCE) as own:
        client = workos_emulator.client(http_client=own, base_url=workos_emulator.url)
        assert client.user_management.create_magic_auth(email=ADA).email == ADA


def test_settings_are_known_to_the_client() -> None:
    with WorkOSEmulator(api_key="sk_test_1", client_id="client_1") as emulator:
        assert (emulator.api_key, emulator.client_id) == ("sk_test_1", "client_1")
        assert emulator.client().user_management.create_magic_auth(email=ADA).email == ADA


def install(directory: Path) -> None:
    """Installs the package as pip does; where nothing can build it, lays out what pip would."""
    copy = directory.parent / "source"
    shutil.copytree(PROJECT, copy, ignore=shutil.ignore_patterns("__pycache__", ".*_cache"))
    if can_build():
        options = ["--quiet", "--no-deps", "--no-build-isolation", "--no-index", "--target"]
        subprocess.run(
            [sys.executable, "-m", "pip", "install", *options, str(directory), str(copy)],
            check=True,
        )
        return
    settings = tomllib.loads((copy / "pyproject.toml").read_text())["project"]
    shutil.copytree(copy / "workos_emulator", directory / "workos_emulator")
    about = directory / f"workos_emulator-{settings['version']}.dist-info"
    about.mkdir()
    (about / "METADATA").write_text(f"Name: workos-emulator\nVersion: {settings['version']}\n")
    [(name, module)] = settings["entry-points"]["pytest11"].items()
    (about / "entry_points.txt").write_text(f"[pytest11]\n{name} = {module}\n")


def can_build() -> bool:
    """Returns whether the build backend that pyproject.toml asks for is here."""
    settings = tomllib.loads((PROJECT / "pyproject.toml").read_text())
    [backend] = settings["build-system"]["requires"]
    needed = re.fullmatch(r"setuptools>=(\d+)", backend)
    assert needed
    try:
        return int(version("setuptools").split(".")[0]) >= int(needed[1])
    except PackageNotFoundError:
        return False


@pytest.fixture(scope="session")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where a project finds the package, and this repository nowhere."""
    directory = tmp_path_factory.mktemp("installed") / "site"
    install(directory)
    return directory


@pytest.fixture
def elsewhere(
    pytester: pytest.Pytester, installed: Path, monkeypatch: pytest.MonkeyPatch
) -> pytest.Pytester:
    """A project of its own that has the package installed, and no other plugin that is here."""
    monkeypatch.setenv("PYTHONPATH", str(installed))
    monkeypatch.setenv("PYTEST_ADDOPTS", "-p no:hypothesispytest -p no:xdist -p no:anyio")
    return pytester


@pytest.mark.server
def test_the_examples_of_the_readme_pass_in_a_project_of_its_own(
    elsewhere: pytest.Pytester,
) -> None:
    first, second = examples("python")
    elsewhere.makepyfile(test_first=first, test_second=second)

    elsewhere.runpytest_subprocess("-W", "error").assert_outcomes(passed=3)


@pytest.mark.server
def test_a_project_that_asks_by_name_finds_the_pages_the_command_and_the_types(
    elsewhere: pytest.Pytester, installed: Path
) -> None:
    elsewhere.makepyfile(
        f"""
        import urllib.request
        import workos_emulator as package

        def test_pages(workos_emulator):
            assert package.__file__.startswith({str(installed)!r})
            for path in ("/", "/_emulate/static/mailbox.css"):
                with urllib.request.urlopen(workos_emulator.url + path) as page:
                    assert page.status == 200
                    page.read()

        def test_a_fresh_one(workos_emulator):
            assert workos_emulator.requests() == workos_emulator.mailbox() == []
        """
    )

    # The plugin that is there by being installed is asked for by its name, too: it is loaded once.
    result = elsewhere.runpytest_subprocess("-W", "error", "-p", "workos_emulator.pytest_plugin")
    result.assert_outcomes(passed=2)
    helped = elsewhere.run(sys.executable, "-m", "workos_emulator", "--help")
    helped.stdout.fnmatch_lines(["usage: python -m workos_emulator*"])
    assert (installed / "workos_emulator" / "py.typed").exists()


@pytest.mark.server
def test_a_project_without_the_sdk_can_use_all_else(elsewhere: pytest.Pytester) -> None:
    elsewhere.makeconftest("import sys; sys.modules['workos'] = None")
    elsewhere.makepyfile(
        """
        import pytest

        def test_it(workos_emulator):
            key = {"Authorization": "Bearer " + workos_emulator.api_key}
            body = {"email": "ada@example.com"}
            web = workos_emulator.app.test_client()
            web.post("/user_management/magic_auth", json=body, headers=key)
            assert len(workos_emulator.code_for("ada@example.com")) == 6
            with pytest.raises(ImportError):
                workos_emulator.client()
        """
    )

    elsewhere.runpytest_subprocess().assert_outcomes(passed=1)
