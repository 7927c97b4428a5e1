"""One question to the application: may this person come in? And what its answer is worth."""

import hashlib
import hmac
import json
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import httpx2

from . import outgoing
from .formats import Json, new_id
from .rules import ACTION_ERROR_MESSAGE, ACTION_TIMEOUT, ACTION_TOLERANCE

Ask = Callable[[str, bytes, dict[str, str]], tuple[int, bytes]]


class Unbelievable(Exception):
    """An answer that is none; the message says why."""


@dataclass
class Question:
    """What WorkOS asks, and how that went."""

    kind: str  # authentication or user_registration
    context: dict[str, Any]
    id: str = field(default_factory=lambda: new_id("action"))
    verdict: str | None = None  # None: there was no answer that could be believed
    why: str = ""  # the message of a Deny, or what was wrong with the answer

    def ask(self, url: str, secret: str, ask: Ask) -> None:
        """Asks, and notes the verdict."""
        body = {"id": self.id, "object": f"{self.kind}_action_context", **self.context}
        raw = stringified(body)
        moment = int(time.time() * 1000)
        headers = {
            "Content-Type": "application/json",
            "WorkOS-Signature": f"t={moment}, v1={signature(secret, moment, raw)}",
        }
        try:
            self.verdict, self.why = self._read(*ask(url, raw, headers), secret)
        except (httpx2.HTTPError, httpx2.InvalidURL) as error:
            self.why = f"No answer: {type(error).__name__}."
        except Unbelievable as error:
            self.why = str(error)

    def in_event(self) -> Json:
        """Returns what WorkOS tells of a denial."""
        about = self.context.get("user") or self.context["user_data"]
        organization = self.context.get("organization")
        user = {"user_id": about["id"]} if "id" in about else {}
        return {
            "action_endpoint_id": f"action_endpoint_{self.kind}",
            "action_execution_id": self.id,
            "type": self.kind,
            "verdict": "Deny",
            **user,
            "organization_id": organization["id"] if organization else None,
            "email": about["email"],
            "ip_address": self.context["ip_address"],
            "user_agent": self.context["user_agent"],
        }

    def to_json(self) -> Json:
        """Returns it as /_emulate/actions lists it."""
        return {"kind": self.kind, "verdict": self.verdict, "why": self.why, **self.context}

    def _read(self, status: int, raw: bytes, secret: str) -> tuple[str, str]:
        if status != 200:
            raise Unbelievable(f"The answer has status {status}.")
        try:
            answer = json.loads(raw)
            name, payload, signed = answer["object"], answer["payload"], answer["signature"]
            moment, verdict = payload["timestamp"], payload["verdict"]
            message = payload.get("error_message", "")
            is_late = abs(time.time() - moment / 1000) > ACTION_TOLERANCE
            is_signed = hmac.compare_digest(signed, signature(secret, moment, stringified(payload)))
        except (ValueError, TypeError, KeyError, AttributeError, OverflowError) as error:
            raise Unbelievable(f"The answer has another shape ({type(error).__name__}).") from None
        if not is_signed:
            raise Unbelievable("The signature of the answer is not right.")
        if is_late:
            raise Unbelievable("The timestamp of the answer is not of now.")
        if name != f"{self.kind}_action_response" or verdict not in ("Allow", "Deny"):
            raise Unbelievable("The answer is to something else.")
        if not isinstance(message, str) or len(message) > ACTION_ERROR_MESSAGE:
            raise Unbelievable(f"error_message is longer than {ACTION_ERROR_MESSAGE} characters.")
        return verdict, message


def stringified(value: object) -> bytes:
    """Returns JSON as JavaScript writes it: letters as they are, half a character as an escape."""
    written = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    return written.encode(errors="backslashreplace")


def signature(secret: str, moment: int, body: bytes) -> str:
    """Returns the proof that somebody with the secret wrote this in that millisecond."""
    return hmac.new(secret.encode(), b"%d.%b" % (moment, body), hashlib.sha256).hexdigest()


def post(url: str, body: bytes, headers: dict[str, str]) -> tuple[int, bytes]:
    """Asks over HTTP."""
    answer = outgoing.post(url, body, headers, ACTION_TIMEOUT)
    return answer.status_code, answer.content
