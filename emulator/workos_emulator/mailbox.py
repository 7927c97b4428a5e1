"""The mailbox: what was mailed, for people at / and for programs at /_emulate/mailbox."""

from flask import Flask, Response, make_response, redirect, render_template, request
from flask.typing import ResponseReturnValue

from emulator import scanner
from emulator.errors import BadRequest, EntityNotFound
from emulator.mail import Mail
from emulator.wishes import read_wish, text
from emulator.world import the_world

POLICY = (
    "default-src 'none'; style-src 'self'; img-src 'self'; frame-src 'self'; "
    "base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
)
# Any program on this machine may send mail here, so nothing in it may run, load or post anything.
MAIL_POLICY = (
    "default-src 'none'; style-src 'unsafe-inline'; img-src data:; frame-ancestors 'self'; "
    "form-action 'none'; sandbox allow-popups allow-popups-to-escape-sandbox "
    "allow-top-navigation-by-user-activation"
)


def init_app(app: Flask) -> None:
    app.add_url_rule("/", view_func=show_mailbox)
    app.add_url_rule("/_emulate/mailbox", view_func=list_mails)
    app.add_url_rule("/_emulate/mailbox", view_func=empty_mailbox, methods=["DELETE"])
    app.add_url_rule("/_emulate/mailbox/<mail_id>.html", view_func=show_mail)
    app.add_url_rule("/_emulate/mailbox/<mail_id>/scan", view_func=scan_mail, methods=["POST"])


def show_mailbox() -> ResponseReturnValue:
    with the_world() as world:
        scans = dict(world.scans)
    page = render_template("mailbox.html", mails=_mails(), scans=scans, levels=scanner.LEVELS)
    return _kept_to_itself(page, POLICY)


def show_mail(mail_id: str) -> ResponseReturnValue:
    """One mail as its sender wrote it; its links replace the page around it."""
    return _kept_to_itself('<!doctype html><base target="_top">' + _mail(mail_id).html, MAIL_POLICY)


def scan_mail(mail_id: str) -> ResponseReturnValue:
    """Let a mail scanner loose on one mail, and say what it did."""
    wish = request.get_json(silent=True) if request.is_json else request.form.to_dict()
    level = text(read_wish(wish, "A scan", {"level"}), "level")
    if level not in scanner.LEVELS:
        raise BadRequest(f"level must be one of {', '.join(scanner.LEVELS)}.")
    # Without the lock: the links lead back here, and into the application, which calls us.
    scan = scanner.scan(_mail(mail_id).links, level)
    with the_world() as world:
        world.scans.setdefault(mail_id, []).append(scan)
    return (scan.to_json(), 201) if request.is_json else redirect(f"/#{mail_id}", 303)


def list_mails() -> ResponseReturnValue:
    return [mail.to_json() for mail in _mails()]


def empty_mailbox() -> ResponseReturnValue:
    with the_world() as world:
        world.mailbox.clear()
        world.scans.clear()
    return "", 204


def _mails() -> list[Mail]:
    """Newest first; `?to=` keeps one person's."""
    to = request.args.get("to")
    with the_world() as world:
        return [mail for mail in reversed(world.mailbox) if not to or mail.is_to(to)]


def _mail(mail_id: str) -> Mail:
    with the_world() as world:
        found = next((mail for mail in world.mailbox if mail.id == mail_id), None)
    if found is None:
        raise EntityNotFound("Mail", mail_id)
    return found


def _kept_to_itself(page: str, policy: str) -> Response:
    response = make_response(page)
    response.headers["Content-Security-Policy"] = policy
    response.headers["Referrer-Policy"] = "no-referrer"
    response.headers["Cache-Control"] = "no-store"
    return response
