"""Decorators that let a request through to its view, or turn it away; also for blueprints."""

from .api_key import api_key_required, current_api_key
from .bearer import bearer_required
from .claims import (
    ClaimMissing,
    entitlement_required,
    feature_required,
    organization_required,
    permission_required,
    role_required,
)
from .everything import protect_everything
from .guard import Guard
from .program import signed_in_or
from .sign_in import (
    FRESH,
    NotSignedIn,
    NotWhileImpersonating,
    SignInAgain,
    fresh_login_required,
    login_required,
    not_impersonated,
)

__all__ = [
    "FRESH",
    "ClaimMissing",
    "Guard",
    "NotSignedIn",
    "NotWhileImpersonating",
    "SignInAgain",
    "api_key_required",
    "bearer_required",
    "current_api_key",
    "entitlement_required",
    "feature_required",
    "fresh_login_required",
    "login_required",
    "not_impersonated",
    "organization_required",
    "permission_required",
    "protect_everything",
    "role_required",
    "signed_in_or",
]
