"""Bare requests to the emulator, where a test is about the status and words of a reply."""

from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import httpx2

PATIENCE = 120  # seconds; a ceiling, for a machine that is busy
BASE_URL = "http://localhost:4100"
CALLBACK = "http://localhost:5000/auth/callback"
OTHER_CALLBACK = "http://localhost:5000/other/callback?tenant=1"
CREDENTIALS = {"client_id": "client_emulator", "client_secret": "sk_test_emulator"}
MAGIC_AUTH_GRANT = "urn:workos:oauth:grant-type:magic-auth:code"


@dataclass
class BareHttp:
    """Bare requests to the emulator: `api` brings the API key, `browser` does not."""

    api: httpx2.Client
    browser: httpx2.Client

    def create_link(self, **fields: object) -> httpx2.Response:
        body = {"email": "ada@example.com", "type": "MagicLink", **fields}
        return self.api.post("/passwordless/sessions", json=body)

    def follow(self, link: str) -> dict[str, str]:
        """What the link's redirect tells the application."""
        response = self.browser.get(link)
        assert response.status_code == 302
        return dict(parse_qsl(urlsplit(response.headers["Location"]).query))

    def send_code(self, email: str = "ada@example.com") -> str:
        response = self.api.post("/user_management/magic_auth", json={"email": email})
        assert response.status_code == 201
        return str(response.json()["code"])

    def authenticate(self, grant_type: str, **fields: object) -> httpx2.Response:
        body = {**CREDENTIALS, "grant_type": grant_type, **fields}
        return self.browser.post("/user_management/authenticate", json=body)

    def redeem(
        self, code: str, email: str = "ada@example.com", **fields: object
    ) -> httpx2.Response:
        return self.authenticate(MAGIC_AUTH_GRANT, code=code, email=email, **fields)

    def sign_in_at_provider(self, **form: str) -> httpx2.Response:
        """What the code is good for that somebody brings back from a provider."""
        query = {
            "response_type": "code",
            "client_id": "client_emulator",
            "redirect_uri": CALLBACK,
            "provider": "GitHubOAuth",
        }
        page = self.browser.get("/user_management/authorize", params=query).headers["Location"]
        back = self.browser.post(page, data=form or {"email": "ada@example.com"})
        code = dict(parse_qsl(urlsplit(back.headers["Location"]).query))["code"]
        return self.authenticate("authorization_code", code=code)

    def set(self, control: str, **fields: object) -> None:
        """Sets one of the emulator's own controls."""
        assert self.browser.post(f"/_emulate/{control}", json=fields).status_code == 201

    def refresh(self, refresh_token: str) -> httpx2.Response:
        return self.authenticate("refresh_token", refresh_token=refresh_token)

    def sign_in(self, email: str = "ada@example.com") -> dict[str, Any]:
        """The reply that somebody's one-time code was good for."""
        response = self.redeem(self.send_code(email), email)
        assert response.status_code == 200
        return dict(response.json())

    def exchange(self, code: str, **fields: object) -> httpx2.Response:
        body = {**CREDENTIALS, "grant_type": "authorization_code", "code": code, **fields}
        return self.browser.post("/sso/token", json=body)

    def add_fault(self, method: str, path: str, **fields: object) -> httpx2.Response:
        body = {"method": method, "path": path, **fields}
        return self.browser.post("/_emulate/hooks", json=body)

    def mails(self, **query: str) -> list[dict[str, Any]]:
        return list(self.browser.get("/_emulate/mailbox", params=query).json())
