"""A real nginx with the documented file, in front of a running site."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
from contextlib import suppress
from pathlib import Path

from tests.machine import ROOT, free_port
from tests.site import Site
from tests.waiting import wait_for

PROGRAM = shutil.which("nginx") or "/usr/sbin/nginx"


class Nginx:
    """Runs nginx with the documented file, but for names, ports and files."""

    def __init__(
        self, directory: Path, site: Site, port: int, certificate: tuple[str, str]
    ) -> None:
        text = (ROOT / "docs" / "nginx.conf").read_text()
        changes = {
            "/etc/ssl/app.example.com.pem": certificate[0],
            "/etc/ssl/app.example.com.key": certificate[1],
            "/var/log/nginx/": f"{directory}/",
            "app.example.com": "localhost",
            "listen 80;": f"listen 127.0.0.1:{free_port()};",
            "listen 443 ssl": f"listen 127.0.0.1:{port} ssl",
            "127.0.0.1:8000": f"127.0.0.1:{site.inner_port}",
            "rate=20r/s": "rate=1000r/s",
        }
        for old, new in changes.items():
            assert old in text, old
            text = text.replace(old, new)
        temporary = "".join(
            f"  {kind}_temp_path {directory}/{kind};\n"
            for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
        )
        text = text.replace("http {\n", f"http {{\n{temporary}")
        path = directory / "nginx.conf"
        path.write_text(("user root;\n" if os.geteuid() == 0 else "") + text)
        globals_ = f"daemon off; pid {directory}/pid;"
        errors = str(directory / "error.log")
        self._command = [PROGRAM, "-c", str(path), "-e", errors, "-g", globals_]
        self._port = port

    def __enter__(self) -> None:
        self._process = subprocess.Popen(self._command)
        wait_for(self._is_up)

    def _is_up(self) -> bool:
        assert self._process.poll() is None, "nginx did not come up"
        with suppress(OSError), socket.create_connection(("127.0.0.1", self._port)):
            return True
        return False

    def __exit__(self, *_: object) -> None:
        self._process.terminate()
        self._process.wait()
