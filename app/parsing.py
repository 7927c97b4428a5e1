"""Reads the text of a setting; raises a ValueError that says what is wrong with it."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from email.utils import parseaddr
from itertools import pairwise
from urllib.parse import SplitResult, unquote, urlsplit

from email_validator import EmailNotValidError, validate_email
from limits import parse_many

SECRET_KEY_LENGTH = 32
WEBHOOK_SECRET_LENGTH = 12  # WorkOS's own are longer
LOG_LEVELS = ("DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL")
# Words found in examples and tutorials, never in a random key.
EXAMPLE_WORDS = ("change", "example", "secret", "password", "your-", "default", "insecure")

NAMED = re.compile(r"\$\{(\w+)\}")
LABEL = "[a-z0-9](?:[a-z0-9-]*[a-z0-9])?"
HOST = re.compile(rf"(?:{LABEL}|[a-z0-9-]*\*[a-z0-9-]*)(?:\.{LABEL})+\.[a-z][a-z0-9-]+")


def is_on(value: str) -> bool:
    """Whether a setting such as FLASK_DEBUG says yes, as Flask reads it."""
    return value.lower() not in ("", "0", "false", "no")


def text(value: str) -> str:
    """Takes ASCII without spaces, as keys and secrets are."""
    if not value.isascii() or " " in value:
        raise ValueError("has characters that do not belong there")
    return value


def prefixed(prefix: str, what: str) -> Callable[[str], str]:
    """Takes a WorkOS identifier, whose prefix says what it is."""

    def parse(value: str) -> str:
        if not value.startswith(prefix) or not value.isascii() or " " in value:
            raise ValueError(f"does not look like a WorkOS {what}, which begins with {prefix}")
        return value

    return parse


def secret(value: str) -> str:
    """Takes a random key; refuses what is short or looks like an example."""
    if len(value) < SECRET_KEY_LENGTH:
        raise ValueError(f"is {len(value)} characters long, and needs {SECRET_KEY_LENGTH} or more")
    if len(set(value)) < 10 or any(word in value.lower() for word in EXAMPLE_WORDS):
        raise ValueError("looks like an example, not like a random key")
    repeats = any(value[n:] == value[:-n] for n in range(1, len(value) // 2 + 1))
    steps = {ord(after) - ord(before) for before, after in pairwise(value)}
    if repeats or len(steps) < 6:  # 32 random digits take more than ten different steps
        raise ValueError("repeats itself or counts, and is not a random key")
    return value


def webhook_secret(value: str) -> str:
    """Takes what WorkOS signs its events with; refuses what is soon guessed."""
    if len(value) < WEBHOOK_SECRET_LENGTH:
        raise ValueError(
            f"is shorter than {WEBHOOK_SECRET_LENGTH} characters, so it can be guessed"
        )
    return text(value)


def split(value: str) -> SplitResult:
    """Takes a URL apart; never quotes the password in it."""
    try:
        parts = urlsplit(value)
        parts.hostname, parts.port  # noqa: B018 # reading them is what raises
    except ValueError:  # whose own words quote the password
        raise ValueError("is not a URL; in a password, write # ? / @ as %23 %3F %2F %40") from None
    return parts


def url(value: str) -> str:
    """Takes a whole http or https URL."""
    parts = split(value)
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.fragment:
        raise ValueError("is not a whole URL such as https://app.example.com")
    if parts.username or parts.password or not (parts.port or 443) > 0:
        raise ValueError("carries a user name or an impossible port")
    return value


def origin(value: str) -> str:
    """Takes a scheme, host and port, and nothing else."""
    parts = urlsplit(url(value))
    if parts.path.strip("/") or parts.query:
        raise ValueError("has a path; give only the scheme, host and port")
    return f"{parts.scheme}://{parts.netloc.lower()}"


def expanded(value: str, environ: Mapping[str, str]) -> str:
    """Fills in `${NAME}` from the environment, where a platform says what the site is called."""

    def found(name: re.Match[str]) -> str:
        if not (text := environ.get(name[1], "").strip()):
            raise ValueError(f"names {name[1]}, which is not set")
        return text

    return NAMED.sub(found, value)


def host_pattern(value: str) -> str:
    """Takes a host; one * in its first label stands for letters, digits and hyphens, and no dot."""
    if not HOST.fullmatch(value.lower()):
        raise ValueError("is not a host such as *.preview.example.com, with a * only at its start")
    return value.lower()


def list_of(parse: Callable[[str], str]) -> Callable[[str], tuple[str, ...]]:
    """Takes several, separated by commas."""
    return lambda value: tuple(parse(item.strip()) for item in value.split(",") if item.strip())


def number(least: int, most: int, unit: str) -> Callable[[str], int]:
    """Takes a whole number within bounds."""

    def parse(value: str) -> int:
        if not (value.isascii() and value.isdigit() and least <= int(value[:12]) <= most):
            raise ValueError(f"must be a whole number of {unit} from {least} to {most}")
        return int(value)

    return parse


def one_of(*words: str) -> Callable[[str], str]:
    """Takes one of these words, in any case."""

    def parse(value: str) -> str:
        found = next((word for word in words if word.lower() == value.lower()), None)
        if found is None:
            raise ValueError(f"must be one of {', '.join(words)}")
        return found

    return parse


def limit(value: str) -> str:
    """Takes Flask-Limiter's notation."""
    try:
        parse_many(value)
    except ValueError:
        raise ValueError('is not a limit such as "3 per minute; 10 per hour"') from None
    return value


def redis_url(value: str) -> str:
    """Takes the address of a Redis, or of the Sentinels that know where it is."""
    # More hosts than one are no URL for urllib; each may have a port, the name a database.
    sentinels = r"rediss?\+sentinel://(?:[^@/?#]*@)?([^@/?#]+)/[\w.-]+(?:/\d+)?(?:\?[^#]*)?"
    if found := re.fullmatch(sentinels, value):
        split(value.replace(f"{found[1]}/", "sentinel/"))  # the password, as it is read later
        if not all(split(f"//{sentinel}").hostname for sentinel in found[1].split(",")):
            raise ValueError("names a Sentinel without a host")
        return value
    parts = split(value)
    if parts.scheme not in ("redis", "rediss", "unix") or parts.fragment:
        raise ValueError(
            "is not a URL such as redis://:password@localhost:6379/0, or "
            "redis+sentinel://:password@host-1,host-2,host-3/name"
        )
    return value


def smtp_url(value: str) -> str:
    """Takes the address of a mail server."""
    parts = split(value)
    rest = parts.path.strip("/") + parts.query + parts.fragment
    if parts.scheme not in ("smtp", "smtps") or not parts.hostname or rest:
        raise ValueError("is not a URL such as smtps://user:password@mail.example.com:465")
    if not unquote(parts.netloc).isascii():
        raise ValueError("has non-ASCII characters, which few mail servers accept")
    return value


def mail_from(value: str) -> str:
    """Takes a sender, with or without a name."""
    _, address = parseaddr(value)
    try:
        validate_email(address, check_deliverability=False, allow_smtputf8=False)
    except EmailNotValidError:
        raise ValueError("is not a sender such as Example <sign-in@example.com>") from None
    if not value.isprintable() or not address.isascii():
        raise ValueError("has characters that do not belong there")
    return value
