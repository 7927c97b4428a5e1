"""One request of a mail scanner, and what it got."""

from dataclasses import dataclass
from typing import Self
from urllib.parse import urlsplit

from emulator.wire import Json


@dataclass(frozen=True)
class Step:
    method: str
    url: str
    outcome: str

    @classmethod
    def of(cls, method: str, url: str, outcome: str) -> Self:
        """Without the query of the URL, which is a credential."""
        parts = urlsplit(url)
        return cls(method, f"{parts.scheme}://{parts.netloc}{parts.path}", outcome)

    def to_json(self) -> Json:
        return {"method": self.method, "url": self.url, "outcome": self.outcome}
