"""Connections (WorkOS docs: Connection), and the one that an authorization URL asks for."""

from http import HTTPStatus

from flask import Blueprint, request
from flask.typing import ResponseReturnValue

from .connection import ACTIVE, STATES, TEST_IDP, Connection
from .control_fields import optional_text, read_object, text
from .environment import Environment, the_environment
from .errors import BadRequest, EntityNotFound
from .fields import reading_query
from .formats import Json, same_email
from .lists import page_of
from .organization import Organization
from .organizations import DOMAIN_STATES
from .webhooks import announce

KNOWN = {
    "id",
    "name",
    "organization_id",
    "domains",
    "state",
    "connection_type",
    "allows_idp_initiated",
}

bp = Blueprint("connections", __name__)


@bp.get("/connections")
def list_connections() -> ResponseReturnValue:
    """Lists connections, newest first: of a domain, an organization, a type, or all."""
    with the_environment() as environment, reading_query() as query:
        domain = query.optional_text("domain")
        organization_id = query.optional_text("organization_id")
        connection_type = query.optional_text("connection_type")
        return page_of(
            [
                one.to_json()
                for one in environment.connections.values()
                if (domain is None or same_email(domain) in one.organization.domains)
                and organization_id in (None, one.organization.id)
                and connection_type in (None, one.connection_type)
            ],
            query,
        )


@bp.get("/connections/<connection_id>")
def show(connection_id: str) -> ResponseReturnValue:
    """Shows one connection."""
    with the_environment() as environment:
        return find(environment, connection_id).to_json()


@bp.delete("/connections/<connection_id>")
def delete(connection_id: str) -> ResponseReturnValue:
    """Forgets a connection; who came by it stays signed in."""
    with the_environment() as environment:
        connection = find(environment, connection_id)
        del environment.connections[connection_id]
    announce("connection.deleted", connection.to_json())
    return "", HTTPStatus.NO_CONTENT


@bp.post("/_emulate/connections")
def set_connection() -> ResponseReturnValue:
    """Makes a connection, or changes the one with this `id`; and its organization, if need be."""
    given = read_object(request.get_json(silent=True), "A connection", KNOWN)
    organization_id, name = text(given, "organization_id"), text(given, "name")
    state = optional_text(given, "state") or ACTIVE
    if state not in STATES:
        raise BadRequest(f"state is one of {', '.join(STATES)}.")
    domains = given.get("domains", {})
    if not isinstance(domains, dict) or not set(domains.values()) <= set(DOMAIN_STATES):
        raise BadRequest(f"domains names the state of each: {', '.join(DOMAIN_STATES)}.")
    with the_environment() as environment:
        organization = environment.organizations.setdefault(
            organization_id, Organization(name, organization_id)
        )
        if "domains" in given:
            organization.domains = {same_email(one): state for one, state in domains.items()}
        connection = Connection(
            name,
            organization,
            optional_text(given, "connection_type") or TEST_IDP,
            state,
            given.get("allows_idp_initiated") is not False,
        )
        connection.id = optional_text(given, "id") or connection.id
        environment.connections[connection.id] = connection
        reply = connection.to_json()
    announce(f"connection.{'activated' if state == ACTIVE else 'deactivated'}", reply)
    return reply, 201


def find(environment: Environment, connection_id: str) -> Connection:
    """Returns the connection with this id; WorkOS answers 404 otherwise."""
    connection = environment.connections.get(connection_id)
    if connection is None:
        raise EntityNotFound("Connection", connection_id)
    return connection


def active_of(environment: Environment, organization_id: str | None) -> list[Connection]:
    """Returns those that lead into an organization."""
    return [
        one
        for one in environment.connections.values()
        if one.organization.id == organization_id and one.state == ACTIVE
    ]


def selected(
    environment: Environment, connection_id: str | None, organization_id: str | None
) -> Connection | Json:
    """Returns the one connection that is meant, or what the application is told instead."""
    if connection_id is not None:
        found = environment.connections.get(connection_id)
        if found is None or found.state != ACTIVE:
            return _error("connection_invalid", "There is no such active connection.")
        return found
    if organization_id not in environment.organizations:
        return _error("organization_invalid", "There is no such organization.")
    connections = active_of(environment, organization_id)
    if not connections:
        return _error("connection_invalid", "The organization has no active connection.")
    if len(connections) > 1:
        return _error("ambiguous_connection_selector", "The organization has several connections.")
    return connections[0]


def _error(error: str, description: str) -> Json:
    return {"error": error, "error_description": description}
