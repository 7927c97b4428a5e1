"""The journeys in a real WebKit: at a phone's width, over https, and without JavaScript.

Each page of ours on the way is held to that width: see `arrive`.
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.browser.conftest import mailbox
from tests.browser.test_journeys import link_to
from tests.browser.test_second_factors import next_totp
from tests.browser.test_steps import set_at_workos
from tests.browser.webkit import WebKit, running_webkit
from tests.site import ONE_WORKER, OUR_MAIL, Site, Sites

pytestmark = [pytest.mark.e2e, pytest.mark.xdist_group("webkit")]


@pytest.fixture(scope="module")
def shared_webkit(sites: Sites) -> Iterator[WebKit]:
    """The one browser of these tests; it ends before the sites do."""
    with running_webkit() as webkit:
        yield webkit


@pytest.fixture
def site(sites: Sites) -> Site:
    """The application over https, which mails itself, with doors that lead elsewhere."""
    settings = ONE_WORKER | OUR_MAIL | {"SIGN_IN_WITH": "magic_auth,authkit,github"}
    return sites.get(settings, https=True)


@pytest.fixture
def phone(shared_webkit: WebKit, site: Site) -> WebKit:
    """A browser that knows nobody, neither here nor at WorkOS."""
    shared_webkit.become_another(site.workos_url, site.url)
    return shared_webkit


def ask(phone: WebKit, site: Site, email: str) -> None:
    phone.open(f"{site.url}/sign-in?next=/account")
    phone.arrive("Sign in")
    phone.type("Email address", email)
    phone.click("Continue with email")
    phone.arrive("Enter the code")


def code_to(site: Site, email: str) -> str:
    return next(str(mail["one_time_code"]) for mail in mailbox(site) if mail["to"] == email)


def expect_account(phone: WebKit, email: str) -> None:
    phone.arrive("Your account")
    assert email in phone.text()


def test_a_code_typed_as_people_do_signs_in_and_signing_out_ends_it(
    phone: WebKit, site: Site
) -> None:
    """SES-01, WEB-03, WEB-08."""
    ask(phone, site, "webkit@example.com")
    code = code_to(site, "webkit@example.com")
    phone.type("Six-digit code", f" {code[:3]} - {code[3:]}")
    phone.click("Sign in")

    expect_account(phone, "webkit@example.com")
    session = phone.cookies()["__Host-signin-session"]
    assert (session["secure"], session["httpOnly"], session["sameSite"]) == (True, True, "Lax")
    phone.click("Sign out", "main button")
    phone.arrive("You are signed out")
    phone.command("POST", "back")
    phone.arrive("Sign in")
    assert "webkit@example.com" not in phone.text()


def test_a_wrong_code_says_so_at_the_field_which_waits_for_the_right_one(
    phone: WebKit, site: Site
) -> None:
    """A11Y-01."""
    ask(phone, site, "typo@example.com")
    phone.type("Six-digit code", "000000")
    phone.click("Sign in")

    field = phone.find("Six-digit code", "input:focus[aria-invalid=true]")
    error = phone.command("GET", f"element/{field}/attribute/aria-describedby")
    assert "That code is not right" in phone.text(f"#{error}")
    phone.arrive("Enter the code")
    phone.type("Six-digit code", code_to(site, "typo@example.com"))
    phone.click("Sign in")
    expect_account(phone, "typo@example.com")


def test_the_button_of_the_mail_signs_in_where_the_code_was_asked_for(
    phone: WebKit, site: Site
) -> None:
    """SES-19: pressed on a page of another site, from which the Lax cookies come along."""
    ask(phone, site, "button@example.com")
    phone.open(f"{site.workos_url}/")
    frame = phone.command("POST", "element", using="css selector", value="iframe")
    phone.command("POST", "frame", id=frame)
    phone.click("Sign in")

    phone.command("POST", "frame", id=None)
    expect_account(phone, "button@example.com")
    assert "token=" not in phone.command("GET", "url")


def test_the_button_pressed_in_another_browser_says_where_to_type_the_code(
    phone: WebKit, site: Site
) -> None:
    """SES-19, AUT-05."""
    email = "elsewhere@example.com"
    ask(phone, site, email)
    where_asked, cookies = phone.command("GET", "url"), phone.cookies()
    phone.become_another(site.url)
    phone.open(link_to(site, email))

    phone.arrive("Type the code where you asked")
    assert "__Host-signin-session" not in phone.cookies()
    phone.become_another(site.url)  # and the first one again
    for cookie in cookies.values():
        phone.command("POST", "cookie", cookie=cookie)
    phone.open(where_asked)
    phone.type("Six-digit code", code_to(site, email))
    phone.click("Sign in")
    expect_account(phone, email)


def test_a_provider_leads_away_and_back_to_an_authenticator_app(phone: WebKit, site: Site) -> None:
    """AUT-15, WEB-03, WEB-04: cookies of the attempt live through WorkOS and the second factor."""
    email = "octocat@example.com"
    set_at_workos(site, "second-factors", emails=[email])
    phone.open(f"{site.url}/sign-in?next=/account")
    ways = [phone.find(way, "a") for way in ("More ways to sign in", "Continue with GitHub")]
    widths = {phone.command("GET", f"element/{way}/rect")["width"] for way in ways}
    assert len(widths) == 1  # one below the other
    phone.click("Continue with GitHub")
    phone.find("Sign in with GitHub", "h1")
    phone.type("Email", email)
    phone.click("Continue")

    phone.arrive("Set up an authenticator app")
    phone.click("I have an app")
    phone.find("Six-digit code", "input")  # so there is an app
    phone.arrive("Set up an authenticator app")
    phone.type("Six-digit code", next_totp(site))
    phone.click("Continue")
    expect_account(phone, email)


def test_hosted_authkit_leads_back_and_so_does_its_logout(phone: WebKit, site: Site) -> None:
    """SES-07, WEB-04."""
    phone.open(f"{site.url}/sign-in?next=/account")
    phone.click("More ways to sign in")
    phone.type("Email", "hosted@example.com")
    phone.click("Continue")

    expect_account(phone, "hosted@example.com")
    phone.click("Sign out", "main button")
    phone.arrive("You are signed out")
    assert phone.command("GET", "url") == f"{site.url}/auth/sign-out"
    phone.click("Sign in", "main a")
    phone.click("More ways to sign in Last used")
    phone.find("Email", "input")  # and is asked who they are, once more


def test_in_arabic_the_pages_are_mirrored_and_the_code_is_not(phone: WebKit, site: Site) -> None:
    """The language is chosen on the page of the code, and the attempt goes on."""
    email = "arabic@example.com"
    ask(phone, site, email)
    phone.click("Language: English", "footer a")
    phone.arrive("Language")
    phone.click("العربية")

    phone.arrive("أدخل الرمز")
    assert phone.command("GET", f"element/{phone.find('', 'html')}/css/direction") == "rtl"
    phone.type("الرمز المكوّن من ستة أرقام", code_to(site, email))
    field = phone.find("الرمز المكوّن من ستة أرقام", "input")
    assert phone.command("GET", f"element/{field}/css/direction") == "ltr"
    phone.click("تسجيل الدخول")
    phone.arrive("حسابك")
    assert email in phone.text()
