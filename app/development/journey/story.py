"""Tells a journey as rows of a sequence diagram: who asks whom for what, and what comes of it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass

from ...auth import attempts
from ...auth.attempt import STAGES
from ...failures import Failure, every_failure
from ...web.words import in_words
from .checks import is_callback, passed
from .journal import Exchange, Fact, Journey

BROWSER, APPLICATION, WORKOS, MAIL = LIFELINES = ("Browser", "Application", "WorkOS", "Mail")
ASKED, ANSWERED, IMPLIED = "asked", "answered", "implied"  # implied: not seen from here
NOTED, PASSED, FAILED = "noted", "passed", "failed"
SENT = "_sent"  # how the event ends after which mail is on its way

# What the log says, in words; of the others, their names and details are shown.
WORDS = {
    "authn_step_required": "WorkOS asks for one more step: {required}",
    "authn_link_opened_elsewhere": "opened in another browser: it gets a code to type",
    "authn_callback_repeated": "opened {count} times",
    "session_created": "a session begins: new id, new record",
    "session_expired": "the cookie names no session that is alive",
    "authn_token_created": "refreshed: new claims, new tokens",
    "authn_token_delayed": "not refreshed now: {failure}",
    "authn_token_revoked": "the session ends: {reason}",
    "authn_logout": "the session ends",
    "webhook_received": "done: {webhook}",
}
# What goes with a call and is worth naming; never its value.
SECRETS = ("code", "code_verifier", "refresh_token", "pending_authentication_token")
SHOWN_OTHERWISE = ("mail_sent", "authn_led_away")


@dataclass(frozen=True)
class Row:
    """An arrow, or a note at the application if both ends are there."""

    kind: str
    source: str
    target: str
    lines: tuple[str, ...]
    after: float | None = None  # seconds since the beginning, where an exchange begins
    ms: int | None = None  # that it took

    @property
    def when(self) -> str:
        """When an exchange began: "+8 minutes"; "" for anything else, and in the first second."""
        return f"+{in_words(int(self.after))}" if self.after and self.after >= 1 else ""


def rows(journey: Journey, *, mails_itself: bool) -> Iterator[Row]:
    """Yields what happened, in order."""
    began, is_mailed, is_kept = journey.exchanges[0].at, False, False
    for exchange in journey.exchanges:
        has_sent = any(fact.name.endswith(SENT) for fact in exchange.facts)
        if is_mailed and not has_sent and _may_come_from_mail(exchange):
            yield Row(IMPLIED, MAIL, BROWSER, ("it is opened",))
            if is_callback(exchange):
                yield Row(IMPLIED, BROWSER, WORKOS, ("its link",))
            is_mailed = False
        if is_callback(exchange):
            brought = " and ".join(exchange.query) or "nothing"
            yield Row(IMPLIED, WORKOS, BROWSER, (f"back, with {brought}",))
        asked = [f"{exchange.method} {exchange.path}"]
        if is_kept and exchange.attempt and not exchange.has_attempt:
            asked.append("without this attempt's cookie")
        caller = WORKOS if exchange.is_from_workos else BROWSER
        yield Row(ASKED, caller, APPLICATION, tuple(asked), after=exchange.at - began)
        yield from _within(exchange, mails_itself=mails_itself)
        yield Row(ANSWERED, APPLICATION, caller, tuple(_answer(exchange)), ms=exchange.ms)
        if exchange.leaves or exchange.has("authn_led_away"):
            yield Row(IMPLIED, BROWSER, WORKOS, ("goes on there",))
        is_mailed = is_mailed or has_sent
        is_kept = is_kept or any(attempts.PREFIX in name for name in exchange.sets)


def stopped_by(journey: Journey) -> tuple[type[Failure], Fact] | None:
    """Returns the failure with which the journey ends so far, and what the log says of it."""
    fact = journey.exchanges[-1].failure
    kind = _kinds().get(str(fact.details["failure"])) if fact else None
    return (kind, fact) if kind and fact else None


def _kinds() -> dict[str, type[Failure]]:
    return {kind.name(): kind for kind in every_failure()}


def _may_come_from_mail(exchange: Exchange) -> bool:
    opened = exchange.leaves or exchange.has("authn_link_opened_elsewhere")
    is_form = exchange.method == "POST" and not exchange.is_from_workos
    return is_form or is_callback(exchange) or opened


def _within(exchange: Exchange, *, mails_itself: bool) -> Iterator[Row]:
    if checked := passed(exchange):
        yield Row(PASSED, APPLICATION, APPLICATION, tuple(f"✓ {one}" for one in checked))
    for part in exchange.parts:
        if isinstance(part, Fact):
            yield from _fact(part, mails_itself=mails_itself)
            continue
        sent = f"{part.method} {part.path}"
        secrets = [name for name in part.fields if name in SECRETS]
        along = ", ".join(filter(None, [part.grant_type, *secrets]))
        yield Row(ASKED, APPLICATION, WORKOS, (sent, along) if along else (sent,))
        yield Row(ANSWERED, WORKOS, APPLICATION, (part.status,), ms=part.ms)


def _fact(fact: Fact, *, mails_itself: bool) -> Iterator[Row]:
    said = fact.details
    if fact.name == "mail_sent":
        yield Row(ASKED, APPLICATION, MAIL, (f"{said.get('mail')} to {said.get('email')}",))
    elif fact.name.endswith(SENT) and not mails_itself:
        yield Row(IMPLIED, WORKOS, MAIL, (f"to {said.get('email')}",))
    elif "failure" in said and "status" in said:
        yield Row(FAILED, APPLICATION, APPLICATION, tuple(_failure(fact)))
    elif fact.name in WORDS:
        words = WORDS[fact.name].format_map(defaultdict(str, said))
        yield Row(NOTED, APPLICATION, APPLICATION, (words,))
    elif not fact.name.endswith(SENT) and fact.name not in SHOWN_OTHERWISE:
        details = [f"{name} {value}" for name, value in said.items() if name != "stage"]
        yield Row(NOTED, APPLICATION, APPLICATION, (fact.name, *details))


def _failure(fact: Fact) -> Iterator[str]:
    name = str(fact.details["failure"])
    kind = _kinds().get(name)
    yield f"✗ {kind.title}" if kind else "✗"
    yield name
    if stage := fact.details.get("stage"):
        yield f"while {STAGES[int(stage) - 1]}"
    if detail := fact.details.get("detail"):
        yield str(detail)


def _answer(exchange: Exchange) -> Iterator[str]:
    yield str(exchange.status)
    if exchange.goes_to:
        yield f"to {exchange.goes_to}"
    for verb, names in (("sets", exchange.sets), ("clears", exchange.clears)):
        for name in names:
            yield f"{verb} {name}"
