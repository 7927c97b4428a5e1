"""Mail by SMTP, and the scanner, as tests and people use them."""

import smtplib
import socket
from email.message import EmailMessage

from flask import Flask

from bare_http import BareHttp
from workos_emulator.pytest_plugin import WorkOSEmulator
from workos_emulator.smtp import MailServer


def send(emulator: Flask, to: list[str], text: str, html: str = "") -> None:
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = "Us <us@example.com>", to[0], "Grüße"
    message.set_content(text)
    if html:
        message.add_alternative(html, subtype="html")
    with (
        MailServer(emulator, socket.create_server(("127.0.0.1", 0))) as server,
        smtplib.SMTP("127.0.0.1", server.port, "localhost") as smtp,
    ):
        smtp.send_message(message, to_addrs=to)


def test_a_mail_by_smtp_lands_in_the_mailbox(emulator: Flask, http: BareHttp) -> None:
    send(
        emulator, ["ada@example.com"], "Open https://a.example/x?y=1 soon.", "<p>Hi <b>you</b></p>"
    )

    [mail] = http.mails()
    assert (mail["to"], mail["sender"]) == ("ada@example.com", "Us <us@example.com>")
    assert mail["subject"] == "Grüße"
    assert mail["links"] == ["https://a.example/x?y=1"]
    assert mail["one_time_code"] is None
    assert "<b>you</b>" in http.browser.get(f"/_emulate/mailbox/{mail['id']}.html").text
    assert "<b>you</b>" not in http.browser.get("/").text


def test_each_recipient_of_the_envelope_gets_one(emulator: Flask, http: BareHttp) -> None:
    send(emulator, ["ada@example.com", "bob@example.com"], "Your code: 123456")

    assert [mail["to"] for mail in http.mails()] == ["bob@example.com", "ada@example.com"]
    assert {mail["one_time_code"] for mail in http.mails()} == {"123456"}


def test_a_mail_may_have_a_code_and_a_link(emulator: Flask, http: BareHttp) -> None:
    """And digits of the link are no code."""
    send(emulator, ["ada@example.com"], "https://a.example/?x=-654321- or type 123456")

    [mail] = http.mails()
    assert mail["links"] == ["https://a.example/?x=-654321-"]
    assert mail["one_time_code"] == "123456"


def test_workos_can_leave_the_mailing_of_codes_to_the_application() -> None:
    with WorkOSEmulator(mails_codes=False) as emulator:
        sent = emulator.client().user_management.create_magic_auth(email="ada@example.com")

        assert len(sent.code) == 6
        assert emulator.mailbox() == []


def test_a_scan_asks_for_a_level_and_a_mail_that_exist(http: BareHttp) -> None:
    http.send_code()
    [mail] = http.mails()
    path = f"/_emulate/mailbox/{mail['id']}/scan"

    assert http.browser.post(path, json={"level": "canary"}).status_code == 400
    assert http.browser.post(path, json={}).status_code == 400
    assert http.browser.post("/_emulate/mailbox/x/scan", json={"level": "look"}).status_code == 404
    assert http.browser.post(path, data={"level": "look"}).headers["Location"] == f"/#{mail['id']}"
    assert "There is no link in this mail" in http.browser.get("/").text
