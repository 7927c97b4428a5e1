"""Sessions at WorkOS, and how they end. https://workos.com/docs/reference/authkit/session"""

from __future__ import annotations

from collections.abc import Sequence

from workos import RequestOptions

from ..failures import Failure
from ..web import log
from .client import ask, call, workos
from .faults import WorkOSDown, WorkOSSlow, WorkOSUnreachable

REVOKE_TIMEOUT = 3  # seconds; people who sign out do not wait long for WorkOS


def is_session_active(
    user_id: str, workos_session_id: str, options: RequestOptions | None = None
) -> bool:
    """Whether this WorkOS session of this person is still active; raises Failure."""
    listed = workos().user_management.list_sessions
    page = ask(listed, user_id, limit=100, request_options=options)
    return any(one.id == workos_session_id and one.status == "active" for one in page.data)


def logout_url(user_id: str, workos_session_id: str, *, return_to: str) -> str | None:
    """Returns the page of WorkOS that ends a session and forgets its browser; raises Failure.

    None if the session is over there: the page would strand people.
    """
    options: RequestOptions = {"timeout": REVOKE_TIMEOUT}
    if not is_session_active(user_id, workos_session_id, options):
        return None
    return workos().user_management.get_logout_url(
        session_id=workos_session_id, return_to=return_to
    )


def revoke_sessions(workos_session_ids: Sequence[str]) -> None:
    """Ends sessions at WorkOS if it can be reached: ours are over in any case.

    A call from here rather than a redirect of the browser wherever WorkOS has no cookie there: it
    cannot strand a person at WorkOS.
    """
    for workos_session_id in workos_session_ids:
        try:
            call(
                workos().user_management.revoke_session,
                session_id=workos_session_id,
                request_options={"timeout": REVOKE_TIMEOUT},
            )
        except Failure as failure:
            log.event("workos_session_not_revoked", reason=failure.name(), detail=failure.detail)
            if isinstance(failure, WorkOSSlow | WorkOSUnreachable | WorkOSDown):
                return  # nobody waits for the same time-out again and again
