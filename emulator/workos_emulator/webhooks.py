"""Events for the application (WorkOS docs: Webhooks): by themselves, or as a test asks."""

from threading import Thread

import httpx2
from flask import Flask, request
from flask.typing import ResponseReturnValue

from emulator.rules import WEBHOOK_TIMEOUT
from emulator.webhook import Webhook
from emulator.wire import Json
from emulator.world import World, the_world


def init_app(app: Flask) -> None:
    app.add_url_rule("/_emulate/webhooks", view_func=send_webhook, methods=["POST"])
    app.add_url_rule("/_emulate/webhooks", view_func=list_webhooks)
    app.add_url_rule("/_emulate/webhooks", view_func=clear_webhooks, methods=["DELETE"])


def announce(event: str, data: Json) -> None:
    """Tell the application what just happened. Call it without the lock: the receiver may ask."""
    webhook = Webhook(event, data)
    with the_world() as world:
        world.webhooks.append(webhook)
    if world.deliver is None:
        Thread(target=_send, args=(world, webhook), daemon=True).start()
    else:
        _send(world, webhook)


def send_webhook() -> ResponseReturnValue:
    """Send any event at all, and say what the receiver answered."""
    webhook = Webhook.from_json(request.get_json(silent=True))
    with the_world() as world:
        world.webhooks.append(webhook)
    _send(world, webhook)
    return {"id": webhook.id, "status": webhook.status}, 201


def list_webhooks() -> ResponseReturnValue:
    """Newest first."""
    with the_world() as world:
        return [webhook.to_json() for webhook in reversed(world.webhooks)]


def clear_webhooks() -> ResponseReturnValue:
    with the_world() as world:
        world.webhooks.clear()
    return "", 204


def _send(world: World, webhook: Webhook) -> None:
    url, secret = world.settings.webhook_url, world.settings.webhook_secret
    if url is None:
        return
    body = webhook.body()
    deliver = world.deliver or _post
    try:
        webhook.status = deliver(url, body, webhook.headers(body, secret))
    except (httpx2.HTTPError, httpx2.InvalidURL):
        return  # Nobody there, or too slow: WorkOS would not fail for that either.


def _post(url: str, body: bytes, headers: dict[str, str]) -> int:
    # Proxies of the environment are not for a receiver on this machine.
    response = httpx2.post(
        url, content=body, headers=headers, timeout=WEBHOOK_TIMEOUT, trust_env=False
    )
    return response.status_code
