"""The one WorkOSClient, and the calls that the application makes with it.

One client for each process: after a fork, two workers sharing a used client get each other's
answers. Nothing is retried: a retried exchange finds its code spent, a retried send mails twice.
"""

from __future__ import annotations

import os
import re
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, TypeVar

import httpx2
from flask import Flask, current_app
from workos import (
    HTTPResponse,
    TransportConnectError,
    TransportError,
    TransportTimeout,
    WorkOSClient,
    WorkOSError,
)
from workos.passwordless import PasswordlessSession
from workos.user_management.models import AuthenticateResponse

from app.config import Config, settings
from app.failures import Failure
from app.web import log
from app.workos_api.errors import failure_from

Reply = TypeVar("Reply")

# Seconds for one call, from the first byte out to the last byte in. No request waits for more than
# two of them, or for one and a mail: under 15 seconds in all.
TIMEOUT = 7
REVOKE_TIMEOUT = 3  # seconds; whoever signs out does not wait long for WorkOS
MAX_REPLY = 1_000_000  # bytes
TELLS_WHO_HAS_AN_ACCOUNT = ("sign_up_not_allowed", "workos_not_found")
ONE_TIME_CODE = re.compile(r"[0-9A-Za-z]{4,16}")
LINK = re.compile(r"[\x21-\x7e]{1,1024}")
CONNECTIONS = httpx2.Limits(max_connections=64, max_keepalive_connections=16)


class NonsenseReply(WorkOSError):
    """WorkOS answered with something that is not what its documentation promises."""


def init_app(app: Flask, config: Config, *, client: WorkOSClient | None = None) -> None:
    """Gives the application its client: `client`, or one made on first use in each process."""
    app.extensions["workos"] = Clients(config, client)


def workos() -> WorkOSClient:
    """Returns the client of this application in this process."""
    clients: Clients = current_app.extensions["workos"]
    return clients.get()


def send_code(email: str) -> str | None:
    """Has WorkOS make a one-time code, and e-mail it unless we do; raises Failure.

    Returns the code, which is a credential, where we mail it; None where the address may have none.
    """
    try:
        with _calling():
            reply = _present(workos().user_management.create_magic_auth(email=email))
            return _one_time_code(reply.code) if settings().mails_itself else None
    except Failure as failure:
        # Answered as if it had been sent: else anybody could ask who has an account here.
        if failure.code not in TELLS_WHO_HAS_AN_ACCOUNT:
            raise
        log.event("authn_code_withheld", reason=failure.code, detail=failure.detail)
        return None


def redeem_code(one_time_code: str, email: str) -> AuthenticateResponse:
    """Exchanges the code that a person typed for who they are; spends it; raises Failure."""
    with _calling():
        return _present(
            workos().user_management.authenticate_with_magic_auth(code=one_time_code, email=email)
        )


def create_link(
    email: str, *, redirect_uri: str, state: str, expires_in: int
) -> PasswordlessSession:
    """Makes a passwordless session; its `link` is a credential; raises Failure."""
    with _calling():
        passwordless_session = _present(
            workos().passwordless.create_session(
                email=email,
                type="MagicLink",
                redirect_uri=redirect_uri,
                state=state,
                expires_in=expires_in,
            )
        )
        if settings().mails_itself:
            _require_usable(passwordless_session.link)
        return passwordless_session


def send_link(passwordless_session: PasswordlessSession) -> None:
    """Has WorkOS e-mail the link of a passwordless session; raises Failure."""
    with _calling():
        workos().passwordless.send_session(passwordless_session.id)


def exchange(code: str) -> Mapping[str, Any]:
    """Exchanges the callback's code for a Profile; spends it; raises Failure.

    Read raw, for the SDK's model refuses profiles without names, which Magic Link has, and by
    then the code is gone.
    """
    body = {
        "grant_type": "authorization_code",
        "client_id": settings().workos_client_id,
        "client_secret": settings().workos_api_key,
        "code": code,
    }
    with _calling():
        profile = workos().request_raw("post", ("sso", "token"), body=body).get("profile")
        if not isinstance(profile, dict) or not profile.get("id") or not profile.get("email"):
            raise NonsenseReply
        return profile


def refresh(refresh_token: str) -> AuthenticateResponse:
    """Exchanges a refresh token for a new one and an access token; spends it; raises Failure."""
    with _calling():
        return _present(
            workos().user_management.authenticate_with_refresh_token(refresh_token=refresh_token)
        )


def is_alive(user_id: str, workos_session_id: str) -> bool:
    """Whether this session of this person is still active at WorkOS; raises Failure."""
    with _calling():
        page = _present(workos().user_management.list_sessions(user_id, limit=100))
        return any(
            session.id == workos_session_id and session.status == "active" for session in page.data
        )


def revoke(workos_session_ids: Sequence[str]) -> None:
    """Ends sessions at WorkOS, as far as it can be reached: ours are over in any case.

    A call from here rather than a redirect of the browser: it needs no access token that is still
    good, no exception in the Content-Security-Policy, and cannot strand a person at WorkOS.
    """
    for workos_session_id in workos_session_ids:
        try:
            with _calling():
                workos().user_management.revoke_session(
                    session_id=workos_session_id, request_options={"timeout": REVOKE_TIMEOUT}
                )
        except Failure as failure:
            log.event("workos_session_not_revoked", reason=failure.code, detail=failure.detail)
            if failure.code in ("workos_slow", "workos_unreachable", "workos_down"):
                return  # nobody waits for the same time-out again and again


def _one_time_code(code: str) -> str:
    # It goes into the subject of a mail, where a line break would begin another header.
    if not ONE_TIME_CODE.fullmatch(code):
        raise NonsenseReply
    return code


def _require_usable(link: str) -> None:
    # Browsers are sent there, so it must be neither plain http nor too long for a cookie.
    is_safe = link.startswith(("https://", f"{settings().workos_base_url}/"))
    if not is_safe or not LINK.fullmatch(link):
        raise NonsenseReply


@contextmanager
def _calling() -> Iterator[None]:
    try:
        yield
    except WorkOSError as error:
        raise failure_from(error) from None  # the error itself quotes credentials
    except (TypeError, ValueError, KeyError, AttributeError) as error:
        # The SDK's models meet replies of the wrong shape with whatever error Python has for it.
        raise Failure("workos_nonsense", detail=type(error).__name__) from None


def _present(reply: Reply | None) -> Reply:
    # The SDK returns None where a model was due and the reply was empty or not JSON.
    if reply is None:
        raise NonsenseReply
    return reply


class Clients:
    """Hands each process a client of its own."""

    def __init__(self, config: Config, given: WorkOSClient | None) -> None:
        self._config = config
        self._given = given
        self._lock = threading.Lock()
        self._made: dict[int, WorkOSClient] = {}

    def get(self) -> WorkOSClient:
        """Returns this process's client, making it on first use."""
        if self._given is not None:
            return self._given
        with self._lock:
            pid = os.getpid()
            if pid not in self._made:
                self._made = {pid: make_client(self._config)}
            return self._made[pid]


def make_client(config: Config) -> WorkOSClient:
    """Returns a client with a short time-out, no retries, and a transport that follows nothing."""
    return WorkOSClient(
        api_key=config.workos_api_key,
        client_id=config.workos_client_id,
        base_url=config.workos_base_url,
        request_timeout=TIMEOUT,
        max_retries=0,
        http_client=Transport(httpx2.Client(follow_redirects=False, limits=CONNECTIONS)),
    )


class Transport:
    """An `HTTPBackend` whose time-out bounds the whole call, even of a server that drips."""

    def __init__(self, http: httpx2.Client) -> None:
        self._http = http

    def request(
        self,
        method: str,
        url: str,
        *,
        headers: dict[str, str],
        content: bytes | None,
        timeout: float,
    ) -> HTTPResponse:
        """Makes one call; raises TransportError for everything that is not a whole answer."""
        ends_at = time.monotonic() + timeout
        try:
            with self._http.stream(
                method, url, headers=headers, content=content, timeout=timeout
            ) as reply:
                if reply.is_redirect:
                    raise TransportError("unexpected redirect")
                body = self._read(reply, ends_at)
        except httpx2.TimeoutException as error:
            raise TransportTimeout(type(error).__name__) from None
        except httpx2.ConnectError as error:
            raise TransportConnectError(type(error).__name__) from None
        except (httpx2.HTTPError, httpx2.InvalidURL) as error:
            raise TransportError(type(error).__name__) from None
        return HTTPResponse(reply.status_code, reply.headers, body, method, url)

    def close(self) -> None:
        """Closes the connections."""
        self._http.close()

    @staticmethod
    def _read(reply: httpx2.Response, ends_at: float) -> bytes:
        body = bytearray()
        for chunk in reply.iter_bytes():
            body += chunk
            if time.monotonic() > ends_at:
                raise TransportTimeout("the answer came too slowly")
            if len(body) > MAX_REPLY:
                raise TransportError("the answer is too large")
        return bytes(body)
