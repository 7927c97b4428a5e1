"""What tests need to know of this tree and this machine."""

from __future__ import annotations

import os
import random
import re
import shutil
import socket
from contextlib import suppress
from pathlib import Path

ROOT = Path(__file__).parents[1]
# What this product is called, as its pages and mails say it.
[BRAND] = re.findall(r'set name = "(.+)"', (ROOT / "templates/auth/_brand.html").read_text())
MEMORY = "/dev/shm"  # where Linux keeps files in memory
ROOM = 32 * 1024 * 1024  # bytes; several times what the sites of all processes write
SECRET_KEY = "Zk4-mTqS9x_Lr7vWb2NcYd8HfJp3Ga6Ue0Ri5Ko1"


def free_port() -> int:
    """Returns a port that nobody listens on, for whoever wants a number rather than a socket.

    From below those that the system hands out to clients, which might take it meanwhile.
    """
    for port in random.sample(range(20_000, 30_000), 100):
        with suppress(OSError), socket.create_server(("127.0.0.1", port)):
            return port
    raise RuntimeError("no free port")


def place_in_memory() -> str | None:
    """Returns where a slow disk stalls nobody; None, the usual place, where there is no room."""
    with suppress(OSError):
        if os.access(MEMORY, os.W_OK | os.X_OK) and shutil.disk_usage(MEMORY).free > ROOM:
            return MEMORY
    return None
