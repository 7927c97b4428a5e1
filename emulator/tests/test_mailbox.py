from tests.emulator.conftest import Wire


def test_an_empty_mailbox_says_what_to_do(wire: Wire) -> None:
    page = wire.browser.get("/")
    assert page.status_code == 200
    assert "No mail yet" in page.text
    assert wire.mails() == []


def test_a_page_shows_codes_and_links(wire: Wire) -> None:
    code = wire.send_code("ada@example.com")
    session = wire.create_link(email="bob@example.com").json()
    wire.api.post(f"/passwordless/sessions/{session['id']}/send")

    page = wire.browser.get("/").text
    assert page.index("bob@example.com") < page.index("ada@example.com")
    to_bob, to_ada = (
        wire.browser.get(f"/_emulate/mailbox/{mail['id']}.html") for mail in wire.mails()
    )
    assert f"<strong>{code}</strong>" in to_ada.text
    assert f'<a href="{session["link"]}" rel="noreferrer">' in to_bob.text
    assert "sandbox" in to_bob.headers["Content-Security-Policy"]


def test_a_page_neither_runs_nor_frames_anything(wire: Wire) -> None:
    policy = wire.browser.get("/").headers["Content-Security-Policy"]
    assert policy.startswith("default-src 'none'")
    assert "script" not in policy


def test_a_mail_cannot_smuggle_markup(wire: Wire) -> None:
    session = wire.create_link(email="<b>x</b>@example.com").json()
    wire.api.post(f"/passwordless/sessions/{session['id']}/send")
    assert "<b>x</b>@" not in wire.browser.get("/").text


def test_a_mail_has_everything_a_program_needs(wire: Wire) -> None:
    code = wire.send_code()
    [mail] = wire.mails()
    assert set(mail) == {
        "id", "to", "sender", "subject", "text", "html", "links", "one_time_code", "sent_at",
    }  # fmt: skip
    assert mail["one_time_code"] == code
    assert code in mail["text"]
    assert code in mail["html"]
    assert mail["links"] == []


def test_mails_come_newest_first_and_can_be_filtered(wire: Wire) -> None:
    for email in ("ada@example.com", "bob@example.com"):
        wire.send_code(email)
    assert [mail["to"] for mail in wire.mails()] == ["bob@example.com", "ada@example.com"]
    assert [mail["to"] for mail in wire.mails(to="ADA@example.com")] == ["ada@example.com"]


def test_the_mailbox_can_be_emptied(wire: Wire) -> None:
    wire.send_code()
    assert wire.browser.delete("/_emulate/mailbox").status_code == 204
    assert wire.mails() == []
