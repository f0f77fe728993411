"""Uploaded pictures re-encoded in a child process, because decoders are where hostile files do harm: it has
little memory and time, and nothing of the lab's. Two at a time; others wait for their turn.

The child is this module: the file comes in by standard input, its answer leaves by standard output as a line
of JSON and the bytes of the pictures.
"""

from __future__ import annotations

import json
import logging
import os
import subprocess
import sys
import threading
from dataclasses import asdict
from typing import Any, Final

from lab.foundation.beside import ROOT
from lab.foundation.errors import Invalid, TooMany
from lab.pictures.safe import SafePicture, check_header, make_safe, pixels_alone

MEMORY: Final = 640 * 1024**2
"""Bytes of address space of a child; the largest picture that its header lets through needs two thirds."""
SECONDS: Final = 20
"""Processor time of a child."""
PATIENCE: Final = 60
"""Seconds that a child may take in all, on a machine that is busy."""
AT_ONCE: Final = 2
TURN: Final = 60.0
"""Seconds that an upload waits for its turn."""

_turns = threading.BoundedSemaphore(AT_ONCE)
_log = logging.getLogger(__name__)


def make_safe_apart(content: bytes, *, filename: str = "") -> SafePicture:
    """What `lab.pictures.safe.make_safe` makes of an upload, made in a child process.

    Raises:
        Invalid: it is no picture that can be taken. TooMany: there are too many uploads just now.
    """
    check_header(content, filename)
    if not _turns.acquire(timeout=TURN):
        raise TooMany("Many pictures are being taken in just now. Please send it again in a minute.")
    try:
        return _answer(content, filename)
    finally:
        _turns.release()


def _answer(content: bytes, filename: str) -> SafePicture:
    too_much = Invalid(
        "This picture takes more memory or time than any photo should. Save it anew as a JPEG and send that.",
        field="picture",
    )
    try:
        done = subprocess.run(
            [sys.executable, "-m", "lab.pictures.apart", filename],
            input=content,
            capture_output=True,
            timeout=PATIENCE,
            cwd=ROOT,
            env=_environment(),
            check=False,
        )
    except subprocess.TimeoutExpired as error:
        raise too_much from error
    head, _, body = done.stdout.partition(b"\n")
    if done.returncode or not head:
        _log.warning("A picture of %d bytes ended its child process: %d", len(content), done.returncode)
        raise too_much
    return _read(json.loads(head), body)


def _environment() -> dict[str, str]:
    """What a child needs to start: neither the database's address nor any key."""
    return {name: os.environ[name] for name in ("PATH", "SYSTEMROOT", "LANG") if name in os.environ}


def _read(head: dict[str, Any], body: bytes) -> SafePicture:
    if "problem" in head:
        raise Invalid(str(head["problem"]), field="picture")
    length = int(head.pop("screen_bytes"))
    found = SafePicture(screen=body[:length], thumbnail=body[length:], **head)
    for part, width, height in (
        (found.screen, found.screen_width, found.screen_height),
        (found.thumbnail, found.thumbnail_width, found.thumbnail_height),
    ):
        pixels_alone(part, width, height)
    return found


def _limit() -> None:
    """Child process: give up what it does not need. Windows has no such limits."""
    if sys.platform == "win32":
        return
    import resource

    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def _child(filename: str) -> None:
    _limit()
    content = sys.stdin.buffer.read()
    try:
        found = asdict(make_safe(content, filename=filename))
        screen, thumbnail = found.pop("screen"), found.pop("thumbnail")
        head = found | {"screen_bytes": len(screen)}
    except Invalid as refusal:
        head, screen, thumbnail = {"problem": refusal.message}, b"", b""
    sys.stdout.buffer.write(json.dumps(head).encode() + b"\n" + screen + thumbnail)


if __name__ == "__main__":
    _child(sys.argv[1])
