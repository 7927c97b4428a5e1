"""Six digits by mail, for ten minutes, once: what Magic Auth and two of the step-ups share."""

from .environment import Environment
from .errors import CodeRefusal
from .formats import Json, now
from .mail import Mail
from .objects import MailedCode
from .rules import WRONG_GUESSES_ALLOWED


def mail(environment: Environment, sent: MailedCode) -> MailedCode:
    """Remembers a code, and mails it unless that is left to the application."""
    environment.mailed_codes[sent.id] = sent
    if environment.settings.mails_codes:
        environment.mailbox.append(Mail.with_one_time_code(sent))
    environment.announce(*_event(sent))
    return sent


def spend(sent: list[MailedCode], one_time_code: str) -> MailedCode:
    """Returns the one of these, newest first, with this code; guesses count for all of them."""
    if sent and sent[0].wrong_guesses >= WRONG_GUESSES_ALLOWED:
        raise CodeRefusal("one_time_code_too_many_attempts")
    found = next((one for one in sent if one.one_time_code == one_time_code), None)
    if found is None:
        for one in sent:
            one.wrong_guesses += 1
        raise CodeRefusal("invalid_one_time_code")
    if found.used:
        raise CodeRefusal("one_time_code_previously_used")
    if now() >= found.expires_at:
        raise CodeRefusal("one_time_code_expired")
    found.used = True
    return found


def _event(sent: MailedCode) -> tuple[str, Json]:
    whose = {"user_id": sent.user.id, "email": sent.user.email}
    if sent.purpose == "radar_challenge":
        return "radar.challenge_created", {"type": "email", "radar_challenge_id": sent.id, **whose}
    return f"{sent.purpose}.created", {k: v for k, v in sent.to_json().items() if k != "code"}
