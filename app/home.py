"""`GET /`: what this is, and whether somebody is signed in."""

from __future__ import annotations

from flask import Blueprint, render_template

bp = Blueprint("home", __name__)


@bp.get("/")
def show() -> str:
    """Shows the home page, which stays up whatever else is down."""
    return render_template("home.html")
