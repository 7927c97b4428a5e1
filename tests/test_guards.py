"""Guards on views, blueprints and a whole site: who gets through, and what others are told."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
import time_machine
from flask import Blueprint, Flask, render_template_string

from app import create_app
from app.guards import (
    Guard,
    entitlement_required,
    feature_required,
    fresh_login_required,
    login_required,
    not_impersonated,
    organization_required,
    permission_required,
    protect_everything,
    role_required,
)
from app.session.workos_session import MAX_STALENESS
from tests.auth.asked import set_at_workos
from tests.walk import ADA, Visitor, heading

CLAIMS: dict[str, Any] = {
    "org_id": "org_lovelace",
    "role": "admin",
    "roles": ["admin", "editor"],
    "permissions": ["reports:read", "reports:write"],
    "entitlements": ["audit-logs"],
    "feature_flags": ["beta"],
}
# Each guard, and what is missing without it.
GUARDS: dict[str, tuple[Guard, str | None]] = {
    "permission-1": (permission_required("reports:write"), "reports:write"),
    "role-1": (role_required("admin"), "admin"),
    "role-2": (role_required("editor"), "editor"),
    "feature-1": (feature_required("beta"), "beta"),
    "entitlement-1": (entitlement_required("audit-logs"), "audit-logs"),
    "organization-1": (organization_required, None),
}
JSON = {"Accept": "application/json"}
PAGE = """{% extends "base.html" %}{% block main %}
{{ "writes" if signin.can("reports:write") }} {{ "reads mail" if signin.can("mail:read") }}
{{ "beta" if signin.has_feature("beta") }} {{ "gamma" if signin.has_feature("gamma") }}
{% endblock %}"""


@pytest.fixture
def clock() -> Iterator[time_machine.Traveller]:
    with time_machine.travel("2026-05-01T12:00:00Z", tick=False) as coordinates:
        yield coordinates


def claim(visitor: Visitor, **claims: Any) -> None:
    """Has WorkOS say this of Ada from the next token on."""
    set_at_workos(visitor, "claims", email=ADA, claims=claims)


def the_reports() -> str:
    return "The reports"


def guard_a_view(app: Flask, guard: Guard, path: str = "/reports") -> str:
    app.add_url_rule(path, path, guard(the_reports), methods=["GET", "POST"])
    return path


def guard_a_blueprint(app: Flask, guard: Guard, path: str = "/reports") -> str:
    bp = Blueprint(f"of-{path[1:]}", __name__)
    bp.before_request(guard)
    bp.add_url_rule(path, "show", the_reports, methods=["GET", "POST"])
    app.register_blueprint(bp)
    return path


def guard_each(app: Flask) -> dict[str, str]:
    """Puts each guard on a view and on a blueprint; returns which one is where."""
    on_views = {guard_a_view(app, guard, f"/{n}"): n for n, (guard, *_) in GUARDS.items()}
    on_blueprints = {
        guard_a_blueprint(app, guard, f"/all-{n}"): n for n, (guard, *_) in GUARDS.items()
    }
    return on_views | on_blueprints


both = pytest.mark.parametrize("on", [guard_a_view, guard_a_blueprint])


@pytest.mark.parametrize("claims", [CLAIMS, {**CLAIMS, "roles": ["editor"]}])
def test_each_guard_lets_those_through_who_have_it_and_asks_nobody(
    app: Flask, visitor: Visitor, claims: dict[str, Any]
) -> None:
    """AUT-26: whether the role is the first of theirs or not."""
    guarded = guard_each(app)
    claim(visitor, **claims)
    visitor.sign_in_by_code()
    calls = len(visitor.api_calls())

    for path in guarded:
        assert visitor.get(path).text == "The reports", path
        assert visitor.post(path).text == "The reports", path
    assert len(visitor.api_calls()) == calls


@pytest.mark.parametrize("organization_id", ["org_lovelace", None])
def test_each_guard_refuses_those_who_do_not_and_says_what_is_missing(
    app: Flask, visitor: Visitor, organization_id: str | None
) -> None:
    """AUT-26: to people and programs, in which organization; only for its name is WorkOS asked."""
    guarded = guard_each(app)
    almost = {"permissions": ["reports:write:all"], "roles": ["ad"], "role": "Admin"}
    claim(visitor, org_id=organization_id, **almost)
    visitor.sign_in_by_code()
    calls = len(visitor.api_calls())

    for path, name in guarded.items():
        kind, missing = name.rsplit("-", 1)[0], GUARDS[name][1]
        page, posted = visitor.get(path), visitor.post(path)
        answer: Any = visitor.get(path, headers=JSON)
        if kind == "organization" and organization_id:
            assert page.status_code == 200
            continue
        assert (page.status_code, posted.status_code, answer.status_code) == (403, 403, 403)
        assert answer.json["error"] == f"{kind}_missing"
        assert answer.json["missing"] == {kind: missing}
        assert answer.json["organization_id"] == organization_id
        for told in (page.text, answer.json["message"]):
            assert (missing or "without one") in told
            assert ("org_lovelace" in told) is bool(organization_id)
    asked = {one["path"] for one in visitor.api_calls()[calls:]}
    assert asked <= {"/user_management/organization_memberships"}


def test_each_guard_asks_visitors_to_sign_in_and_programs_get_401(
    app: Flask, visitor: Visitor
) -> None:
    for path in guard_each(app):
        assert visitor.get(f"{path}?year=1843").location == f"/sign-in?next={path}?year%3D1843"
        assert visitor.get(path, headers=JSON).status_code == 401
        assert visitor.post(path).status_code == 401


def test_after_a_link_guards_say_that_nothing_is_known_and_offer_another_way(
    app: Flask, visitor: Visitor
) -> None:
    guarded = guard_each(app)
    claim(visitor, **CLAIMS)
    visitor.sign_in_by_link()

    for path in guarded:
        page = visitor.get(path)
        answer: Any = visitor.get(path, headers=JSON)
        assert heading(page) == "Please sign in another way for this"
        assert f'href="/sign-in?next={path}&amp;again=yes"' in page.text
        assert "With a code by email." in page.text
        assert (answer.status_code, answer.json["error"]) == (403, "claims_unknown")
    assert visitor.sign_in_by_code(next=path).location == path
    assert visitor.get(path).text == "The reports"


def test_where_links_are_the_only_way_in_no_other_is_offered(
    make_config: Any, workos: Any, emulator: Flask
) -> None:
    app = create_app(make_config(sign_in_with=("magic_link",)), workos=workos)
    visitor = Visitor(app, emulator)
    guard_a_view(app, role_required("admin"))
    visitor.sign_in_by_link()

    page = visitor.get("/reports")

    assert page.status_code == 403
    assert "again=yes" not in page.text


def test_guards_stack_and_each_is_asked(app: Flask, visitor: Visitor) -> None:
    @app.get("/reports")
    @login_required
    @role_required("admin")
    @feature_required("x")
    def reports() -> str:
        return "The reports"

    claim(visitor, role="admin")
    visitor.sign_in_by_code()

    assert visitor.get("/reports", headers=JSON).json["error"] == "feature_missing"  # type: ignore[index] # an object
    claim(visitor, feature_flags=["x"])
    visitor.sign_in_by_code()
    assert visitor.get("/reports", headers=JSON).json["error"] == "role_missing"  # type: ignore[index] # an object
    claim(visitor, role="admin", feature_flags=["x"])
    visitor.sign_in_by_code()
    assert visitor.get("/reports").text == "The reports"


def test_what_is_taken_away_is_gone_with_the_next_refresh(
    app: Flask, visitor: Visitor, clock: Any
) -> None:
    guard_a_view(app, permission_required("reports:write"))
    claim(visitor, permissions=["reports:write"])
    visitor.sign_in_by_code()
    claim(visitor, permissions=[])
    assert visitor.get("/reports").status_code == 200

    clock.shift(300)

    assert visitor.get("/reports").status_code == 403


def test_an_impersonator_is_logged_once_however_many_guards_ask(
    app: Flask, visitor: Visitor, caplog: pytest.LogCaptureFixture
) -> None:
    """AUT-23."""

    @app.get("/reports")
    @login_required
    @organization_required
    def reports() -> str:
        return "The reports"

    acting = {"email": "support@example.com", "reason": "Ticket 7"}
    set_at_workos(visitor, "claims", email=ADA, claims=CLAIMS, impersonator=acting)
    visitor.sign_in_by_code()

    visitor.get("/reports")

    assert caplog.messages.count("authz_impersonated") == 1


@both
def test_guards_without_claims_work_on_blueprints_too(
    app: Flask, visitor: Visitor, clock: Any, on: Callable[[Flask, Guard], None]
) -> None:
    on(app, fresh_login_required(max_age=120))
    visitor.sign_in_by_code()
    assert visitor.get("/reports").text == "The reports"

    clock.shift(121)

    assert visitor.get("/reports").location == "/sign-in?next=/reports&again=yes"
    answer: Any = visitor.get("/reports", headers=JSON)
    assert (answer.status_code, answer.json["error"]) == (401, "sign_in_again")
    assert "within the last 2 minutes" in answer.json["message"]


@pytest.mark.parametrize("guard", [login_required, fresh_login_required, not_impersonated])
def test_guards_without_arguments_go_on_blueprints_as_they_are(
    app: Flask, visitor: Visitor, guard: Guard
) -> None:
    guard_a_blueprint(app, guard)

    assert (visitor.get("/reports").status_code == 200) is (guard is not_impersonated)
    visitor.sign_in_by_code()
    assert visitor.get("/reports").text == "The reports"


def test_an_impersonator_has_no_recent_sign_in_of_any_age(app: Flask, visitor: Visitor) -> None:
    """AUT-23."""
    guard_a_view(app, fresh_login_required(max_age=3600))
    acting = {"email": "support@example.com", "reason": "Ticket 7"}
    set_at_workos(visitor, "claims", email=ADA, impersonator=acting)
    visitor.sign_in_by_code()

    answer: Any = visitor.get("/reports", headers=JSON)

    assert (answer.status_code, answer.json["error"]) == (403, "not_while_impersonating")


def test_templates_show_what_the_person_may_do_and_nothing_to_others(
    app: Flask, visitor: Visitor, clock: Any
) -> None:
    app.add_url_rule("/menu", "menu", lambda: render_template_string(PAGE))

    def menu() -> set[str]:
        words = visitor.get("/menu").text
        return {word for word in ("writes", "reads mail", "beta", "gamma") if word in words}

    assert menu() == set()
    visitor.sign_in_by_link()
    assert menu() == set()
    claim(visitor, **CLAIMS)
    visitor.sign_in_by_code()
    assert menu() == {"writes", "beta"}
    clock.shift(300 + MAX_STALENESS)
    assert menu() == set()  # nobody has refreshed it, so nobody knows


@pytest.fixture
def closed(app: Flask, visitor: Visitor) -> Visitor:
    """Somebody before a site that is closed, except for its prices."""
    shop = Blueprint("shop", __name__, static_folder=".", static_url_path="/shop-files")
    for path in ("/", "/pricing", "/pricing/2026", "/pricings", "/orders"):
        if path != "/":
            shop.add_url_rule(path, path, lambda: "A page")
    app.register_blueprint(shop)
    protect_everything(app, except_for=("/", "/pricing/*"))
    return visitor


@pytest.mark.parametrize(
    "path",
    ["/", "/pricing", "/pricing/2026", "/sign-in", "/healthz", "/static/base.css", "/shop-files/a"],
)
def test_a_closed_site_leaves_open_what_it_says_and_the_way_in(closed: Visitor, path: str) -> None:
    """AUT-27."""
    with closed.get(path) as answer:
        assert answer.status_code in (200, 404)


@pytest.mark.parametrize(
    "path",
    [
        "/orders",
        "/pricings",
        "/PRICING",
        "/pricing/../orders",
        "/pricing%2f..%2forders",
        "//orders",
        "/./orders",
        "/nowhere",
        "/account",
    ],
)
def test_all_else_of_it_is_for_those_who_have_signed_in(closed: Visitor, path: str) -> None:
    """AUT-27: whether there is such a page or not."""
    answer = closed.get(path)

    assert "A page" not in answer.text
    assert answer.status_code in (303, 308, 404)
    if path in ("/orders", "/pricings", "/nowhere", "/account"):
        assert answer.location == f"/sign-in?next={path}"
        assert closed.get(path, headers=JSON).status_code == 401
        assert closed.post(path).status_code == 401


def test_signing_in_opens_it(closed: Visitor) -> None:
    assert closed.sign_in_by_code(next="/orders").location == "/orders"
    assert closed.get("/orders").text == "A page"
    assert closed.get("/nowhere").status_code == 404
