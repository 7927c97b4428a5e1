"""What pages of one's own may do: load scripts, take large uploads, and lead to another site."""

from __future__ import annotations

from typing import Any

import pytest
from flask import Blueprint, Flask, Response, abort, request, session
from werkzeug.test import TestResponse

from app import MAX_BODY
from app.pages import leave
from app.web.fields import allow_body
from app.web.headers import CONTENT_SECURITY_POLICY, allow_scripts
from tests.walk import Visitor, heading

SIZE = 1_000_000  # bytes
ELSEWHERE = "https://idp.example/?a=1&b=%22"
BODIES = {
    "application/json": b'"%b"',
    "application/x-www-form-urlencoded": b"large=%b",
    "multipart/form-data; boundary=cut": (
        b'--cut\r\nContent-Disposition: form-data; name="large"; filename="a.png"\r\n\r\n'
        b"%b\r\n--cut--\r\n"
    ),
}


@pytest.fixture
def app(app: Flask) -> Flask:
    """The application with two blueprints of its own, one of which is allowed more."""
    for name in ("pictures", "plain"):
        bp = Blueprint(name, __name__, url_prefix=f"/{name}")
        bp.add_url_rule("", "show", lambda: "a page")
        bp.add_url_rule("/own", "own", lambda: ("", {"Content-Security-Policy": "mine"}))
        bp.add_url_rule("/kept", "kept", lambda: ("", {"cache-control": "public", "vary": "*"}))
        bp.add_url_rule("/fill", "fill", _fill)
        bp.add_url_rule("/missing", "missing", lambda: abort(404))
        bp.add_url_rule("/upload", "upload", _upload, methods=["POST"])
        bp.add_url_rule("/leave", "leave", _leave, methods=["POST"])
        if name == "pictures":
            allow_scripts(bp)
            allow_body(bp, SIZE)
        app.register_blueprint(bp)
    return app


def _fill() -> dict[str, Any]:
    session.setdefault("basket", []).append(len(session))
    session.modified = True
    return dict(session, is_permanent=session.permanent)


def _upload() -> str:
    files = sum(len(file.read()) for file in request.files.values())
    return str(files + sum(map(len, request.form.values())) + len(request.get_data()))


def _leave() -> Response:
    return leave(ELSEWHERE, "Leaving", json={"status": "elsewhere", "url": ELSEWHERE})


def policy(page: TestResponse) -> str:
    return page.headers["Content-Security-Policy"]


def test_scripts_of_this_site_are_allowed_where_they_are_asked_for_and_nowhere_else(
    visitor: Visitor,
) -> None:
    """WEB-04."""
    allowed = policy(visitor.get("/pictures"))

    assert allowed == f"{CONTENT_SECURITY_POLICY}; script-src 'self'"
    assert policy(visitor.get("/pictures/own")) == "mine"
    for page in ("/plain", "/", "/sign-in", "/auth/sign-out", "/account", "/nowhere"):
        assert policy(visitor.get(page)) == CONTENT_SECURITY_POLICY


def test_views_keep_what_they_like_in_the_session_of_flask(visitor: Visitor) -> None:
    assert visitor.get("/plain/fill").json == {"basket": [1], "is_permanent": False}
    assert "Set-Cookie" not in visitor.get("/plain").headers
    assert visitor.get("/plain/fill").json == {"basket": [1, 1], "is_permanent": False}


def test_no_page_can_have_itself_kept(visitor: Visitor) -> None:
    """WEB-08."""
    headers = visitor.get("/plain/kept").headers

    assert headers.getlist("Cache-Control") == ["no-store"]
    assert headers.getlist("Vary") == ["Cookie"]


@pytest.mark.parametrize("kind", BODIES)
def test_a_large_body_is_taken_where_it_is_allowed_and_nowhere_else(
    visitor: Visitor, kind: str
) -> None:
    """WEB-12: a form too, which is read before the view, for its CSRF token."""
    token = visitor.csrf_token()

    def upload(place: str, size: int) -> TestResponse:
        return visitor.client.post(
            f"/{place}/upload",
            data=BODIES[kind] % (b"x" * size),
            content_type=kind,
            headers={"X-CSRFToken": token, "Accept": "text/html"},
        )

    taken = upload("pictures", SIZE - 1000)
    assert (taken.status_code, int(taken.text) >= SIZE - 1000) == (200, True)
    assert upload("pictures", SIZE + 1000).status_code == 413
    assert upload("plain", MAX_BODY + 1).status_code == 413
    too_large = visitor.client.post("/auth/sign-out", data={"next": "a" * MAX_BODY})
    assert too_large.status_code == 413


def test_a_form_ends_at_another_site_by_a_page_that_moves_on(visitor: Visitor) -> None:
    """WEB-04, WEB-05: under the policy of every page, and telling nobody where people were."""
    page = visitor.post("/plain/leave")

    assert page.status_code == 200
    assert heading(page) == "Leaving"
    assert 'http-equiv="refresh" content="0; url=https://idp.example/?a=1&amp;b=%22"' in page.text
    assert 'href="https://idp.example/?a=1&amp;b=%22"' in page.text
    assert policy(page) == CONTENT_SECURITY_POLICY
    assert page.headers["Referrer-Policy"] == "same-origin"
    assert page.headers["Cache-Control"] == "no-store"
    told = visitor.post_json("/plain/leave", {})
    assert told.json == {"status": "elsewhere", "url": ELSEWHERE}
