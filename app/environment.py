"""The environment and `.env`, from which the settings are read."""

from __future__ import annotations

import os
from contextlib import suppress

import click
from dotenv import dotenv_values, find_dotenv

from . import parsing
from .dangers import LOOPBACK

PUBLIC_URL = "http://localhost:5000"
PORTS = {"PORT": "PUBLIC_URL", "EMULATOR_PORT": "WORKOS_BASE_URL", "SMTP_PORT": "SMTP_URL"}


class ConfigError(click.ClickException):
    """Every problem with the settings at once; `flask` prints it without a traceback."""

    def __init__(self, problems: list[str]) -> None:
        count = "1 setting needs" if len(problems) == 1 else f"{len(problems)} settings need"
        lines = "\n\n".join(f"  {problem}" for problem in problems)
        super().__init__(
            f"the application cannot start, because {count} attention.\n\n{lines}\n\n"
            "Settings are read from the environment and from .env, which make run makes; "
            ".env.example explains each one."
        )
        self.problems = problems


def load_env() -> None:
    """Adds the `.env` of the working directory to the environment, which wins over it.

    PORT, EMULATOR_PORT and SMTP_PORT change the addresses in `.env` that are on this machine;
    raises ConfigError for one that is not a port.
    """
    in_file = dotenv_values(find_dotenv(usecwd=True))
    # `flask` has put all of it into the environment already: only what differs was said there.
    said = {name for name, value in os.environ.items() if value != in_file.get(name)}
    for name, value in ({"PUBLIC_URL": PUBLIC_URL} | in_file).items():
        os.environ.setdefault(name, value or "")
    for variable, name in PORTS.items():
        port = os.environ.get(variable, "")
        if port and not (port.isascii() and port.isdigit() and 0 < int(port) < 65_536):
            raise ConfigError([f"{variable} is not a port.\n    Give a number from 1 to 65535."])
        with suppress(ValueError):  # from_env() names what is not a URL
            parts = parsing.split(os.environ.get(name, ""))
            if port and name not in said and parts.hostname in LOOPBACK:
                os.environ[name] = f"{parts.scheme}://{parts.hostname}:{port}"
