"""Steps as people take them: reloaded, gone back to, twice, in two tabs, too late."""

from __future__ import annotations

import re
from html import unescape
from typing import Any

import pytest
from werkzeug.test import TestResponse

from app.config import Config
from tests.auth.asked import answer_next, authentications, set_at_workos
from tests.auth.matrix import (
    BACK,
    DOORS,
    GITHUB,
    STEPS,
    asked,
    come,
    give,
    require,
    session_of,
    show,
    walk_on,
)
from tests.auth.test_authkit import at_authkit
from tests.auth.test_sso import at_provider
from tests.walk import ADA, MUCH_MAIL, Visitor, heading, query_of

BOB = "bob@globex.example"
JSON = {"Accept": "application/json"}
BUTTON = re.compile(r'<a class="button" href="([^"]+)"')
EACH = pytest.mark.parametrize("step", STEPS)
# A sign-in by another way takes nothing along from the one before.
WITH_TOKEN = pytest.mark.parametrize("step", [name for name in STEPS if name != "choose_method"])


@pytest.fixture
def config(make_config: Any) -> Config:
    config = make_config(sign_in_with=tuple(DOORS), **MUCH_MAIL)
    assert isinstance(config, Config)
    return config


def come_to(visitor: Visitor, step: str, email: str = ADA) -> str:
    """Comes by a door after which all steps may follow; returns the address of this one's page."""
    require(visitor, step, email=email)
    return come(visitor, "github", step, email=email).location


def button(page: TestResponse) -> str:
    """Returns where the button of a failure's page leads."""
    [found] = BUTTON.findall(page.text)
    return unescape(found)


@EACH
def test_reloading_its_page_makes_nothing_anew(visitor: Visitor, step: str) -> None:
    """Neither a mail nor a factor: WorkOS is asked for nothing."""
    url = come_to(visitor, step)
    page = show(visitor, url)
    before = visitor.api_calls()

    assert {visitor.get(url).status_code for _ in range(2)} == {200}

    assert visitor.api_calls() == before
    walk_on(visitor, give(visitor, page, step))


@EACH
def test_who_goes_back_to_the_provider_and_on_again_is_led_to_it(
    visitor: Visitor, step: str
) -> None:
    """The browser's history has that page just before it, and nothing there has finished."""
    require(visitor, step)
    form = STEPS[step].at_provider or {"email": ADA}
    there = visitor.get(GITHUB).location
    url = visitor.get(at_authkit(visitor, there, **form)).location
    show(visitor, url)
    seen = authentications(visitor)

    again = visitor.get(at_authkit(visitor, there, **form))

    assert (again.status_code, heading(again)) == (409, "This step is done")
    assert button(again) == url
    assert authentications(visitor) == seen
    walk_on(visitor, give(visitor, visitor.get(url), step))


@pytest.mark.parametrize("step", DOORS["magic_auth"].asks)
def test_who_goes_back_to_the_first_code_is_led_to_it(visitor: Visitor, step: str) -> None:
    """Rather than told that the code, which was right, is wrong by now."""
    require(visitor, step)
    code_page = visitor.ask_for_code(**BACK).location
    code = visitor.mailed_code()
    url = visitor.type_code(code).location
    show(visitor, url)
    seen = authentications(visitor)

    for again in (visitor.get(code_page), visitor.type_code(code)):
        assert (again.status_code, heading(again), button(again)) == (409, "This step is done", url)
    assert authentications(visitor) == seen
    walk_on(visitor, give(visitor, visitor.get(url), step))


@WITH_TOKEN
def test_the_same_form_sent_twice_is_answered_once(visitor: Visitor, step: str) -> None:
    """AUT-03: a second click on a slow line comes with the cookies of the first."""
    page = show(visitor, come_to(visitor, step))
    before, typed = visitor.cookies(), STEPS[step].answer(visitor, ADA)
    first = give(visitor, page, step, **typed)
    after = visitor.cookies()
    visitor.forget_cookies()
    visitor.take_cookies(before)

    second = give(visitor, page, step, **typed)

    assert second.status_code == 400
    assert f'<a href="{BACK["next"]}">Continue, I have just signed in</a>' in second.text
    assert not visitor.is_signed_in()
    visitor.take_cookies(after)
    walk_on(visitor, first)


@EACH
def test_two_tabs_sign_in_two_people(visitor: Visitor, step: str) -> None:
    """AUT-18: each the one who came there; the second once its page, of before, is reloaded."""
    other = "verify_email" if step == "radar" else "radar"
    first = show(visitor, come_to(visitor, step))
    url = come_to(visitor, other, BOB)
    stale = show(visitor, url)

    walk_on(visitor, give(visitor, first, step))
    assert session_of(visitor)["user"]["email"] == ADA
    assert heading(give(visitor, stale, other, BOB)) == "This page was out of date"
    walk_on(visitor, give(visitor, visitor.get(url), other, BOB))
    assert session_of(visitor)["user"]["email"] == BOB


@EACH
def test_another_browser_can_neither_see_nor_answer_it(
    visitor: Visitor, another_visitor: Visitor, step: str
) -> None:
    """AUT-15: what WorkOS waits for lies sealed in the browser that began."""
    url = come_to(visitor, step)
    page, seen = show(visitor, url), authentications(visitor)
    typed = STEPS[step].answer(visitor, ADA)

    seeing = another_visitor.get(url)
    answering = another_visitor.post(STEPS[step].path, **typed, attempt=query_of(url)["attempt"])

    assert heading(seeing) == "We lost track of this sign-in"
    assert answering.status_code in (400, 405)
    assert authentications(visitor) == seen
    assert not another_visitor.is_signed_in()
    walk_on(visitor, give(visitor, page, step, **typed))


@EACH
def test_the_session_is_new_after_it(visitor: Visitor, step: str) -> None:
    """SES-05, SES-06: where somebody else was signed in until then, theirs is over."""
    visitor.sign_in_by_code(BOB)
    before = visitor.cookies()["signin-session"]
    page = show(visitor, come_to(visitor, step))
    assert session_of(visitor)["user"]["email"] == BOB

    answer = give(visitor, page, step)
    if then := asked(answer):
        give(visitor, show(visitor, answer.location), then)

    assert session_of(visitor)["user"]["email"] == ADA
    visitor.take_cookies({"signin-session": before})
    assert not visitor.is_signed_in()


@WITH_TOKEN
def test_what_workos_has_forgotten_begins_anew(visitor: Visitor, step: str) -> None:
    """With the address filled in, where WorkOS said it, and back to where the person was going."""
    set_at_workos(visitor, "step-ups", seconds=0)
    page = show(visitor, come_to(visitor, step))

    late = give(visitor, page, step)

    assert (late.status_code, heading(late)) == (400, "This sign-in took too long")
    assert not visitor.is_signed_in()
    form = visitor.get(button(late)).text
    for name, value in BACK.items():
        assert f'name="{name}" value="{value}"' in form
    is_said = step not in ("complete_email", "radar")
    assert (f'name="email" type="email" value="{ADA}"' in form) == is_said
    set_at_workos(visitor, "step-ups")
    walk_on(visitor, come(visitor, "github", step))


@WITH_TOKEN
def test_while_workos_is_down_nothing_is_lost(visitor: Visitor, step: str) -> None:
    """AUT-22: the button leads back to the same page, and it can be answered there."""
    page = show(visitor, come_to(visitor, step))
    answer_next(visitor, 503, {})

    down = give(visitor, page, step)

    assert (down.status_code, heading(down)) == (502, "The sign-in service has a problem")
    assert not visitor.is_signed_in()
    walk_on(visitor, give(visitor, visitor.get(button(down)), step))


@EACH
def test_a_program_is_told_what_it_needs_and_answers(visitor: Visitor, step: str) -> None:
    require(visitor, step)
    there = visitor.get(GITHUB).location
    callback = at_authkit(visitor, there, **(STEPS[step].at_provider or {"email": ADA}))
    answer: Any = visitor.get(callback, headers=JSON)
    body = answer.json
    assert (answer.status_code, body["status"], body["step"]) == (202, "step_required", step)
    assert set(body) == {"status", "step", "attempt", *STEPS[step].told}

    while body["status"] == "step_required":
        asking = STEPS[body["step"]]
        if asking.begun_at:
            visitor.post_json(asking.begun_at, {})
        body = visitor.post_json(asking.form or asking.path, asking.answer(visitor, ADA)).json
    if body["status"] == "elsewhere":
        body = visitor.get(at_provider(visitor, body["url"], email=ADA), headers=JSON).json

    assert body == {"status": "signed_in", "return_to": BACK["next"]}
