"""Everything that one emulated WorkOS environment knows, in memory, behind one lock."""

from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from threading import RLock, Thread

from flask import current_app

from .action import Ask, Question
from .api_key import ApiKey
from .claims import NO_CLAIMS, Claims
from .connection import Connection, Policy
from .event import Deliver, Event, post
from .fault import Fault
from .formats import Json, new_id, now, same_email, stable_id
from .invitation import Invitation
from .mail import Mail
from .objects import (
    AuthorizationCode,
    AuthorizationRequest,
    DeviceCode,
    MailedCode,
    PasswordlessSession,
    PendingAuthentication,
    PendingCompletion,
    ProfileToken,
    RefreshToken,
    Remembered,
    SeenRequest,
    Session,
    SignInCode,
    User,
)
from .organization import ADMIN, MEMBER, Membership, Organization, Role
from .rate_limits import RateLimits
from .rules import ACCESS_TOKEN_LIFETIME, PENDING_TOKEN_LIFETIME, REMEMBERED
from .scan_report import ScanReport
from .tokens import SigningKey, claims_of, signing_key_of_this_process
from .totp import Challenge, Factor


@dataclass(frozen=True)
class Settings:
    """What the dashboard of this environment says."""

    redirect_uris: tuple[str, ...]
    api_key: str
    client_id: str
    base_url: str
    webhook_url: str | None
    webhook_secret: str
    mails_codes: bool
    action_url: str | None
    action_secret: str | None  # None: nothing is asked

    @property
    def issuer(self) -> str:
        """Returns the `iss` of access tokens, in the current one of its several forms."""
        return f"{self.base_url}/user_management/{self.client_id}"


class Environment:
    """One environment; reach it with the_environment(), which holds its lock."""

    def __init__(
        self, settings: Settings, deliver: Deliver | None = None, ask: Ask | None = None
    ) -> None:
        self.settings = settings
        self.sow: Callable[[Environment], None] = lambda _: None  # fills an empty one
        self.deliver = deliver  # None: in the background, over HTTP
        self.ask = ask  # None: over HTTP
        self.lock = RLock()
        self.holders = 0  # how often the lock is held: by one thread, one inside the other
        self.unsent: list[Event] = []
        self.reset()

    def reset(self) -> None:
        """Begins again: rate limits and faults are forgotten too, what was sown is there again."""
        self.redirect_uris = list(self.settings.redirect_uris)
        self.users: dict[str, User] = {}
        self.users_by_email: dict[str, User] = {}
        self.deleted_user_ids: set[str] = set()
        self.mailed_codes: dict[str, MailedCode] = {}
        self.passwordless_sessions: dict[str, PasswordlessSession] = {}
        self.links: dict[str, PasswordlessSession] = {}
        self.profile_tokens: dict[str, ProfileToken] = {}
        self.authorization_codes: dict[str, AuthorizationCode] = {}
        self.authorization_requests: dict[str, AuthorizationRequest] = {}
        self.sign_in_codes: dict[str, SignInCode] = {}
        self.remembered: dict[str, Remembered] = {}  # by the cookie of hosted AuthKit
        self.logout_redirect_uris: list[str] | None = None  # None: anything where we redirect to
        self.device_codes: dict[str, DeviceCode] = {}
        self.has_device_codes = True
        self.sessions: dict[str, Session] = {}
        self.refresh_tokens: dict[str, RefreshToken] = {}
        self.mailbox: deque[Mail] = deque(maxlen=REMEMBERED)
        self.scans: dict[str, list[ScanReport]] = {}  # by mail
        self.faults: list[Fault] = []
        self.requests: deque[SeenRequest] = deque(maxlen=REMEMBERED)
        self.rate_limits = RateLimits()
        self.events: deque[Event] = deque(maxlen=REMEMBERED)
        self.questions: deque[Question] = deque(maxlen=REMEMBERED)
        self.allows_without_answer = False
        self.claims: dict[str, Claims] = {}
        self.organizations: dict[str, Organization] = {}
        self.memberships: dict[str, Membership] = {}
        self.roles = {MEMBER: Role(MEMBER), ADMIN: Role(ADMIN)}  # of every organization
        self.connections: dict[str, Connection] = {}
        self.policies: dict[str, Policy] = {}  # by organization
        self.users_by_idp_key: dict[tuple[str, str], User] = {}
        self.pending_authentications: dict[str, PendingAuthentication] = {}
        self.pending_token_lifetime = PENDING_TOKEN_LIFETIME
        self.asks_by_oauth_error = False
        self.denials: dict[str, Json] = {}  # by address
        self.unverified_accounts: set[str] = set()  # at providers, by address
        self.radar_challenges: dict[str, str] = {}  # by address: email or sms
        self.email_completions: dict[str, PendingCompletion] = {}  # by token
        self.factors: dict[str, Factor] = {}
        self.challenges: dict[str, Challenge] = {}
        self.mfa_required: set[str | None] = set()  # "everybody", addresses, organizations
        self.authenticator_ahead = timedelta(0)  # of the clock; nobody wants to wait for a code
        self.invitations: dict[str, Invitation] = {}
        self.sign_up_allowed = True
        self.api_keys: dict[str, ApiKey] = {}
        self.access_token_lifetime = ACCESS_TOKEN_LIFETIME
        self.signing_keys: list[SigningKey] = [signing_key_of_this_process()]  # the newest last
        self.sow(self)
        for happened in (self.events, self.unsent, self.requests, self.mailbox):
            happened.clear()  # nothing yet

    def announce(self, name: str, data: Json) -> None:
        """Tells the application what just happened, once the lock is free: the receiver may ask."""
        event = Event(name, data)
        self.events.append(event)
        self.unsent.append(event)

    def send(self, *events: Event) -> None:
        """Posts these events, one after the other, if there is anywhere to post them."""
        if self.settings.webhook_url:
            for event in events:
                event.send(
                    self.settings.webhook_url, self.settings.webhook_secret, self.deliver or post
                )

    def user_for(
        self,
        email: str,
        first_name: str | None = None,
        last_name: str | None = None,
        *,
        email_verified: bool = False,
    ) -> User:
        """Returns the user with this address, made now if WorkOS did not know it."""
        user = self.users_by_email.get(same_email(email))
        if user is None:
            user_id = stable_id("user", email)
            # The next person with this address is somebody else.
            if user_id in self.users or user_id in self.deleted_user_ids:
                user_id = new_id("user")
            user = User(email.lower(), user_id, first_name, last_name, email_verified)
            self.users[user.id] = self.users_by_email[same_email(email)] = user
            self.announce("user.created", user.to_json())
        return user

    def move(self, user: User, email: str) -> None:
        """Gives a user another address; what was sent to the old one proves nothing about it."""
        self._forget_address(user)
        if claims := self.claims.pop(same_email(user.email), None):
            self.claims[same_email(email)] = claims
        user.email, user.email_verified = email, False
        self.users_by_email[same_email(email)] = user

    def delete(self, user: User) -> None:
        """Forgets a user, and ends their sessions."""
        self._forget_address(user)
        self.claims.pop(same_email(user.email), None)
        self.deleted_user_ids.add(user.id)
        keys = self.users_by_idp_key.items()
        self.users_by_idp_key = {key: one for key, one in keys if one is not user}
        del self.users[user.id]
        for factor in self.factors_of(user):
            del self.factors[factor.id]
        for membership in [one for one in self.memberships.values() if one.user is user]:
            del self.memberships[membership.id]
        self.api_keys = {id_: one for id_, one in self.api_keys.items() if one.user is not user}
        for session in self.sessions.values():
            if session.user is user:
                session.end()

    def memberships_of(self, user: User) -> list[Membership]:
        """Returns where this user belongs, the oldest membership first; only those in force."""
        memberships = self.memberships.values()
        return [one for one in memberships if one.user is user and one.status == "active"]

    def join(self, user: User, organization: Organization, *roles: str) -> Membership:
        """Makes a user a member: with these roles, otherwise as `member`."""
        membership = Membership(user, organization, list(roles) or [MEMBER])
        self.memberships[membership.id] = membership
        return membership

    def end_sessions_in(self, membership: Membership) -> list[Session]:
        """Ends the sessions that stand on a membership, and returns them."""
        return [
            session
            for session in self.sessions.values()
            if session.user is membership.user
            and session.organization_id == membership.organization.id
            and session.end()
        ]

    def claims_of(self, user: User, organization_id: str | None) -> Claims:
        """Returns what the tokens of a session say: of its membership, and as a test claims."""
        granted: Json = {} if organization_id is None else {"org_id": organization_id}
        for membership in self.memberships_of(user):
            if membership.organization.id == organization_id:
                granted = membership.claims(self.roles)
        return self.claims.get(same_email(user.email), NO_CLAIMS).over(granted)

    def codes_for(self, user: User | None, purpose: str) -> list[MailedCode]:
        """Returns the codes sent to this user, newest first."""
        return [
            sent
            for sent in reversed(self.mailed_codes.values())
            if sent.user is user and sent.purpose == purpose
        ]

    def factors_of(self, user: User) -> list[Factor]:
        """Returns the authenticator apps of a user, oldest first."""
        return [factor for factor in self.factors.values() if factor.user is user]

    def waiting_device(self, user_code: str) -> DeviceCode | None:
        """Returns the program that shows this code, if it still waits for an answer."""
        typed = "".join(filter(str.isalpha, user_code)).upper()
        for one in self.device_codes.values():
            is_open = one.email is None and not one.is_denied and now() < one.expires_at
            if is_open and one.user_code.replace("-", "") == typed:
                return one
        return None

    def authenticator_time(self) -> datetime:
        """Returns the moment whose codes the authenticator apps show."""
        return now() + self.authenticator_ahead

    def token_claims(self, session: Session) -> Json:
        """Returns what an access token of this session says now."""
        return claims_of(
            session, self.settings.issuer, self.settings.client_id, self.access_token_lifetime
        )

    def mails(self, to: str | None = None) -> list[Mail]:
        """Returns the mailbox, newest first: all of it, or what went to one person."""
        return [mail for mail in reversed(self.mailbox) if to is None or mail.is_to(to)]

    def _forget_address(self, user: User) -> None:
        del self.users_by_email[same_email(user.email)]
        sent = self.mailed_codes.items()
        self.mailed_codes = {id_: one for id_, one in sent if one.user is not user}


@contextmanager
def the_environment() -> Iterator[Environment]:
    """Yields this application's environment, for this thread alone until the block ends."""
    environment: Environment = current_app.extensions["workos_emulator"]
    unsent: list[Event] = []
    try:
        with environment.lock:
            environment.holders += 1
            try:
                yield environment
            finally:
                environment.holders -= 1
                if not environment.holders:
                    unsent, environment.unsent = environment.unsent, []
    finally:
        if unsent and environment.settings.webhook_url and environment.deliver is None:
            Thread(target=environment.send, args=unsent, daemon=True).start()
        else:
            environment.send(*unsent)
