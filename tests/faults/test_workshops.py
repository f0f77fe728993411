"""A workshop whose server is killed in the midst of a block goes on where it stood, and keeps every note."""

from __future__ import annotations

import asyncio
import random
import time
import uuid
from dataclasses import dataclass, field

import pytest
from sqlalchemy import select

from db.models import Note, Workshop, WorkshopJoin
from lab.workshops.room.rules import note_key
from tests.faults.conftest import number
from tests.loops import run
from tests.served import Lab, Meeting, Participant, begin_a_workshop, lead_to

pytestmark = pytest.mark.fault

WRITERS = 40
FOLLOWERS = 10
SPARE = 150


@dataclass
class Room:
    """Phones that write notes, each of them sent again until it is acknowledged."""

    lab: Lab
    meeting: Meeting
    written: dict[uuid.UUID, str] = field(default_factory=dict)
    """What was acknowledged, by key."""
    sent: set[uuid.UUID] = field(default_factory=set)
    refused: list[bytes] = field(default_factory=list)
    followed: dict[int, list[tuple[float, str]]] = field(default_factory=dict)
    enough: int = 0
    """How many notes to write for now."""
    done: bool = False

    async def write(self) -> None:
        """One phone after another, eight notes each."""
        while not self.done:
            phone = Participant(self.lab.server.port, self.meeting.code)
            await phone.join()
            hashed = phone.hash_in(self.meeting.id)
            for place in range(8):
                while len(self.written) >= self.enough and not self.done:
                    await asyncio.sleep(0.05)
                words, form = f"{uuid.uuid4()}", f"form {place}"
                key = note_key(hashed, form)
                self.sent.add(key)
                if not await self._until_acknowledged(phone, words, form, key):
                    return
                await asyncio.sleep(0.1)
            phone.line.close()

    async def _until_acknowledged(self, phone: Participant, words: str, form: str, key: uuid.UUID) -> bool:
        while not self.done:
            try:
                answer = await phone.write(self.meeting.blocks[0], words, form)
            except OSError:
                await asyncio.sleep(random.uniform(0.02, 0.1))
                continue
            if answer.status == 200:
                assert answer.told()["key"] == str(key)
                self.written[key] = words
                return True
            if answer.status < 500:
                self.refused.append(answer.body)
                return False
            await asyncio.sleep(0.05)
        return False

    async def follow(self, place: int) -> None:
        """As a page does: listen again whenever the line breaks."""
        heard = self.followed.setdefault(place, [])
        while not self.done:
            try:
                async for stamp in Participant(self.lab.server.port, self.meeting.code).follow():
                    heard.append((time.perf_counter(), stamp))
            except OSError:
                pass
            await asyncio.sleep(random.uniform(0.05, 0.2))

    async def until(self, notes: int) -> None:
        """Wait for so many acknowledged notes, and let phones write a few more meanwhile: a board is limited,
        and how long the next start takes is not known."""
        self.enough = notes + SPARE
        while len(self.written) < notes and not self.refused:
            await asyncio.sleep(0.02)


def test_no_acknowledged_note_is_lost_when_the_server_is_killed_and_the_room_goes_on(lab: Lab) -> None:
    kills, between = number(full=6, short=2), number(full=220, short=120)
    meeting = begin_a_workshop(lab.database)
    room = Room(lab, meeting)
    clocks: list[tuple[int, float]] = []
    """Seconds left as phones are told, and by the host's watch."""

    async def left() -> int:
        answer = await Participant(lab.server.port, meeting.code).look("/state")
        state = answer.told()
        assert state["state"] == "running"
        seconds: int = state["left"]
        return seconds

    async def story() -> None:
        writing = [asyncio.create_task(room.write()) for _ in range(WRITERS)]
        following = [asyncio.create_task(room.follow(place)) for place in range(FOLLOWERS)]
        for kill in range(kills):
            await room.until(len(room.written) + between)
            lab.server.kill()
            # a host leads on while the server is down: the phones find out when it is back
            await asyncio.to_thread(lead_to, lab.database, meeting, kill + 1)
            led = time.perf_counter()
            await asyncio.to_thread(lab.server.start)
            clocks.append((await left(), 600 - (time.perf_counter() - led)))
        await room.until(len(room.written) + between)
        lab.server.kill()
        await asyncio.to_thread(lab.server.start)
        clocks.append((await left(), 600 - (time.perf_counter() - led)))
        await asyncio.sleep(2)
        room.done = True
        lab.server.kill()  # ends the streams
        await asyncio.gather(*writing, *following)

    run(story())
    with lab.database.reading() as session:
        stored = {key: words for key, words in session.execute(select(Note.id, Note.text))}
        workshop = session.get_one(Workshop, meeting.id)
        joins = len(session.scalars(select(WorkshopJoin)).all())
    print(f"{kills + 1} kills; {len(room.written):,} acknowledged notes of {joins} phones, none lost")
    assert room.refused == []
    assert {key: stored.get(key) for key in room.written} == room.written
    assert set(stored) <= room.sent
    assert (workshop.state, workshop.current_place) == ("running", kills)
    assert all(abs(found - meant) <= 3 for found, meant in clocks), clocks
    for heard in room.followed.values():
        assert heard[-1][1] == str(workshop.revision), "every phone is where the room is"


def test_a_server_that_is_told_to_stop_ends_the_streams_and_goes_at_once(lab: Lab) -> None:
    meeting = begin_a_workshop(lab.database)

    async def story() -> float:
        async def listen() -> int:
            return len([each async for each in Participant(lab.server.port, meeting.code).follow()])

        listening = [asyncio.create_task(listen()) for _ in range(50)]
        await asyncio.sleep(1.5)
        began = time.perf_counter()
        await asyncio.to_thread(lab.server.stop)
        took = time.perf_counter() - began
        assert await asyncio.gather(*listening) == [1] * 50
        return took

    assert run(story()) < 5
