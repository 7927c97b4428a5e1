"""Serving the emulator on this machine, without a log that would show codes and states."""

import socket

from flask import Flask
from werkzeug.serving import BaseWSGIServer, WSGIRequestHandler, make_server


class SilentHandler(WSGIRequestHandler):
    """A request log would show codes and states: they travel in query strings."""

    disable_nagle_algorithm = True  # which would hold back each small answer for 40 ms

    def log(self, type: str, message: str, *args: object) -> None:  # noqa: A002 # werkzeug's name
        pass


def make_silent_server(app: Flask, listener: socket.socket) -> BaseWSGIServer:
    """Returns a server that answers each request to this open socket in a thread of its own."""
    host, port = listener.getsockname()[:2]
    return make_server(
        host, port, app, threaded=True, request_handler=SilentHandler, fd=listener.fileno()
    )
