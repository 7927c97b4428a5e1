"""The endpoint that WorkOS asks before it lets somebody in."""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import urlsplit

from app.dangers import LOOPBACK
from doctor.finding import Check, Finding, Patient, failure, ok, skipped


def action(patient: Patient) -> Iterator[Finding]:
    """Looks at the secret; who answers what is for the application to say."""
    config = patient.config
    url = f"{config.public_url}/webhooks/actions"
    if config.workos_action_secret is None:
        how = "make run makes one at each start."
        is_local = urlsplit(config.workos_base_url).hostname in LOOPBACK
        yield skipped(how if is_local else "WORKOS_ACTION_SECRET is not set: WorkOS asks nothing.")
    elif config.workos_action_secret == config.workos_webhook_secret:
        yield failure(
            "WORKOS_ACTION_SECRET is the secret of the webhook, and WorkOS has one for each.",
            f"In the WorkOS dashboard, Actions, copy the secret of the endpoint {url}.",
        )
    else:
        yield ok(f"There is a secret. In the WorkOS dashboard, Actions, the endpoint is {url}.")


CHECKS = (Check("action", "With the wrong secret nobody can sign in.", action),)
