"""What operators can do: `flask sessions` and `flask tries`, in a host `flask signin …`.

And `flask run`, which is Flask's own: what it lacks is said before it begins.
"""

from __future__ import annotations

import socket
from collections.abc import Iterator
from urllib.parse import urlsplit

import click
from flask import Flask
from flask.cli import AppGroup, run_command
from werkzeug.serving import is_running_from_reloader

from . import limits
from .config import Config, settings
from .dangers import LOOPBACK
from .limits import known_browsers
from .session.store import session_store
from .web.email_address import AddressRefused, canonical_email

sessions = AppGroup("sessions", help="End the sessions of one person, or of everybody.")
tries = AppGroup("tries", help="Forgive wrong tries at the codes of one address.")


@sessions.command("end")
@click.option("--user", metavar="ID", help="The WorkOS id of one person: user_….")
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
        limits.forgive(canonical_email(email), settings())
    except AddressRefused as refused:
        raise click.UsageError(refused.reason) from None
    click.echo(f"Forgave the tries for {email}.")


def init_app(app: Flask, config: Config) -> None:
    """Adds the commands to `flask`; if this is `flask run`, says what it lacks."""
    app.cli.add_command(sessions)
    app.cli.add_command(tries)
    context = click.get_current_context(silent=True)
    if context and context.command is run_command and not is_running_from_reloader():
        for lack in _lacks(config, context.params["port"]):
            click.secho(f"Warning: {lack}\n", err=True, fg="yellow")


def _lacks(config: Config, port: int) -> Iterator[str]:
    public, workos = urlsplit(config.public_url), urlsplit(config.workos_base_url)
    # Over https something else listens there, and asks us.
    is_here = public.hostname in LOOPBACK
    if is_here and public.scheme == "http" and (public.port or 80) != port:
        yield (
            f"this listens on port {port}, but mails and redirects lead to {config.public_url}.\n"
            f"  Give PORT={port} in the environment, or run: flask run --port {public.port or 80}"
        )
    try:
        if workos.hostname in LOOPBACK:
            socket.create_connection((workos.hostname, workos.port or 80), timeout=1).close()
    except OSError:
        yield (
            f"nothing answers at WORKOS_BASE_URL, {config.workos_base_url}; nobody can sign in.\n"
            "  Start it together with this: make run\n"
            "  Or use the real WorkOS: put your own key and ID into .env, and remove the four\n"
            "  lines below them."
        )
