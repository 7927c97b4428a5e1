"""The bodies of requests: read whole, or refused with 413."""

from __future__ import annotations

from typing import IO, cast

import flask
from werkzeug.exceptions import BadRequest, HTTPException
from werkzeug.utils import cached_property
from werkzeug.wsgi import LimitedStream


class Request(flask.Request):
    """A request whose body is never cut off, although it comes in chunks and tells no length."""

    @cached_property
    def stream(self) -> IO[bytes]:
        limit, is_in_chunks = self.max_content_length, self.content_length is None
        if limit is None or not (is_in_chunks and self.environ.get("wsgi.input_terminated")):
            return super().stream
        return cast("IO[bytes]", _Whole(self.environ["wsgi.input"], limit + 1, is_max=True))


class _Whole(LimitedStream):
    """Werkzeug's own, at its limit, takes what it has for the whole body."""

    def readinto(self, b: bytearray) -> int | None:  # type: ignore[override] # as Werkzeug has it
        try:
            return super().readinto(b)
        except HTTPException:
            raise
        except Exception as error:  # each server has its own for malformed chunks
            raise BadRequest from error

    def readall(self) -> bytes:
        body = super().readall()
        if self.is_exhausted:
            self.on_exhausted()  # raises RequestEntityTooLarge
        return body
