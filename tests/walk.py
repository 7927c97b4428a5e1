"""Walks the front door as a person or a program would."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from html import unescape
from typing import Any
from urllib.parse import parse_qs, urljoin, urlsplit

from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

ADA = "ada@example.com"
NOBODY = Flask("nobody")  # who walks without a WorkOS to look into
# Settings that let one visitor have one address mailed again and again.
MUCH_MAIL = dict.fromkeys(
    ("limit_send_per_address", "limit_send_per_address_and_network"), "100 per minute"
)
H1 = re.compile(r"<h1>(.*?)</h1>")
LAST_USED = '<span class="last-used">Last used</span>'
TOKEN = re.compile(r'name="csrf_token" value="([^"]+)"')


class Jar(FlaskClient):
    """A client that knows the names of its cookies."""

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self._names: dict[str, None] = {}  # in the order in which they came

    def open(self, *arguments: Any, **options: Any) -> TestResponse:
        """Asks, and notes which cookies came along."""
        answer = super().open(*arguments, **options)
        for cookie in answer.headers.getlist("Set-Cookie"):
            self._names[cookie.partition("=")[0]] = None
        return answer

    def take(self, name: str, value: str, *, domain: str) -> None:
        """Puts a cookie in."""
        self.set_cookie(name, value, domain=domain)
        self._names[name] = None

    def content(self, domain: str) -> dict[str, str]:
        """Returns what is in it."""
        found = [self.get_cookie(name, domain) for name in self._names]
        return {cookie.key: cookie.value for cookie in found if cookie}


@dataclass
class Visitor:
    """One browser with its own cookies; each method is something that a person does."""

    app: Flask
    emulator: Flask = NOBODY
    address: str = "203.0.113.1"
    origin: str = "http://localhost:5000"
    client: Jar = field(init=False)

    def __post_init__(self) -> None:
        self.forget_cookies()

    def get(self, url: str, **options: Any) -> TestResponse:
        """Opens a page without following redirects."""
        return self.client.get(_path(url), base_url=self.origin, **options)

    def get_with_cookies(self, url: str, header: str) -> TestResponse:
        """Opens a page with exactly this Cookie header, which Werkzeug's client would replace."""
        client = self.app.test_client(use_cookies=False)
        return client.get(url, base_url=self.origin, environ_overrides={"HTTP_COOKIE": header})

    def csrf_token(self, page: str = "/sign-in") -> str:
        """Returns the token on a page that has a form, or of the session when it has none."""
        found = TOKEN.search(self.get(page).text)
        return unescape(found[1]) if found else self.api_session().json["csrf_token"]

    def post(self, url: str, **fields: str) -> TestResponse:
        """Submits a form as this site's own page would."""
        # The same token as on the page, which takes far longer to make: most tests send a form.
        token = self.api_session().json.get("csrf_token") or self.csrf_token()
        data = {"csrf_token": token, **fields}
        # Browsers send it, and over https Flask-WTF insists on it.
        headers = {"Referer": f"{self.origin}/"}
        return self.client.post(url, base_url=self.origin, data=data, headers=headers)

    def post_json(self, url: str, body: dict[str, Any], **options: Any) -> TestResponse:
        """Calls the JSON interface as documented: token from /api/session, sent as a header."""
        headers = {"X-CSRFToken": self.api_session().json["csrf_token"]}
        return self.client.post(url, base_url=self.origin, json=body, headers=headers, **options)

    def cookies(self) -> dict[str, str]:
        """Returns what this browser holds now, as a thief or a restored backup would."""
        return self.client.content(self._domain)

    def take_cookies(self, cookies: dict[str, str]) -> None:
        """Puts cookies into this browser."""
        for name, value in cookies.items():
            self.client.take(name, value, domain=self._domain)

    def forget_cookies(self) -> None:
        """Clears this browser's cookies, as people and their settings do."""
        self.client = Jar(self.app, self.app.response_class)
        self.client.environ_base["REMOTE_ADDR"] = self.address

    @property
    def _domain(self) -> str:
        return urlsplit(self.origin).hostname or ""

    def api_session(self) -> Any:
        """Asks for the session as JSON."""
        return self.get("/api/session")

    def is_signed_in(self) -> bool:
        """Whether the site takes this browser for somebody."""
        return bool(self.api_session().status_code == 200)

    def ask_for_code(self, email: str = ADA, **fields: str) -> TestResponse:
        """Asks for a code."""
        return self.post("/auth/magic-auth", email=email, **fields)

    def type_code(self, code: str, **fields: str) -> TestResponse:
        """Types a code into the newest attempt, or into `attempt`."""
        return self.post("/auth/magic-auth/verify", one_time_code=code, **fields)

    def ask_for_link(self, email: str = ADA, **fields: str) -> TestResponse:
        """Asks for a link."""
        return self.post("/auth/magic-link", email=email, **fields)

    def mailbox(self) -> list[dict[str, Any]]:
        """Returns all mail that "WorkOS" sent, newest first."""
        mails: list[dict[str, Any]] = self.emulator.test_client().get("/_emulate/mailbox").json  # type: ignore[assignment] # a list, as documented
        return mails

    def mailed_code(self) -> str:
        """Returns the code in the newest mail."""
        return str(self.mailbox()[0]["one_time_code"])

    def mailed_link(self) -> str:
        """Returns the link in the newest mail."""
        return str(self.mailbox()[0]["links"][0])

    def open_at_workos(self, link: str) -> str:
        """Opens the hosted link; returns where WorkOS sends the browser: our callback."""
        return self.emulator.test_client().get(_path(link)).headers["Location"]

    def open_link(self, link: str) -> TestResponse:
        """Opens a link, by anybody, and follows it to the end; returns the last page."""
        page = self.get(link)
        while page.status_code in (302, 303):
            url = urljoin(link, page.location)
            is_at_workos = "/passwordless/" in url
            page = self.get(self.open_at_workos(url) if is_at_workos else url)
        return page

    def type_relay_code(self, relay_code: str, **fields: str) -> TestResponse:
        """Types a relay code into the newest attempt, or into `attempt`."""
        return self.post("/auth/magic-link/relay", relay_code=relay_code, **fields)

    def sign_in_by_code(self, email: str = ADA, **fields: str) -> TestResponse:
        """Walks the whole way with a code."""
        assert self.ask_for_code(email, **fields).status_code == 303
        return self.type_code(self.mailed_code())

    def sign_in_by_link(self, email: str = ADA, **fields: str) -> TestResponse:
        """Walks the whole way with a link, in this one browser."""
        assert self.ask_for_link(email, **fields).status_code == 303
        return self.get(self.open_at_workos(self.mailed_link()))

    def sign_out(self) -> TestResponse:
        """Presses the button on the account page."""
        token = self.csrf_token("/account")
        data = {"csrf_token": token}
        return self.client.post("/auth/sign-out", base_url=self.origin, data=data)

    def api_calls(self) -> list[dict[str, Any]]:
        """Returns the calls that the application made to WorkOS so far."""
        calls: list[dict[str, Any]] = self.emulator.test_client().get("/_emulate/requests").json  # type: ignore[assignment] # a list, as documented
        return calls

    def exchanges(self) -> list[dict[str, Any]]:
        """Returns those of them that would spend a code or a token."""
        spending = ("/sso/token", "/user_management/authenticate")
        return [one for one in self.api_calls() if one["path"] in spending]


def _path(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.path}?{parts.query}" if parts.query else parts.path


def query_of(url: str) -> dict[str, str]:
    """Returns the parameters of a URL, each of which is there once."""
    return {name: one for name, [one] in parse_qs(urlsplit(url).query).items()}


def heading(page: TestResponse) -> str:
    """Returns what the page says first: the title of its error, or its heading."""
    found = re.search(r'id="error-title">(.*?)</', page.text) or H1.search(page.text)
    assert found, page.text
    return unescape(found[1])
