"""What a request carries: a form, a JSON object or a query string, read in one strict way."""

from __future__ import annotations

import json
import unicodedata
from collections.abc import Iterable
from typing import Any
from urllib.parse import unquote_to_bytes

from flask import Blueprint, request
from werkzeug.datastructures import MultiDict
from werkzeug.exceptions import HTTPException

from ..failures import BadInput

MAX_FIELD = 2048  # characters in one value
REPLACEMENT = "\ufffd"  # what a decoder may leave in place of bytes that are not UTF-8
FORMS = ("application/x-www-form-urlencoded", "multipart/form-data")


class RequestRefused(BadInput):
    """The body or the query string is not as docs/programs.md describes."""

    symptom = "A program's request is refused"
    cause = "The body or the query string is not as docs/programs.md describes."
    diagnosis = "curl -i, then read `error` and `hint` in the answer"
    fix = "Send one JSON object in UTF-8, or a form: strings only, each name once, at most 16 kB."


class DuplicateField(RequestRefused):
    """The same name came twice."""

    title = "Something was sent twice"
    reason = "The request names the same field more than once."


class MalformedJson(RequestRefused):
    """The body is not what it says it is."""

    title = "That is not a JSON object"
    reason = "The request says it carries JSON, but its body is not one JSON object in UTF-8."


class WrongType(RequestRefused):
    """A list, for example, instead of a string."""

    title = "A value has the wrong type"
    reason = "Fields are strings; only expires_in may be a number."


class FieldTooLong(RequestRefused):
    """A value is longer than any should be."""

    title = "Something is too long"
    reason = "One of the fields is longer than this application accepts."


class NotUtf8(RequestRefused):
    """The bytes are not text."""

    title = "Some characters cannot be read"
    reason = "The request is not valid UTF-8."


class ControlCharacters(RequestRefused):
    """They would forge log lines and mail headers."""

    title = "Some characters are not allowed"
    reason = "A field has line breaks or invisible characters. Type it instead of pasting it."


class UnsupportedMediaType(RequestRefused):
    """Neither a form nor JSON."""

    status = 415
    title = "This type of content is not supported"
    reason = "Send a form or a JSON object."


def allow_body(blueprint: Blueprint, size: int) -> None:
    """Lets requests to this blueprint have up to `size` bytes, whatever holds elsewhere."""

    # Before any before_request function: one of them reads the form, for its CSRF token.
    @blueprint.url_value_preprocessor
    def allow(endpoint: str | None, values: dict[str, Any] | None) -> None:
        request.max_content_length = request.max_form_memory_size = size


def submitted(*names: str) -> dict[str, str]:
    """Returns these fields of the form or JSON object, "" where absent; raises RequestRefused."""
    if request.is_json:
        values = _json_object()
    elif request.mimetype in FORMS or not request.content_length:
        values = _single_values(request.form, names)
    else:
        raise UnsupportedMediaType
    return {name: _text(values.get(name)) for name in names}


def submitted_list(name: str) -> list[str]:
    """Returns all values of one field, each once: checked boxes, or a list in JSON."""
    values = _json_object().get(name, []) if request.is_json else request.form.getlist(name)
    if not isinstance(values, list):
        raise WrongType
    return list(dict.fromkeys(_text(value) for value in values))


def queried(*names: str) -> dict[str, str]:
    """Returns these parameters of the query string, "" where absent; raises RequestRefused."""
    values = _single_values(request.args, names)
    return {name: _text(values.get(name)) for name in names}


def _single_values(values: MultiDict[str, str], names: Iterable[str]) -> dict[str, Any]:
    # Every proxy and framework reads two values for one name differently: take neither.
    if any(len(values.getlist(name)) > 1 for name in names):
        raise DuplicateField
    return values.to_dict()


def _json_object() -> dict[str, Any]:
    try:
        body = json.loads(request.get_data(), object_pairs_hook=_without_duplicates)
    except (ValueError, RecursionError):
        raise MalformedJson from None
    if not isinstance(body, dict):
        raise MalformedJson
    return body


def _without_duplicates(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    if len({name for name, _ in pairs}) < len(pairs):
        raise DuplicateField
    return dict(pairs)


def _text(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool) or not isinstance(value, str | int):
        raise WrongType
    text = str(value)[: MAX_FIELD + 1].strip()
    if len(text) > MAX_FIELD:
        raise FieldTooLong
    if REPLACEMENT in text:
        raise NotUtf8
    try:
        # Werkzeug leaves bytes of a form or query that are not UTF-8 as they came: "%ff".
        unquote_to_bytes(text).decode()
    except UnicodeError:
        raise NotUtf8 from None
    # Cc: line breaks and NUL, which forge log lines and mail headers. Cf: marks that reverse text.
    # Cs: halves of characters, which no encoder accepts.
    if any(unicodedata.category(character) in ("Cc", "Cf", "Cs") for character in text):
        raise ControlCharacters
    return text


def typed(*names: str) -> dict[str, str]:
    """Returns what a form carried, to show it again; empty if the form cannot be read."""
    try:
        return {name: request.form.get(name, "") for name in names}
    except HTTPException:
        return dict.fromkeys(names, "")
