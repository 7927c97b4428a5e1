"""`/development/journey`: what just happened, as a sequence diagram of an attempt or a session."""

from __future__ import annotations

from flask import Blueprint, Response, current_app, make_response, render_template

from ...auth import attempts
from ...auth.doors import find_door
from ...config import settings
from ...pages import render_for_developers
from ...session import cookie
from ...web.fields import queried
from ...web.http_errors import NotFound
from . import record, story
from .drawing import draw
from .journal import Journal, Journey

bp = Blueprint("development_journey", __name__, url_prefix="/development/journey")


@bp.get("")
def show() -> str:
    """Shows what the request named by `?request=` belongs to, or what this browser did last."""
    journal = _journal()
    found = journal.of_request(queried("request")["request"]) or _of_this_browser(journal)
    return _page(found or next(iter(journal.newest()), None))


@bp.get("/<journey_id>")
def show_one(journey_id: str) -> str:
    """Shows one of those that are kept."""
    return _page(_found(journey_id))


@bp.get("/<journey_id>.svg")
def download(journey_id: str) -> Response:
    """Returns the diagram as a file with its own colours, to put into a document or a report."""
    journey = _found(journey_id)
    drawing = draw(story.rows(journey, mails_itself=settings().mails_itself))
    picture = render_template(
        "development/journey.svg", drawing=drawing, title=_title(journey), is_alone=True
    )
    response = make_response(picture)
    response.content_type = "image/svg+xml"
    # Not shown in the browser, where our Content-Security-Policy forbids its styles.
    response.headers["Content-Disposition"] = f'attachment; filename="journey-{journey.id}.svg"'
    return response


@bp.get("/style.css")
def style() -> Response:
    """Returns the colours and letters of the diagram, which the file carries in itself."""
    return Response(render_template("development/journey.css"), content_type="text/css")


def _page(journey: Journey | None) -> str:
    rows = list(story.rows(journey, mails_itself=settings().mails_itself)) if journey else []
    return render_for_developers(
        "development/journey.html",
        journey=journey,
        title=_title(journey) if journey else "What just happened",
        rows=rows,
        drawing=draw(rows),
        stopped_by=story.stopped_by(journey) if journey else None,
        others=[(other, _title(other)) for other in _journal().newest() if other != journey],
    )


def _journal() -> Journal:
    journal: Journal = current_app.extensions[record.JOURNAL]
    return journal


def _found(journey_id: str) -> Journey:
    journey = _journal().find(journey_id)
    if journey is None:
        raise NotFound
    return journey


def _of_this_browser(journal: Journal) -> Journey | None:
    config = settings()
    if under_way := attempts.under_way(config):
        return journal.find(under_way[0].id)
    ticket = cookie.read(config)
    return journal.of_session(ticket.handle) if ticket else None


def _title(journey: Journey) -> str:
    if door := find_door(journey.door or ""):
        return f"Signing in with {door.said}"
    first = journey.exchanges[0]
    return f"{first.method} {first.path}"
