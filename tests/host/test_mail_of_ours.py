"""Mail that we send ourselves goes out whole, whatever a host's templates are like."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask

from app.config import Config
from tests.host.conftest import Open
from tests.walk import Visitor


@pytest.fixture
def config(make_config: Callable[..., Config], smtp: dict[str, Any]) -> Config:
    """The emulator takes our mail."""
    return make_config(**smtp)


@pytest.fixture
def environ(environ: dict[str, str], smtp: dict[str, Any]) -> dict[str, str]:
    """The shop mails itself."""
    return environ | {name.upper(): value for name, value in smtp.items()}


def test_a_person_signs_in_by_our_own_mail(open_shop: Open, emulator: Flask) -> None:
    customer = Visitor(open_shop(), emulator)
    assert customer.sign_in_by_code().status_code == 303
    [mail] = customer.mailbox()
    assert "\n\n\n" not in mail["text"]
    customer.sign_out()

    assert customer.ask_for_link(next="/orders").status_code == 303
    assert customer.open_link(customer.mailed_link()).text == "Three orders"
