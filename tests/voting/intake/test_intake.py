"""The one writer of a process beside another that holds the database, and the command that finds damage."""

from __future__ import annotations

import threading
import uuid
from concurrent.futures import Future
from concurrent.futures import wait as wait_for

import pytest
from sqlalchemy import select, update

from db.engine import Database
from db.models import Ballot, VoteJoin, VoteRound
from lab.access.rights import Actor
from lab.foundation.errors import TooMany
from lab.voting.intake.queue import RETRY_AFTER, WriteQueue
from tests.cli.running import lab
from tests.voting.conftest import ballot, cast, opened

Prototypes = tuple[uuid.UUID, list[uuid.UUID]]


def test_no_more_ballots_wait_than_may_and_those_that_wait_are_stored(
    database: Database, facilitator: Actor, prototypes: Prototypes
) -> None:
    round_id = opened(database, facilitator, prototypes)
    intake = WriteQueue(database, capacity=4)
    waiting: list[Future[str]] = []
    with database.writing() as session:
        session.execute(update(VoteRound).values(version=VoteRound.version))
        # at most four in the queue, and one batch in the writer's hand
        ballots = (ballot(round_id, f"voter {number}", (1, 0, 0)) for number in range(200))
        with pytest.raises(TooMany) as refusal:
            waiting.extend(map(intake.submit, ballots))
        assert refusal.value.retry_after == RETRY_AFTER
        assert intake.waiting() == 4
        assert not any(future.done() for future in waiting)
    done, _ = wait_for(waiting, timeout=300)
    intake.close()
    assert len({future.result() for future in done}) == len(waiting)
    with database.reading() as session:
        assert len(session.scalars(select(Ballot)).all()) == len(waiting)


def test_somebody_who_stopped_waiting_is_not_counted_behind_their_back(
    database: Database, facilitator: Actor, prototypes: Prototypes
) -> None:
    round_id = opened(database, facilitator, prototypes)
    intake = WriteQueue(database)
    with database.writing() as session:
        session.execute(update(VoteRound).values(version=VoteRound.version))
        first = intake.submit(ballot(round_id, "Ada", (1, 0, 0)))
        while intake.waiting():
            threading.Event().wait(0.01)
        second = intake.submit(ballot(round_id, "Bo", (1, 0, 0)))
        third = intake.submit(ballot(round_id, "Cy", (1, 0, 0)))
        assert second.cancel()
    wait_for([first, third], timeout=300)
    intake.close()
    assert "Current Checked out connections: 0" in database.engine.pool.status()
    with database.reading() as session:
        assert len(session.scalars(select(VoteJoin.receipt)).all()) == 2


@pytest.mark.slow
def test_the_command_that_looks_for_damage_fails_and_names_the_round_of_an_altered_ballot(
    database: Database, facilitator: Actor, prototypes: Prototypes
) -> None:
    round_id = opened(database, facilitator, prototypes)
    cast(database, *(ballot(round_id, f"voter {number}", (1, 0, 0)) for number in range(3)))

    assert lab(database.url, "check").returncode == 0
    with database.writing() as session:
        voter = session.scalars(select(Ballot.voter_id)).first()
        session.execute(update(Ballot).where(Ballot.voter_id == voter).values(marks=[0, 0, 1]))
    found = lab(database.url, "check")
    assert found.returncode == 1
    assert str(round_id) in found.stderr
    assert "Which first?" in found.stderr
    assert "altered" in found.stderr
