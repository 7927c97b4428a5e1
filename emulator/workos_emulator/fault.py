"""One fault on demand: which requests it catches and what it answers in WorkOS's place."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, Self

from emulator.errors import BadRequest
from emulator.wire import Json, new_id
from emulator.wishes import optional_integer, read_wish, text

KNOWN_FIELDS = {"method", "path", "status", "body", "headers", "count", "delay_ms"}


@dataclass
class Hook:
    method: str
    path: str
    status: int | None  # None: only the delay, then WorkOS answers as ever
    body: object = None
    headers: dict[str, str] = field(default_factory=dict)
    count: int | None = None
    delay_ms: int = 0
    hits: int = 0
    id: str = field(default_factory=lambda: new_id("hook"))

    @classmethod
    def from_json(cls, wish: object) -> Self:
        """The hook that somebody asked for, or a BadRequest that says what is wrong with it."""
        wish = read_wish(wish, "A hook", KNOWN_FIELDS)
        method = text(wish, "method")
        _check(wish)
        given: dict[str, Any] = {name: value for name, value in wish.items() if value is not None}
        return cls(**{**given, "status": wish.get("status"), "method": method.upper()})

    def catches(self, method: str, path: str) -> bool:
        if self.count is not None and self.hits >= self.count:
            return False
        if self.method not in ("*", method):
            return False
        if self.path.endswith("*"):
            return path.startswith(self.path.removesuffix("*"))
        return path == self.path

    def to_json(self) -> Json:
        return asdict(self)


def _check(wish: Mapping[str, object]) -> None:
    if not text(wish, "path").startswith(("/", "*")):
        raise BadRequest("path must start with /, or be *.")
    if wish.get("status") is None and wish.get("delay_ms") is None:
        raise BadRequest("status is required, unless delay_ms is given.")
    optional_integer(wish, "status", 200, 599)
    optional_integer(wish, "count", 1, 1_000_000)
    optional_integer(wish, "delay_ms", 0, 600_000)
    headers = wish.get("headers")
    if headers is not None and not _is_string_map(headers):
        raise BadRequest("headers must be an object of strings.")


def _is_string_map(value: object) -> bool:
    return isinstance(value, dict) and all(isinstance(one, str) for one in value.values())
