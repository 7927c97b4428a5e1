"""One fault on demand: which requests it catches and what it answers in WorkOS's place."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Self

from emulator.errors import BadRequest
from emulator.objects import Json
from emulator.wire import new_id

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
        if not isinstance(wish, dict):
            raise BadRequest("A hook is a JSON object, sent as application/json.")
        if unknown := set(wish) - KNOWN_FIELDS:
            raise BadRequest(f"A hook has no {', '.join(sorted(unknown))}.")
        _check(wish)
        given = {name: value for name, value in wish.items() if value is not None}
        return cls(**{**given, "status": wish.get("status"), "method": wish["method"].upper()})

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
    for name in ("method", "path"):
        if not isinstance(wish.get(name), str) or not wish[name]:
            raise BadRequest(f"{name} must be a string that is not empty.")
    if not str(wish["path"]).startswith(("/", "*")):
        raise BadRequest("path must start with /, or be *.")
    if wish.get("status") is None and wish.get("delay_ms") is None:
        raise BadRequest("status is required, unless delay_ms is given.")
    _check_integer(wish, "status", 200, 599)
    _check_integer(wish, "count", 1, 1_000_000)
    _check_integer(wish, "delay_ms", 0, 600_000)
    headers = wish.get("headers")
    if headers is not None and not _is_string_map(headers):
        raise BadRequest("headers must be an object of strings.")


def _check_integer(wish: Mapping[str, object], name: str, low: int, high: int) -> None:
    value = wish.get(name)
    if value is None:
        return
    if isinstance(value, bool) or not isinstance(value, int) or not low <= value <= high:
        raise BadRequest(f"{name} must be an integer from {low} to {high}.")


def _is_string_map(value: object) -> bool:
    return isinstance(value, dict) and all(isinstance(one, str) for one in value.values())
