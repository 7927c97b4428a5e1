"""How WorkOS writes ids and times, and how it compares emails and addresses."""

import hashlib
import secrets
import time
from datetime import UTC, datetime
from urllib.parse import urlencode, urlsplit

Json = dict[str, object]

ULID_ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
ULID_LENGTH = 26


def now() -> datetime:
    """Returns this moment in UTC."""
    return datetime.now(UTC)


def timestamp(moment: datetime) -> str:
    """Returns ISO 8601 in UTC with milliseconds and a Z."""
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def new_id(prefix: str) -> str:
    """Returns an id that nobody had before; later ones sort after earlier ones, as ULIDs do."""
    number = time.time_ns() // 1_000_000 << 80 | secrets.randbits(80)
    places = reversed(range(ULID_LENGTH))
    return f"{prefix}_" + "".join(ULID_ALPHABET[number >> 5 * place & 31] for place in places)


def new_user_code() -> str:
    """Returns a code to type; its letters make no words (RFC 8628, section 6.1)."""
    letters = "".join(secrets.choice("BCDFGHJKLMNPQRSTVWXZ") for _ in range(8))
    return f"{letters[:4]}-{letters[4:]}"


def stable_id(prefix: str, email: str) -> str:
    """Returns the id that this email address always gets, even after a restart."""
    number = int.from_bytes(hashlib.sha256(f"{prefix}:{same_email(email)}".encode()).digest())
    digits = (ULID_ALPHABET[number >> 5 * place & 31] for place in range(ULID_LENGTH - 1))
    return f"{prefix}_0" + "".join(digits)


def same_email(email: str) -> str:
    """Returns what two spellings of one email address have in common."""
    return email.strip().casefold()


def with_query(url: str, answer: Json) -> str:
    """Returns the URL with these parameters too, less those that are None."""
    said = {name: value for name, value in answer.items() if value is not None}
    return f"{url}{'&' if urlsplit(url).query else '?'}{urlencode(said)}"


def origin(url: str) -> tuple[str, str]:
    """Returns scheme and host of a URL; empty strings for what it does not have."""
    # urlsplit drops line breaks without a word; a Location header does not.
    if not url.isprintable():
        return "", ""
    try:
        parts = urlsplit(url)
    except ValueError:
        return "", ""
    return parts.scheme, parts.netloc


def home(url: str) -> str:
    """Returns the first page of where this URL is."""
    scheme, host = origin(url)
    return f"{scheme}://{host}/"
