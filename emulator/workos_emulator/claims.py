"""What a test says about somebody: the claims in their access tokens, and who acts as them."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Self

from emulator.wire import Json
from emulator.wishes import optional_text, read_wish, text, texts

LISTS = ("roles", "permissions", "entitlements", "feature_flags")
KNOWN_CLAIMS = ("org_id", "role", *LISTS, "act")


@dataclass(frozen=True)
class Claims:
    values: Mapping[str, object] = field(default_factory=dict)
    impersonator: Json | None = None

    @classmethod
    def from_json(cls, wish: Mapping[str, object]) -> Self:
        """From `claims` and `impersonator`; what is null or left out is not claimed."""
        impersonator = wish.get("impersonator")
        return cls(
            _claims(wish.get("claims")),
            None if impersonator is None else _impersonator(impersonator),
        )

    @property
    def organization_id(self) -> object:
        return self.values.get("org_id")

    def with_impersonator(self, reply: Json) -> Json:
        """WorkOS names nobody where nobody impersonates: the field is left out."""
        return {**reply, "impersonator": self.impersonator} if self.impersonator else reply

    def to_json(self) -> Json:
        return {"claims": dict(self.values), "impersonator": self.impersonator}


NO_CLAIMS = Claims()


def _claims(value: object) -> Json:
    if value is None:
        return {}
    wish = read_wish(value, "claims", KNOWN_CLAIMS)
    given = {name: one for name, one in wish.items() if one is not None}
    for name in ("org_id", "role"):
        optional_text(given, name)
    for name in LISTS:
        if name in given:
            texts(given, name)
    if "act" in given:
        text(read_wish(given["act"], "act", {"sub"}), "sub")
    return given


def _impersonator(value: object) -> Json:
    wish = read_wish(value, "impersonator", {"email", "reason"})
    return {"email": text(wish, "email"), "reason": optional_text(wish, "reason")}
