"""A round from draft to published record, on both databases."""

from __future__ import annotations

import json
import subprocess
import sys
import uuid
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import delete, select, update

from db.engine import Database, sqlite_path
from db.models import Ballot, BallotEntry, Event, ForeseenRisk, VoteJoin, VoteRound
from lab.access.rights import COMMAND_LINE, Actor
from lab.foundation.errors import Invalid, LabError, NotAllowed, WrongTransition
from lab.prototypes.commands import record_finding
from lab.stakeholders.commands import add_stakeholder
from lab.voting import queries
from lab.voting.commands import (
    ballot_from_account,
    close_round,
    drop_draft,
    edit_round,
    enter_hands,
    enter_paper_ballot,
    make_round,
    open_round,
    take_back,
)
from lab.voting.integrity import damaged_rounds
from lab.voting.record import read_record, verify
from tests.conftest import NOW, person
from tests.voting.conftest import TITLES, ballot, cast, opened

ROOT = Path(__file__).resolve().parents[2]
Prototypes = tuple[uuid.UUID, list[uuid.UUID]]


def close(database: Database, actor: Actor, round_id: uuid.UUID) -> dict[str, Any]:
    with database.writing() as session:
        close_round(session, actor, round_id, now=NOW)
    with database.reading() as session:
        record = queries.public_record(session, round_id)
    assert record is not None
    return record


def test_a_voter_has_one_ballot_and_one_receipt_however_often_they_send(
    database: Database, facilitator: Actor, prototypes: Prototypes
) -> None:
    round_id = opened(database, facilitator, prototypes)
    first, again = cast(database, ballot(round_id, "Ada", (1, 0, 0)), ballot(round_id, "Ada", (0, 1, 0)))
    (later,) = cast(database, ballot(round_id, "Ada", (0, 0, 1)))
    assert first == again == later
    record = close(database, facilitator, round_id)
    assert [each["marks"] for each in record["ballots"]] == [[0, 0, 1]]
    assert record["receipts"] == [first]


def test_a_bad_ballot_is_refused_with_its_reason_and_fails_no_other(
    database: Database, facilitator: Actor, prototypes: Prototypes
) -> None:
    round_id = opened(database, facilitator, prototypes, method="dots", budget=5)
    good, too_many, other = cast(
        database,
        ballot(round_id, "Ada", (5, 0, 0)),
        ballot(round_id, "Bo", (5, 1, 0)),
        ballot(round_id, "Cy", (0, 2, 3)),
    )
    assert isinstance(good, str)
    assert isinstance(other, str)
    assert isinstance(too_many, Invalid)
    assert "6 dots" in too_many.message
    assert len(close(database, facilitator, round_id)["ballots"]) == 2


def test_nothing_counts_before_the_opening_or_after_the_close(
    database: Database, facilitator: Actor, prototypes: Prototypes
) -> None:
    project, made = prototypes
    with database.writing() as session:
        round_id = make_round(
            session, facilitator, project, question="Which?", method="approval",
            options=[(each, "") for each in made], now=NOW,
        )  # fmt: skip
    (early,) = cast(database, ballot(round_id, "Ada", (1, 0, 0)))
    with database.writing() as session:
        open_round(session, facilitator, round_id, NOW)
    cast(database, ballot(round_id, "Ada", (1, 0, 0)))
    record = close(database, facilitator, round_id)
    (late,) = cast(database, ballot(round_id, "Bo", (0, 1, 0)))
    assert isinstance(early, WrongTransition)
    assert isinstance(late, WrongTransition)
    assert "after the close and was not counted" in late.message
    with database.reading() as session:
        assert queries.public_record(session, round_id) == record


def test_the_close_erases_every_way_from_a_person_to_a_ballot(
    database: Database, facilitator: Actor, prototypes: Prototypes
) -> None:
    resident = person(database, "stakeholder")
    with database.writing() as session:
        add_stakeholder(
            session, facilitator, prototypes[0], pseudonym="Heron", group="carer",
            account_id=resident.account_id, now=NOW,
        )  # fmt: skip
    round_id = opened(database, facilitator, prototypes)
    with database.reading() as session:
        from_account = ballot_from_account(session, resident, round_id, marks=(0, 1, 0))
    cast(database, ballot(round_id, "Ada", (1, 0, 0)), from_account)
    with database.reading() as session:
        while_open = {each.voter_id for each in session.scalars(select(Ballot))}
        joined = session.scalars(select(VoteJoin)).all()
        assert {each.voter_id for each in joined} == while_open
        assert any(each.stakeholder_id for each in joined)
    close(database, facilitator, round_id)
    with database.reading() as session:
        ballots = session.scalars(select(Ballot)).all()
        assert len(ballots) == 2
        assert while_open.isdisjoint(each.voter_id for each in ballots)
        assert {(each.seq, each.salt) for each in ballots} == {(None, None)}
        for join in session.scalars(select(VoteJoin)):
            assert join.voter_id is None
            assert join.stakeholder_id is None
            assert join.token_hash != from_account.token_hash
        assert set(session.scalars(select(BallotEntry.voter_id))) == {None}


def test_what_the_close_erases_is_not_left_in_the_file(
    database: Database, facilitator: Actor, prototypes: Prototypes
) -> None:
    path = sqlite_path(database.url)
    if path is None:
        pytest.skip("PostgreSQL keeps dead rows until it vacuums, as docs/decisions/0003-votes.md says")
    round_id = opened(database, facilitator, prototypes)
    cast(database, *(ballot(round_id, f"voter {number}", (1, 0, 0)) for number in range(40)))
    with database.reading() as session:
        salts = [salt for salt in session.scalars(select(Ballot.salt)) if salt]
    database.close()  # the last connection folds the write-ahead log into the file
    assert sum(salt.encode() in path.read_bytes() for salt in salts) == 40
    close(database, facilitator, round_id)
    database.close()
    assert not any(salt.encode() in path.read_bytes() for salt in salts)


def test_a_round_cannot_be_edited_once_open_and_never_opens_again(
    database: Database, facilitator: Actor, prototypes: Prototypes
) -> None:
    round_id = opened(database, facilitator, prototypes)
    told = {
        "version": 2, "question": "Other?", "method": "score", "budget": 5, "reveal": "live",
        "options": [(each, "") for each in prototypes[1]], "option_order": "fixed",
        "anonymity": "participation_recorded", "groups": [], "decides_next": "", "hear_by": None,
    }  # fmt: skip
    with pytest.raises(WrongTransition), database.writing() as session:
        edit_round(session, facilitator, round_id, now=NOW, **told)  # type: ignore[arg-type]
    with pytest.raises(WrongTransition), database.writing() as session:
        drop_draft(session, facilitator, round_id, NOW)
    close(database, facilitator, round_id)
    with pytest.raises(WrongTransition, match="new round"), database.writing() as session:
        open_round(session, facilitator, round_id, NOW)


def test_paper_and_hands_count_beside_phones_under_their_own_sources(
    database: Database, facilitator: Actor, prototypes: Prototypes
) -> None:
    round_id = opened(database, facilitator, prototypes)
    cast(database, ballot(round_id, "Ada", (1, 1, 0)))
    with database.writing() as session:
        slip = enter_paper_ballot(session, facilitator, round_id, marks=(1, 0, 0), now=NOW)
        enter_paper_ballot(session, facilitator, round_id, marks=(0, 0, 1), now=NOW)
        enter_hands(session, facilitator, round_id, hands=(0, 7, 2), now=NOW)
    with database.writing() as session:
        take_back(session, facilitator, round_id, slip, now=NOW)
    with database.reading() as session:
        now = queries.turnout(session, round_id)
        assert (now.joined, now.voted) == (11, 11)
        assert dict(now.by_source) == {"phone": 1, "paper": 1, "hands": 9}
        assert damaged_rounds(session, COMMAND_LINE) == []
    record = close(database, facilitator, round_id)
    assert record["sources"] == {"hands": 9, "paper": 1, "phone": 1}
    assert record["ranking"] == [[TITLES[1]], [TITLES[2]], [TITLES[0]]]
    with database.reading() as session:
        result = queries.result_for_lab(session, facilitator, round_id)
        assert result is not None
        assert {each.title: each.number for each in result.options} == {
            TITLES[1]: "8 of 11", TITLES[2]: "3 of 11", TITLES[0]: "1 of 11",
        }  # fmt: skip
        assert damaged_rounds(session, COMMAND_LINE) == []


def test_a_hidden_result_is_nobodys_to_see_while_people_vote(
    database: Database, facilitator: Actor, prototypes: Prototypes
) -> None:
    hidden = opened(database, facilitator, prototypes)
    live = opened(database, facilitator, prototypes, reveal="live")
    for round_id in (hidden, live):
        cast(database, ballot(round_id, "Ada", (1, 0, 0)))
    with database.reading() as session:
        assert queries.result_for_lab(session, facilitator, hidden) is None
        assert queries.result_for_lab(session, facilitator, live) is not None
        assert queries.public_record(session, live) is None
        room = queries.room_of_round(session, facilitator, hidden)
        assert queries.public_result(session, room) is None


def test_a_worry_handed_in_with_a_ballot_is_one_foreseen_risk_however_often_it_is_sent(
    database: Database, facilitator: Actor, prototypes: Prototypes
) -> None:
    round_id = opened(database, facilitator, prototypes)
    for worry in ("People change numbers", "People change numbers", "People change their numbers"):
        cast(database, ballot(round_id, "Ada", (1, 0, 0), worries={0: worry}))
    with database.reading() as session:
        (risk,) = session.scalars(select(ForeseenRisk))
        assert (risk.statement, risk.prototype_id) == ("People change their numbers", prototypes[1][0])
        assert (risk.round_id, risk.finding) == (round_id, "untested")
        events = session.scalars(select(Event).where(Event.subject_id == risk.id)).all()
        assert [each.to_state for each in events] == ["untested"]


def test_a_worry_can_be_taken_back_until_the_lab_has_looked_into_it_or_the_vote_closes(
    database: Database, facilitator: Actor, prototypes: Prototypes
) -> None:
    round_id = opened(database, facilitator, prototypes)
    cast(
        database,
        ballot(round_id, "Ada", (1, 0, 0), worries={0: "It costs", 1: "It confuses", 2: "It shames"}),
    )
    cast(database, ballot(round_id, "Bo", (1, 0, 0), worries={0: "Nobody reads it", 1: ""}))
    with database.writing() as session:
        looked_into = session.scalars(select(ForeseenRisk).where(ForeseenRisk.statement == "It shames")).one()
        record_finding(session, facilitator, looked_into.id, finding="did_not_occur", note="", now=NOW)
    cast(database, ballot(round_id, "Ada", (1, 0, 0), worries={0: "", 2: ""}))
    with database.reading() as session:
        risks = {each.statement: each.finding for each in session.scalars(select(ForeseenRisk))}
        assert risks == {
            "It confuses": "untested",
            "It shames": "did_not_occur",
            "Nobody reads it": "untested",
        }
        gone = session.scalars(select(Event).where(Event.verb == "taken_back")).one()
        assert (gone.subject_type, gone.from_state, gone.actor_id) == ("foreseen_risk", "untested", None)
    close(database, facilitator, round_id)
    (late,) = cast(database, ballot(round_id, "Ada", (1, 0, 0), worries={1: ""}))
    assert isinstance(late, WrongTransition)
    with database.reading() as session:
        assert len(session.scalars(select(ForeseenRisk)).all()) == 3


def test_only_the_groups_asked_for_may_vote(
    database: Database, facilitator: Actor, prototypes: Prototypes
) -> None:
    resident = person(database, "stakeholder")
    stranger = person(database, "stakeholder")
    with database.writing() as session:
        add_stakeholder(
            session, facilitator, prototypes[0], pseudonym="Wren", group="partner",
            account_id=resident.account_id, now=NOW,
        )  # fmt: skip
    round_id = opened(database, facilitator, prototypes, groups=["carer", "service_user"])
    none, wrong, right = cast(
        database,
        ballot(round_id, "Ada", (1, 0, 0)),
        ballot(round_id, "Bo", (1, 0, 0), group="elected"),
        ballot(round_id, "Cy", (1, 0, 0), group="carer"),
    )
    assert isinstance(none, Invalid)
    assert isinstance(wrong, Invalid)
    assert isinstance(right, str)
    for actor in (resident, stranger):
        with pytest.raises(NotAllowed), database.reading() as session:
            ballot_from_account(session, actor, round_id, marks=(1, 0, 0))


def test_only_the_labs_people_run_votes(
    database: Database, facilitator: Actor, prototypes: Prototypes
) -> None:
    round_id = opened(database, facilitator, prototypes)
    resident = person(database, "stakeholder")
    with pytest.raises(NotAllowed), database.writing() as session:
        close_round(session, resident, round_id, now=NOW)
    with pytest.raises(NotAllowed), database.writing() as session:
        enter_paper_ballot(session, resident, round_id, marks=(1, 0, 0), now=NOW)


@pytest.mark.parametrize("count", [0, 1, 31])
def test_a_round_has_two_to_thirty_prototypes_of_its_own_project(
    database: Database, facilitator: Actor, prototypes: Prototypes, count: int
) -> None:
    project, made = prototypes
    with pytest.raises(LabError), database.writing() as session:
        make_round(
            session, facilitator, project, question="Which?", method="score",
            options=[(made[0], "")] * count, now=NOW,
        )  # fmt: skip


METHODS = {
    "approval": [(1, 0, 1), (0, 1, 1), (-1, -1, -1)],
    "score": [(5, 0, 3), (4, -1, 5), (2, 2, 2)],
    "ranked": [(1, 2, 3), (2, 1, -1), (1, 1, 2), (-1, -1, 1)],
    "dots": [(5, 0, 0), (1, 2, 2), (0, 0, 0)],
    "majority_judgment": [(5, 3, 0), (4, 4, 1), (0, 3, 3), (2, -1, 5)],
}


@pytest.mark.parametrize("method", METHODS)
def test_a_published_record_recounts_here_and_by_the_script_in_docs(
    database: Database, facilitator: Actor, prototypes: Prototypes, tmp_path: Path, method: str
) -> None:
    round_id = opened(database, facilitator, prototypes, method=method)
    for number, marks in enumerate(METHODS[method] * 3):
        cast(database, ballot(round_id, f"voter {number}", marks))
    record = close(database, facilitator, round_id)
    content = json.dumps(record).encode()
    assert verify(read_record(content)).problems == ()
    (tmp_path / "record.json").write_bytes(content)
    script = [sys.executable, str(ROOT / "docs" / "recount.py"), str(tmp_path / "record.json")]
    done = subprocess.run(script, capture_output=True, text=True, timeout=600)
    assert done.returncode == 0, done.stderr
    assert "agrees" in done.stdout


def test_a_record_that_was_changed_is_found_out(
    database: Database, facilitator: Actor, prototypes: Prototypes
) -> None:
    round_id = opened(database, facilitator, prototypes)
    for number in range(6):
        cast(database, ballot(round_id, f"voter {number}", (1, 0, number % 2)))
    record = close(database, facilitator, round_id)
    record["ballots"][0]["marks"] = [0, 1, 1]
    assert any("digest" in each for each in verify(record).problems)
    with pytest.raises(Invalid):
        read_record(b'{"format": "something else"}')


def test_small_groups_and_single_paper_ballots_cannot_be_identified_in_the_record(
    database: Database, facilitator: Actor, prototypes: Prototypes
) -> None:
    round_id = opened(database, facilitator, prototypes, groups=["carer", "elected", "service_user"])
    for number in range(6):
        cast(database, ballot(round_id, f"carer {number}", (1, 0, 0), group="carer"))
    cast(database, ballot(round_id, "the mayor", (0, 0, 1), group="elected"))
    with database.writing() as session:
        enter_paper_ballot(session, facilitator, round_id, marks=(0, 1, 0), group="service_user", now=NOW)
    record = close(database, facilitator, round_id)
    assert "elected" not in json.dumps(record["ballots"])
    assert "paper" not in json.dumps(record["ballots"])
    groups = [each["group"] for each in record["ballots"]]
    assert all(groups.count(each) >= 5 for each in set(groups))


@pytest.mark.parametrize("is_closed", [False, True])
@pytest.mark.parametrize("damage", ["altered", "removed", "added"])
def test_damage_done_to_ballots_behind_our_back_is_found_and_the_round_named(
    database: Database, facilitator: Actor, prototypes: Prototypes, is_closed: bool, damage: str
) -> None:
    round_id = opened(database, facilitator, prototypes)
    for number in range(5):
        cast(database, ballot(round_id, f"voter {number}", (1, 0, 0)))
    cast(database, ballot(round_id, "voter 1", (0, 1, 0)))
    if is_closed:
        close(database, facilitator, round_id)
    with database.reading() as session:
        assert damaged_rounds(session, COMMAND_LINE) == []
        voter = session.scalars(select(Ballot.voter_id)).first()
    of_voter = (Ballot.round_id == round_id) & (Ballot.voter_id == voter)
    with database.writing() as session:
        if damage == "altered":
            session.execute(update(Ballot).where(of_voter).values(marks=[0, 0, 1]))
        elif damage == "removed":
            session.execute(delete(Ballot).where(of_voter))
        else:
            session.add(Ballot(round_id=round_id, voter_id=uuid.uuid4(), marks=[1, 1, 1], source="phone"))
    with database.reading() as session:
        (problem, *_) = damaged_rounds(session, COMMAND_LINE)
    assert str(round_id) in problem
    assert "Which first?" in problem


def test_a_chain_whose_entries_were_altered_is_found(
    database: Database, facilitator: Actor, prototypes: Prototypes
) -> None:
    round_id = opened(database, facilitator, prototypes)
    for number in range(3):
        cast(database, ballot(round_id, f"voter {number}", (1, 0, 0)))
    close(database, facilitator, round_id)
    with database.writing() as session:
        session.execute(update(BallotEntry).where(BallotEntry.seq == 2).values(commitment="0" * 64))
    with database.reading() as session:
        assert "broken at entry 2" in damaged_rounds(session, COMMAND_LINE)[0]
        assert session.scalar(select(VoteRound.entries)) == 3
