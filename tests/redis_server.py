"""A real Redis server, for the tests that need one."""

from __future__ import annotations

import shutil
import subprocess
from contextlib import suppress
from pathlib import Path

import pytest
import redis

from tests.waiting import wait_for


class RedisServer:
    """A Redis of a test's own, on a socket in `directory`, that keeps its data over a restart."""

    def __init__(self, directory: Path) -> None:
        program = shutil.which("redis-server")
        if not program:
            pytest.skip("redis-server is not installed")
        path = directory / "redis.sock"
        self.url = f"unix://{path}"
        self._command = [program, "--port", "0", "--unixsocket", str(path), "--save", ""]
        self._command += ["--appendonly", "yes", "--appendfsync", "always", "--dir", str(directory)]
        self.start()

    def start(self) -> None:
        """Starts it, and returns once it answers."""
        self.process = subprocess.Popen(self._command, stdout=subprocess.DEVNULL)
        with redis.Redis.from_url(self.url) as client:

            def answers() -> bool:
                with suppress(redis.ConnectionError):
                    return bool(client.ping())
                return False

            wait_for(answers)

    def kill(self) -> None:
        """Ends it without warning."""
        self.process.kill()
        self.process.wait()
