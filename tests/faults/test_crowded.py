"""Many at once: one ballot for each voter, an exact end, and one bad ballot among good ones."""

from __future__ import annotations

import asyncio
import random
import time
import uuid
from contextlib import ExitStack
from typing import Any

import pytest
from sqlalchemy import text

from lab.access.rights import COMMAND_LINE
from lab.voting.integrity import damaged_rounds
from tests.faults.conftest import number
from tests.loops import run
from tests.served import Answer, Lab, Line, Phone, Round, any_marks, close, open_a_round, stored

pytestmark = pytest.mark.fault


def test_a_thousand_voters_who_send_eight_times_at_once_have_one_ballot_each(lab: Lab) -> None:
    voters, at_once = number(full=1000, short=200), 40
    sent: dict[str, list[tuple[int, ...]]] = {}
    receipts: dict[str, set[str]] = {}

    async def vote(lines: list[Line], phone: Phone) -> None:
        choices = [any_marks() for _ in lines]
        await phone.join()
        answers = await asyncio.gather(
            *(
                Phone(line, phone.code, phone.token).hand_in(marks)
                for line, marks in zip(lines, choices, strict=True)
            )
        )
        assert {answer.status for answer in answers} == {200}
        token = phone.hash_in(lab.round.id)
        sent[token] = choices
        receipts[token] = {answer.told()["receipt"] for answer in answers}

    async def some(share: int) -> None:
        lines = [Line(lab.server.port) for _ in range(8)]
        for _ in range(share):
            await vote(lines, Phone(lines[0], lab.round.code))

    async def story() -> None:
        await asyncio.gather(*(some(voters // at_once) for _ in range(at_once)))

    run(story())
    found = stored(lab.database, lab.round.id)
    assert {token: {receipt} for token, (receipt, _) in found.items()} == receipts
    assert all(marks in sent[token] for token, (_, marks) in found.items())
    record = run(closed(lab, lab.round))
    assert len(record["ballots"]) == len(record["receipts"]) == voters
    tally = [sum(marks[place] for _, marks in found.values() if marks) for place in range(12)]
    assert [sum(each["marks"][place] for each in record["ballots"]) for place in range(12)] == tally


async def closed(lab: Lab, of: Round) -> dict[str, Any]:
    """Close and reveal a round; returns its record as anybody may download it."""
    await asyncio.to_thread(close, lab.database, of.id)
    answer = await Line(lab.server.port).ask("GET", f"/v/{of.id}/record.json")
    assert answer.status == 200
    record: dict[str, Any] = answer.told()
    return record


def test_a_close_in_the_midst_of_voting_counts_what_was_acknowledged_and_nothing_else(lab: Lab) -> None:
    for _ in range(number(full=10, short=2)):
        found = open_a_round(lab.database)
        answers, record = run(race(lab, found))
        acknowledged = [answer.told()["receipt"] for answer in answers if answer.status == 200]
        refused = [answer for answer in answers if answer.status != 200]
        assert sorted(acknowledged) == record["receipts"]
        assert len(acknowledged) == len(record["ballots"])
        assert acknowledged
        assert refused
        assert {answer.status for answer in refused} == {409}
    with lab.database.reading() as session:
        assert damaged_rounds(session, COMMAND_LINE) == []


async def race(lab: Lab, found: Round) -> tuple[list[Answer], dict[str, Any]]:
    """A hundred votes a second for three seconds, and a close somewhere in between."""
    lines = [Line(lab.server.port) for _ in range(300)]
    began = time.perf_counter()

    async def vote(place: int, line: Line) -> Answer:
        await asyncio.sleep(began + place / 100 - time.perf_counter())
        return await Phone(line, found.code).hand_in(any_marks())

    async def end() -> dict[str, Any]:
        await asyncio.sleep(random.uniform(0.5, 2.0))
        return await closed(lab, found)

    record, *answers = await asyncio.gather(end(), *(vote(*each) for each in enumerate(lines)))
    for line in lines:
        line.close()
    return answers, record  # type: ignore[return-value]


POISON = (1, 0) * 6
GUARDS = {
    "sqlite": [
        f"CREATE TRIGGER poisoned BEFORE INSERT ON ballot "
        f"WHEN json(NEW.marks) = json('{list(POISON)}') "
        "BEGIN SELECT RAISE(ABORT, 'poison'); END"
    ],
    "postgresql": [
        "CREATE OR REPLACE FUNCTION refuse() RETURNS trigger AS $$ BEGIN RAISE EXCEPTION 'poison'; END $$ "
        "LANGUAGE plpgsql",
        "CREATE TRIGGER poisoned BEFORE INSERT ON ballot FOR EACH ROW "
        f"WHEN (NEW.marks::jsonb = '{list(POISON)}'::jsonb) EXECUTE FUNCTION refuse()",
    ],
}
CURES = {
    "sqlite": "DROP TRIGGER poisoned",
    "postgresql": "DROP TRIGGER poisoned ON ballot",
}


def test_a_ballot_that_the_tables_refuse_fails_no_other_of_its_batch(lab: Lab) -> None:
    kind = lab.database.engine.dialect.name
    with lab.database.engine.begin() as connection:
        for statement in GUARDS[kind]:
            connection.execute(text(statement))
    try:
        poisoned, healthy = run(one_batch(lab))
    finally:
        with lab.database.engine.begin() as connection:
            connection.execute(text(CURES[kind]))
    assert poisoned.status == 422
    assert "could not be stored" in poisoned.told()["problem"]
    assert {answer.status for answer in healthy} == {200}
    assert len([marks for _, marks in stored(lab.database, lab.round.id).values() if marks]) == len(healthy)


async def one_batch(lab: Lab) -> tuple[Answer, list[Answer]]:
    """Three hundred ballots that wait for the writer together, a poisoned one in their midst."""
    choices = [(0, *any_marks()[1:]) for _ in range(300)]
    choices.insert(150, POISON)
    phones = [Phone(Line(lab.server.port), lab.round.code) for _ in choices]
    await asyncio.gather(*(phone.look() for phone in phones[:50]))
    with ExitStack() as held:
        busy = held.enter_context(lab.database.writing())
        hold(busy, lab.round.id)
        waiting = [
            asyncio.create_task(phone.hand_in(marks)) for phone, marks in zip(phones, choices, strict=True)
        ]
        await asyncio.sleep(2)
    answers = await asyncio.gather(*waiting)
    for phone in phones:
        phone.line.close()
    return answers.pop(150), answers


def hold(session: Any, round_id: uuid.UUID) -> None:
    """Keep the writer waiting until the session's transaction ends."""
    session.execute(
        text("UPDATE vote_round SET version = version WHERE id = :round"),
        {"round": round_id.hex if session.get_bind().dialect.name == "sqlite" else round_id},
    )
