"""A command-line program: signs in by device code (RFC 8628), and calls the application's API.

It holds no secret. The person's tokens are in a file that nobody else can read.
"""

from __future__ import annotations

import argparse
import base64
import fcntl
import json
import os
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, TextIO
from urllib.parse import urlsplit

import httpx2
from workos import RequestOptions, WorkOSClient, WorkOSError, create_public_client

Sleep = Callable[[float], object]

NAME = "passwordless-cli"
LOOPBACK = [("http", host) for host in ("localhost", "127.0.0.1", "::1")]
# No proxy in between: what goes to this machine is in the clear.
DIRECT = dict.fromkeys(("all://localhost", "all://127.0.0.1", "all://[::1]"))
INTERVAL = 5  # seconds between two questions, if WorkOS names none, and what it adds to slow down
LEEWAY = 30  # seconds before its end in which an access token is no longer used
TIMEOUT = 10  # seconds
# A retried refresh finds its token spent; and how often to ask is for `login` to say.
ONCE = RequestOptions(max_retries=0, timeout=TIMEOUT)
AGAIN = "Sign in again: login"
REFUSALS = {
    "access_denied": "You have said no, so nobody is signed in.",
    "expired_token": f"The code has expired. {AGAIN}",
    "invalid_grant": f"The code or the session has ended. {AGAIN}",
    "invalid_client": "WorkOS does not know this program: look at WORKOS_CLIENT_ID.",
}


def say(text: str, file: TextIO | None = None) -> None:
    """Prints what may come from a server, without what a terminal would take for a command."""
    print("".join(one if one.isprintable() or one == "\n" else "?" for one in text), file=file)


def is_private(address: str) -> bool:
    """Whether nobody in between can read what is sent there."""
    url = urlsplit(address)
    return url.scheme == "https" or (url.scheme, url.hostname) in LOOPBACK


class Stop(Exception):
    """What a person reads when a command cannot go on."""


@dataclass(frozen=True, repr=False)
class Tokens:
    """What WorkOS gives to a program for a person."""

    access_token: str
    refresh_token: str

    def claims(self) -> dict[str, Any]:
        """Returns what the access token says, unverified: it comes from WorkOS itself."""
        try:
            claims = json.loads(base64.urlsafe_b64decode(self.access_token.split(".")[1] + "=="))
            return {"exp": int(claims["exp"]), "sid": claims["sid"], "org": claims.get("org_id")}
        except (ValueError, LookupError, TypeError):
            raise Stop(f"The tokens cannot be read. {AGAIN}") from None


class TokenFile:
    """Where the tokens are kept."""

    def __init__(self, path: Path | None = None) -> None:
        """Takes the folder for settings that the XDG specification names, unless told otherwise."""
        folder = Path(os.environ.get("XDG_CONFIG_HOME", ""))
        folder = folder if folder.is_absolute() else Path.home() / ".config"
        self.path = path or folder / NAME / "tokens.json"

    def read(self) -> Tokens:
        """Returns the tokens; raises Stop if there are none, or if others may know them."""
        try:
            with self.path.open() as file:
                found = os.fstat(file.fileno())
                if found.st_uid != os.getuid() or found.st_mode & 0o077:
                    raise Stop(f"Others can read {self.path}. Delete it. {AGAIN}")
                return Tokens(**json.load(file))
        except (FileNotFoundError, ValueError, TypeError):
            raise Stop("You are not signed in: login") from None

    def write(self, tokens: Tokens) -> None:
        """Replaces them in one step, so that no reader finds half a file, and no other any.

        Only while it is locked: another process may be about to replace or delete them.
        """
        descriptor, name = tempfile.mkstemp(dir=self.path.parent)  # with mode 0600
        try:
            with os.fdopen(descriptor, "w") as file:
                json.dump(asdict(tokens), file)
            Path(name).replace(self.path)
        finally:
            Path(name).unlink(missing_ok=True)

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Lets one process at a time in, and ends its lock with the process at the latest."""
        self.path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        with self.path.with_suffix(".lock").open("a") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield


@dataclass(frozen=True)
class Program:
    """The commands. Tests bring their own clock."""

    workos: WorkOSClient
    http: httpx2.Client
    api_url: str
    file: TokenFile
    say: Callable[[str], object] = say
    sleep: Sleep = time.sleep
    now: Callable[[], float] = time.time

    def login(self) -> None:
        """Has the person confirm a code in a browser, on this machine or another."""
        users = self.workos.user_management
        made = users.create_device(client_id=self.workos.client_id or "", request_options=ONCE)
        self.say(f"Open {made.verification_uri_complete or made.verification_uri}")
        self.say(f"and sign in there, if it shows this code: {made.user_code}")
        interval, ends_at = made.interval or INTERVAL, self.now() + made.expires_in
        while self.now() < ends_at:
            self.sleep(interval)
            try:
                reply = users.authenticate_with_device_code(
                    device_code=made.device_code, user_agent=NAME, request_options=ONCE
                )
            except WorkOSError as refused:
                interval += seconds_more(refused)
            else:
                with self.file.locked():
                    self.file.write(Tokens(reply.access_token, reply.refresh_token))
                self.say(f"You are signed in as {reply.user.email}.")
                return
        raise Stop(REFUSALS["expired_token"])

    def call(self, path: str) -> None:
        """Prints what the API answers at a path; refreshes the tokens once, if they have ended."""
        tokens = self.file.read()
        is_over = tokens.claims()["exp"] < self.now() + LEEWAY
        answer = self._get(path, self._refreshed(tokens) if is_over else tokens)
        if answer.status_code == 401 and not is_over:
            answer = self._get(path, self._refreshed(tokens))
        if answer.status_code != 200:
            raise Stop(f"{path} answers {answer.status_code}.")
        self.say(json.dumps(answer.json(), indent=2))

    def logout(self) -> None:
        """Ends the session at WorkOS, as far as it can be reached, and forgets the tokens."""
        with self.file.locked():
            tokens = self.file.read()
            try:
                # The address to which a browser would go: it takes no key, and a program has none.
                sid = tokens.claims()["sid"]
                url = self.workos.user_management.get_logout_url(session_id=sid)
                is_over = self.http.get(url).status_code < 500
            except httpx2.HTTPError:
                is_over = False
            finally:
                self.file.path.unlink(missing_ok=True)
        left = "" if is_over else " WorkOS does not answer: its session lasts until it has expired."
        self.say(f"You are signed out.{left}")

    def _get(self, path: str, tokens: Tokens) -> httpx2.Response:
        if not path.startswith("/") or not is_private(self.api_url):
            raise Stop("A path begins with /, and API_URL with https://: tokens go nowhere else.")
        headers = {"Authorization": f"Bearer {tokens.access_token}", "Accept": "application/json"}
        return self.http.get(self.api_url.rstrip("/") + path, headers=headers)

    def _refreshed(self, spent: Tokens) -> Tokens:
        with self.file.locked():
            tokens = self.file.read()
            if tokens != spent:  # another process was faster, and the old ones are worth nothing
                return tokens
            # In the same organization, or WorkOS may fall back to another.
            reply = self.workos.user_management.authenticate_with_refresh_token(
                refresh_token=tokens.refresh_token,
                organization_id=tokens.claims()["org"],
                request_options=ONCE,
            )
            tokens = Tokens(reply.access_token, reply.refresh_token)
            self.file.write(tokens)
            return tokens


def seconds_more(refused: WorkOSError) -> int:
    """Returns by how much to slow down; raises what there is no use in waiting for."""
    error, status = getattr(refused, "error", None), getattr(refused, "status_code", None)
    if error == "authorization_pending":
        return 0
    if error == "slow_down" or status is None or status == 429 or status >= 500:
        return INTERVAL  # too often, or WorkOS cannot be reached
    raise refused


def words(error: Exception) -> str:
    """Returns what to say; the text of WorkOS's errors can quote tokens."""
    if isinstance(error, WorkOSError):
        said = str(getattr(error, "error", None) or getattr(error, "code", None))
        return REFUSALS.get(said) or f"WorkOS does not let you in, or cannot be reached ({said})."
    if isinstance(error, Stop):
        return str(error)
    return f"That did not work ({type(error).__name__})."


def main(arguments: Sequence[str] | None = None, *, sleep: Sleep = time.sleep) -> int:
    """Runs one command, and returns the status of the process."""
    parser = argparse.ArgumentParser(prog=NAME, description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    for name in ("login", "whoami", "logout"):
        commands.add_parser(name)
    commands.add_parser("call").add_argument("path")
    given = parser.parse_args(arguments)
    client_id = os.environ.get("WORKOS_CLIENT_ID", "client_emulator")
    base_url = os.environ.get("WORKOS_BASE_URL", "http://localhost:4100")
    api_url = os.environ.get("API_URL", "http://localhost:5000")
    if not is_private(base_url):
        say("WORKOS_BASE_URL begins with https://: tokens go nowhere else.", sys.stderr)
        return 1
    try:
        with httpx2.Client(timeout=TIMEOUT, mounts=DIRECT) as http:
            workos = create_public_client(client_id=client_id, base_url=base_url, http_client=http)
            program = Program(workos, http, api_url, TokenFile(), sleep=sleep)
            if given.command in ("whoami", "call"):
                program.call(getattr(given, "path", "/api/me"))
            else:
                {"login": program.login, "logout": program.logout}[given.command]()
    except KeyboardInterrupt:
        say("Stopped.", sys.stderr)
        return 130
    except (Stop, WorkOSError, httpx2.HTTPError, OSError, ValueError) as error:
        say(words(error), sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
