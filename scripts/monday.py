"""A Monday morning, worked out: who gets in when, with which settings; see docs/scaling.md.

Nothing here is random, so that its table stays the same: people differ by their number.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from statistics import NormalDist, mean, quantiles

PEOPLE = 100_000  # who come between half past eight and half past nine, most of them at nine
EACH = 50  # people who do the same at the same time, so that it is soon worked out
START = NormalDist(mu=30 * 60, sigma=12 * 60)  # seconds after half past eight
KNOWN = 0.9  # of them come with a browser that is known here
ACTIVE = 1 / 3  # of those who are in ask for a page within the lifetime of an access token
READING = (10, 60)  # seconds from the mail to its code being typed
HESITATION = (0, 60)  # seconds beyond Retry-After until people try again, and longer each time
WINDOW = 10  # seconds
# Documented: https://workos.com/docs/reference/rate-limits. Taken here to be one budget of both
# calls of a sign-in and of refreshes, which is the strictest way to read it.
WRITES = 500  # in one window
AHEAD = 60  # seconds before an access token ends in which it is refreshed
HOURS = 24  # after which nobody is waited for


@dataclass(frozen=True)
class Morning:
    """The settings of one run."""

    name: str
    sends: int = 300  # LIMIT_SEND_TOTAL, a minute
    sends_known: int = 100  # LIMIT_SEND_TOTAL_KNOWN, a minute
    token: int = 300  # seconds that an access token lives, as the dashboard says
    share: float = 1.0  # of the people who have to sign in at all


MORNINGS = (
    Morning("as it comes"),
    Morning("+ `LIMIT_SEND_TOTAL_KNOWN=1100 per minute`", sends_known=1_100),
    Morning("+ access tokens of an hour", sends_known=1_100, token=3_600),
    Morning("+ sessions that outlast the weekend", sends_known=1_100, token=3_600, share=3 / 30),
)


@dataclass
class Person:
    """Somebody on the way in."""

    number: int
    came_at: float
    has_code: bool = False
    refusals: int = 0
    in_at: float = 0.0

    def between(self, bounds: tuple[float, float]) -> float:
        """Returns somewhere between two bounds, elsewhere for each person and each time."""
        spread = (self.number * 0.618034 + self.refusals * 0.414214) % 1
        return bounds[0] + spread * (bounds[1] - bounds[0])

    def is_refused(self) -> float:
        """Returns how many seconds beyond Retry-After they wait this time."""
        self.refusals += 1
        return self.refusals * self.between(HESITATION)


def play(morning: Morning) -> tuple[list[Person], int]:
    """Returns the people as they got in, and how many refreshes had to be put off."""
    count = int(PEOPLE * morning.share / EACH)
    due: defaultdict[int, list[Person]] = defaultdict(list)
    for number in range(count):
        came_at = max(0.0, START.inv_cdf((number + 0.5) / count))
        due[int(came_at // WINDOW)].append(Person(number, came_at))
    done: list[Person] = []
    sent: defaultdict[tuple[int, bool], int] = defaultdict(int)
    already_in, put_off, carry = PEOPLE * (1 - morning.share), 0.0, 0.0
    for window in range(HOURS * 3_600 // WINDOW):
        now, minute = window * WINDOW, window * WINDOW // 60
        asking = due.pop(window, [])
        if len(done) == count:
            break
        inside = already_in + EACH * len(done)
        refreshes = inside * ACTIVE * WINDOW / (morning.token - AHEAD)
        let_through = []
        for person in asking:
            is_known = person.number % 10 < KNOWN * 10
            most = morning.sends_known if is_known else morning.sends
            if not person.has_code and sent[minute, is_known] + EACH > most:
                again = (minute + 1) * 60 + person.is_refused()
                due[int(again // WINDOW)].append(person)
                continue
            sent[minute, is_known] += 0 if person.has_code else EACH
            let_through.append(person)
        wanted = EACH * len(let_through) + refreshes
        share = min(1.0, WRITES / wanted) if wanted else 1.0
        put_off += refreshes * (1 - share)
        for person in let_through:
            carry += share
            if carry < 1:  # WorkOS says 429
                again = now + WINDOW + person.is_refused()
            elif person.has_code:
                carry -= 1
                person.in_at = max(now, person.came_at)
                done.append(person)
                continue
            else:
                carry -= 1
                person.has_code = True
                again = now + person.between(READING)
            due[max(window + 1, int(again // WINDOW))].append(person)
    return done, int(put_off)


def row(morning: Morning) -> str:
    """Returns what people see, as a line of the table."""
    people, put_off = play(morning)
    waits = [person.in_at - person.came_at for person in people]
    *_, late = quantiles(waits, n=20)
    refused = sum(person.refusals > 0 for person in people) / len(people)
    at_half_past = sum(person.in_at <= 3_600 for person in people) / len(people)
    tries = mean(person.refusals for person in people)
    cells = (
        morning.name,
        f"{len(people) * EACH:,}",
        f"{at_half_past:.0%}",
        in_minutes(sorted(waits)[len(waits) // 2]),
        in_minutes(late),
        f"{refused:.0%}, {tries:.1f} times",
        f"{put_off:,}",
    )
    return f"| {' | '.join(cells)} |"


def in_minutes(seconds: float) -> str:
    """Returns a time as people say it."""
    return f"{seconds:.0f} s" if seconds < 120 else f"{seconds / 60:.0f} min"


def table() -> str:
    """Returns the table of docs/scaling.md."""
    head = (
        "| Settings | Get in that day | In by half past nine | Median way in | 95th percentile |"
        " Told to come again | Refreshes put off |\n| --- | --- | --- | --- | --- | --- | --- |"
    )
    return "\n".join((head, *map(row, MORNINGS))) + "\n"


if __name__ == "__main__":
    print(table(), end="")
