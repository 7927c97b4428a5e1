"""Reading the fields of a request to /_emulate/: each is right, or a BadRequest says why not."""

from collections.abc import Collection, Mapping

from .errors import BadRequest


def read_object(value: object, noun: str, known: Collection[str]) -> dict[str, object]:
    """Returns the object once all that it names is known; a misspelt name must not pass."""
    if not isinstance(value, dict):
        raise BadRequest(f"{noun} is a JSON object, sent as application/json.")
    if unknown := set(value) - set(known):
        raise BadRequest(f"{noun} has no {', '.join(sorted(unknown))}.")
    return value


def text(fields: Mapping[str, object], name: str) -> str:
    """Returns a string that is not empty."""
    value = fields.get(name)
    if not isinstance(value, str) or not value:
        raise BadRequest(f"{name} must be a string that is not empty.")
    return value


def optional_text(fields: Mapping[str, object], name: str) -> str | None:
    """Returns a string that is not empty, or None where there is none."""
    return None if fields.get(name) is None else text(fields, name)


def flag(fields: Mapping[str, object], name: str) -> bool:
    """Returns a boolean, false where there is none."""
    value = fields.get(name)
    if not isinstance(value, bool | None):
        raise BadRequest(f"{name} must be a boolean.")
    return value is True


def integer(fields: Mapping[str, object], name: str, low: int, high: int) -> int:
    """Returns a whole number within these bounds."""
    value = fields.get(name)
    # bool is an int to Python, not to JSON.
    if isinstance(value, bool) or not isinstance(value, int) or not low <= value <= high:
        raise BadRequest(f"{name} must be an integer from {low} to {high}.")
    return value


def optional_integer(fields: Mapping[str, object], name: str, low: int, high: int) -> int | None:
    """Returns a whole number within these bounds, or None where there is none."""
    return None if fields.get(name) is None else integer(fields, name, low, high)


def texts(fields: Mapping[str, object], name: str) -> list[str]:
    """Returns a list of strings."""
    value = fields.get(name)
    if not isinstance(value, list) or not all(isinstance(one, str) for one in value):
        raise BadRequest(f"{name} must be a list of strings.")
    return value
