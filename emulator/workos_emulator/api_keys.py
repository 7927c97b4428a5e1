"""Keys for customers' programs: made, looked at, ended, and checked (WorkOS docs: API Keys)."""

from datetime import datetime
from http import HTTPStatus

from flask import Blueprint
from flask.typing import ResponseReturnValue

from .api_key import ApiKey
from .environment import Environment, the_environment
from .errors import CodeRefusal, EntityNotFound, Refusal
from .fields import Fields, reading_body, reading_query
from .formats import now, timestamp
from .lists import page_of
from .objects import User
from .organization import Organization
from .organizations import find as find_organization
from .users import find as find_user

OF_ORGANIZATION = "/organizations/<organization_id>/api_keys"
OF_USER = "/user_management/users/<user_id>/api_keys"

bp = Blueprint("api_keys", __name__)


@bp.post("/api_keys/validations")
def validate() -> ResponseReturnValue:
    """Shows the key with this value, which counts as used; null for any other value."""
    with the_environment() as environment:
        with reading_body() as body:
            value = body.text("value")
        listed = environment.api_keys.values()
        found = next((one for one in listed if one.value == value and not one.is_expired), None)
        if found is None:
            return {"api_key": None}
        found.last_used_at = now()
        return {"api_key": found.to_json()}


@bp.get(OF_ORGANIZATION)
def list_of_organization(organization_id: str) -> ResponseReturnValue:
    """Lists an organization's own keys, newest first; those of its people are not among them."""
    with the_environment() as environment, reading_query() as query:
        organization = find_organization(environment, organization_id)
        listed = environment.api_keys.values()
        own = [one for one in listed if one.organization is organization and one.user is None]
        return page_of([one.to_json() for one in own], query)


@bp.post(OF_ORGANIZATION)
def create_for_organization(organization_id: str) -> ResponseReturnValue:
    """Makes a key of an organization."""
    with the_environment() as environment:
        organization = find_organization(environment, organization_id)
        return _create(environment, organization, None)


@bp.get(OF_USER)
def list_of_user(user_id: str) -> ResponseReturnValue:
    """Lists a person's keys, newest first; `?organization_id=` keeps those for one organization."""
    with the_environment() as environment, reading_query() as query:
        user = find_user(environment, user_id)
        organization_id = query.optional_text("organization_id")
        own = [one for one in environment.api_keys.values() if one.user is user]
        here = [one for one in own if organization_id in (None, one.organization.id)]
        return page_of([one.to_json() for one in here], query)


@bp.post(OF_USER)
def create_for_user(user_id: str) -> ResponseReturnValue:
    """Makes a key of a person, for an organization that they belong to."""
    with the_environment() as environment:
        user = find_user(environment, user_id)
        with reading_body() as body:
            organization_id = body.text("organization_id")
        for membership in environment.memberships_of(user):
            if membership.organization.id == organization_id:
                return _create(environment, membership.organization, user)
        raise CodeRefusal("organization_membership_not_found")


@bp.post("/api_keys/<api_key_id>/expire")
def expire(api_key_id: str) -> ResponseReturnValue:
    """Lets a key expire: now, or at `expires_at`, or, where that is null, not at all."""
    with the_environment() as environment:
        found = _find(environment, api_key_id)
        with reading_body() as body:
            moment = _moment(body)
            stays = "expires_at" in body.values and moment is None
        if found.is_expired:
            code, message = "api_key_already_expired", "The API key has already expired."
            raise Refusal(HTTPStatus.CONFLICT, {"code": code, "message": message})
        before, found.updated_at = found.expires_at, now()
        found.expires_at = None if stays else max(moment or now(), now())
        reply = found.to_json()
        previous = {"expires_at": before and timestamp(before)}
        environment.announce("api_key.updated", {**reply, "previous_attributes": previous})
        return reply


@bp.delete("/api_keys/<api_key_id>")
def delete(api_key_id: str) -> ResponseReturnValue:
    """Ends a key for good."""
    with the_environment() as environment:
        found = _find(environment, api_key_id)
        del environment.api_keys[api_key_id]
        environment.announce("api_key.revoked", found.to_json())
    return "", HTTPStatus.NO_CONTENT


def _create(
    environment: Environment, organization: Organization, user: User | None
) -> ResponseReturnValue:
    with reading_body() as body:
        made = ApiKey(body.text("name"), organization, user, expires_at=_moment(body))
        made.permissions = body.optional_texts("permissions") or []
        if made.is_expired:
            body.refuse("expires_at", "expires_at_invalid", "expires_at must be in the future.")
    environment.api_keys[made.id] = made
    environment.announce("api_key.created", made.to_json())
    return made.to_json(with_value=True), HTTPStatus.CREATED


def _find(environment: Environment, api_key_id: str) -> ApiKey:
    found = environment.api_keys.get(api_key_id)
    if found is None:
        raise EntityNotFound("API Key", api_key_id)
    return found


def _moment(body: Fields) -> datetime | None:
    text = body.optional_text("expires_at")
    try:
        moment = datetime.fromisoformat(text) if text else None
    except ValueError:
        moment = None
    if text and (moment is None or moment.tzinfo is None):
        body.refuse("expires_at", "expires_at_invalid", "expires_at must be an ISO 8601 timestamp.")
        return None
    return moment
