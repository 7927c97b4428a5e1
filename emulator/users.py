"""Users and the sessions they have (WorkOS docs: User, Session)."""

from flask import Blueprint, Flask
from flask.typing import ResponseReturnValue

from emulator.errors import EntityNotFound
from emulator.objects import User
from emulator.world import World, the_world

blueprint = Blueprint("users", __name__, url_prefix="/user_management/users")


def init_app(app: Flask) -> None:
    app.register_blueprint(blueprint)


@blueprint.get("/<user_id>")
def show(user_id: str) -> ResponseReturnValue:
    with the_world() as world:
        return _user(world, user_id).to_json()


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
