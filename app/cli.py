"""`flask sessions`, or `flask signin sessions` in a host: what operators can do about sessions."""

from __future__ import annotations

import click
from flask import Flask
from flask.cli import AppGroup

from .limits import known_browsers
from .session.store import session_store

sessions = AppGroup("sessions", help="End the sessions of one person, or of everybody.")


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


def init_app(app: Flask) -> None:
    """Adds the commands to `flask`."""
    app.cli.add_command(sessions)
