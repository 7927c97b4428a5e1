"""What a test says about somebody: the claims in their access tokens, and who acts as them."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Self

from .control_fields import optional_text, read_object, text, texts
from .formats import Json

LISTS = ("roles", "permissions", "entitlements", "feature_flags")
KNOWN_CLAIMS = ("org_id", "role", *LISTS, "act")


@dataclass(frozen=True)
class Claims:
    """The claims of one person, and who impersonates them."""

    values: Mapping[str, object] = field(default_factory=dict)
    impersonator: Json | None = None

    @classmethod
    def from_json(cls, given: Mapping[str, object]) -> Self:
        """Returns `claims` and `impersonator`; what is null or left out is not claimed."""
        impersonator = given.get("impersonator")
        return cls(
            _claims(given.get("claims")),
            None if impersonator is None else _impersonator(impersonator),
        )

    @property
    def organization_id(self) -> object:
        """Returns the organization that the claims name, or None."""
        return self.values.get("org_id")

    def over(self, granted: Json) -> Self:
        """Returns them on top of what a membership grants, unless they are for another one."""
        if self.organization_id not in (None, granted.get("org_id")):
            return self
        return replace(self, values={**granted, **self.values})

    def by(self, impersonator: Json | None) -> Self:
        """Returns them with who acts for the person, as the session or a test says."""
        acting = self.impersonator or impersonator
        if acting is None:
            return self
        values = {"act": {"sub": acting["email"]}, **self.values}
        return replace(self, values=values, impersonator=acting)

    def said_in(self, reply: Json) -> Json:
        """Returns the reply with organization and impersonator, each only if there is one."""
        found = {"organization_id": self.organization_id, "impersonator": self.impersonator}
        return {**reply, **{name: value for name, value in found.items() if value}}

    def to_json(self) -> Json:
        """Returns them as /_emulate/claims takes them."""
        return {"claims": dict(self.values), "impersonator": self.impersonator}


NO_CLAIMS = Claims()


def _claims(value: object) -> Json:
    if value is None:
        return {}
    fields = read_object(value, "claims", KNOWN_CLAIMS)
    given = {name: one for name, one in fields.items() if one is not None}
    for name in ("org_id", "role"):
        optional_text(given, name)
    for name in LISTS:
        if name in given:
            texts(given, name)
    if "act" in given:
        text(read_object(given["act"], "act", {"sub"}), "sub")
    return given


def _impersonator(value: object) -> Json:
    given = read_object(value, "impersonator", {"email", "reason"})
    return {"email": text(given, "email"), "reason": optional_text(given, "reason")}
