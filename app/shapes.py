"""What is kept for later, in a cookie, a link or a store, is read back only as it was written.

Another release may have kept it, with other fields. Formats that differ have different names (of a
cookie, a key's purpose, a version), so they never meet; what comes under our name nevertheless,
and in another shape, is nobody's. A field that has its default is left out, and only such a field.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import MISSING, fields, is_dataclass
from functools import cache
from types import NoneType, UnionType
from typing import Any, TypeVar, get_args, get_origin, get_type_hints

Kept = TypeVar("Kept")


def write(kept: Any) -> Any:
    """Returns a dataclass as plain JSON for `read`, without what has its default."""
    if not is_dataclass(kept):
        return kept
    values = {one: getattr(kept, one.name) for one in fields(kept)}
    return {one.name: write(value) for one, value in values.items() if value != one.default}


def read(kind: type[Kept], value: Any) -> Kept:
    """Returns plain JSON as the dataclass or tuple that it was; raises ValueError."""
    kept: Kept = _reader(kind)(value)  # type: ignore[arg-type] # every type can be hashed
    return kept


@cache  # to look at the types of fields takes longer than to read them
def _reader(kind: Any) -> Callable[[Any], Any]:
    origin, inner = get_origin(kind), get_args(kind)
    if is_dataclass(kind):
        return _reader_of_fields(kind)
    if hasattr(kind, "_fields"):  # a NamedTuple
        read_fields = [_reader(one) for one in get_type_hints(kind).values()]
        return lambda items: kind(
            *(read(one) for read, one in zip(read_fields, _plain(list, items), strict=True))
        )
    if origin is UnionType:  # with None: there are no others
        [read_other] = [_reader(one) for one in inner if one is not NoneType]
        return lambda value: None if value is None else read_other(value)
    if origin is tuple:
        read_item = _reader(inner[0])
        return lambda items: tuple([read_item(item) for item in _plain(list, items)])
    if kind is Any:
        return lambda value: value
    if kind is float:
        return lambda value: float(value) if type(value) is int else _plain(float, value)
    return lambda value: _plain(origin or kind, value)


def _reader_of_fields(kind: Any) -> Callable[[Any], Any]:
    read_fields = {name: _reader(one) for name, one in get_type_hints(kind).items()}
    defaults = {one.name: one.default for one in fields(kind)}
    required = {name for name, default in defaults.items() if default is MISSING}

    def read_all(values: Any) -> Any:
        if not required <= _plain(dict, values).keys() <= read_fields.keys():
            raise ValueError(f"has other fields than {kind.__name__}")
        found = {name: read_fields[name](value) for name, value in values.items()}
        if any(value == defaults[name] for name, value in found.items()):
            raise ValueError("says what would have been left out")
        return kind(**found)

    return read_all


def _plain(kind: Any, value: Any) -> Any:
    if type(value) is not kind:  # to isinstance, a bool is an int
        raise ValueError(f"is no {kind.__name__}")
    return value
