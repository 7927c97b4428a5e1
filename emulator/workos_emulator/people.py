"""Who there is, and what happens to each of them when they sign in: for our own pages."""

from dataclasses import dataclass

from .environment import Environment
from .objects import User


@dataclass(frozen=True)
class Person:
    """Somebody to sign in as."""

    email: str
    name: str | None
    outlook: tuple[str, ...]  # what happens, one thing after another


def people(environment: Environment) -> list[Person]:
    """Returns everybody: those who came first are first, as the seed has them."""
    return [
        Person(user.email, user.name, tuple(_outlook(environment, user)))
        for user in environment.users.values()
    ]


def _outlook(environment: Environment, user: User) -> list[str]:
    memberships = environment.memberships_of(user)
    if not memberships:
        return ["signs in, without an organization"]
    if len(memberships) > 1:
        *others, last = (one.organization.name for one in memberships)
        return [f"is asked for an organization: {', '.join(others)} or {last}"]
    [membership] = memberships
    return [f"signs in to {membership.organization.name}, as {' and '.join(membership.roles)}"]
