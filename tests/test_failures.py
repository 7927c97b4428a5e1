"""Every failure has a page with a way on."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask, Response, abort

from app import create_app
from app.auth import attempts
from app.config import settings
from app.failures import Failure, every_failure
from app.session.store import StoreUnavailable
from app.workos_api.client import workos
from tests.walk import Visitor, heading

FAILURES = sorted(every_failure(), key=lambda kind: kind.name())


# A wrong code is told with the number of tries left: see tests/auth/test_magic_auth.py.
@pytest.mark.parametrize("with_attempt", [False, True], ids=["no attempt", "attempt"])
def test_every_failure_says_what_why_and_what_next(
    app: Flask, visitor: Visitor, with_attempt: bool
) -> None:
    """LOG-04."""
    kinds = {kind.name(): kind for kind in FAILURES}

    @app.get("/fails/<name>")
    def fails(name: str) -> str:
        if with_attempt:
            attempts.require("magic_auth", "", settings())
        raise kinds[name]

    if with_attempt:
        visitor.ask_for_code()
    for name, kind in kinds.items():
        page = visitor.get(f"/fails/{name}")

        assert page.status_code == kind.status, name
        text = re.sub(r"&#39;", "'", page.text)
        assert kind.title in text, name
        assert english(kind) in text, name
        assert 'class="button"' in text or "<button" in text, name


# What a reason may tell people to do, and what then stands on the button.
NAMED = {
    "hoose another way": "another way",
    "use another way": "another way",
    "se another address": "another address",
    "ith another address": "another address",
    "tart again": "Start again",
    "ign in again": "Sign in again",
    "ign out,": "Sign out",
    "sk for a new one": "Email me a new code",
}


@pytest.mark.parametrize("kind", FAILURES, ids=lambda kind: kind.name())
def test_what_a_reason_names_is_on_the_button(kind: type[Failure]) -> None:
    """Where the form that was sent is shown again, its own buttons are what counts."""
    told = {label for words, label in NAMED.items() if words in kind.reason}

    assert kind.form or all(label in kind.button.label for label in told), told


ABORTED = {
    400: "bad_request",
    401: "not_signed_in",
    403: "forbidden",
    404: "not_found",
    405: "method_not_allowed",
    409: "conflict",
    410: "gone",
    413: "too_large",
    415: "unsupported_media_type",
    418: "bad_request",
    422: "unprocessable_content",
    429: "too_many_requests",
    451: "unavailable_for_legal_reasons",
    500: "internal_error",
    501: "not_offered",
    502: "internal_error",
    503: "service_unavailable",
}


@pytest.mark.parametrize(("status", "name"), ABORTED.items())
def test_each_status_of_abort_has_words_for_people_and_for_programs(
    app: Flask, visitor: Visitor, status: int, name: str
) -> None:
    app.add_url_rule("/aborts", view_func=lambda: abort(status))
    [kind] = [kind for kind in FAILURES if kind.name() == name]

    page = visitor.get("/aborts")
    answer: Any = visitor.get("/aborts", headers={"Accept": "application/json"})

    assert (page.status_code, heading(page)) == (status, kind.title)
    assert (answer.status_code, answer.json["error"]) == (status, name)


def test_abort_keeps_its_headers_and_may_bring_a_whole_response(
    app: Flask, visitor: Visitor
) -> None:
    app.add_url_rule("/busy", "busy", lambda: abort(503, retry_after=120))
    app.add_url_rule("/mine", "mine", lambda: abort(Response("my own", 403)))

    busy, mine = visitor.get("/busy"), visitor.get("/mine")

    assert busy.headers["Retry-After"] == "120"
    assert "2 minutes" in busy.text
    assert (mine.status_code, mine.text) == (403, "my own")


def test_no_reason_is_technical_and_every_title_is_short() -> None:
    for kind in FAILURES:
        assert len(kind.title) < 60, kind
        assert kind.reason.endswith("."), kind
        assert not re.search(r"\b(log ?in|token|exception|null)\b", kind.reason, re.I), kind


def test_no_two_failures_share_a_name() -> None:
    assert len({kind.name() for kind in FAILURES}) == len(FAILURES)


def test_public_pages_stay_up_and_nobody_is_signed_out_while_the_store_is_down(
    visitor: Visitor, config: Any
) -> None:
    visitor.sign_in_by_code()
    before = visitor.cookies()
    folder = config.database_path.parent
    away = folder.rename(folder.with_name("away"))
    folder.touch()  # a file where the folder was, so that not even a new database can be made
    fresh = Visitor(create_again(visitor), visitor.emulator)
    fresh.take_cookies(before)

    assert fresh.get("/").status_code == 200
    assert fresh.get("/sign-in").status_code == 200
    for url in ("/account", "/api/session", "/readyz"):
        answer = fresh.get(url)
        assert answer.status_code == 503, url
        assert "signin-session=;" not in str(answer.headers)
    assert fresh.get("/account").headers["Retry-After"] == "30"
    assert fresh.get("/healthz").status_code == 200

    folder.unlink()
    away.rename(folder)
    assert fresh.is_signed_in()


def test_no_code_is_spent_on_a_session_that_could_not_be_kept(
    visitor: Visitor, config: Any
) -> None:
    visitor.ask_for_code()
    code = visitor.mailed_code()
    token = visitor.csrf_token()
    before = visitor.cookies()
    folder = config.database_path.parent
    away = folder.rename(folder.with_name("away"))
    folder.touch()
    fresh = Visitor(create_again(visitor), visitor.emulator)
    fresh.take_cookies(before)

    data = {"csrf_token": token, "one_time_code": code}
    assert fresh.client.post("/auth/magic-auth/verify", data=data).status_code == 503
    folder.unlink()
    away.rename(folder)
    assert fresh.client.post("/auth/magic-auth/verify", data=data).status_code == 303


def test_a_store_error_from_anywhere_is_a_503(app: Flask, visitor: Visitor) -> None:
    @app.get("/asks")
    def asks() -> str:
        raise StoreUnavailable

    assert visitor.get("/asks").status_code == 503


def create_again(visitor: Visitor) -> Flask:
    """Returns the same application without the connections that are open already."""
    with visitor.app.app_context():
        return create_app(settings(), workos=workos())


def test_failures_with_one_symptom_have_one_cause_and_one_fix() -> None:
    for symptom, kinds in by_symptom().items():
        assert len({(kind.cause, kind.diagnosis, kind.fix) for kind in kinds}) == 1, symptom
        for text in (kinds[0].cause, kinds[0].fix):
            assert text.endswith("."), symptom


@pytest.mark.docs
def test_the_troubleshooting_page_is_made_of_the_same_classes(
    generated: Callable[[str, str, str], None],
) -> None:
    pages = [as_markdown(symptom, kinds) for symptom, kinds in by_symptom().items()]
    generated("docs/troubleshooting.md", "failures", "\n".join(pages))


def english(kind: type[Failure]) -> str:
    """Returns its reason, with what stands for placeholders."""
    failure = kind()
    failure.translate()
    return failure.reason


def by_symptom() -> dict[str, list[type[Failure]]]:
    found: dict[str, list[type[Failure]]] = {}
    for kind in every_failure():
        found.setdefault(kind.symptom, []).append(kind)
    return found


def as_markdown(symptom: str, kinds: list[type[Failure]]) -> str:
    pages = "".join(
        f"- `{kind.name()}` ({kind.status}): {kind.title}. {english(kind)}\n" for kind in kinds
    )
    diagnosis = kinds[0].diagnosis
    command = f"`{diagnosis}`" if re.match(r"(make|\.venv/bin/\w+) ", diagnosis) else diagnosis
    return (
        f"## {symptom}\n\n"
        f"**Cause.** {kinds[0].cause.replace('<', '&lt;')}\n\n"
        f"**Diagnosis.** {command}\n\n"
        f"**Fix.** {kinds[0].fix.replace('<', '&lt;')}\n\n"
        f"What people see:\n\n{pages}"
    )


def test_somebody_signed_in_is_led_home_from_an_address_that_is_not_there(
    visitor: Visitor,
) -> None:
    visitor.sign_in_by_code()
    page = visitor.get("/nowhere").text

    assert ">Go to the home page</a>" in page
    assert "you are signed in" not in page
