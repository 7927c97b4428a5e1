"""What operators can do: `flask sessions` and `flask tries`, in a host `flask signin …`."""

from __future__ import annotations

import click
from flask import Flask
from flask.cli import AppGroup

from . import limits
from .limits import known_browsers
from .session.store import session_store
from .web.email_address import AddressRefused, canonical_email

sessions = AppGroup("sessions", help="End the sessions of one person, or of everybody.")
tries = AppGroup("tries", help="Forgive wrong tries at the codes of one address.")


@sessions.command("end")
@click.option("--user", metavar="ID", help="The WorkOS id of one person: user_… or prof_….")
@click.option("--all", "everybody", is_flag=True, help="Everybody.")
def end(user: str | None, everybody: bool) -> None:
    """End sessions here at once, on every worker; sessions at WorkOS are left alone."""
    if bool(user) == everybody:
        raise click.UsageError("Say either --user ID or --all.")
    if user:
        found = session_store().of_user(user)
        for handle in found:
            session_store().end(handle)
        known_browsers.forget_everywhere(user)
        click.echo(f"Ended {len(found)} sessions of {user}.")
    else:
        click.echo(f"Ended {session_store().end_all()} sessions.")


@tries.command("forgive")
@click.argument("email")
def forgive(email: str) -> None:
    """Let the owner of this address try codes again, after strangers have used up its tries."""
    try:
        limits.forgive(canonical_email(email))
    except AddressRefused as refused:
        raise click.UsageError(refused.reason) from None
    click.echo(f"Forgave the tries for {email}.")


def init_app(app: Flask) -> None:
    """Adds the commands to `flask`."""
    app.cli.add_command(sessions)
    app.cli.add_command(tries)
