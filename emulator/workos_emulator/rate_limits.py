"""How often one e-mail address may be served: the documented WorkOS rate limits."""

from collections import defaultdict, deque
from datetime import datetime

from emulator.errors import TooManyRequests
from emulator.rules import AUTHENTICATE_PER_WINDOW, LIMIT_WINDOW, MAGIC_AUTH_PER_WINDOW
from emulator.wire import now, same_email


class Limits:
    """What was asked for within the last window, by purpose and e-mail address."""

    def __init__(self) -> None:
        self._seen: defaultdict[tuple[str, str], deque[datetime]] = defaultdict(deque)

    def count_magic_auth(self, email: str) -> None:
        self._count("magic_auth", email, MAGIC_AUTH_PER_WINDOW, oauth=False)

    def count_authenticate(self, email: str) -> None:
        self._count("authenticate", email, AUTHENTICATE_PER_WINDOW, oauth=True)

    def _count(self, purpose: str, email: str, allowed: int, *, oauth: bool) -> None:
        seen, moment = self._seen[purpose, same_email(email)], now()
        while seen and seen[0] <= moment - LIMIT_WINDOW:
            seen.popleft()
        if len(seen) >= allowed:
            wait = seen[0] + LIMIT_WINDOW - moment
            raise TooManyRequests(wait.total_seconds(), oauth=oauth)
        seen.append(moment)
