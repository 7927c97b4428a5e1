"""What `make run` says of itself while it runs, so that the doctor looks at the same ports."""

from __future__ import annotations

import json
import socket
from contextlib import suppress

from scripts.develop import RUNNING


def ports() -> dict[str, str]:
    """Returns the ports that it chose, by variable; none if it does not run here.

    It may have been killed and left its file behind, so the application has to answer.
    """
    with suppress(OSError, ValueError, KeyError):
        chosen = {str(name): int(port) for name, port in json.loads(RUNNING.read_text()).items()}
        with socket.create_connection(("127.0.0.1", chosen["PORT"]), timeout=1):
            return {name: str(port) for name, port in chosen.items()}
    return {}
