"""Switching, refreshing and losing an organization at once, over four workers and either store."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
import requests

from tests.site import Browser, Site, Sites
from tests.waiting import PATIENCE

pytestmark = [pytest.mark.server, pytest.mark.xdist_group("four workers")]

EMAIL = "ada@example.com"
ACME, BABBAGE = ({"id": f"org_{name}", "name": name} for name in ("acme", "babbage"))
AT_ONCE = 12


@pytest.fixture(params=["SQLite", "Redis"])
def site(request: pytest.FixtureRequest, sites: Sites) -> Site:
    """Four workers that share one store."""
    if request.param == "SQLite":
        return sites.get()
    return sites.get({"REDIS_URL": request.getfixturevalue("redis_server").url})


@pytest.fixture
def ada(site: Site) -> Iterator[Browser]:
    """Ada, at work in the first of two organizations."""
    browser = Browser(site)
    belong(site, ACME, BABBAGE)
    assert browser.post("/auth/magic-auth", email=EMAIL).status_code == 303
    code = browser.mail_to(EMAIL)["one_time_code"]
    assert browser.post("/auth/magic-auth/verify", one_time_code=code).status_code == 303
    chosen = browser.post("/auth/choose-organization", organization_id="org_acme")
    assert chosen.status_code == 303
    yield browser
    browser.http.close()


def control(site: Site, name: str, **fields: Any) -> Any:
    answer = requests.post(f"{site.workos_url}/_emulate/{name}", json=fields, timeout=PATIENCE)
    assert answer.status_code == 201, answer.text
    return answer.json()


def belong(site: Site, *organizations: dict[str, str]) -> None:
    control(site, "organizations", email=EMAIL, organizations=organizations)


def tell(site: Site, event: str, **data: Any) -> None:
    """Has WorkOS send an event, and waits until the application has taken it."""
    assert control(site, "webhooks", event=event, data=data)["status"] == 200


def session(browser: Browser) -> Any:
    answer = browser.http.get(f"{browser.site.url}/api/session", timeout=PATIENCE)
    assert answer.status_code == 200, answer.text
    return answer.json()


def act_at_once(browser: Browser, token: str, there: str) -> tuple[Counter[int], Counter[int]]:
    """Asks for a page in most tabs and switches in the others; returns the statuses of both."""
    site, cookies = browser.site, browser.http.cookies.get_dict()
    together = threading.Barrier(AT_ONCE)

    def act(number: int) -> tuple[bool, int]:
        switches = number % 4 == 0
        together.wait()
        answer = requests.request(
            "POST" if switches else "GET",
            f"{site.url}/account/{'organizations/switch' if switches else 'sessions'}",
            data={"csrf_token": token, "organization_id": there} if switches else None,
            headers={"Accept": "application/json"},
            cookies=cookies,
            timeout=PATIENCE,
        )
        return switches, answer.status_code

    with ThreadPoolExecutor(AT_ONCE) as pool:
        statuses = Counter(pool.map(act, range(AT_ONCE)))
    seen = Counter({status: n for (switches, status), n in statuses.items() if not switches})
    switched = Counter({status: n for (switches, status), n in statuses.items() if switches})
    return seen, switched


def refused_exchanges(site: Site) -> int:
    calls = requests.get(f"{site.workos_url}/_emulate/requests", timeout=PATIENCE).json()
    path = "/user_management/authenticate"
    return sum(one["path"] == path and one["status"] >= 400 for one in calls)


def test_switches_while_a_refresh_is_due_spend_each_token_once(site: Site, ada: Browser) -> None:
    """AUT-28: nobody loses their session, and all end up in one place."""
    now, before = session(ada), refused_exchanges(site)

    for there in ("org_babbage", "org_acme", "org_babbage"):
        tell(site, "organization_membership.updated", user_id=now["user"]["id"])
        seen, switched = act_at_once(ada, now["csrf_token"], there)

        assert set(seen) == {200}
        assert switched[200] >= 1
        assert set(switched) <= {200, 409}
        assert session(ada)["organization_id"] == there
    assert refused_exchanges(site) == before


@pytest.mark.parametrize("event", ["organization_membership.deleted", "organization.deleted"])
def test_what_is_lost_while_somebody_switches_is_lost_on_every_worker(
    site: Site, ada: Browser, event: str
) -> None:
    """AUT-29: they are told in as many tabs as found it out, and stay signed in elsewhere."""
    now = session(ada)
    belong(site, BABBAGE)
    if event == "organization.deleted":
        tell(site, event, id="org_acme")
    else:
        tell(site, event, user_id=now["user"]["id"])

    seen, switched = act_at_once(ada, now["csrf_token"], "org_babbage")

    assert set(seen) <= {200, 403}
    assert set(switched) <= {200, 403, 409}
    assert seen[403] + switched[403] + switched[200] >= 1
    answers = [session(ada) for _ in range(8)]
    assert {answer["organization_id"] for answer in answers} <= {None, "org_babbage"}
    assert "org_acme" not in {(answer["workos"] or {}).get("organization_id") for answer in answers}
