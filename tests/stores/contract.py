"""What every store of sessions promises, to be shown on any: docs/stores.md says how."""

from __future__ import annotations

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from typing import Any

import pytest

from app.identity import Identity
from app.session.store import SessionRecord, SessionStore, StoreUnavailable
from app.session.workos_session import WorkOSSession

ADA = Identity(user_id="user_1", email="ada@example.com", name="Ad\u00e1", method="door")
RECORD = SessionRecord(
    identity=ADA, state="basket", signed_in_at=1_800_000_000, browser="Firefox on Linux"
)
WORKOS_SESSION = WorkOSSession(id="session_1", expires_at=9, refresh_token="sealed")


@dataclass(frozen=True, kw_only=True)
class OfAnotherRelease(SessionRecord):
    """What a store is given by a release with other fields."""

    text: str

    def to_json(self) -> str:
        """Returns what that release keeps."""
        return self.text


def of_another_release(text: str, workos_text: str | None = None) -> SessionRecord:
    """Returns a record that keeps these texts."""
    return OfAnotherRelease(**{**vars(RECORD), "workos_text": workos_text}, text=text)


OF_OTHER_RELEASES = [
    of_another_release(RECORD.to_json().replace('"browser":', '"agent":')),
    of_another_release(RECORD.to_json().replace('"browser":', '"newer":1,"browser":')),
    of_another_release(RECORD.to_json().replace('"email":', '"address":')),
    of_another_release("[]"),
    of_another_release("binary"),
    of_another_release(RECORD.to_json(), WORKOS_SESSION.to_json().replace('"id":', '"sid":')),
    of_another_release(RECORD.to_json(), "[]"),
]


def in_a_minute() -> float:
    """Returns a time until which a test is over."""
    return time.time() + 60


CALLS: dict[str, Callable[[SessionStore], object]] = {
    "create": lambda store: store.create("id", RECORD, expires_at=in_a_minute()),
    "find": lambda store: store.find("id"),
    "extend": lambda store: store.extend("id", seen_at=7, expires_at=in_a_minute()),
    "keep": lambda store: store.keep("id", WORKOS_SESSION, refresh_at=8),
    "of_user": lambda store: store.of_user("user_1"),
    "set_identity": lambda store: store.set_identity("id", RECORD),
    "refresh_soon": lambda store: store.refresh_soon("id"),
    "end": lambda store: store.end("id"),
    "end_all": lambda store: store.end_all(),
    "claim": lambda store: store.claim("name", expires_at=in_a_minute()),
    "is_claimed": lambda store: store.is_claimed("name"),
    "release": lambda store: store.release("name"),
    "check": lambda store: store.check(),
}


def assert_says_it_is_out_of_reach(store: SessionStore) -> None:
    """Fails unless each call raises StoreUnavailable, for a store that cannot be reached."""
    for call in CALLS.values():
        with pytest.raises(StoreUnavailable):
            call(store)


class StoreContract:
    """Subclass it as a class whose name begins with Test, and override the fixture `store`."""

    @pytest.fixture
    def store(self) -> Any:
        """An empty store."""
        raise NotImplementedError("override the fixture `store`")

    def test_a_session_is_found_again_as_it_was(self, store: SessionStore) -> None:
        store.create("id", RECORD, expires_at=in_a_minute())

        assert store.find("id") == RECORD

    def test_what_workos_says_is_found_again_from_the_start(self, store: SessionStore) -> None:
        text, refresh_at, stale_at = WORKOS_SESSION.fields()
        record = replace(RECORD, workos_text=text, refresh_at=refresh_at, stale_at=stale_at)
        store.create("id", record, expires_at=in_a_minute())

        assert store.find("id") == record

    def test_an_unknown_session_is_none(self, store: SessionStore) -> None:
        assert store.find("id") is None

    def test_an_ended_session_is_gone_and_ending_it_twice_is_no_error(
        self, store: SessionStore
    ) -> None:
        store.create("id", RECORD, expires_at=in_a_minute())

        store.end("id")
        store.end("id")

        assert store.find("id") is None

    def test_an_expired_session_is_gone(self, store: SessionStore) -> None:
        store.create("id", RECORD, expires_at=time.time() - 1)

        assert store.find("id") is None

    def test_an_extension_keeps_a_session_and_raises_none_from_the_dead(
        self, store: SessionStore
    ) -> None:
        store.create("id", RECORD, expires_at=in_a_minute())
        store.extend("id", seen_at=7, expires_at=in_a_minute() + 60)
        store.extend("other", seen_at=7, expires_at=in_a_minute())

        assert store.find("id") == replace(RECORD, seen_at=7)
        assert store.find("other") is None

    def test_each_field_is_changed_alone(self, store: SessionStore) -> None:
        """Two requests at once must not write back what the other has just changed."""
        store.create("id", RECORD, expires_at=in_a_minute())
        named = replace(RECORD, identity=replace(ADA, name="Augusta"))

        store.keep("id", WORKOS_SESSION, refresh_at=8)
        store.extend("id", seen_at=7, expires_at=in_a_minute())
        store.set_identity("id", named)

        whole = replace(
            named,
            seen_at=7,
            workos_text=WORKOS_SESSION.to_json(),
            refresh_at=8,
            stale_at=WORKOS_SESSION.stale_at,
        )
        assert store.find("id") == whole
        store.refresh_soon("id")
        assert store.find("id") == replace(whole, refresh_at=0)

    def test_no_change_raises_a_session_from_the_dead(self, store: SessionStore) -> None:
        store.keep("id", WORKOS_SESSION, refresh_at=8)
        store.extend("id", seen_at=7, expires_at=in_a_minute())
        store.set_identity("id", RECORD)
        store.refresh_soon("id")

        assert store.find("id") is None
        assert store.of_user("user_1") == {}

    def test_an_expired_session_stays_dead(self, store: SessionStore) -> None:
        store.create("id", RECORD, expires_at=time.time() - 1)
        store.extend("id", seen_at=7, expires_at=in_a_minute())

        assert store.find("id") is None

    def test_the_sessions_of_one_person_are_found(self, store: SessionStore) -> None:
        eve = replace(RECORD, identity=replace(ADA, user_id="user_2"))
        for handle, record in (("a", RECORD), ("b", RECORD), ("c", eve)):
            store.create(handle, record, expires_at=in_a_minute())
        store.create("expired", RECORD, expires_at=time.time() - 1)
        store.end("b")

        assert store.of_user("user_1") == {"a": RECORD}
        assert store.of_user("nobody") == {}

    def test_the_session_of_another_release_is_none(self, store: SessionStore) -> None:
        store.create("id", RECORD, expires_at=in_a_minute())
        for number, record in enumerate(OF_OTHER_RELEASES):
            store.create(f"other {number}", record, expires_at=in_a_minute())

            if store.find(f"other {number}") is record:
                return  # it keeps objects: no other release has put any there
            assert store.find(f"other {number}") is None
        assert store.of_user("user_1") == {"id": RECORD}
        assert store.end_all() == 1 + len(OF_OTHER_RELEASES)

    def test_all_sessions_can_be_ended(self, store: SessionStore) -> None:
        for handle in "abc":
            store.create(handle, RECORD, expires_at=in_a_minute())

        assert store.end_all() == 3
        assert store.find("a") is None
        assert store.end_all() == 0

    def test_a_name_is_claimed_by_exactly_one_of_many(self, store: SessionStore) -> None:
        with ThreadPoolExecutor(16) as pool:
            won = list(pool.map(lambda _: store.claim("name", expires_at=in_a_minute()), range(64)))

        assert sum(won) == 1
        assert store.is_claimed("name")
        assert not store.is_claimed("other")

    def test_a_claim_that_was_released_or_has_expired_can_be_made_again(
        self, store: SessionStore
    ) -> None:
        assert store.claim("released", expires_at=in_a_minute())
        store.release("released")
        assert store.claim("released", expires_at=in_a_minute())

        assert store.claim("expired", expires_at=time.time() - 1)
        assert not store.is_claimed("expired")
        assert store.claim("expired", expires_at=in_a_minute())
        assert not store.claim("expired", expires_at=in_a_minute())

    def test_a_store_in_order_says_so(self, store: SessionStore) -> None:
        store.check()
