"""The pages about API keys, in a real browser: made, copied, revoked."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import requests
from playwright.sync_api import Page, expect

from tests.browser.conftest import mailbox
from tests.browser.looks import RULES, look_at
from tests.site import ONE_WORKER, Sites
from tests.waiting import PATIENCE

pytestmark = [pytest.mark.e2e, pytest.mark.xdist_group("Chromium")]
ADA = "ada@keys.example"


def test_a_key_is_made_used_once_shown_and_revoked(
    sites: Sites, new_page: Callable[..., Page]
) -> None:
    """A11Y-01, AUT-49."""
    site = sites.get(ONE_WORKER | {"API_KEYS": "on"})
    acme = [{"id": "org_keys", "name": "Acme", "role": "member"}]
    tell(site.workos_url, "organizations", {"email": ADA, "organizations": acme})
    claims = {"permissions": ["notes:read", "notes:write"]}
    tell(site.workos_url, "claims", {"email": ADA, "claims": claims})
    page = new_page(site)
    page.goto("/sign-in?next=/account/api-keys")
    page.get_by_label("Email address").fill(ADA)
    page.get_by_role("button", name="Email me a code").click()
    expect(page.get_by_label("Six-digit code")).to_be_visible()
    page.get_by_label("Six-digit code").fill(str(mailbox(site)[0]["one_time_code"]))
    page.get_by_role("button", name="Sign in").click()

    page.get_by_role("button", name="Make an API key").click()
    expect(page.get_by_text("Give the key a name")).to_be_visible()
    look_at(page, "API keys, with an error", RULES)
    page.get_by_label("Name", exact=True).fill("My laptop")
    page.get_by_label("notes:read").check()
    page.get_by_role("button", name="Make an API key").click()
    value = page.get_by_label("My laptop").input_value()
    assert value.startswith("sk_")
    look_at(page, "a new API key", RULES)
    page.reload()
    expect(page.get_by_role("heading", name="Your API keys")).to_be_visible()
    assert value not in page.content()
    look_at(page, "API keys", RULES)
    page.get_by_role("link", name="Revoke : My laptop").click()
    look_at(page, "revoking an API key", RULES)
    page.get_by_role("button", name="Revoke it").click()
    expect(page.get_by_text("The API key was revoked.")).to_be_visible()


def tell(url: str, control: str, body: dict[str, object]) -> None:
    """Sets one of the emulator's controls."""
    requests.post(f"{url}/_emulate/{control}", json=body, timeout=PATIENCE).raise_for_status()
