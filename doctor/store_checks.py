"""Where sessions, limits and mail go."""

from __future__ import annotations

import smtplib
import tempfile
from collections.abc import Iterator
from email.utils import parseaddr
from pathlib import Path
from typing import cast
from urllib.parse import urlsplit

from app import stores
from app.config import Config
from app.dangers import LOOPBACK
from app.failures import Failure
from app.mail import smtp
from app.session.store import StoreUnavailable
from doctor.finding import Check, Finding, Patient, failure, ok, skipped, warning

EMULATORS = " Here it is the emulator's: make run."
NO_EMULATOR = (
    " With the real WorkOS there is no emulator's mailbox: remove EMAIL_DELIVERY, SMTP_URL and "
    "MAIL_FROM, or name a server of yours."
)
MAKE_ROOM = "Let this user write there, on a disk with free space, or choose another DATABASE_PATH."


def store(patient: Patient) -> Iterator[Finding]:
    """Writes to the store in the settings, as a sign-in would, but never creates it."""
    config = patient.config
    # A file made now would belong to the doctor's user, perhaps not the application's.
    if not config.redis_url and not config.database_path.exists():
        if _could_be_made(config.database_path):
            yield ok(f"{config.database_path} is made when it is first needed.")
        else:
            yield failure(f"{config.database_path} cannot be made.", MAKE_ROOM)
        return
    yield from _redis_without_tls(config)
    sessions, counters = stores.choose(config)
    try:
        sessions.check()
    except StoreUnavailable:
        what = "REDIS_URL" if config.redis_url else f"{config.database_path}"
        fix = "Start Redis, or correct REDIS_URL." if config.redis_url else MAKE_ROOM
        yield failure(f"{what} cannot be written to.", fix)
        return
    shared = "every host" if config.redis_url else "every worker of this host"
    if counters.check():
        yield ok(f"Sessions and limits are kept where {shared} finds them.")
    else:
        yield failure("Sessions can be kept, but limits cannot be counted.", "See the store's log.")
    if config.redis_url:
        yield from _replicas_of_redis(config.redis_url, config.redis_replicas)


def _redis_without_tls(config: Config) -> Iterator[Finding]:
    url = urlsplit(config.redis_url or "")
    if url.scheme in ("redis", "redis+sentinel") and url.hostname not in LOOPBACK:
        yield warning(
            f"People's addresses, and the password of Redis, go to {url.hostname} unencrypted.",
            "Use rediss:// (TLS), unless there is only a private network of yours in between.",
        )


def _replicas_of_redis(url: str, wanted: int) -> Iterator[Finding]:
    import redis  # few have it as their store

    from app.stores.redis_server import make_pool

    pool = make_pool(url)
    try:
        said = cast("dict[str, int]", redis.Redis(connection_pool=pool).info("replication"))
        found = said["connected_slaves"]
    except (redis.RedisError, KeyError):  # a managed one may keep it to itself
        yield skipped("Redis does not say how many replicas it has.")
        return
    finally:
        pool.disconnect()
    if found < wanted:
        yield failure(
            f"REDIS_REPLICAS is {wanted}, but Redis has {found}: signing out answers 503, and no "
            "session is refreshed.",
            f"Give it a replica, or set REDIS_REPLICAS={found} until it has one.",
        )
    elif wanted:
        yield ok(f"What a failover must not undo waits for {wanted} of {found} replicas of Redis.")
    elif found:
        yield warning(
            "Nothing waits for the replica of Redis: a failover may bring back who has signed out, "
            "or sign somebody out.",
            "Set REDIS_REPLICAS=1: docs/scaling.md.",
        )


def _could_be_made(path: Path) -> bool:
    parent = next(each for each in path.absolute().parents if each.exists())
    try:
        with tempfile.TemporaryFile(dir=parent):
            return True
    except OSError:
        return False


def delivery(patient: Patient) -> Iterator[Finding]:
    """Talks to the mail server up to the sender, and sends nothing."""
    config = patient.config
    if not config.mails_itself:
        yield ok("WorkOS sends it; a mail scanner can use up its links (docs/magic-link.md).")
        return
    server = urlsplit(config.smtp_url or "")
    _, sender = parseaddr(config.mail_from or "")
    try:
        with (
            smtp.failing_clearly(),
            smtp.connected(config.smtp_url or "", me=config.public_host) as conversation,
        ):
            status, _ = conversation.mail(sender)
            if status != 250:
                raise smtplib.SMTPSenderRefused(status, b"", sender)
    except Failure as refused:
        hint = ""
        if server.hostname in LOOPBACK:
            is_emulator = urlsplit(config.workos_base_url).hostname in LOOPBACK
            hint = EMULATORS if is_emulator else NO_EMULATOR
        yield failure(
            f"{server.hostname} cannot be used: {refused.detail}.",
            f"Correct SMTP_URL (server, port, user, password) and MAIL_FROM.{hint}",
        )
    else:
        yield ok(f"{server.hostname} takes mail from {sender}.")


CHECKS = (
    Check("store", "Sessions and limits must be the same for every worker.", store),
    Check("mail", "Without mail nobody signs in.", delivery),
)
