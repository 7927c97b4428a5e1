"""Whom a policy, an Action or Radar keeps out."""

from __future__ import annotations

import pytest

from tests.auth.asked import answer_next, set_at_workos
from tests.walk import ADA, Visitor, heading


@pytest.mark.parametrize(
    ("denial", "title"),
    [
        ({"code": "policy_denied"}, "You cannot sign in here"),
        ({"code": "never_heard_of"}, "You cannot sign in"),
        ({}, "You cannot sign in"),
    ],
)
def test_who_is_blocked_is_told_whom_to_ask_and_not_to_try_again(
    visitor: Visitor, denial: dict[str, str], title: str
) -> None:
    set_at_workos(visitor, "denials", email=ADA, message="<b>canary</b>", **denial)

    refused = visitor.sign_in_by_code()

    assert (refused.status_code, heading(refused)) == (403, title)
    assert "the people who run this site" in refused.text
    assert ">Go to the home page</a>" in refused.text
    assert "canary" not in refused.text
    assert not visitor.is_signed_in()


@pytest.mark.parametrize("envelope", [("code", "message"), ("error", "error_description")])
def test_an_action_says_why_in_its_own_words(
    visitor: Visitor, envelope: tuple[str, str], capsys: pytest.CaptureFixture[str]
) -> None:
    """WEB-15, LOG-02: escaped, no longer than WorkOS takes them, and not in the log."""
    code, message = envelope
    said = "Not before nine. <script>alert(1)</script>"
    visitor.ask_for_code()
    answer_next(visitor, 403, {code: "action_denied", message: said + "x" * 5_000})

    refused = visitor.type_code(visitor.mailed_code())

    assert (refused.status_code, heading(refused)) == (403, "You cannot sign in now")
    assert "Not before nine. &lt;script&gt;" in refused.text
    assert "x" * 501 not in refused.text
    assert "Not before nine" not in capsys.readouterr().err


@pytest.mark.parametrize("message", [None, "", 7, ["x"], {"a": 1}])
def test_an_action_may_say_nothing(visitor: Visitor, message: object) -> None:
    visitor.ask_for_code()
    answer_next(visitor, 403, {"code": "action_denied", "message": message})

    refused = visitor.type_code(visitor.mailed_code())

    assert "do not let you in. Ask them why." in refused.text
