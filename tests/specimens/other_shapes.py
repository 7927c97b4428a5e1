"""What a release that is not there yet might leave under a name of today."""

from __future__ import annotations

import json
import zlib
from collections.abc import Callable, Iterator
from dataclasses import MISSING, fields, replace
from typing import Any

from app.auth import attempts, state
from app.auth.attempt import Attempt, Pending
from app.auth.doors import mailed_link, own_link
from app.identity import Identity
from app.keys import Keyring
from app.limits import known_browsers
from app.session import cookie
from app.session.store import SessionRecord, hash_id, session_store
from app.session.workos_session import WorkOSSession
from tests.specimens import Specimens
from tests.stores.contract import RECORD, WORKOS_SESSION, in_a_minute, of_another_release
from tests.walk import Visitor

# What was left, the page that meets it, and how that answers.
Other = tuple[Any, str, int]


def others(value: Any, *kinds: Any) -> Iterator[Any]:
    """Yields this value with a field more, each field less, and each of another type.

    What these kinds of dataclasses have a default for may be missing; the default may not be there.
    """
    defaults = {one.name: one.default for kind in kinds for one in fields(kind)}
    optional = {name: one for name, one in defaults.items() if one is not MISSING}
    yield from ([value], {"newer": value}, None, 5, "newer")
    if isinstance(value, dict):
        yield {**value, "newer": 1}
        yield from ({**value, name: default} for name, default in optional.items())
        for name in value:
            if name not in optional:
                yield {one: value[one] for one in value if one != name}
            yield from ({**value, name: one} for one in _of_other_types(value[name], *kinds))
    elif isinstance(value, list):
        yield [*value, "newer"]
        for place in range(len(value)):
            yield value[:place] + value[place + 1 :]
            for one in _of_other_types(value[place]):
                yield [*value[:place], one, *value[place + 1 :]]


def _of_other_types(value: Any, *kinds: Any) -> Iterator[Any]:
    if isinstance(value, dict):
        yield from others(value, *kinds)
    elif isinstance(value, list):  # of any length
        yield from ({"newer": value}, "newer", [*value, 5])
    else:
        yield [value]
        yield 5 if isinstance(value, str | None) else "newer"


def attempt_cookies(left: Specimens, visitor: Visitor) -> Iterator[Other]:
    """Puts them into the browser, one after the other."""
    page = left.pages[-1]
    name = f"{attempts.PREFIX}{page.partition('attempt=')[2]}"
    sealer = Keyring([left.secret_key]).sealer(attempts.PURPOSE)
    attempt = json.loads(zlib.decompress(sealer.decrypt(left.under_way[name])))
    for other in others(attempt, Attempt, Pending):
        text = zlib.compress(json.dumps(other).encode())
        visitor.take_cookies({name: sealer.encrypt(text).decode()})
        yield other, page, 400


def marks_of_known_browsers(left: Specimens, visitor: Visitor) -> Iterator[Other]:
    """Puts them into the browser, one after the other."""
    sealer = Keyring([left.secret_key]).sealer(known_browsers.PURPOSE)
    for other in others([["id", "address", "user", left.made_at, 0, "magic_auth"]]):
        token = sealer.encrypt(json.dumps(other).encode()).decode()
        visitor.take_cookies({known_browsers.NAME: token})
        yield other, "/auth/sign-out", 200


def states(left: Specimens, visitor: Visitor) -> Iterator[Other]:
    """Returns each in the address of the callback."""
    sealer = Keyring([left.secret_key]).sealer(state.PURPOSE)
    url, _, token = left.arrivals[0].rpartition("state=")
    for other in others(json.loads(sealer.decrypt(token))):
        sealed = sealer.encrypt(json.dumps(other).encode()).decode()
        yield other, f"{url}state={sealed}", 400


def links(left: Specimens, visitor: Visitor) -> Iterator[Other]:
    """Returns the address of each."""
    sealer = Keyring([left.secret_key]).sealer(own_link.LINK)
    url, _, token = left.arrivals[1].rpartition("token=")
    text = sealer.decrypt(token + "=" * (-len(token) % 4))
    for other in (b"", text[: mailed_link.PACKED.size - 1], text + b"\xff", b"{}"):
        yield repr(other), f"{url}token={sealer.encrypt(other).decode().rstrip('=')}", 400


def session_cookies(left: Specimens, visitor: Visitor) -> Iterator[Other]:
    """Puts them into the browser, one after the other."""
    stamp = Keyring([left.secret_key]).stamp(cookie.PURPOSE)
    now = left.made_at
    far = "9" * 30
    for other in (
        "",
        "a",
        f"a.{now}",
        f"a.{now}.{now}.",
        f"a.b.{now}",
        f"a.{far}.{far}",
        f"a.{now}.-1",
    ):
        visitor.take_cookies({cookie.NAME: stamp.sign(other)})
        yield other, "/account", 303


def flask_sessions(left: Specimens, visitor: Visitor) -> Iterator[Other]:
    """Puts them into the browser, one after the other."""
    signer = Keyring([left.secret_key]).signer("flask-session")
    for other in others({"csrf_token": "secret"}):
        visitor.take_cookies({"session": signer.dumps(other)})
        yield other, "/sign-in", 200


def records(left: Specimens, visitor: Visitor) -> Iterator[Other]:
    """Puts them into the store, one after the other, behind the cookie of a session."""
    for other in others(json.loads(RECORD.to_json()), SessionRecord, Identity):
        _store(json.dumps(other), None, left, visitor)
        yield other, "/account", 303


def workos_sessions(left: Specimens, visitor: Visitor) -> Iterator[Other]:
    """Puts them into the store, one after the other, behind the cookie of a session."""
    there = replace(WORKOS_SESSION, generation=1, in_doubt=True, role="admin", roles=("admin",))
    for other in others(json.loads(there.to_json()), WorkOSSession):
        _store(RECORD.to_json(), json.dumps(other), left, visitor)
        yield other, "/account", 303


def _store(text: str, workos_text: str | None, left: Specimens, visitor: Visitor) -> None:
    visitor.take_cookies(left.signed_in)
    handle = hash_id(left.signed_in[cookie.NAME].split(".")[0])
    with visitor.app.app_context():
        session_store().end(handle)
        record = of_another_release(text, workos_text)
        session_store().create(handle, record, expires_at=in_a_minute())


OTHERS: tuple[Callable[[Specimens, Visitor], Iterator[Other]], ...] = (
    attempt_cookies,
    marks_of_known_browsers,
    states,
    links,
    session_cookies,
    flask_sessions,
    records,
    workos_sessions,
)
