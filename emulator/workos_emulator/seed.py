"""A small world to begin with, and to come back to: people, organizations, and who is where.

A test gives it as a dict or a TOML file, a command as a file. README.md has an example.
"""

import tomllib
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from http import HTTPStatus
from os import PathLike
from pathlib import Path

from flask import Flask

from .control_fields import optional_text, text, texts
from .environment import Environment
from .errors import BadRequest
from .fields import EMAIL
from .formats import Json, same_email, stable_id
from .objects import User
from .organization import Organization, Role
from .totp import Factor

Given = Mapping[str, object]
Seed = Given | str | PathLike[str]

WORLD = ("roles", "organizations", "people")
ORGANIZATION = ("id", "name", "domains", "roles", "connection", "policies")
POLICIES = ("requires_sso", "auth_methods", "requires_mfa")
PERSON = (
    *("email", "first_name", "last_name", "email_verified", "organizations"),
    *("authenticator", "requires_mfa", "radar", "denied"),
)


class SeedError(ValueError):
    """The seed cannot be sown; the message names the line or the key."""


def read_seed(seed: Seed) -> Given:
    """Returns the seed, out of its file if it is the name of one; raises SeedError."""
    if isinstance(seed, Mapping):
        return seed
    try:
        return tomllib.loads(Path(seed).read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise SeedError(error.strerror if isinstance(error, OSError) else str(error)) from None


def sow(seed: Given, app: Flask, environment: Environment) -> None:
    """Makes everybody and everything in it; raises SeedError at the first key that is wrong."""
    world = _table(seed, "The seed", WORLD)
    environment.roles |= _roles(world, "")
    with_mfa: dict[str, list[str]] = {"organization_ids": [], "emails": []}
    for where, given in _tables(world, "organizations", ORGANIZATION):
        organization = _organization(environment, where, given)
        about: Json = {"organization_id": organization.id}
        if "connection" in given:
            body = {"id": stable_id("conn", organization.name), "name": given["connection"]}
            _tell(app, where, "connections", {**about, **body})
        where = f"{where}.policies"
        policies = dict(_table(given.get("policies", {}), where, POLICIES))
        if _is_on(where, policies, "requires_mfa"):
            with_mfa["organization_ids"].append(organization.id)
        policies.pop("requires_mfa", None)
        if "auth_methods" in policies:
            with _at(where):
                policies["auth_methods"] = dict.fromkeys(texts(policies, "auth_methods"), True)
        _is_on(where, policies, "requires_sso")
        if policies:
            _tell(app, where, "policies", {**about, **policies})
    for where, given in _tables(world, "people", PERSON):
        user = _person(environment, where, given)
        if _is_on(where, given, "authenticator"):
            factor = Factor(user, "WorkOS emulator", user.email, last_used=0)
            environment.factors[factor.id] = factor
        if _is_on(where, given, "requires_mfa"):
            with_mfa["emails"].append(user.email)
        for key, control in (("radar", "radar-challenges"), ("denied", "denials")):
            if key in given:
                _tell(app, where, control, {"email": user.email, "code": given[key]})
    _tell(app, "requires_mfa", "second-factors", with_mfa)


def _tell(app: Flask, where: str, control: str, body: Mapping[str, object]) -> None:
    reply = app.test_client().post(f"/_emulate/{control}", json=body)
    if reply.status_code != HTTPStatus.CREATED:
        raise SeedError(f"{where}: {(reply.json or {}).get('message')}")


def _organization(environment: Environment, where: str, given: Given) -> Organization:
    with _at(where):
        name = text(given, "name")
        organization_id = optional_text(given, "id") or stable_id("org", name)
        if _find(environment, name) or _find(environment, organization_id):
            raise BadRequest(f"there is another {name}.")
        domains = texts(given, "domains") if "domains" in given else []
    roles = _roles(given, f"{where}.")
    verified = {same_email(domain): "verified" for domain in domains}
    organization = Organization(name, organization_id, verified, roles=roles)
    environment.organizations[organization.id] = organization
    return organization


def _person(environment: Environment, where: str, given: Given) -> User:
    with _at(where):
        email = text(given, "email")
        if not EMAIL.fullmatch(email):
            raise BadRequest("email must be an email address.")
        if same_email(email) in environment.users_by_email:
            raise BadRequest(f"there is another {email}.")
        user = environment.user_for(
            email,
            optional_text(given, "first_name"),
            optional_text(given, "last_name"),
            email_verified=_is_on(where, given, "email_verified", default=True),
        )
        user.is_provisioned = True
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
    return user


def _roles(given: Given, where: str) -> dict[str, Role]:
    known = given.get("roles", {})
    if not isinstance(known, dict):
        raise SeedError(f"{where}roles must list what each permits.")
    with _at(f"{where}roles"):
        return {slug: Role(slug, tuple(texts(known, slug))) for slug in known}


def _is_on(where: str, given: Given, name: str, *, default: bool = False) -> bool:
    value = given.get(name, default)
    if not isinstance(value, bool):
        raise SeedError(f"{where}: {name} must be true or false.")
    return value


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
        raise SeedError(f"{where} has no key {unknown[0]!r}. There are: {', '.join(known)}.")
    return value


@contextmanager
def _at(where: str) -> Iterator[None]:
    try:
        yield
    except BadRequest as refusal:
        raise SeedError(f"{where}: {refusal.body['message']}") from None
