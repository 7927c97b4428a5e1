"""Where MCP clients, and others that know only our address, learn how to get an access token."""

from __future__ import annotations

from flask import Blueprint, abort
from flask.typing import ResponseReturnValue

from ..config import settings
from ..workos_api.access_tokens import METADATA

bp = Blueprint("protected_resource", __name__)


@bp.get(METADATA)
def show() -> ResponseReturnValue:
    """Names the AuthKit domain that gives out tokens for us; 404 without one (RFC 9728)."""
    config = settings()
    if config.authkit_domain is None:
        abort(404)
    return {
        "resource": config.public_url,
        "authorization_servers": [config.authkit_domain],
        "bearer_methods_supported": ["header"],
    }
