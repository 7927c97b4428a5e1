"""Replies of WorkOS as its documentation shows them."""

from __future__ import annotations

from typing import Any

import jwt

NOW = "2026-05-01T12:00:00.000Z"
USER: dict[str, Any] = {
    "object": "user",
    "id": "user_01ADA",
    "email": "ada@example.com",
    "email_verified": True,
    "first_name": "Ada",
    "last_name": "Lovelace",
    "profile_picture_url": None,
    "external_id": None,
    "last_sign_in_at": NOW,
    "created_at": NOW,
    "updated_at": NOW,
}
USERS: dict[str, Any] = {
    "object": "list",
    "data": [USER],
    "list_metadata": {"before": None, "after": None},
}
NO_USERS = {**USERS, "data": []}
MAGIC_AUTH: dict[str, Any] = {
    "object": "magic_auth",
    "id": "magic_auth_01",
    "user_id": "user_01ADA",
    "email": "ada@example.com",
    "expires_at": NOW,
    "created_at": NOW,
    "updated_at": NOW,
    "code": "424242",
}
AUTHENTICATED: dict[str, Any] = {
    "user": USER,
    "access_token": jwt.encode({"sid": "session_01", "exp": 4_000_000_000}, "k" * 32),
    "refresh_token": "refresh-canary",
    "authentication_method": "MagicAuth",
}
PASSWORDLESS: dict[str, Any] = {
    "object": "passwordless_session",
    "id": "passwordless_session_01",
    "email": "ada@example.com",
    "expires_at": NOW,
    "link": "https://auth.workos.com/passwordless/canary/confirm",
}
PROFILE: dict[str, Any] = {
    "object": "profile",
    "id": "prof_01ADA",
    "connection_id": "conn_01",
    "connection_type": "MagicLink",
    "organization_id": None,
    "email": "ada@example.com",
    "idp_id": "",
    "raw_attributes": {},
}
