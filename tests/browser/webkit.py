"""A real WebKit, the nearest to what iPhones run, in a window as large as theirs.

It is steered over W3C WebDriver (https://www.w3.org/TR/webdriver2/). A dozen of its commands are
enough, and Selenium would bring ten packages for them.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
import requests

from tests.machine import free_port
from tests.site import end, wait_until_up
from tests.waiting import PATIENCE, wait_for

WIDTH, HEIGHT = 390, 844  # pixels
ELEMENT = "element-6066-11e4-a52e-4f735466cecf"  # what WebDriver calls a reference to one
ARGUMENTS = [
    "--automation",
    "--enable-itp",  # Intelligent Tracking Prevention, as phones have it
    "--enable-javascript-markup=false",  # pages may run none; WebDriver may
    "--full-screen",  # its bars are wider than a phone
]


class NotDone(Exception):
    """WebDriver refused a command: often because the page has just been left."""


class WebKit:
    """The one window. Whatever is looked for is waited for."""

    def __init__(self, session_url: str) -> None:
        self._session_url = session_url

    def command(self, method: str, path: str, **fields: Any) -> Any:
        """Returns what WebDriver says to one command; raises NotDone."""
        body = fields if method == "POST" else None
        url = f"{self._session_url}/{path}"
        answer = requests.request(method, url, json=body, timeout=PATIENCE)
        if not answer.ok:
            raise NotDone(answer.text)
        return answer.json()["value"]

    def open(self, url: str) -> None:
        """Opens an address, as if it were typed."""
        self.command("POST", "url", url=url)

    def find(self, name: str, selector: str) -> str:
        """Returns the element that a screen reader calls by this name."""
        found: list[str] = []

        def look() -> bool:
            with suppress(NotDone):
                every = self.command("POST", "elements", using="css selector", value=selector)
                found.extend(one[ELEMENT] for one in every if self._label(one[ELEMENT]) == name)
            return bool(found)

        wait_for(look, lambda: f"for {name!r} on {self.command('GET', 'url')}:\n{self.text()}")
        return found[0]

    def _label(self, element: str) -> object:
        """Returns what a screen reader calls it; nothing where it is hidden."""
        with suppress(NotDone):
            return self.command("GET", f"element/{element}/computedlabel")
        return None

    def click(self, name: str, selector: str = "button, a") -> None:
        """Presses a button, or follows a link."""
        self.command("POST", f"element/{self.find(name, selector)}/click")

    def type(self, label: str, text: object) -> None:
        """Types into a field, whatever was in it before."""
        field = self.find(label, "input")
        self.command("POST", f"element/{field}/clear")
        self.command("POST", f"element/{field}/value", text=str(text))

    def arrive(self, heading: str) -> None:
        """Returns once a page with this heading is there; fails if it is wider than the phone."""
        self.find(heading, "h1, h2")
        widths = "return [innerWidth, document.documentElement.scrollWidth]"
        found = self.command("POST", "execute/sync", script=widths, args=[])
        assert found == [WIDTH, WIDTH], (heading, found)

    def text(self, selector: str = "body") -> str:
        """Returns what can be read there."""
        element = self.command("POST", "element", using="css selector", value=selector)[ELEMENT]
        return str(self.command("GET", f"element/{element}/text"))

    def cookies(self) -> dict[str, dict[str, Any]]:
        """Returns those of the open page's site, by name."""
        return {cookie["name"]: cookie for cookie in self.command("GET", "cookie")}

    def become_another(self, *urls: str) -> None:
        """Forgets all cookies of the sites at these addresses, as another browser has none."""
        for url in urls:
            self.open(url)
            # Its answer may come before they are gone.
            wait_for(lambda: self.command("DELETE", "cookie") or not self.cookies())


@contextmanager
def running_webkit() -> Iterator[WebKit]:
    """Runs a WebKit on a screen that nobody sees, or skips the test and says what is missing."""
    driver, screen = shutil.which("WebKitWebDriver"), shutil.which("Xvfb")
    if not driver or not screen:
        pytest.skip("WebKitWebDriver or Xvfb is not installed (Debian: webkit2gtk-driver, xvfb)")
    with ExitStack() as closing:
        log = Path(closing.enter_context(TemporaryDirectory())) / "log"
        output = closing.enter_context(log.open("wb"))
        size = f"{WIDTH}x{HEIGHT}x24"  # and bits of colour
        command = [screen, "-displayfd", "1", "-screen", "0", size, "-nolisten", "tcp"]
        shown = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=output)
        closing.callback(end, shown)
        assert shown.stdout
        display = closing.enter_context(shown.stdout).readline().decode().strip()  # once it is up
        port = free_port()
        steered = subprocess.Popen(
            [driver, f"--port={port}"],
            env={**os.environ, "DISPLAY": f":{display}", "GDK_BACKEND": "x11", "NO_AT_BRIDGE": "1"},
            stdout=output,
            stderr=output,
        )
        closing.callback(end, steered)
        url = f"http://127.0.0.1:{port}"
        wait_until_up(steered, f"{url}/status", log, verify=True)
        wanted = {"acceptInsecureCerts": True, "webkitgtk:browserOptions": {"args": ARGUMENTS}}
        made = WebKit(url).command("POST", "session", capabilities={"alwaysMatch": wanted})
        webkit = WebKit(f"{url}/session/{made['sessionId']}")
        webkit.command("POST", "window/rect", width=WIDTH, height=HEIGHT)
        yield webkit
        with suppress(NotDone, requests.RequestException):  # it may have crashed
            webkit.command("DELETE", "")
