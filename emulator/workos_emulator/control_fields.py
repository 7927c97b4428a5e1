"""Reading what a test asks of the controls: a JSON object, or a BadRequest that says why not."""

from collections.abc import Collection, Mapping

from emulator.errors import BadRequest


def read_wish(wish: object, noun: str, known: Collection[str]) -> dict[str, object]:
    """The object itself, once all that it names is known; a misspelt name must not pass."""
    if not isinstance(wish, dict):
        raise BadRequest(f"{noun} is a JSON object, sent as application/json.")
    if unknown := set(wish) - set(known):
        raise BadRequest(f"{noun} has no {', '.join(sorted(unknown))}.")
    return wish


def text(wish: Mapping[str, object], name: str) -> str:
    value = wish.get(name)
    if not isinstance(value, str) or not value:
        raise BadRequest(f"{name} must be a string that is not empty.")
    return value


def optional_text(wish: Mapping[str, object], name: str) -> str | None:
    return None if wish.get(name) is None else text(wish, name)


def integer(wish: Mapping[str, object], name: str, low: int, high: int) -> int:
    value = wish.get(name)
    # bool is an int to Python, not to JSON.
    if isinstance(value, bool) or not isinstance(value, int) or not low <= value <= high:
        raise BadRequest(f"{name} must be an integer from {low} to {high}.")
    return value


def optional_integer(wish: Mapping[str, object], name: str, low: int, high: int) -> int | None:
    return None if wish.get(name) is None else integer(wish, name, low, high)


def texts(wish: Mapping[str, object], name: str) -> list[str]:
    value = wish.get(name)
    if not isinstance(value, list) or not all(isinstance(one, str) for one in value):
        raise BadRequest(f"{name} must be a list of strings.")
    return value
