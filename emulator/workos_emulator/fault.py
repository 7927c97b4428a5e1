"""One fault on demand: which requests it catches and what it answers in WorkOS's place."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, Self

from .control_fields import optional_integer, read_object, text
from .errors import BadRequest
from .formats import Json, new_id

KNOWN_FIELDS = {"method", "path", "status", "body", "headers", "count", "delay_ms"}


@dataclass
class Fault:
    """What /_emulate/hooks calls a hook."""

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
    def from_json(cls, value: object) -> Self:
        """Returns the fault that somebody asked for, or raises BadRequest saying what is wrong."""
        fields = read_object(value, "A hook", KNOWN_FIELDS)
        method = text(fields, "method")
        _check(fields)
        given: dict[str, Any] = {name: one for name, one in fields.items() if one is not None}
        return cls(**{**given, "status": fields.get("status"), "method": method.upper()})

    def catches(self, method: str, path: str) -> bool:
        """Returns whether it answers the next request of this kind."""
        if self.count is not None and self.hits >= self.count:
            return False
        if self.method not in ("*", method):
            return False
        if self.path.endswith("*"):
            return path.startswith(self.path.removesuffix("*"))
        return path == self.path

    def to_json(self) -> Json:
        """Returns it as /_emulate/hooks lists it."""
        return asdict(self)


def _check(fields: Mapping[str, object]) -> None:
    if not text(fields, "path").startswith(("/", "*")):
        raise BadRequest("path must start with /, or be *.")
    if fields.get("status") is None and fields.get("delay_ms") is None:
        raise BadRequest("status is required, unless delay_ms is given.")
    optional_integer(fields, "status", 200, 599)
    optional_integer(fields, "count", 1, 1_000_000)
    optional_integer(fields, "delay_ms", 0, 600_000)
    headers = fields.get("headers")
    if headers is not None and not _is_string_map(headers):
        raise BadRequest("headers must be an object of strings.")


def _is_string_map(value: object) -> bool:
    return isinstance(value, dict) and all(isinstance(one, str) for one in value.values())
