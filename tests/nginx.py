"""The nginx of this system, by the settings that docs/running has for it: only ports and files are put in."""

from __future__ import annotations

import os
import shutil
import socket
import ssl
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import pytest

ROOT: Final = Path(__file__).resolve().parents[1]
NAME: Final = "lab.example.org"
PATH: Final = f"{os.environ.get('PATH', '')}:/usr/sbin:/usr/local/sbin"


@dataclass(frozen=True)
class Nginx:
    """A running nginx: its ports, the certificate that it shows, and its log of requests."""

    port: int
    plain_port: int
    certificate: Path
    log: Path

    @property
    def address(self) -> str:
        """What browsers show."""
        return f"https://{NAME}:{self.port}"

    def trusting(self) -> ssl.SSLContext:
        """For clients that take its certificate for good."""
        return ssl.create_default_context(cafile=str(self.certificate))


def required(program: str) -> str:
    """A program's path; skips loudly where it is missing, or fails where nginx is required."""
    found = shutil.which(program, path=PATH)
    if found is None:
        if os.environ.get("LAB_REQUIRE_NGINX"):
            pytest.fail(f"nginx is required here, and there is no {program}")
        pytest.skip(f"no {program}: apt-get install nginx-light openssl")
    return found


def free_port() -> int:
    with socket.socket(socket.AF_INET6) as free:
        free.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)
        free.bind(("::", 0))
        return int(free.getsockname()[1])


@contextmanager
def nginx(place: Path, lab_port: int, *, port: int = 0) -> Iterator[Nginx]:
    """nginx in front of a lab on this port, with a certificate made for it."""
    program, made = required("nginx"), _certificate(place)
    found = Nginx(port or free_port(), free_port(), made[0], place / "access.log")
    settings = (ROOT / "docs/running/nginx.conf").read_text(encoding="utf-8")
    for old, new in (
        ("listen 80;", f"listen 127.0.0.1:{found.plain_port};"),
        ("listen [::]:80;", f"listen [::1]:{found.plain_port};"),
        ("listen 443 ssl", f"listen 127.0.0.1:{found.port} ssl"),
        ("listen [::]:443 ssl", f"listen [::1]:{found.port} ssl"),
        (f"/etc/letsencrypt/live/{NAME}/fullchain.pem", str(made[0])),
        (f"/etc/letsencrypt/live/{NAME}/privkey.pem", str(made[1])),
        ("server 127.0.0.1:8501;", f"server 127.0.0.1:{lab_port};"),
    ):
        assert settings.count(old) == 1, old
        settings = settings.replace(old, new)
    assert settings.count("/var/log/nginx/access.log") == 2
    settings = settings.replace("/var/log/nginx/access.log", str(found.log))
    (place / "followthrough.conf").write_text(settings, encoding="utf-8")
    temporary = "".join(
        f"    {kind}_temp_path {place / kind};\n"
        for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    )
    user = "user root;\n" if os.geteuid() == 0 else ""  # the folder is this test's alone
    (place / "nginx.conf").write_text(
        f"{user}daemon off;\nworker_processes 1;\npid {place / 'nginx.pid'};\n"
        "events {\n    worker_connections 2048;\n}\n"
        f"http {{\n    access_log off;\n{temporary}    include {place / 'followthrough.conf'};\n}}\n",
        encoding="utf-8",
    )
    process = subprocess.Popen(
        [program, "-p", str(place), "-c", str(place / "nginx.conf"), "-e", str(place / "error.log")],
        stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    try:
        _wait_until_open(found.port, process, place / "error.log")
        yield found
    finally:
        process.terminate()
        process.wait(60)


def _certificate(place: Path) -> tuple[Path, Path]:
    certificate, key = place / "certificate.pem", place / "key.pem"
    subprocess.run(
        [
            required("openssl"), "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1",
            "-nodes", "-days", "2", "-subj", f"/CN={NAME}", "-addext", f"subjectAltName=DNS:{NAME}",
            "-keyout", str(key), "-out", str(certificate),
        ],
        check=True, capture_output=True,
    )  # fmt: skip
    return certificate, key


def _wait_until_open(port: int, process: subprocess.Popen[bytes], log: Path) -> None:
    limit = time.monotonic() + 60
    while True:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=5).close()
        except OSError:
            assert process.poll() is None, log.read_text(encoding="utf-8")
            assert time.monotonic() < limit, "nginx does not listen"
            time.sleep(0.02)
        else:
            return
