"""Reading the fields of a request, strictly: the wrong type is refused, never converted."""

import re
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager

from flask import request

from .errors import BadRequest, Invalid

EMAIL = re.compile(r"[^@\s]+@[^@\s.]+(\.[^@\s.]+)+")
EMAIL_LONGEST = 254
DIGITS = re.compile(r"[0-9]{1,9}")
# JSON can spell half a character, which nothing behind this point could encode.
HALF_CHARACTER = re.compile("[\ud800-\udfff]")


class Fields:
    """The fields of one request, and what is wrong with those that were read so far."""

    def __init__(self, values: Mapping[str, object], *, are_texts: bool = False) -> None:
        self.values = values
        self.are_texts = are_texts  # as in a query string, where a number is one too
        self.errors: list[dict[str, str]] = []

    def refuse(self, name: str, code: str, message: str) -> None:
        """Notes what is wrong with a field."""
        self.errors.append({"field": name, "code": code, "message": message})

    def text(self, name: str) -> str:
        """Returns a string, empty if it was refused."""
        value = self.values.get(name)
        if value is None or value == "":
            self.refuse(name, f"{name}_required", f"{name} is required.")
        elif not isinstance(value, str) or HALF_CHARACTER.search(value):
            self.refuse(name, f"{name}_invalid", f"{name} must be a string.")
        else:
            return value
        return ""

    def optional_text(self, name: str) -> str | None:
        """Returns a string, or None where there is none."""
        return None if self.values.get(name) is None else self.text(name)

    def email(self, name: str = "email") -> str:
        """Returns an email address, as strictly as WorkOS takes one."""
        value = self.text(name)
        if value and (len(value) > EMAIL_LONGEST or not EMAIL.fullmatch(value)):
            self.refuse(name, f"{name}_invalid", f"{name} must be an email.")
        return value

    def optional_flag(self, name: str) -> bool:
        """Returns a boolean, false where there is none."""
        value = self.values.get(name)
        if not isinstance(value, bool | None):
            self.refuse(name, f"{name}_invalid", f"{name} must be a boolean.")
        return value is True

    def optional_texts(self, name: str) -> list[str] | None:
        """Returns a list of strings, or None where there is none."""
        value = self.values.get(name)
        if value is None:
            return None
        if isinstance(value, list) and all(isinstance(one, str) and one for one in value):
            return value
        self.refuse(name, f"{name}_invalid", f"{name} must be a list of strings.")
        return []

    def one_of(self, name: str, known: Collection[str], default: str | None = None) -> str:
        """Returns one of the known values."""
        value = self.text(name) if default is None else self.optional_text(name) or default
        if value and value not in known:
            self.refuse(name, f"{name}_invalid", f"{name} is not one of the known values.")
        return value

    def integer(self, name: str, low: int, high: int, default: int) -> int:
        """Returns a whole number within these bounds."""
        value = self.values.get(name)
        if value is None:
            return default
        if self.are_texts and isinstance(value, str) and DIGITS.fullmatch(value):
            value = int(value)
        # bool is an int to Python, not to JSON.
        if isinstance(value, int) and not isinstance(value, bool) and low <= value <= high:
            return value
        self.refuse(name, f"{name}_invalid", f"{name} must be an integer from {low} to {high}.")
        return default


@contextmanager
def reading_body() -> Iterator[Fields]:
    """Yields the body's fields, JSON or form; on the way out one 422 lists all that was wrong."""
    fields = Fields(_body())
    yield fields
    if fields.errors:
        raise Invalid(fields.errors)


@contextmanager
def reading_query() -> Iterator[Fields]:
    """Yields the fields of the query string, as reading_body does those of the body."""
    fields = Fields(request.args.to_dict(), are_texts=True)
    yield fields
    if fields.errors:
        raise Invalid(fields.errors)


def _body() -> Mapping[str, object]:
    if request.mimetype == "application/x-www-form-urlencoded":
        return request.form.to_dict()
    body = request.get_json(silent=True)
    if not isinstance(body, dict):
        raise BadRequest("The body must be a JSON object, sent as application/json.")
    return body
