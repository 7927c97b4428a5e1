"""What a request carries: a form, a JSON object or a query string, read in one strict way."""

from __future__ import annotations

import json
import unicodedata
from collections.abc import Iterable
from typing import Any
from urllib.parse import unquote_to_bytes

from flask import request
from werkzeug.datastructures import MultiDict
from werkzeug.exceptions import HTTPException

from app.failures import Failure

MAX_FIELD = 2048  # characters in one value
REPLACEMENT = "\ufffd"  # what a decoder may leave where bytes were not UTF-8
FORMS = ("application/x-www-form-urlencoded", "multipart/form-data")


def submitted(*names: str) -> dict[str, str]:
    """Returns these fields of the form or JSON object, "" where absent; raises Failure."""
    if request.is_json:
        values = _json_object()
    elif request.mimetype in FORMS or not request.content_length:
        values = _single_values(request.form, names)
    else:
        raise Failure("unsupported_media_type")
    return {name: _text(values.get(name)) for name in names}


def queried(*names: str) -> dict[str, str]:
    """Returns these parameters of the query string, "" where absent; raises Failure."""
    values = _single_values(request.args, names)
    return {name: _text(values.get(name)) for name in names}


def _single_values(values: MultiDict[str, str], names: Iterable[str]) -> dict[str, Any]:
    # Two values for one name are read differently by every proxy and framework: take neither.
    if any(len(values.getlist(name)) > 1 for name in names):
        raise Failure("duplicate_field")
    return values.to_dict()


def _json_object() -> dict[str, Any]:
    try:
        body = json.loads(request.get_data(), object_pairs_hook=_without_duplicates)
    except (ValueError, RecursionError):
        raise Failure("malformed_json") from None
    if not isinstance(body, dict):
        raise Failure("malformed_json")
    return body


def _without_duplicates(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    if len({name for name, _ in pairs}) < len(pairs):
        raise Failure("duplicate_field")
    return dict(pairs)


def _text(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool) or not isinstance(value, str | int):
        raise Failure("wrong_type")
    text = str(value)[: MAX_FIELD + 1].strip()
    if len(text) > MAX_FIELD:
        raise Failure("field_too_long")
    if REPLACEMENT in text or not _is_utf8(text):
        raise Failure("not_utf8")
    # Cc: line breaks and NUL, which forge log lines and mail headers. Cf: marks that reverse text.
    # Cs: halves of characters, which no encoder takes.
    if any(unicodedata.category(character) in ("Cc", "Cf", "Cs") for character in text):
        raise Failure("control_characters")
    return text


def _is_utf8(text: str) -> bool:
    # Werkzeug leaves bytes of a form or query that are not UTF-8 as they came: "%ff".
    try:
        unquote_to_bytes(text).decode()
    except UnicodeError:
        return False
    return True


def typed(*names: str) -> dict[str, str]:
    """Returns what a form carried, to show it again; empty where the form cannot be read."""
    try:
        return {name: request.form.get(name, "") for name in names}
    except HTTPException:
        return dict.fromkeys(names, "")
