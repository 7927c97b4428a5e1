"""Decorators that let a request through to its view, or turn it away."""

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
    "NotSignedIn",
    "NotWhileImpersonating",
    "SignInAgain",
    "fresh_login_required",
    "login_required",
    "not_impersonated",
]
