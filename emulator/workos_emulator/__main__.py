"""python -m workos_emulator: serve a WorkOS environment and its mailbox on this machine."""

import argparse
import os
import signal
import socket
import sys
from types import FrameType
from typing import NoReturn
from urllib.parse import urlsplit

from flask import Flask

from . import API_KEY, CLIENT_ID, REDIRECT_URI, WEBHOOK_SECRET, create_app
from .formats import origin
from .seed import SeedError
from .server import make_silent_server
from .smtp import MailServer

LOOPBACK = ["localhost", "127.0.0.1"]


def main() -> None:
    """Serves until SIGINT or SIGTERM."""
    options = parse(sys.argv[1:])
    listener = listen(options.host, options.port)
    port = listener.getsockname()[1]
    base_url = options.base_url or f"http://localhost:{port}"
    try:
        app = create_app(
            base_url=base_url,
            redirect_uris=options.redirect_uris or [REDIRECT_URI],
            api_key=options.api_key,
            client_id=options.client_id,
            webhook_url=options.webhook_url,
            webhook_secret=os.environ.get("WORKOS_WEBHOOK_SECRET") or WEBHOOK_SECRET,
            action_url=options.action_url,
            action_secret=os.environ.get("WORKOS_ACTION_SECRET"),
            mails_codes=options.smtp_port is None,
            seed=options.seed,
        )
    except SeedError as error:
        sys.exit(f"WorkOS emulator: {options.seed}: {error}")
    trust_only_known_hosts(app, base_url, options.host)
    if options.smtp_port is not None:
        MailServer(app, listen(options.host, options.smtp_port))
    print(f"WorkOS emulator: the mailbox is at {base_url}/", flush=True)
    serve(app, listener)


def parse(arguments: list[str]) -> argparse.Namespace:
    """Returns the options; ends the process with a usage message if they are wrong."""
    parser = argparse.ArgumentParser(prog="python -m workos_emulator", description=__doc__)
    port = os.environ.get("EMULATOR_PORT") or "4100"
    parser.add_argument("--port", type=int, default=port, help="or EMULATOR_PORT; 0 picks one")
    parser.add_argument("--host", default="127.0.0.1", help="loopback unless you know better")
    parser.add_argument("--base-url", help="the address under which others reach the emulator")
    parser.add_argument(
        "--redirect-uri", dest="redirect_uris", action="extend", nargs="+", metavar="URL"
    )
    parser.add_argument(
        "--webhook-url", type=http_url, metavar="URL", help="where events are posted to"
    )
    parser.add_argument(
        "--action-url",
        type=http_url,
        metavar="URL",
        help="what to ask before somebody is let in, with WORKOS_ACTION_SECRET",
    )
    parser.add_argument(
        "--smtp-port",
        type=int,
        help="take mail here; WorkOS then leaves the mailing of codes to the application",
    )
    parser.add_argument("--seed", metavar="FILE", help="who and what is there (TOML)")
    # From the environment by default: every user of a machine can read a command line.
    parser.add_argument("--api-key", default=os.environ.get("WORKOS_API_KEY") or API_KEY)
    parser.add_argument("--client-id", default=os.environ.get("WORKOS_CLIENT_ID") or CLIENT_ID)
    return parser.parse_args(arguments)


def http_url(value: str) -> str:
    """Returns the address, or raises ArgumentTypeError if it is none of http or https."""
    scheme, host = origin(value)
    if scheme not in ("http", "https") or not host:
        raise argparse.ArgumentTypeError(f"{value!r} is no http or https address")
    return value


def listen(host: str, port: int) -> socket.socket:
    """Returns the open socket; werkzeug would explain a busy port in four lines."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        return socket.create_server((host, port), family=family)
    except (OSError, OverflowError) as error:
        reason = os.strerror(error.errno) if isinstance(error, OSError) and error.errno else error
        sys.exit(f"WorkOS emulator: cannot listen on {host}:{port}: {reason}. Try another --port.")


def trust_only_known_hosts(app: Flask, base_url: str, host: str) -> None:
    """Keeps the mailbox from a web page whose name is re-pointed at this machine."""
    app.config["TRUSTED_HOSTS"] = [*LOOPBACK, host, urlsplit(base_url).hostname]


def serve(app: Flask, listener: socket.socket) -> None:
    """Serves until a signal; a shell that starts us in the background ignores SIGINT for us."""
    signal.signal(signal.SIGINT, stop)
    signal.signal(signal.SIGTERM, stop)
    make_silent_server(app, listener).serve_forever()


def stop(_number: int, _frame: FrameType | None) -> NoReturn:
    """Ends the process as if all was done."""
    sys.exit(0)


if __name__ == "__main__":
    main()
