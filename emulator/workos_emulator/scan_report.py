"""What a mail scanner did with one mail, step by step."""

from dataclasses import dataclass
from typing import Self
from urllib.parse import urlsplit

from .formats import Json

LEVELS = {
    "look": "HEAD and GET every link",
    "follow": "Follow redirects",
    "submit": "Run scripts and submit every form",
}


@dataclass(frozen=True)
class Step:
    """One request of a mail scanner, and what it got."""

    method: str
    url: str
    outcome: str

    @classmethod
    def of(cls, method: str, url: str, outcome: str) -> Self:
        """Returns the step without the query of its URL, which is a credential."""
        parts = urlsplit(url)
        return cls(method, f"{parts.scheme}://{parts.netloc}{parts.path}", outcome)

    def to_json(self) -> Json:
        """Returns it as a scan answers it."""
        return {"method": self.method, "url": self.url, "outcome": self.outcome}


@dataclass(frozen=True)
class ScanReport:
    """All that a scanner did with one mail."""

    level: str
    steps: list[Step]

    @property
    def title(self) -> str:
        """Returns what this level of scanning does."""
        return LEVELS[self.level]

    def to_json(self) -> Json:
        """Returns it as a scan answers it."""
        return {"level": self.level, "steps": [step.to_json() for step in self.steps]}
