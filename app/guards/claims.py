"""What WorkOS says that a person may do: the claims of their session, as of its last refresh.

https://workos.com/docs/authkit/sessions
"""

from __future__ import annotations

from collections.abc import Callable
from typing import ClassVar

from flask.typing import ResponseReturnValue
from flask_babel import gettext

from ..failures import ORGANIZATIONS, Button, Failure
from ..session.workos_session import WorkOSSession
from ..web.language import between_sentences
from .guard import Guard
from .sign_in import signed_in_record, turn_away


class ClaimMissing(Failure):
    """Somebody is signed in, and may not do this where they are."""

    status = 403
    button = ORGANIZATIONS
    event = "authz_fail"
    symptom = "403: a permission, role, feature, entitlement or organization is missing"
    cause = (
        "A guard of the view asks for what the person's session does not have in its current "
        "organization. Changes made in the dashboard arrive with the next refresh."
    )
    diagnosis = "grep authz_fail in the log: `failure` and `detail` say what is missing"
    fix = "Give the person the role or feature in the WorkOS dashboard, or let them switch."
    kind: ClassVar[str]
    need: ClassVar[str] = ""
    need_there: ClassVar[str] = ""

    def __init__(
        self,
        name: str = "",
        organization_id: str | None = None,
        *,
        retry_after: int | None = None,
        detail: str | None = None,
    ) -> None:
        """Names what is missing, and in which organization."""
        super().__init__(retry_after=retry_after, detail=detail or name or None)
        self.claim, self.organization_id = name, organization_id
        self.about = {"missing": {self.kind: name or None}, "organization_id": organization_id}
        # For people: in which organization, by its name once that is known, and what may help.
        self.organization, self.hint = organization_id or "", ""

    def translate(self) -> None:
        """Puts in words what is missing, and where."""
        super().translate()
        need = self.need_there if self.organization else self.need
        said = gettext(need, claim=self.claim, organization=self.organization) if self.claim else ""
        hint = gettext(self.hint) if self.hint else ""
        self.reason = between_sentences().join(filter(None, (said, self.reason, hint)))


class PermissionMissing(ClaimMissing):
    """None of the person's roles has the permission."""

    title = "You do not have permission for this"
    reason = "Ask an administrator of your organization for this permission."
    need = "For this you need the permission “%(claim)s” here."
    need_there = "For this you need the permission “%(claim)s” in %(organization)s."
    kind = "permission"


class RoleMissing(ClaimMissing):
    """The person has other roles."""

    title = "You do not have the role for this"
    reason = "Ask an administrator of your organization for this role."
    need = "For this you need the role “%(claim)s” here."
    need_there = "For this you need the role “%(claim)s” in %(organization)s."
    kind = "role"


class FeatureMissing(ClaimMissing):
    """The feature flag is off for them."""

    title = "This is not switched on for you"
    reason = "Ask the people who run this site about it."
    need = "For this you need the feature “%(claim)s” here."
    need_there = "For this you need the feature “%(claim)s” in %(organization)s."
    kind = "feature"


class EntitlementMissing(ClaimMissing):
    """The organization has not bought it."""

    title = "This is not part of your plan"
    reason = "Ask an administrator of your organization about it."
    need = "For this you need the entitlement “%(claim)s” here."
    need_there = "For this you need the entitlement “%(claim)s” in %(organization)s."
    kind = "entitlement"


class OrganizationMissing(ClaimMissing):
    """They have signed in without an organization."""

    title = "This is for members of an organization"
    reason = "You are signed in without one."
    kind = "organization"


class ClaimsUnknown(Failure):
    """The way that the person came by says nothing of roles, for example a link."""

    status = 403
    title = "Please sign in another way for this"
    reason = (
        "What you may do here is not known after the way you signed in. A link by email, for "
        "example, does not say it."
    )
    button = Button("sign_in_another_way", "Sign in another way")
    event = "authz_fail"
    symptom = "403: nothing is known about somebody's permissions"
    cause = (
        "They came by a link, after which WorkOS keeps no session, so there are no roles, "
        "permissions, features, entitlements or organization."
    )
    diagnosis = "GET /api/session: `workos` is null"
    fix = "Offer another way in, such as a code (SIGN_IN_WITH), and sign in with that."


def permission_required(permission: str) -> Guard:
    """Lets people through who have this permission in their current organization."""
    return _guard(PermissionMissing, permission, lambda there: permission in there.permissions)


def role_required(role: str) -> Guard:
    """Lets people through who have this role in their current organization, among others maybe."""
    return _guard(RoleMissing, role, lambda there: role == there.role or role in there.roles)


def feature_required(flag: str) -> Guard:
    """Lets people through for whom this feature flag is on."""
    return _guard(FeatureMissing, flag, lambda there: flag in there.feature_flags)


def entitlement_required(entitlement: str) -> Guard:
    """Lets people through whose current organization has this entitlement."""
    return _guard(EntitlementMissing, entitlement, lambda there: entitlement in there.entitlements)


def _guard(
    missing: type[ClaimMissing], name: str, has_it: Callable[[WorkOSSession], bool]
) -> Guard:
    def check() -> ResponseReturnValue | None:
        record = signed_in_record()
        if record is None:
            return turn_away()
        there = record.workos_session
        if there is None:
            raise ClaimsUnknown
        if not has_it(there):
            raise missing(name, there.organization_id)
        return None

    return Guard(check)


organization_required = _guard(
    OrganizationMissing, "", lambda there: there.organization_id is not None
)
"""Lets people through who have signed in to an organization."""
