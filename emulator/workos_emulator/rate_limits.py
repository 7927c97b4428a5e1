"""How often one email address may be served: the documented WorkOS rate limits."""

from collections import defaultdict, deque
from datetime import datetime

from .errors import TooManyRequests
from .formats import now, same_email
from .rules import (
    AUTHENTICATE_PER_WINDOW,
    EMAIL_VERIFICATION_PER_WINDOW,
    LIMIT_WINDOW,
    MAGIC_AUTH_PER_WINDOW,
)


class RateLimits:
    """What was asked for within the last window, by purpose and email address."""

    def __init__(self) -> None:
        self._seen: defaultdict[tuple[str, str], deque[datetime]] = defaultdict(deque)

    def count_magic_auth(self, email: str) -> None:
        """Counts one code asked for; raises TooManyRequests if it is one too many."""
        self._count("magic_auth", email, MAGIC_AUTH_PER_WINDOW, oauth=False)

    def count_email_verification(self, email: str) -> None:
        """Counts one more code to verify an address; raises TooManyRequests if it is too many."""
        self._count("email_verification", email, EMAIL_VERIFICATION_PER_WINDOW, oauth=False)

    def count_authenticate(self, email: str) -> None:
        """Counts one guess; raises TooManyRequests if it is one too many."""
        self._count("authenticate", email, AUTHENTICATE_PER_WINDOW, oauth=True)

    def _count(self, purpose: str, email: str, allowed: int, *, oauth: bool) -> None:
        seen, moment = self._seen[purpose, same_email(email)], now()
        while seen and seen[0] <= moment - LIMIT_WINDOW:
            seen.popleft()
        if len(seen) >= allowed:
            wait = seen[0] + LIMIT_WINDOW - moment
            raise TooManyRequests(wait.total_seconds(), oauth=oauth)
        seen.append(moment)
