"""Profiles, which Magic Link ends in too. https://workos.com/docs/reference/sso"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..config import Config
from .client import ask, workos
from .faults import UnexpectedReply


def get_profile(code: str, config: Config) -> Mapping[str, Any]:
    """Exchanges the callback's code for a Profile; spends it; raises Failure.

    Read raw, because the SDK's model refuses profiles without names, which Magic Link has, and by
    then the code is spent.
    """
    body = {
        "grant_type": "authorization_code",
        "client_id": config.workos_client_id,
        "client_secret": config.workos_api_key,
        "code": code,
    }
    reply = ask(workos().request_raw, "post", ("sso", "token"), body=body)
    profile = reply.get("profile") if isinstance(reply, Mapping) else None
    if not isinstance(profile, Mapping) or not profile.get("id") or not profile.get("email"):
        raise UnexpectedReply(detail="no profile")
    return profile
