"""The mailbox: what WorkOS sent, for people at / and for programs at /_emulate/mailbox."""

from flask import Flask, make_response, render_template, request
from flask.typing import ResponseReturnValue

from emulator.mail import Mail
from emulator.world import the_world

# The mails on the page are ours, but nothing in them may run or load anything either way.
POLICY = (
    "default-src 'none'; style-src 'self'; img-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)


def init_app(app: Flask) -> None:
    app.add_url_rule("/", view_func=show_mailbox)
    app.add_url_rule("/_emulate/mailbox", view_func=list_mails)
    app.add_url_rule("/_emulate/mailbox", view_func=empty_mailbox, methods=["DELETE"])


def show_mailbox() -> ResponseReturnValue:
    response = make_response(render_template("mailbox.html", mails=_mails()))
    response.headers["Content-Security-Policy"] = POLICY
    response.headers["Referrer-Policy"] = "no-referrer"
    response.headers["Cache-Control"] = "no-store"
    return response


def list_mails() -> ResponseReturnValue:
    return [mail.to_json() for mail in _mails()]


def empty_mailbox() -> ResponseReturnValue:
    with the_world() as world:
        world.mailbox.clear()
    return "", 204


def _mails() -> list[Mail]:
    """Newest first; `?to=` keeps one person's."""
    to = request.args.get("to")
    with the_world() as world:
        return [mail for mail in reversed(world.mailbox) if not to or mail.is_to(to)]
