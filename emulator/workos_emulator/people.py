"""Who there is, and what happens to each of them when they sign in: for our own pages."""

from collections.abc import Iterator
from dataclasses import dataclass

from .connection import Policy
from .environment import Environment
from .formats import same_email
from .objects import User
from .policies import managing


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


def _outlook(environment: Environment, user: User) -> Iterator[str]:
    """Yields what WorkOS asks of somebody who comes by email, in its order."""
    email, memberships = same_email(user.email), environment.memberships_of(user)
    if email in environment.denials:
        yield "is not let in"
        return
    if email in environment.radar_challenges:
        yield "looks suspicious, so Radar asks for more"
    if len(memberships) > 1:
        *others, last = (one.organization.name for one in memberships)
        yield f"is asked for an organization: {', '.join(others)} or {last}"
        return
    organization_id = (
        memberships[0].organization.id if memberships else managing(environment, email)
    )
    policy = environment.policies.get(organization_id or "", Policy())
    if organization_id and policy.requires_sso:
        yield f"has to use the single sign-on of {environment.organizations[organization_id].name}"
        return
    if policy.auth_methods is not None:
        ways = [name for name, is_allowed in policy.auth_methods.items() if is_allowed]
        yield f"may only come by {' or '.join(ways) or 'no way at all'}"
    if any(factor.is_confirmed for factor in environment.factors_of(user)):
        yield "is asked for the code of an authenticator app"
    elif environment.mfa_required & {"everybody", email, organization_id}:
        yield "has to set up an authenticator app"
    for one in memberships:
        yield f"signs in to {one.organization.name}, as {' and '.join(one.roles)}"
    if not memberships:
        yield "signs in, without an organization"
