"""What a browser calls itself, in words that its owner recognizes."""

from __future__ import annotations

from flask_babel import gettext

# As sessions keep them,
PROGRAM = "a Python program"
UNKNOWN = "An unknown browser"
# and as one stands in a heading, the other within a sentence.
PROGRAM_ALONE = "A Python program"
UNKNOWN_WITHIN = "an unknown browser"

# The first match wins: each browser also names those it wants to be taken for.
BROWSERS = {
    "Edg": "Edge",
    "OPR/": "Opera",
    "SamsungBrowser": "Samsung Internet",
    "Firefox": "Firefox",
    "FxiOS": "Firefox",
    "CriOS": "Chrome",
    "Chrome": "Chrome",
    "Safari": "Safari",
    "curl": "curl",
    "python": PROGRAM,
}
SYSTEMS = {
    "iPhone": "iPhone",
    "iPad": "iPad",
    "Android": "Android",
    "Windows": "Windows",
    "Mac OS": "macOS",
    "CrOS": "ChromeOS",
    "Linux": "Linux",
}


def browser_name(user_agent: str) -> str:
    """Returns for example "Firefox on Linux", and nothing else from the header; to be kept."""
    found = (
        next((name for mark, name in names.items() if mark in user_agent), None)
        for names in (BROWSERS, SYSTEMS)
    )
    return " on ".join(filter(None, found)) or UNKNOWN


def browser_in_words(name: str, *, alone: bool = False) -> str:
    """Returns what was kept of a browser, as words within a sentence, or alone in a heading."""
    browser, _, system = name.partition(" on ")
    browser = ({PROGRAM: PROGRAM_ALONE} if alone else {UNKNOWN: UNKNOWN_WITHIN}).get(
        browser, browser
    )
    if not system:
        return gettext(browser)
    # Translators: Firefox on Linux
    return gettext("%(browser)s on %(system)s", browser=gettext(browser), system=system)
