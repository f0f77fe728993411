"""Garbage at every door that takes something, while a room votes: refused, and nothing is left of it."""

from __future__ import annotations

import asyncio
import multiprocessing
import random
import time
import uuid
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import numpy as np
import pytest

from tests.faults.conftest import SHORT, Figure, number
from tests.faults.memory import memory_of
from tests.loops import run
from tests.served import Lab, Line, Phone, any_marks, served

pytestmark = pytest.mark.fault
SENT = number(full=10_000, short=400)
AT_ONCE = 8
VOTERS = 20
LEAD = 3.0
"""Seconds in which the room votes undisturbed, to compare with."""

FORM = "application/x-www-form-urlencoded"
MULTIPART = "multipart/form-data; boundary=x"
BODIES = {
    "random bytes": lambda: random.randbytes(5000),
    "ten megabytes": lambda: b"words=" + b"x" * 10_000_000,
    "a note of NUL": lambda: b"words=%00%00&mark-0=%00&voter=%00",
    "a turn of direction": lambda: "words=\u202egnirts&voter=\u202e".encode(),
    "half a pair": lambda: b"words=%ED%A0%80&voter=%ED%A0%80",
    "a thousand fields": lambda: b"&".join(b"mark-%d=1" % place for place in range(1000)),
    "a zip": lambda: b"PK\x03\x04" + bytes(2000),
    "a picture bomb": lambda: b"RIFF\x00\x00\x00\x00WEBPVP8X" + b"\xff" * 100,
    "deep JSON": lambda: b"[" * 50_000,
    "parts without end": lambda: b'--x\r\nContent-Disposition: form-data; name="words"\r\n\r\n' * 200,
}


def doors(code: str) -> list[tuple[str, str]]:
    """Method and path of everything that takes a body."""
    key = uuid.uuid4()
    return [
        ("POST", f"/j/{code}"), ("POST", f"/j/{code}/note"), ("POST", f"/j/{code}/dots"),
        ("POST", f"/j/{code}/pulse"), ("POST", "/sign-in"), ("POST", "/setup"), ("POST", "/pulse/x"),
        ("POST", f"/w/{key}/board"), ("PUT", f"/_stcore/upload_file/{key}/{key}"), ("POST", "/"),
    ]  # fmt: skip


def thrown(port: int, code: str, sent: int) -> tuple[dict[int, int], list[float]]:
    """How often each answer came, and seconds; in a process of its own, so that voters do not wait."""
    return asyncio.run(throw(port, code, sent))


async def throw(port: int, code: str, sent: int) -> tuple[dict[int, int], list[float]]:
    """Send garbage, eight at a time, up to two hundred a second."""
    left = iter(range(sent))
    statuses: dict[int, int] = {}
    took: list[float] = []

    async def some() -> None:
        line = Line(port)
        for _ in left:
            (method, path), kind = random.choice(doors(code)), random.choice(list(BODIES))
            body = (
                BODIES[kind]()
                if kind != "ten megabytes" or random.random() < 0.1
                else b"words=" + b"x" * 9999
            )
            headers = {
                "Content-Type": random.choice([FORM, MULTIPART, "application/json", "image/webp"]),
                "Content-Length": str(len(body)),
                "Origin": f"http://127.0.0.1:{port}",
            }
            try:
                answer = await line.ask(method, path, body, headers)
                statuses[answer.status] = statuses.get(answer.status, 0) + 1
                took.append(answer.took)
            except OSError:  # hung up on, half-way through ten megabytes
                statuses[0] = statuses.get(0, 0) + 1
            await asyncio.sleep(AT_ONCE / 200)
        line.close()

    await asyncio.gather(*(some() for _ in range(AT_ONCE)))
    return statuses, took


async def vote(lab: Lab, over: asyncio.Event, took: list[float]) -> None:
    async def one() -> None:
        phone = Phone(Line(lab.server.port), lab.round.code)
        await phone.join()
        while not over.is_set():
            answer = await phone.hand_in(any_marks())
            assert answer.status == 200
            took.append(answer.took)
            await asyncio.sleep(random.uniform(0.1, 0.4))
        phone.line.close()

    await asyncio.gather(*(one() for _ in range(VOTERS)))


async def story(lab: Lab, sent: int) -> tuple[list[float], list[float], dict[int, int], list[float]]:
    """Seconds that ballots took without and with garbage, the answers to garbage, and how long those took."""
    alone: list[float] = []
    beside: list[float] = []
    with ProcessPoolExecutor(1, multiprocessing.get_context("spawn")) as strangers:
        await asyncio.wrap_future(
            strangers.submit(thrown, lab.server.port, lab.round.code, 8)
        )  # it has begun
        over = asyncio.Event()
        votes = asyncio.create_task(vote(lab, over, alone))
        await asyncio.sleep(LEAD)
        over.set()
        await votes
        over = asyncio.Event()
        votes = asyncio.create_task(vote(lab, over, beside))
        garbage = strangers.submit(thrown, lab.server.port, lab.round.code, sent)
        statuses, refused = await asyncio.wrap_future(garbage)
        over.set()
        await votes
    return alone, beside, statuses, refused


def test_garbage_at_every_door_is_refused_and_the_room_votes_on(
    database_url: str, tmp_path: Path, figure: Figure
) -> None:
    temporary = tmp_path / "temporary"
    temporary.mkdir()
    for lab in served(database_url, tmp_path, TMPDIR=str(temporary)):
        run(story(lab, SENT // 10))  # caches fill
        before = sum(memory_of(lab.server))
        alone, beside, statuses, refused = run(story(lab, SENT))
        time.sleep(2)
        after = sum(memory_of(lab.server))
        left = [path.name for path in temporary.rglob("*") if path.is_file()]
        quiet, busy = 1000 * np.percentile(alone, 95), 1000 * np.percentile(beside, 95)
        figure(
            f"{SENT:,} garbage uploads: NUL, bidi, lone surrogates, zip and pixel bombs, 10 MB",
            "healthy p95 ≤ 2×; refused ≤ 100 ms; memory back within 10 %; no 5xx",
            f"p95 {quiet:.0f} → {busy:.0f} ms; refused in {1000 * np.median(refused):.0f} ms "
            f"(median); memory {before:.0f} to {after:.0f} MiB; answers {dict(sorted(statuses.items()))}; "
            f"{len(left)} files left",
        )
        assert {status for status in statuses if status >= 500} == set()
        assert left == []
        assert after <= 1.1 * before + 10
        assert sum(statuses.values()) == SENT
        if not SHORT:
            assert busy <= 2 * quiet
            assert np.median(refused) <= 0.1, "the median: ten megabytes and a busy machine are in the rest"
