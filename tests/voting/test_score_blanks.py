"""A score that somebody left out is no opinion, and rounds voted under the older rule keep it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from sqlalchemy import select, text, update

from db.engine import Database
from db.models import VoteRound
from db.upgrade import upgrade
from lab.access.rights import COMMAND_LINE, Actor
from lab.exchange.arriving.take import import_lab
from lab.exchange.whole import export_lab
from lab.voting import queries
from lab.voting.commands import close_round
from lab.voting.counting.sums import NO_MARK
from lab.voting.methods.registry import method_named
from lab.voting.record import Cast, read_record, verify
from lab.voting.results import Result, result_of
from lab.voting.tally import count
from tests.cli.running import lab
from tests.conftest import NOW
from tests.db.test_upgrading import fill
from tests.exchange.test_kept import KEPT
from tests.migrating import upgrade_to
from tests.voting.conftest import ballot, cast, opened

NAMES = ("Bench", "Lamp", "Bus")
FEW_LIKE_IT = [(3, NO_MARK, 2)] * 28 + [(3, 5, NO_MARK)] * 2
"""“Lamp” is loved by 2 of 30, and unknown to the others."""


def result(ballots: list[tuple[int, ...]], meaning: str, groups: str = "") -> Result:
    of_group = groups.split() or [None] * len(ballots)
    casts = [Cast(marks, group, "phone", 1) for marks, group in zip(ballots, of_group, strict=True)]
    return result_of("score", 5, NAMES, casts, blank_means=meaning)


def test_the_average_is_over_those_who_gave_a_score() -> None:
    found = count("score", np.array([(4, NO_MARK, 0), (2, 5, NO_MARK), (NO_MARK,) * 3], dtype=np.int8))
    assert found.means == (3, 5, 0)
    assert found.share == (0.6, 1, 0)
    assert found.ranking == ((1,), (0,), (2,))
    assert (found.marked, found.judged) == ((2, 1, 1), 2)
    assert found.pairwise == ((0, 0, 1), (1, 0, 0), (0, 0, 0))


def test_an_option_that_nobody_scored_is_behind_one_that_all_scored_with_nothing() -> None:
    found = count("score", np.array([(3, 0, NO_MARK)] * 2, dtype=np.int8))
    assert found.ranking == ((0,), (1,), (2,))
    assert method_named("score").result_in_words(found, 2) == "scored by nobody"


def test_how_many_scored_each_stands_beside_its_average_and_few_are_said_aloud() -> None:
    found = result(FEW_LIKE_IT, "no_opinion")
    assert [(each.title, each.number) for each in found.options[:2]] == [
        ("Lamp", "5.0 on average, median 5, scored by 2 of 30"),
        ("Bench", "3.0 on average, median 3, scored by 30 of 30"),
    ]
    assert "Only 2 of 30 voters scored “Lamp”." in found.headline
    assert "Only 2 of 30 voters scored “Lamp”." in found.sentence
    widely = result([(5, NO_MARK, 2)] * 16 + [(NO_MARK, 3, 2)] * 14, "no_opinion")
    assert "Only" not in widely.sentence


def test_a_round_under_the_older_rule_reads_as_it_did() -> None:
    found = result(FEW_LIKE_IT, "least")
    assert [(each.title, each.number) for each in found.options] == [
        ("Bench", "3.0 on average, median 3"),
        ("Bus", "1.9 on average, median 2"),
        ("Lamp", "0.3 on average, median 0"),
    ]
    assert found.sentence.startswith("“Bench” leads with 3.0 of 5 on average, 1.1 more than “Bus”.")


def test_the_support_of_a_group_is_not_told_from_fewer_than_five_who_gave_a_score() -> None:
    ballots = [(4, 4, 1)] * 6 + [(5, NO_MARK, 1)] * 4 + [(5, 5, 1)] * 2
    found = result(ballots, "no_opinion", "carer " * 6 + "elected " * 6)
    support = {group.name: group.support for group in found.groups}
    assert support["carer"] == pytest.approx((0.8, 0.8, 0.2))
    assert support["elected"] == pytest.approx((1, None, 0.2))
    lamp = next(each for each in found.options if each.title == "Lamp")
    assert (lamp.least, lamp.common_ground, lamp.geometric_mean) == (None, None, None)
    assert "“Bench” has the most common ground" not in found.sentence
    assert "It also has the most common ground: 80 % support" in found.sentence


@pytest.mark.parametrize(
    ("meaning", "sign"), [("least", "count as 0"), ("no_opinion", "Those you leave out are no opinion")]
)
def test_the_ballot_says_the_rule_of_its_round(meaning: str, sign: str) -> None:
    assert sign in method_named("score", meaning).instruction(5)


@pytest.mark.parametrize(("meaning", "first"), [("least", "Plain letter"), ("no_opinion", "Text message")])
def test_a_round_is_counted_recorded_and_moved_by_the_rule_it_was_opened_with(
    database: Database, facilitator: Actor, prototypes: Any, tmp_path: Path,
    meaning: str, first: str,
) -> None:  # fmt: skip
    round_id = opened(database, facilitator, prototypes, method="score")
    with database.writing() as session:
        session.execute(update(VoteRound).values(blank_means=meaning))
    for number in range(12):
        cast(database, ballot(round_id, f"{number}", (5 if number == 0 else NO_MARK, 3, NO_MARK)))
    with database.writing() as session:
        close_round(session, facilitator, round_id, now=NOW)
        record = queries.public_record(session, round_id) or {}
    assert ("blank_means" in record) == (meaning == "no_opinion")
    assert record["format"] == f"followthrough-vote-{1 + (meaning == 'no_opinion')}"
    assert record["ranking"][0] == [first]
    assert verify(read_record(json.dumps(record).encode())).problems == ()
    with database.reading() as session:
        before = queries.result_for_lab(session, facilitator, round_id)
        export_lab(session, COMMAND_LINE, tmp_path / "export")
    assert before is not None
    assert before.options[0].title == first
    other = Database(f"sqlite:///{tmp_path / 'other.db'}")
    upgrade(other.engine)
    with other.writing() as session:
        import_lab(session, COMMAND_LINE, tmp_path / "export")
    with other.reading() as session:
        assert queries.public_record(session, round_id) == record


def test_a_record_published_before_the_rule_was_kept_counts_a_blank_as_0() -> None:
    ballots = [{"marks": [5, -1], "group": None, "weight": 1}, {"marks": [-1, 3], "group": None, "weight": 2}]
    record = {
        "format": "followthrough-vote-1", "question": "Which?", "method": "score", "budget": 5,
        "options": ["Bench", "Lamp"], "receipts": [], "sources": {"paper": 3}, "ballots": ballots,
        "ranking": [["Lamp"], ["Bench"]],
    }  # fmt: skip
    assert verify(record).ranking == (("Lamp",), ("Bench",))


def test_an_upgrade_and_an_import_leave_the_rule_of_rounds_that_were_opened(
    tmp_path: Path, empty_database: Database
) -> None:
    database = Database(f"sqlite:///{tmp_path / 'earlier.db'}")
    with database.engine.begin() as connection:
        upgrade_to(connection, "0007")
        fill(connection)
        connection.execute(
            text(
                "INSERT INTO vote_round (id, project_id, question, method, budget, reveal, option_order,"
                " anonymity, decides_next, code, state, made_at, opened_at, entries, chain_head, version)"
                " SELECT '018cc251f4597a94855e3c165b5a7e48', project_id, question, method, budget, reveal,"
                " option_order, anonymity, '', 'BCDEFG', 'open', made_at, made_at, 0, '', 1 FROM vote_round"
            )
        )
    upgrade(database.engine)
    meanings = select(VoteRound.state, VoteRound.blank_means).order_by(VoteRound.state)
    with database.reading() as session:
        assert session.execute(meanings).all() == [("draft", "no_opinion"), ("open", "least")]
    with empty_database.writing() as session:
        import_lab(session, COMMAND_LINE, KEPT / "lab.zip")
        assert {each.blank_means for each in session.execute(meanings)} == {"least"}


def test_the_command_line_says_which_rule_it_counts_by(tmp_path: Path) -> None:
    path = tmp_path / "ballots.csv"
    path.write_text("Bench,Lamp\n5,\n3,2\n", encoding="utf-8")
    found = lab("", "tally", str(path), "--method", "score", "--format", "table")
    assert "An option without a mark is no opinion" in found.stderr
    answer = json.loads(lab("", "tally", str(path), "--method", "score", "--format", "json").stdout)
    assert (answer["averages"], answer["marked"]) == ({"Bench": 4, "Lamp": 2}, {"Bench": 2, "Lamp": 1})
    path.write_text("Bench,Lamp\n1,\n", encoding="utf-8")
    found = lab("", "tally", str(path), "--method", "approval", "--format", "table")
    assert "An option without a mark counts as the least a ballot can say of it." in found.stderr
