import time_machine

from bare_http import BareHttp


def test_an_empty_mailbox_says_what_to_do(http: BareHttp) -> None:
    page = http.browser.get("/")
    assert page.status_code == 200
    assert "No mail yet" in page.text
    assert http.mails() == []


def test_a_page_shows_codes_and_links(http: BareHttp) -> None:
    code = http.send_code("ada@example.com")
    session = http.create_link(email="bob@example.com").json()
    http.api.post(f"/passwordless/sessions/{session['id']}/send")

    page = http.browser.get("/").text
    assert page.index("bob@example.com") < page.index("ada@example.com")
    to_bob, to_ada = (
        http.browser.get(f"/_emulate/mailbox/{mail['id']}.html") for mail in http.mails()
    )
    assert f"<strong>{code}</strong>" in to_ada.text
    assert f'<a href="{session["link"]}" rel="noreferrer">' in to_bob.text
    assert "sandbox" in to_bob.headers["Content-Security-Policy"]


def test_below_many_mails_people_to_sign_in_as_are_one_click_away(http: BareHttp) -> None:
    jump = '<a href="#people">People to sign in as</a>'
    assert jump not in http.browser.get("/").text  # there is no mail yet, so they can be seen

    http.send_code()

    page = http.browser.get("/").text
    assert page.index(jump) < page.index("ada@example.com") < page.index('id="people"')


def test_a_page_neither_runs_nor_frames_anything(http: BareHttp) -> None:
    policy = http.browser.get("/").headers["Content-Security-Policy"]
    assert policy.startswith("default-src 'none'")
    assert "script" not in policy


def test_a_mail_cannot_smuggle_markup(http: BareHttp) -> None:
    session = http.create_link(email="<b>x</b>@example.com").json()
    http.api.post(f"/passwordless/sessions/{session['id']}/send")
    assert "<b>x</b>@" not in http.browser.get("/").text


def test_a_mail_has_everything_a_program_needs(http: BareHttp) -> None:
    code = http.send_code()
    [mail] = http.mails()
    assert set(mail) == {
        "id", "to", "sender", "subject", "text", "html", "links", "one_time_code", "sent_at",
    }  # fmt: skip
    assert mail["one_time_code"] == code
    assert code in mail["text"]
    assert code in mail["html"]
    assert mail["links"] == []


def test_mails_come_newest_first_and_can_be_filtered(http: BareHttp) -> None:
    for email in ("ada@example.com", "bob@example.com"):
        http.send_code(email)
    assert [mail["to"] for mail in http.mails()] == ["bob@example.com", "ada@example.com"]
    assert [mail["to"] for mail in http.mails(to="ADA@example.com")] == ["ada@example.com"]


def test_the_mailbox_can_be_emptied(http: BareHttp) -> None:
    http.send_code()
    assert http.browser.delete("/_emulate/mailbox").status_code == 204
    assert http.mails() == []


def test_new_mail_shows_by_itself_and_nothing_moves_while_it_is_read(http: BareHttp) -> None:
    assert http.browser.get("/").headers["Refresh"] == "3"

    with time_machine.travel("2026-01-15T12:00:00Z", tick=False) as clock:
        http.send_code()
        assert http.browser.get("/").headers["Refresh"] == "60"
        clock.shift(60)
        assert http.browser.get("/").headers["Refresh"] == "3"
