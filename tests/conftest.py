"""The application, the WorkOS behind it, and people at its front door."""

from __future__ import annotations

import gc
import os
import shutil
import socket
from collections.abc import Callable, Iterator
from contextlib import nullcontext
from itertools import count
from pathlib import Path
from tempfile import TemporaryDirectory, mkdtemp
from typing import Any

import httpx2
import pytest
from flask import Flask
from workos import WorkOSClient

import workos_emulator
from app import create_app
from app.config import Config
from tests.certificate import make_certificate
from tests.clone import Running, SharedRun, make_clone
from tests.compiled import CompiledRule, CompiledTemplates
from tests.machine import ROOT as ROOT
from tests.machine import SECRET_KEY as SECRET_KEY
from tests.machine import place_in_memory
from tests.site import Sites
from tests.site import pytest_runtest_makereport as pytest_runtest_makereport
from tests.walk import Visitor
from workos_emulator.smtp import MailServer

HTTPS = "https://app.example.com"


# No test asks for anything beyond this machine, and a company's proxy would find none of it.
for name in [name for name in os.environ if name.lower().endswith("_proxy")]:
    del os.environ[name]

# Tests make more than a thousand applications, and compiling takes longer than most of them do.
Flask.jinja_options = {"bytecode_cache": CompiledTemplates()}
Flask.url_rule_class = CompiledRule


def pytest_collection_finish() -> None:
    """Keeps the collector of garbage from looking at all that is imported, again and again."""
    gc.collect()
    gc.freeze()


def pytest_addoption(parser: pytest.Parser) -> None:
    """Adds what `make docs`, `make specimens`, `make fuzz` and `make soak` call."""
    parser.addoption("--write-docs", action="store_true", help="write the generated parts of docs/")
    parser.addoption("--write-specimens", action="store_true", help="add to tests/specimens/")
    parser.addoption("--requests", type=int, default=500, help="how many a test of fuzz sends")
    parser.addoption("--soak", type=int, default=0, help="seconds for which test_soak.py goes on")
    parser.addoption("--seed", default="1", help="what they are made from")
    parser.addoption("--replay", type=int, help="the number of the only one to send")


@pytest.fixture
def generated(request: pytest.FixtureRequest) -> Callable[[str, str, str], None]:
    """Holds a part of a document to what it is generated from, or writes it with --write-docs."""

    def hold(name: str, part: str, text: str) -> None:
        path = ROOT / name
        document = path.read_text()
        begin, end = f"<!-- {part}: written by make docs -->\n", f"<!-- end of {part} -->"
        before, _, rest = document.partition(begin)
        present, _, after = rest.partition(end)
        if request.config.getoption("--write-docs"):
            path.write_text(f"{before}{begin}{text}{end}{after}")
        else:
            assert present == text, f"{name} is out of date: make docs"

    return hold


@pytest.fixture
def fuzzing(request: pytest.FixtureRequest) -> dict[str, Any]:
    """How many requests a test of fuzz sends, and which."""
    named = {"count": "--requests", "seed": "--seed", "only": "--replay"}
    return {name: request.config.getoption(option) for name, option in named.items()}


@pytest.fixture(scope="session")
def folders() -> Iterator[Iterator[Path]]:
    """Names for folders that do not exist yet, where a slow disk stalls nobody."""
    with TemporaryDirectory(dir=place_in_memory(), ignore_cleanup_errors=True) as directory:
        yield (Path(directory, str(number)) for number in count())


@pytest.fixture
def make_config(folders: Iterator[Path]) -> Iterator[Callable[..., Config]]:
    """Makes settings that point to the emulator, with a database of this test's own."""
    folder = next(folders)

    def make(**changes: Any) -> Config:
        values: dict[str, Any] = {
            "workos_api_key": "sk_test_emulator",
            "workos_client_id": "client_emulator",
            "workos_base_url": "http://localhost:4100",
            "secret_key": SECRET_KEY,
            "database_path": folder / "app.sqlite3",
        }
        return Config(**{**values, **changes})

    yield make
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def config(make_config: Callable[..., Config]) -> Config:
    """The settings of `app`; a test module may override this fixture."""
    return make_config()


@pytest.fixture
def mail_listener() -> Iterator[socket.socket]:
    """Where the emulator takes mail, should the settings say smtp: see `smtp`."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        yield listener


@pytest.fixture(scope="session")
def authority(tmp_path_factory: pytest.TempPathFactory) -> str:
    """One authority to trust, where reading all those of this machine takes long."""
    return make_certificate(tmp_path_factory.mktemp("authority"))[0]


@pytest.fixture
def smtp(
    mail_listener: socket.socket, authority: str, monkeypatch: pytest.MonkeyPatch
) -> dict[str, Any]:
    """The settings with which the application mails itself, over a real socket."""
    monkeypatch.setenv("SSL_CERT_FILE", authority)
    port = mail_listener.getsockname()[1]
    return {
        "email_delivery": "smtp",
        "smtp_url": f"smtp://127.0.0.1:{port}",
        "mail_from": "Example <sign-in@example.com>",
    }


@pytest.fixture(scope="session")
def emulators() -> dict[object, Flask]:
    """Those made so far in this process, by their settings."""
    return {}


@pytest.fixture
def emulator(
    config: Config, mail_listener: socket.socket, emulators: dict[object, Flask]
) -> Iterator[Flask]:
    """A WorkOS that knows nobody yet, and the mail server beside it."""
    redirect_uris = (*config.redirect_uris, f"{HTTPS}/auth/callback")
    wanted = (redirect_uris, config.mails_itself)
    if wanted not in emulators:
        emulators[wanted] = workos_emulator.create_app(
            redirect_uris=redirect_uris, mails_codes=not config.mails_itself
        )
    app = emulators[wanted]
    app.test_client().post("/_emulate/reset")
    with MailServer(app, mail_listener) if config.mails_itself else nullcontext():
        yield app


@pytest.fixture
def connect(emulator: Flask) -> Iterator[Callable[[Config], WorkOSClient]]:
    """Plugs the real SDK into the emulator without a socket."""
    with httpx2.Client(transport=httpx2.WSGITransport(app=emulator)) as http:

        def client(config: Config) -> WorkOSClient:
            return WorkOSClient(
                api_key=config.workos_api_key,
                client_id=config.workos_client_id,
                base_url=config.workos_base_url,
                max_retries=0,
                http_client=http,
            )

        yield client


@pytest.fixture
def workos(config: Config, connect: Callable[[Config], WorkOSClient]) -> WorkOSClient:
    """The client of `app`."""
    return connect(config)


@pytest.fixture
def app(config: Config, workos: WorkOSClient) -> Flask:
    """The application under test."""
    return create_app(config, workos=workos)


@pytest.fixture
def visitor(app: Flask, emulator: Flask) -> Visitor:
    """Somebody at the front door."""
    return Visitor(app, emulator)


@pytest.fixture
def another_visitor(app: Flask, emulator: Flask) -> Visitor:
    """Somebody else, elsewhere, in another browser."""
    return Visitor(app, emulator, address="198.51.100.7")


@pytest.fixture
def https_visitor(
    make_config: Callable[..., Config],
    connect: Callable[[Config], WorkOSClient],
    emulator: Flask,
) -> Visitor:
    """Somebody at the front door of the same application behind https."""
    config = make_config(public_url=HTTPS)
    return Visitor(create_app(config, workos=connect(config)), emulator, origin=HTTPS)


@pytest.fixture(scope="session")
def sites() -> Iterator[Sites]:
    """The running sites that the tests of this process share; none is started yet."""
    with TemporaryDirectory(dir=place_in_memory(), ignore_cleanup_errors=True) as directory:
        sites = Sites(lambda: Path(mkdtemp(dir=directory)))
        yield sites
        sites.close()


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    """A fresh copy of this tree, with its virtual environment."""
    return make_clone(tmp_path)


@pytest.fixture(scope="session")
def shared_run(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SharedRun]:
    """Where the one `make run` of this process is; not started yet."""
    shared = SharedRun(lambda: tmp_path_factory.mktemp("clone"))
    yield shared
    shared.close()


@pytest.fixture
def running(shared_run: SharedRun) -> Running:
    """`make run`, for tests that leave it running; put them into the group "make run"."""
    return shared_run.get()
