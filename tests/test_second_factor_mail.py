"""The mail about a change of somebody's authenticator apps."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from app import create_app
from app.config import Config
from tests.machine import free_port
from tests.totp import next_totp, requires_mfa
from tests.walk import ADA, MUCH_MAIL, Visitor


@pytest.fixture
def config(make_config: Any, smtp: dict[str, Any]) -> Config:
    """An application that mails itself."""
    made = make_config(**smtp, **MUCH_MAIL)
    assert isinstance(made, Config)
    return made


def add_app(visitor: Visitor) -> str:
    visitor.post("/account/security/add")
    return str(visitor.post("/account/security/confirm", one_time_code=next_totp(visitor)).location)


def test_adding_and_removing_an_app_is_told_by_mail(visitor: Visitor) -> None:
    """AUT-16: by a browser of somebody else, too."""
    visitor.sign_in_by_code()
    add_app(visitor)
    [added] = [mail for mail in visitor.mailbox() if "was added" in mail["subject"]]
    listed: Any = visitor.get("/account/security", headers={"Accept": "application/json"}).json
    visitor.post("/account/security/remove", factor=listed["factors"][0]["factor"])
    removed = visitor.mailbox()[0]

    assert added["to"] == removed["to"] == ADA
    assert "was removed" in removed["subject"]
    for mail in (added, removed):
        assert "If that was you" in mail["text"]
        assert "end all your sessions" in mail["html"]


def test_setting_one_up_while_signing_in_is_told_too(visitor: Visitor) -> None:
    """AUT-16: who enrols somebody else's account reads its mail, or is found out."""
    requires_mfa(visitor)
    visitor.sign_in_by_code()
    visitor.post("/auth/enroll-totp/begin")
    visitor.post("/auth/enroll-totp", one_time_code=next_totp(visitor))

    assert "was added" in visitor.mailbox()[0]["subject"]


def test_a_mail_that_cannot_be_sent_undoes_nothing(
    visitor: Visitor, config: Config, connect: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    visitor.sign_in_by_code()
    visitor.post("/account/security/add")
    without_mail = replace(config, smtp_url=f"smtp://127.0.0.1:{free_port()}")
    later = Visitor(create_app(without_mail, workos=connect(config)), visitor.emulator)
    later.take_cookies(visitor.cookies())

    done = later.post("/account/security/confirm", one_time_code=next_totp(visitor))

    assert done.location == "/account/security?done=added"
    assert "mail_not_sent" in capsys.readouterr().err
