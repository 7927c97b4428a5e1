"""The mailbox: what was mailed, for people at / and for programs at /_emulate/mailbox."""

from datetime import timedelta

from flask import Blueprint, redirect, render_template, request
from flask.typing import ResponseReturnValue

from . import scanner
from .control_fields import read_object, text
from .environment import the_environment
from .errors import BadRequest, EntityNotFound
from .formats import home, now
from .mail import Mail
from .pages import kept_to_itself
from .people import people
from .scan_report import LEVELS

# Any program on this machine may send mail here, so nothing in it may run, load or post anything.
MAIL_POLICY = (
    "default-src 'none'; style-src 'unsafe-inline'; img-src data:; frame-ancestors 'self'; "
    "form-action 'none'; sandbox allow-popups allow-popups-to-escape-sandbox "
    "allow-top-navigation-by-user-activation"
)

WAITING = timedelta(seconds=3)  # until the page looks for new mail
READING = timedelta(minutes=1)  # while nothing takes a new mail away from under the pointer

bp = Blueprint("mailbox", __name__)


@bp.get("/")
def show_mailbox() -> ResponseReturnValue:
    """Shows all mail to a person, and whom they can sign in as."""
    with the_environment() as environment:
        mails = _mails()
        page = render_template(
            "mailbox.html",
            application=home(environment.redirect_uris[0]) if environment.redirect_uris else None,
            mails=mails,
            scans=environment.scans,
            levels=LEVELS,
            people=people(environment),
        )
    response = kept_to_itself(page)
    is_being_read = bool(mails) and now() - mails[0].sent_at < READING
    seconds = READING.seconds if is_being_read else WAITING.seconds
    response.headers["Refresh"] = str(seconds)  # shows new mail by itself
    return response


@bp.get("/_emulate/mailbox/<mail_id>.html")
def show_mail(mail_id: str) -> ResponseReturnValue:
    """Shows one mail as its sender wrote it; its links replace the page around it."""
    page = '<!doctype html><base target="_top">' + _mail(mail_id).html
    return kept_to_itself(page, MAIL_POLICY)


@bp.post("/_emulate/mailbox/<mail_id>/scan")
def scan_mail(mail_id: str) -> ResponseReturnValue:
    """Lets a mail scanner loose on one mail, and says what it did."""
    given = request.get_json(silent=True) if request.is_json else request.form.to_dict()
    level = text(read_object(given, "A scan", {"level"}), "level")
    if level not in LEVELS:
        raise BadRequest(f"level must be one of {', '.join(LEVELS)}.")
    # Without the lock: the links lead back here, and into the application, which calls us.
    scan = scanner.scan(_mail(mail_id).links, level)
    with the_environment() as environment:
        environment.scans.setdefault(mail_id, []).append(scan)
    return (scan.to_json(), 201) if request.is_json else redirect(f"/#{mail_id}", 303)


@bp.get("/_emulate/mailbox")
def list_mails() -> ResponseReturnValue:
    """Lists all mail, newest first; `?to=` keeps one person's."""
    return [mail.to_json() for mail in _mails()]


@bp.delete("/_emulate/mailbox")
def empty_mailbox() -> ResponseReturnValue:
    """Forgets all mail."""
    with the_environment() as environment:
        environment.mailbox.clear()
        environment.scans.clear()
    return "", 204


def _mails() -> list[Mail]:
    with the_environment() as environment:
        return environment.mails(request.args.get("to") or None)


def _mail(mail_id: str) -> Mail:
    with the_environment() as environment:
        found = next((mail for mail in environment.mailbox if mail.id == mail_id), None)
    if found is None:
        raise EntityNotFound("Mail", mail_id)
    return found
