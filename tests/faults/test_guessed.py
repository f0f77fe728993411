"""Join codes guessed by the thousand beside a room of honest phones at the same address."""

from __future__ import annotations

import asyncio
import random
import time
from contextlib import suppress
from typing import Final

import pytest

from lab.voting.rules import ALPHABET, CODE_LENGTH
from lab.web.door.limits import AT_ONCE, FREE, PAUSE
from tests.faults.conftest import Figure, number
from tests.loops import run
from tests.served import Answer, Lab, Line, Phone, any_marks, stored

pytestmark = pytest.mark.fault
ARRIVING: Final = 10.0
"""Seconds in which the honest phones scan the code."""
BROWSER_WAITS: Final = 60.0
"""Seconds after which a browser gives up."""


def test_ten_thousand_guesses_find_nothing_and_keep_no_honest_phone_out(lab: Lab, figure: Figure) -> None:
    guesses, phones = number(full=10_000, short=1_000), number(full=300, short=40)
    found, told, took, slowest = run(beside_guesses(lab, guesses, phones))
    voted = sum(marks is not None for _, marks in stored(lab.database, lab.round.id).values())
    figure(
        f"{guesses:,} code guesses beside {phones} honest phones at one address",
        "0 hits expected; honest 100 %",
        f"{found} hits, {told} of them answered in {took:.0f} s; {voted} of {phones} voted, "
        f"the slowest after {slowest:.0f} s",
    )
    assert found == 0
    assert voted == phones
    assert told <= FREE + 1 + AT_ONCE * (took / PAUSE + 1), "guesses are slow, however they are sent"


async def beside_guesses(lab: Lab, guesses: int, phones: int) -> tuple[int, int, float, float]:
    """Hits, guesses that were told whether they were right, and seconds: of all, and of the slowest phone."""
    chance = random.Random(7)
    codes = iter(["".join(chance.choices(ALPHABET, k=CODE_LENGTH)) for _ in range(guesses)])
    answers: list[Answer] = []
    began = time.perf_counter()

    async def guess(patience: float) -> None:
        """One connection after another, hung up where the answer takes too long."""
        line = Line(lab.server.port)
        for code in codes:
            with suppress(OSError, TimeoutError):
                answers.append(await asyncio.wait_for(line.ask("GET", f"/j/{code}"), patience))
        line.close()

    async def vote(delay: float) -> float:
        await asyncio.sleep(delay)
        arrived = time.perf_counter()
        phone = Phone(Line(lab.server.port), lab.round.code)
        while (page := await asyncio.wait_for(phone.look(), BROWSER_WAITS)).status == 503:
            await asyncio.sleep(int(page.headers["retry-after"]) * random.uniform(0.5, 1))
        assert page.status == 200
        assert (await phone.hand_in(any_marks())).status == 200
        phone.line.close()
        return time.perf_counter() - arrived

    patient = [asyncio.create_task(guess(60.0)) for _ in range(50)]
    hasty = [asyncio.create_task(guess(0.3)) for _ in range(50)]
    await asyncio.sleep(1)
    waited = await asyncio.gather(*(vote(ARRIVING * place / phones) for place in range(phones)))
    await asyncio.gather(*patient, *hasty)
    right = sum(answer.status == 200 for answer in answers)
    told = sum(answer.status != 503 for answer in answers)
    return right, told, time.perf_counter() - began, max(waited)
