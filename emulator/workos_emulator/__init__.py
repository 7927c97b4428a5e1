"""A stand-in for WorkOS, to develop and test against: no account, no network, nothing to mock."""

from collections.abc import Collection
from functools import partial

from flask import Flask

from . import (
    access_tokens,
    actions,
    api_keys,
    authenticate,
    authenticator,
    authkit,
    connections,
    controls,
    credentials,
    device,
    email_verification,
    errors,
    fault_injection,
    identity_provider,
    impersonation,
    invitations,
    magic_auth,
    mailbox,
    memberships,
    organizations,
    passwordless,
    policies,
    radar,
    request_log,
    second_factors,
    sessions,
    sso,
    step_ups,
    users,
    webhooks,
)
from . import (
    redirect_uris as registered_redirect_uris,
)
from .action import Ask
from .environment import Environment, Settings, the_environment
from .event import Deliver
from .seed import Seed, read_seed, sow

API_KEY = "sk_test_emulator"
CLIENT_ID = "client_emulator"
WEBHOOK_SECRET = "whsec_emulator"  # noqa: S105 # nobody's, and meant to be known
REDIRECT_URI = "http://localhost:5000/auth/callback"


def create_app(
    *,
    redirect_uris: Collection[str] = (REDIRECT_URI,),
    api_key: str = API_KEY,
    client_id: str = CLIENT_ID,
    base_url: str = "http://localhost:4100",
    webhook_url: str | None = None,
    webhook_secret: str = WEBHOOK_SECRET,
    deliver: Deliver | None = None,
    action_url: str | None = None,
    action_secret: str | None = None,
    ask: Ask | None = None,
    mails_codes: bool = True,
    seed: Seed | None = None,
) -> Flask:
    """Returns one WorkOS environment, which forgets everything when it ends.

    `deliver(url, body, headers)` posts an event and returns the status of the answer; without one,
    a thread in the background does it over HTTP. With `action_url` and `action_secret` the
    application is asked who may come in: `ask(url, body, headers)` returns the status and body of
    the answer; without one, that goes over HTTP, too. Without `mails_codes` it leaves the mailing
    of Magic Auth codes to the application, as when that is switched off in the dashboard. It knows
    those in `seed`, a dict or the path of a TOML file, otherwise nobody. Raises SeedError.
    """
    settings = Settings(
        tuple(redirect_uris),
        api_key,
        client_id,
        base_url.rstrip("/"),
        webhook_url,
        webhook_secret,
        mails_codes,
        action_url,
        action_secret,
    )
    # Everything of ours, not WorkOS's, is under /_emulate/, where faults do not reach.
    app = Flask(__name__, static_url_path="/_emulate/static")
    app.extensions["workos_emulator"] = Environment(settings, deliver, ask)
    errors.init_app(app)

    parts = (
        # A fault answers before anybody asks for the API key.
        request_log,
        fault_injection,
        credentials,
        passwordless,
        sso,
        magic_auth,
        authkit,
        device,
        authenticate,
        step_ups,
        email_verification,
        radar,
        users,
        sessions,
        organizations,
        memberships,
        invitations,
        connections,
        policies,
        identity_provider,
        registered_redirect_uris,
        second_factors,
        api_keys,
        authenticator,
        mailbox,
        impersonation,
        webhooks,
        access_tokens,
        actions,
        controls,
    )
    for part in parts:
        app.register_blueprint(part.bp)
    if seed is not None:
        world = read_seed(seed)
        with app.app_context(), the_environment() as environment:
            environment.sow = partial(sow, world, app)
            environment.reset()
    return app
