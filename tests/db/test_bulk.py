"""Many rows in few round trips: together or not at all, and a failure is SQLAlchemy's."""

from __future__ import annotations

import uuid

import pytest
from sqlalchemy import func, select
from sqlalchemy.exc import IntegrityError

from db.bulk import Row, Wanted, Writes, as_key, read_rows
from db.engine import Database
from db.models import BallotEntry, VoteRound
from tests.served import Round, open_a_round


@pytest.fixture
def found(database: Database) -> Round:
    return open_a_round(database, options=2)


def entry(found: Round, seq: int) -> Row:
    return {
        "round_id": found.id, "seq": seq, "voter_id": uuid.UUID(int=seq), "commitment": "c",
        "hash": f"h{seq}",
    }  # fmt: skip


def ends(found: Round, entries: int) -> list[Row]:
    return [{"id": found.id, "entries": entries}]


def rows(database: Database) -> int:
    with database.reading() as session:
        return session.scalars(select(func.count()).select_from(BallotEntry)).one()


def test_what_is_written_together_is_read_together(database: Database, found: Round) -> None:
    with database.writing() as session:
        writes = Writes(session.connection())
        writes.insert(BallotEntry, [entry(found, 1), entry(found, 2)])
        writes.update(VoteRound, ends(found, 2))
        writes.send()
    with database.writing() as session:
        keys = [{"round_id": found.id, "seq": seq} for seq in (1, 2, 3)]
        of_rounds, none, of_entries = read_rows(
            session.connection(),
            Wanted(VoteRound, [{"id": found.id}], ("id", "entries"), lock=True),
            Wanted(BallotEntry, [], ("hash",)),
            Wanted(BallotEntry, keys, ("hash",)),
        )
    assert [(as_key(row["id"]), row["entries"]) for row in of_rounds] == [(found.id, 2)]
    assert none == []
    assert sorted(row["hash"] for row in of_entries) == ["h1", "h2"]


def test_when_one_of_several_writes_fails_none_is_kept_and_the_next_transaction_works(
    database: Database, found: Round
) -> None:
    def write(*seqs: int) -> None:
        with database.writing() as session:
            writes = Writes(session.connection())
            for seq in seqs:
                writes.insert(BallotEntry, [entry(found, seq)])
            writes.send()

    write(1)
    with pytest.raises(IntegrityError):
        write(2, 1, 3)
    assert rows(database) == 1
    write(4)
    assert rows(database) == 2
