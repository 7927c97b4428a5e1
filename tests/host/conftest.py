"""A shop that was there before, and takes the sign-in as docs/existing-application.md says."""

from __future__ import annotations

import importlib
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from workos import WorkOSClient

from tests.conftest import ROOT, SECRET_KEY
from tests.host.application import create_shop
from tests.walk import Visitor

DOCUMENT = (ROOT / "docs/existing-application.md").read_text()


def documented(language: str) -> list[str]:
    """Returns the blocks of the document in this language."""
    return re.findall(rf"```{language}\n(.*?)```", DOCUMENT, re.S)


@pytest.fixture(scope="session")
def shop_root(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The shop's directory, into which the sign-in has been copied under another name."""
    root = tmp_path_factory.mktemp("shop")
    shutil.copytree(Path(__file__).parent / "templates", root / "templates")
    [layout] = documented("html")
    (root / "templates/signin_layout.html").write_text(layout)
    (root / "static").mkdir()
    (root / "static/shop.css").write_text("body { color: green }")
    [script] = documented("bash")
    subprocess.run(["bash", "-euc", f"source={ROOT}\n{script}"], cwd=root, check=True)
    sys.path.insert(0, str(root))
    yield root
    sys.path.remove(str(root))
    for name in [name for name in sys.modules if name.partition(".")[0] == "signin"]:
        del sys.modules[name]


@pytest.fixture(scope="session")
def signin(shop_root: Path) -> Any:
    """The package, as the shop imports it."""
    return importlib.import_module("signin")


@pytest.fixture
def environ(tmp_path: Path) -> dict[str, str]:
    """What the shop's environment says about the sign-in."""
    return {
        "WORKOS_API_KEY": "sk_test_emulator",
        "WORKOS_CLIENT_ID": "client_emulator",
        "WORKOS_BASE_URL": "http://localhost:4100",
        "SECRET_KEY": SECRET_KEY,
        "DATABASE_PATH": str(tmp_path / "signin.sqlite3"),
        **dict(line.split("=") for line in documented("ini")[0].splitlines()),
    }


Open = Callable[..., Flask]


@pytest.fixture
def open_shop(
    shop_root: Path,
    signin: Any,
    environ: dict[str, str],
    connect: Callable[[Any], WorkOSClient],
) -> Open:
    """Opens a shop that has the sign-in."""

    def opened(stores: Any = None, **options: Any) -> Flask:
        shop = create_shop(shop_root, **options)
        config = signin.config.Config.from_env(environ)
        if not options.get("knows_members"):
            current = signin.session.signed_in_identity
            shop.context_processor(lambda: {"current_user": current()})
        signin.init_app(shop, config, workos=connect(config), stores=stores)
        for path in ("/orders", "/api/orders"):
            shop.add_url_rule(path, path, signin.guards.login_required(lambda: "Three orders"))
        return shop

    return opened


@pytest.fixture
def shop(open_shop: Open) -> Flask:
    """The shop; a test module may override this fixture."""
    return open_shop()


@pytest.fixture
def customer(shop: Flask, emulator: Flask) -> Visitor:
    """Somebody at the shop's front door."""
    return Visitor(shop, emulator)
