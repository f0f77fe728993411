"""The Django project behind gunicorn, on its own PostgreSQL."""

from __future__ import annotations

import os
import secrets
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from http.cookies import SimpleCookie
from pathlib import Path

from benchmarks.peers.postgres import postgres

ROOT = Path(__file__).resolve().parents[2]


@contextmanager
def served(*, workers: int, threads: int) -> Iterator[int]:
    """The port on which it listens."""
    with postgres() as url:
        environment = os.environ | {
            "PEER_DATABASE": url,
            "PEER_SECRET": secrets.token_hex(32),
            "DJANGO_SETTINGS_MODULE": "benchmarks.peers.votes.settings",
        }
        subprocess.run(
            [sys.executable, "-m", "django", "migrate", "--run-syncdb", "--verbosity", "0"],
            cwd=ROOT, env=environment, check=True,
        )  # fmt: skip
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        process = subprocess.Popen(
            [
                sys.executable, "-m", "gunicorn", "benchmarks.peers.votes.wsgi",
                "--bind", f"127.0.0.1:{port}",
                "--worker-class", "gthread", "--workers", str(workers), "--threads", str(threads),
                "--keep-alive", "60", "--log-level", "error",
            ],
            cwd=ROOT, env=environment,
        )  # fmt: skip
        try:
            _wait(port)
            yield port
        finally:
            process.terminate()
            process.wait()


def _wait(port: int) -> None:
    for _ in range(300):
        try:
            urllib.request.urlopen(f"http://127.0.0.1:{port}/j/ready", timeout=5).read()
            return
        except OSError:
            time.sleep(0.1)
    raise RuntimeError("gunicorn did not start")


def ballots(port: int, code: str, voters: int) -> list[bytes]:
    """Each voter's request with a ballot, after opening the page for its cookies."""
    return [_ballot(port, code, place) for place in range(voters)]


def _ballot(port: int, code: str, place: int) -> bytes:
    answer = urllib.request.urlopen(f"http://127.0.0.1:{port}/j/{code}")
    kept = SimpleCookie()
    for told in answer.headers.get_all("Set-Cookie"):
        kept.load(told)
    cookies = "; ".join(f"{name}={each.value}" for name, each in kept.items())
    form = answer.read().decode()
    token = form.split('name="csrfmiddlewaretoken" value="')[1].split('"')[0]
    marks = "".join(f"&mark-{each}=1" for each in range(12) if (place >> each) & 1)
    body = f"csrfmiddlewaretoken={token}{marks}"
    return (
        f"POST /j/{code}/vote HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nCookie: {cookies}\r\n"
        f"Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {len(body)}\r\n\r\n{body}"
    ).encode()
