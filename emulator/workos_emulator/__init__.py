"""A stand-in for WorkOS, to develop and test against: an application of its own, in one folder."""

from collections.abc import Collection

from flask import Flask

from emulator import (
    authenticate,
    controls,
    errors,
    gate,
    hooks,
    journal,
    magic_auth,
    mailbox,
    passwordless,
    sessions,
    sso,
    users,
    webhooks,
)
from emulator import (
    redirect_uris as known_redirect_uris,
)
from emulator.webhook import Deliver
from emulator.world import Settings, World

API_KEY = "sk_test_emulator"
CLIENT_ID = "client_emulator"
WEBHOOK_SECRET = "whsec_emulator"  # noqa: S105 - nobody's, and meant to be known.
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
    mails_codes: bool = True,
) -> Flask:
    """Make one WorkOS environment that knows nobody yet and forgets everything when it ends.

    `deliver(url, body, headers)` posts an event and returns the status of the answer; without one,
    a thread in the background does it over HTTP. Without `mails_codes` it leaves the mailing of
    Magic Auth codes to the application, as when that is switched off in the dashboard.
    """
    settings = Settings(
        tuple(redirect_uris),
        api_key,
        client_id,
        base_url.rstrip("/"),
        webhook_url,
        webhook_secret,
        mails_codes,
    )
    # Whatever is ours and not WorkOS's lives under /_emulate/, where hooks do not reach.
    app = Flask(__name__, static_url_path="/_emulate/static")
    app.extensions["emulator"] = World(settings, deliver)

    errors.init_app(app)
    journal.init_app(app)
    hooks.init_app(app)
    gate.init_app(app)

    passwordless.init_app(app)
    sso.init_app(app)
    magic_auth.init_app(app)
    authenticate.init_app(app)
    users.init_app(app)
    known_redirect_uris.init_app(app)
    sessions.init_app(app)
    mailbox.init_app(app)
    webhooks.init_app(app)
    controls.init_app(app)
    return app
