"""Ballots that are stored by another process: acknowledged when they are stored, and never behind a voter's
back."""

from __future__ import annotations

import asyncio
import pickle
import uuid
from collections.abc import Callable, Coroutine
from typing import Any

import pytest
from sqlalchemy import func, select, update

from db.engine import Database
from db.models import Ballot, VoteJoin, VoteRound
from lab.access.rights import Actor
from lab.foundation import beside
from lab.foundation.errors import TooMany, WrongTransition
from lab.voting.commands import close_round
from lab.voting.intake import store_process
from lab.voting.intake.ballots import BallotIn
from lab.voting.intake.queue import Writer, ballots_taken
from lab.voting.intake.store_process import Packets, StoreProcess, packed
from tests.conftest import NOW
from tests.loops import run
from tests.voting.conftest import ballot, opened

pytestmark = pytest.mark.slow

Prototypes = tuple[uuid.UUID, list[uuid.UUID]]
Story = Callable[[StoreProcess], Coroutine[Any, Any, None]]


@pytest.fixture(autouse=True)
def patience(monkeypatch: pytest.MonkeyPatch) -> None:
    """A busy machine is slow, not wrong."""
    monkeypatch.setattr(store_process, "PATIENCE", 60.0)


@pytest.fixture
def round_id(
    database: Database, facilitator: Actor, prototypes: Prototypes, monkeypatch: pytest.MonkeyPatch
) -> uuid.UUID:
    """An open round on the database that the process finds."""
    monkeypatch.setenv("DATABASE_URL", database.url)
    return opened(database, facilitator, prototypes)


def play(story: Story) -> list[str]:
    """A story with the process; what was heard of its end."""
    heard: list[str] = []

    async def whole() -> None:
        async with StoreProcess.running(lambda: heard.append("lost"), store_process.PROGRAM) as store:
            await story(store)

    run(asyncio.wait_for(whole(), timeout=300))
    return heard


def count(database: Database, model: type[Ballot] | type[VoteJoin]) -> int:
    with database.reading() as session:
        return session.scalar(select(func.count()).select_from(model)) or 0


def test_each_ballot_gets_its_own_receipt_and_who_only_joins_is_stored_before_the_end(
    database: Database, round_id: uuid.UUID
) -> None:
    async def story(store: StoreProcess) -> None:
        sent = [ballot(round_id, f"voter {number}", (1, 0, 0)) for number in range(60)]
        receipts = await asyncio.gather(*map(store.take, sent))
        assert len(set(receipts)) == 60
        assert await store.take(sent[7]) == receipts[7]
        store.submit(BallotIn(round_id, "somebody who only joins"))

    play(story)
    assert (count(database, Ballot), count(database, VoteJoin)) == (60, 61)


def test_a_refusal_comes_back_as_what_it_is(
    database: Database, facilitator: Actor, round_id: uuid.UUID
) -> None:
    async def story(store: StoreProcess) -> None:
        with database.writing() as session:
            close_round(session, facilitator, round_id, now=NOW)
        with pytest.raises(WrongTransition, match="after the close"):
            await store.take(ballot(round_id, "late", (1, 0, 0)))

    assert play(story) == ["lost"]


def test_a_ballot_whose_sender_was_asked_to_retry_is_not_stored_meanwhile(
    database: Database, round_id: uuid.UUID, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def story(store: StoreProcess) -> None:
        await store.take(ballot(round_id, "Ada", (1, 0, 0)))
        with database.writing() as session:
            session.execute(update(VoteRound).values(version=VoteRound.version))
            # nothing can be stored until the block ends, however long the machine takes
            with monkeypatch.context() as impatient:
                impatient.setattr(store_process, "PATIENCE", 0.5)
                # Bo's may be in the writer's hand when the others come
                first = asyncio.ensure_future(store.take(ballot(round_id, "Bo", (1, 0, 0))))
                await asyncio.sleep(0.2)
                others = [store.take(ballot(round_id, f"voter {number}", (1, 0, 0))) for number in range(5)]
                answers = await asyncio.gather(first, *others, return_exceptions=True)
        assert [type(each) for each in answers] == [TooMany] * 6
        await store.take(ballot(round_id, "Cy", (1, 0, 0)))

    play(story)
    # Bo's may have been stored: nobody could know in time
    assert count(database, Ballot) in (2, 3)


def test_no_more_wait_than_may(
    database: Database, round_id: uuid.UUID, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(store_process, "CAPACITY", 4)

    async def story(store: StoreProcess) -> None:
        sent = [store.take(ballot(round_id, f"voter {number}", (1, 0, 0))) for number in range(10)]
        answers = await asyncio.gather(*sent, return_exceptions=True)
        assert sorted(type(each).__name__ for each in answers) == ["TooMany"] * 6 + ["str"] * 4
        await store.take(ballot(round_id, "afterwards", (1, 0, 0)))

    play(story)
    assert count(database, Ballot) == 5


def test_who_waits_when_the_process_ends_is_asked_to_send_again(
    database: Database, round_id: uuid.UUID, monkeypatch: pytest.MonkeyPatch
) -> None:
    started: list[Any] = []
    start = beside.start
    monkeypatch.setattr(beside, "start", lambda *told: started.append(start(*told)) or started[-1])

    async def story(store: StoreProcess) -> None:
        await store.take(ballot(round_id, "Ada", (1, 0, 0)))
        with database.writing() as session:
            session.execute(update(VoteRound).values(version=VoteRound.version))
            waiting = asyncio.ensure_future(store.take(ballot(round_id, "Bo", (1, 0, 0))))
            await asyncio.sleep(0.2)
            started[0].kill()
            with pytest.raises(TooMany):
                await waiting
        with pytest.raises(TooMany):
            await store.take(ballot(round_id, "Cy", (1, 0, 0)))

    assert play(story) == ["lost"]
    assert count(database, Ballot) == 1


def test_packets_are_cut_where_they_end_however_they_come() -> None:
    round_id = uuid.uuid4()
    said = [
        [(1, 2.5, ballot(round_id, "Ada", (1, 0, -1)))],
        [(2, 0.5, "receipt"), (3, 0.0, TooMany("Wait."))],
    ]
    stream = b"".join(packed(each) for each in said)
    for size in (1, 3, 7, len(stream)):
        packets, came = Packets(), []
        for start in range(0, len(stream), size):
            came += packets.messages(stream[start : start + size])
        assert came[:2] == [*said[0], said[1][0]]
        assert (type(came[2][2]), came[2][2].message, came[2][2].retry_after) == (TooMany, "Wait.", 60)


def test_what_goes_to_another_process_comes_out_as_it_was() -> None:
    whole = BallotIn(uuid.uuid4(), "hash", (1, -1), "carer", {1: "It may fail"}, "account", uuid.uuid4())
    for each in (whole, BallotIn(whole.round_id, "hash")):
        assert pickle.loads(pickle.dumps(each)) == each


def test_a_writer_that_lost_its_connection_takes_another(database: Database, round_id: uuid.UUID) -> None:
    writer = Writer(database, ballots_taken())
    assert writer.store([ballot(round_id, "Ada", (1, 0, 0))])
    assert writer._connection is not None
    writer._connection.connection.driver_connection.close()  # type: ignore[union-attr]
    lost, again = (writer.store([ballot(round_id, "Bo", (1, 0, 0))])[0] for _ in range(2))
    assert not isinstance(lost, str)
    assert isinstance(again, str)
