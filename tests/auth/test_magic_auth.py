"""Signing in with a six-digit code."""

from __future__ import annotations

import pytest

from tests.walk import ADA, Visitor, heading


def test_a_code_signs_in_and_leads_back_to_where_the_person_was(visitor: Visitor) -> None:
    sent = visitor.ask_for_code(next="/account?tab=2")

    assert sent.status_code == 303
    assert visitor.get(sent.location).status_code == 200
    entered = visitor.type_code(visitor.mailed_code())
    assert (entered.status_code, entered.location) == (303, "/account?tab=2")
    assert ADA in visitor.get("/account").text
    assert visitor.api_session().json["method"] == "magic_auth"


@pytest.mark.parametrize("typed", ["{0}{1}{2} {3}{4}{5}", " {0}-{1}-{2}-{3}-{4}-{5} ", "{0}{1}{2}\u2013{3}{4}{5}"])
def test_spaces_and_dashes_in_the_code_are_forgiven(visitor: Visitor, typed: str) -> None:
    visitor.ask_for_code()

    assert visitor.type_code(typed.format(*visitor.mailed_code())).status_code == 303
    assert visitor.is_signed_in


def test_a_wrong_code_says_so_and_how_many_tries_are_left(visitor: Visitor) -> None:
    visitor.ask_for_code()
    wrong = f"{(int(visitor.mailed_code()) + 1) % 1_000_000:06}"

    refused = visitor.type_code(wrong)

    assert refused.status_code == 400
    assert heading(refused) == "That code is not right"
    assert "4 tries left" in refused.text
    assert not visitor.is_signed_in
