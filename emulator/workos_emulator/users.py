"""Users and the sessions they have (WorkOS docs: User, Session)."""

from http import HTTPStatus

from flask import Blueprint
from flask.typing import ResponseReturnValue

from .environment import Environment, the_environment
from .errors import CodeRefusal, EntityNotFound, Refusal
from .fields import reading_body, reading_query
from .formats import now, same_email, stable_id
from .lists import page_of
from .objects import User
from .webhooks import announce

bp = Blueprint("users", __name__, url_prefix="/user_management/users")


class EmailTaken(Refusal):
    """400 for an address that has a user already."""

    def __init__(self) -> None:
        taken = {"code": "email_not_available", "message": "This email is not available."}
        body = {
            "code": "user_creation_error",
            "message": "Could not create user.",
            "errors": [taken],
        }
        super().__init__(HTTPStatus.BAD_REQUEST, body)


@bp.get("")
def list_users() -> ResponseReturnValue:
    """Lists users, newest first; `?email=` and `?organization_id=` keep those who match."""
    with the_environment() as environment, reading_query() as query:
        email = query.optional_text("email")
        organization_id = query.optional_text("organization_id")
        return page_of(
            [
                user.to_json()
                for user in environment.users.values()
                if (email is None or same_email(user.email) == same_email(email))
                and (
                    organization_id is None
                    or any(
                        one.organization.id == organization_id
                        for one in environment.memberships_of(user)
                    )
                )
            ],
            query,
        )


@bp.post("")
def create() -> ResponseReturnValue:
    """Makes a user, of whom there is one for each address."""
    with reading_body() as body:
        email = body.email()
        email_verified = body.optional_flag("email_verified")
        first_name = body.optional_text("first_name")
        last_name = body.optional_text("last_name")
        for name in ("ip_address", "user_agent"):
            body.optional_text(name)
    with the_environment() as environment:
        if same_email(email) in environment.users_by_email:
            raise EmailTaken
        user = environment.user_for(email, first_name, last_name, email_verified=email_verified)
        user.is_provisioned = True
        return user.to_json(), HTTPStatus.CREATED


@bp.get("/<user_id>")
def show(user_id: str) -> ResponseReturnValue:
    """Shows one user."""
    with the_environment() as environment:
        return find(environment, user_id).to_json()


@bp.put("/<user_id>")
def update(user_id: str) -> ResponseReturnValue:
    """Changes what the body names and leaves the rest."""
    with the_environment() as environment:
        user = find(environment, user_id)
        with reading_body() as body:
            email = None if body.values.get("email") is None else body.email()
            first_name = body.optional_text("first_name")
            last_name = body.optional_text("last_name")
        if email is not None and email != user.email:
            if environment.users_by_email.get(same_email(email), user) is not user:
                raise CodeRefusal("email_not_available", "This email is not available.")
            environment.move(user, email)
        user.first_name = first_name or user.first_name
        user.last_name = last_name or user.last_name
        user.updated_at = now()
        reply = user.to_json()
    announce("user.updated", reply)
    return reply


@bp.delete("/<user_id>")
def delete(user_id: str) -> ResponseReturnValue:
    """Forgets a user and ends their sessions, of which no event of their own tells."""
    with the_environment() as environment:
        user = find(environment, user_id)
        environment.delete(user)
    announce("user.deleted", user.to_json())
    return "", HTTPStatus.NO_CONTENT


@bp.get("/<user_id>/identities")
def list_identities(user_id: str) -> ResponseReturnValue:
    """Lists the accounts elsewhere that a user has signed in with, all at once."""
    with the_environment() as environment:
        user = find(environment, user_id)
        return [
            {"idp_id": stable_id(provider, user.email), "type": "OAuth", "provider": provider}
            for provider in user.providers
        ]


@bp.get("/<user_id>/sessions")
def list_sessions(user_id: str) -> ResponseReturnValue:
    """Lists those that are active, newest first."""
    with the_environment() as environment, reading_query() as query:
        user = find(environment, user_id)
        return page_of(
            [
                session.to_json()
                for session in environment.sessions.values()
                if session.user is user and session.status == "active"
            ],
            query,
        )


def find(environment: Environment, user_id: str) -> User:
    """Returns the user with this id; WorkOS answers 404 otherwise."""
    user = environment.users.get(user_id)
    if user is None:
        raise EntityNotFound("User", user_id)
    return user
