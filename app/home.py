"""`GET /`: what this is, and whether somebody is signed in."""

from __future__ import annotations

from flask import Blueprint

from .pages import render

bp = Blueprint("home", __name__)


@bp.get("/")
def show() -> str:
    """Shows the home page, which stays up when everything else is down."""
    return render("home/home.html")
