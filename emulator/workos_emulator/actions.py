"""Actions (WorkOS docs: Actions): the application is asked before somebody is let in."""

from http import HTTPStatus

from flask import Blueprint, current_app, request
from flask.typing import ResponseReturnValue

from .action import Question, post
from .control_fields import flag, read_object
from .environment import Environment, the_environment
from .errors import Refusal
from .formats import Json
from .objects import Session

bp = Blueprint("actions", __name__, url_prefix="/_emulate/actions")


@bp.post("")
def set_default() -> ResponseReturnValue:
    """Says what is done without an answer that can be believed, as the dashboard does."""
    given = read_object(request.get_json(silent=True), "The body", {"allow_without_answer"})
    allowed = flag(given, "allow_without_answer")
    with the_environment() as environment:
        environment.allows_without_answer = allowed
    return {"allow_without_answer": allowed}, HTTPStatus.CREATED


@bp.get("")
def list_questions() -> ResponseReturnValue:
    """Lists what was asked, newest first, and how it was answered."""
    with the_environment() as environment:
        return [question.to_json() for question in reversed(environment.questions)]


def questions_about(environment: Environment, session: Session) -> list[Question]:
    """Returns what to ask about somebody who signs in: first of all whether they may register."""
    settings, user = environment.settings, session.user
    if not (settings.action_url and settings.action_secret):
        return []
    context: Json = {
        "ip_address": session.ip_address,
        "user_agent": session.user_agent,
        "device_fingerprint": None,
    }
    membership: Json = {}
    for one in environment.memberships_of(user):
        if one.organization.id == session.organization_id:
            context["organization"] = one.organization.to_json()
            membership = {"organization_membership": one.to_json()}
    data = {name: user.to_json()[name] for name in ("email", "first_name", "last_name")}
    registration = {**context, "user_data": {"object": "user_data", **data}}
    method = {"authentication_method": session.authentication_method}
    sign_in = {**context, **membership, **method, "user": user.to_json()}
    is_new = user.last_sign_in_at is None and not user.is_provisioned
    asked = [Question("user_registration", registration)] if is_new else []
    return [*asked, Question("authentication", sign_in)]


def ask_all(questions: list[Question]) -> None:
    """Asks the application, which may call us meanwhile; refuses whom it denies."""
    environment: Environment = current_app.extensions["workos_emulator"]
    url, secret = environment.settings.action_url, environment.settings.action_secret
    for question in questions:
        question.ask(url or "", secret or "", environment.ask or post)
        with the_environment():
            environment.questions.append(question)
            otherwise = "Allow" if environment.allows_without_answer else "Deny"
            if question.verdict == "Deny":
                environment.announce(f"action.{question.kind}.denied", question.in_event())
        if (question.verdict or otherwise) == "Deny":
            said = question.why if question.verdict else ""
            denial = {"code": "action_denied", "message": said or "Access denied."}
            raise Refusal(HTTPStatus.FORBIDDEN, denial)
