"""Users and the sessions they have (WorkOS docs: User, Session)."""

from http import HTTPStatus

from flask import Blueprint, Flask
from flask.typing import ResponseReturnValue

from emulator.errors import CodeRefusal, EntityNotFound
from emulator.fields import reading_body
from emulator.objects import User
from emulator.webhooks import announce
from emulator.wire import now, same_email
from emulator.world import World, the_world

blueprint = Blueprint("users", __name__, url_prefix="/user_management/users")


def init_app(app: Flask) -> None:
    app.register_blueprint(blueprint)


@blueprint.get("/<user_id>")
def show(user_id: str) -> ResponseReturnValue:
    with the_world() as world:
        return _user(world, user_id).to_json()


@blueprint.put("/<user_id>")
def update(user_id: str) -> ResponseReturnValue:
    """Change what the body names and leave the rest."""
    with the_world() as world:
        user = _user(world, user_id)
        with reading_body() as body:
            email = None if body.values.get("email") is None else body.email()
            first_name = body.optional_text("first_name")
            last_name = body.optional_text("last_name")
        if email is not None and email != user.email:
            if world.users_by_email.get(same_email(email), user) is not user:
                raise CodeRefusal("email_not_available", "This email is not available.")
            world.move(user, email)
        user.first_name = first_name or user.first_name
        user.last_name = last_name or user.last_name
        user.updated_at = now()
        reply = user.to_json()
    announce("user.updated", reply)
    return reply


@blueprint.delete("/<user_id>")
def delete(user_id: str) -> ResponseReturnValue:
    """Forget a user and end their sessions, of which no event of their own tells."""
    with the_world() as world:
        user = _user(world, user_id)
        world.delete(user)
    announce("user.deleted", user.to_json())
    return "", HTTPStatus.NO_CONTENT


@blueprint.get("/<user_id>/sessions")
def list_sessions(user_id: str) -> ResponseReturnValue:
    """All of them on one page, newest first."""
    with the_world() as world:
        user = _user(world, user_id)
        theirs = [session.to_json() for session in world.sessions.values() if session.user is user]
    list_metadata = {"before": None, "after": None}
    return {"object": "list", "data": theirs[::-1], "list_metadata": list_metadata}


def _user(world: World, user_id: str) -> User:
    user = world.users.get(user_id)
    if user is None:
        raise EntityNotFound("User", user_id)
    return user
