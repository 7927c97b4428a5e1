"""A small world to begin with, and to come back to: people, organizations, and who is where.

A test gives it as a dict or a TOML file, a command as a file. README.md has an example.
"""

import tomllib
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import contextmanager
from os import PathLike
from pathlib import Path

from .control_fields import optional_text, text, texts
from .environment import Environment
from .errors import BadRequest
from .fields import EMAIL
from .formats import same_email, stable_id
from .organization import Organization, Role

Given = Mapping[str, object]
Seed = Given | str | PathLike[str]

WORLD = ("roles", "organizations", "people")
ORGANIZATION = ("id", "name", "domains", "roles", "policies")
PERSON = ("email", "first_name", "last_name", "email_verified", "organizations")
# What an organization may require, each by the function that sees to it.
POLICIES: dict[str, Callable[[Environment, Organization, object], None]] = {}


class SeedError(ValueError):
    """The seed cannot be sown; the message names the line or the key."""


def read_seed(seed: Seed | None) -> Given:
    """Returns the seed, out of its file if it is the name of one; raises SeedError."""
    if seed is None or isinstance(seed, Mapping):
        return seed or {}
    try:
        return tomllib.loads(Path(seed).read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise SeedError(error.strerror if isinstance(error, OSError) else str(error)) from None


def sow(environment: Environment, seed: Given) -> None:
    """Makes everybody and everything in it; raises SeedError at the first key that is wrong."""
    world = _table(seed, "The seed", WORLD)
    environment.roles |= _roles(world, "")
    for where, given in _tables(world, "organizations", ORGANIZATION):
        organization = _organization(where, given)
        if _find(environment, organization.name) or _find(environment, organization.id):
            raise SeedError(f"{where}: there is another {organization.name}.")
        environment.organizations[organization.id] = organization
        policies = _table(given.get("policies", {}), f"{where}.policies", POLICIES)
        for name, value in policies.items():
            with _at(f"{where}.policies"):
                POLICIES[name](environment, organization, value)
    for where, given in _tables(world, "people", PERSON):
        _person(environment, where, given)


def _organization(where: str, given: Given) -> Organization:
    with _at(where):
        name = text(given, "name")
        organization_id = optional_text(given, "id") or stable_id("org", name)
        domains = texts(given, "domains") if "domains" in given else []
    roles = _roles(given, f"{where}.")
    verified = {same_email(domain): "verified" for domain in domains}
    return Organization(name, organization_id, verified, roles=roles)


def _person(environment: Environment, where: str, given: Given) -> None:
    with _at(where):
        email = text(given, "email")
        if not EMAIL.fullmatch(email):
            raise BadRequest("email must be an email address.")
        if same_email(email) in environment.users_by_email:
            raise BadRequest(f"there is another {email}.")
        is_verified = given.get("email_verified", True)
        if not isinstance(is_verified, bool):
            raise BadRequest("email_verified must be true or false.")
        user = environment.user_for(
            email,
            optional_text(given, "first_name"),
            optional_text(given, "last_name"),
            email_verified=is_verified,
        )
    memberships = given.get("organizations", {})
    if not isinstance(memberships, dict):
        raise SeedError(f'{where}.organizations must name a role for each: {{ Acme = "member" }}.')
    for name, role in memberships.items():
        organization = _find(environment, name)
        if organization is None:
            raise SeedError(f"{where}.organizations: there is no organization {name!r}.")
        roles = role if isinstance(role, list) and role else [role]
        known = {**environment.roles, **organization.roles}
        if not all(isinstance(one, str) and one in known for one in roles):
            message = f"{role!r} is none of the roles: {', '.join(known)}."
            raise SeedError(f"{where}.organizations.{name}: {message}")
        environment.join(user, organization, *roles)


def _roles(given: Given, where: str) -> dict[str, Role]:
    known = given.get("roles", {})
    if not isinstance(known, dict):
        raise SeedError(f"{where}roles must list what each permits.")
    with _at(f"{where}roles"):
        return {slug: Role(slug, tuple(texts(known, slug))) for slug in known}


def _find(environment: Environment, name: str) -> Organization | None:
    organizations = environment.organizations.values()
    return next((one for one in organizations if name in (one.name, one.id)), None)


def _tables(given: Given, name: str, known: Collection[str]) -> Iterator[tuple[str, Given]]:
    listed = given.get(name, [])
    if not isinstance(listed, list):
        raise SeedError(f"{name} must be tables, each headed [[{name}]].")
    for number, one in enumerate(listed, 1):
        yield f"{name}[{number}]", _table(one, f"{name}[{number}]", known)


def _table(value: object, where: str, known: Collection[str]) -> Given:
    if not isinstance(value, Mapping):
        raise SeedError(f"{where} must be a table.")
    if unknown := sorted(set(value) - set(known)):
        there_are = f"There are: {', '.join(known)}." if known else "There are none yet."
        raise SeedError(f"{where} has no key {unknown[0]!r}. {there_are}")
    return value


@contextmanager
def _at(where: str) -> Iterator[None]:
    try:
        yield
    except BadRequest as refusal:
        raise SeedError(f"{where}: {refusal.body['message']}") from None
