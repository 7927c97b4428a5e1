"""Mail security software as people meet it: it visits each link of a mail before they do."""

from collections.abc import Callable, Iterator
from html.parser import HTMLParser
from urllib.parse import urljoin

import httpx2

from . import chromium
from .scan_report import ScanReport, Step

TIMEOUT = 20.0  # seconds for one request
MOST_FORMS = 10  # that one scan submits


def scan(links: list[str], level: str) -> ScanReport:
    """Visits each link, with cookies of its own that nobody else has, and reports on it.

    Scripts run where Chromium and Playwright are installed; without them forms are submitted alone.
    """
    path = chromium.executable() if level == "submit" else None
    if path:
        visits = (chromium.submit_everything(path, link, most_forms=MOST_FORMS) for link in links)
        return ScanReport(level, [step for steps in visits for step in steps])
    visit: Callable[[httpx2.Client, str], Iterator[Step]]
    visit = _look if level == "look" else _follow if level == "follow" else _submit
    steps: list[Step] = []
    for link in links:
        # Proxies of the environment are not for links on this machine.
        with httpx2.Client(timeout=TIMEOUT, trust_env=False) as browser:
            try:
                steps += visit(browser, link)
            except (httpx2.HTTPError, httpx2.InvalidURL) as error:
                steps.append(Step.of("GET", link, type(error).__name__))
    return ScanReport(level, steps)


def _look(browser: httpx2.Client, link: str) -> Iterator[Step]:
    yield from _steps(browser.head(link))
    yield from _steps(browser.get(link))


def _follow(browser: httpx2.Client, link: str) -> Iterator[Step]:
    yield from _steps(browser.head(link, follow_redirects=True))
    yield from _steps(browser.get(link, follow_redirects=True))


def _submit(browser: httpx2.Client, link: str) -> Iterator[Step]:
    """Submits every form, those of the pages that a form leads to included."""
    answer = browser.get(link, follow_redirects=True)
    yield from _steps(answer)
    waiting = _forms(answer)
    for _ in range(MOST_FORMS):
        if not waiting:
            return
        method, url, fields = waiting.pop(0)
        answer = browser.request(
            method,
            url,
            data=fields if method == "POST" else None,
            params=fields if method != "POST" else None,
            headers={"Referer": str(answer.url)},
            follow_redirects=True,
        )
        yield from _steps(answer)
        waiting += _forms(answer)


def _steps(answer: httpx2.Response) -> Iterator[Step]:
    for one in (*answer.history, answer):
        yield Step.of(one.request.method, str(one.url), str(one.status_code))


def _forms(answer: httpx2.Response) -> list[tuple[str, str, dict[str, str]]]:
    parser = _FormParser()
    parser.feed(answer.text)
    return [
        (method, urljoin(str(answer.url), action), fields)
        for method, action, fields in parser.forms
    ]


class _FormParser(HTMLParser):
    """Collects each form: its method, its action, and its fields as the page fills them in."""

    def __init__(self) -> None:
        super().__init__()
        self.forms: list[tuple[str, str, dict[str, str]]] = []
        self._is_inside = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = {name: value or "" for name, value in attrs}
        if tag == "form":
            self._is_inside = True
            self.forms.append((found.get("method", "get").upper(), found.get("action", ""), {}))
        elif self._is_inside and tag in ("input", "button") and found.get("name"):
            self.forms[-1][2][found["name"]] = found.get("value", "")

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self._is_inside = False
