"""Polis conversations: in, out, and counted."""

from __future__ import annotations

import csv
import datetime as dt
import io
import os
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from lab.exchange.tables import Table, read_table, write_table
from lab.foundation.errors import Invalid
from lab.voting.counting.common_ground import common_ground
from lab.voting.counting.sums import NO_MARK
from lab.voting.methods.registry import method_named
from lab.voting.polis import Conversation, approvals, polis_tables, read_polis, what_was_left_out
from lab.voting.tally import count

COMMENTS = """\
timestamp,datetime,comment-id,author-id,agrees,disagrees,moderated,comment-body
1658934589213,Wed Jul 27 22:09:49 WIB 2022,1,7,9,9,1,"More benches, please"
1658934633363,Wed Jul 27 22:10:33 WIB 2022,4,7,0,0,0,- and lamps
1658934633,Wed Jul 27 22:10:33 WIB 2022,2,8,0,0,-1,Buy my watches
"""
VOTES = """\
timestamp,datetime,comment-id,voter-id,vote
1658933760180,x,1,7,-1
1658933760181,x,1,8,1
1658933760182,x,1,7,1
1658933760183,x,4,7,0
1658933760184,x,4,9,-1
1658933760185,x,2,9,1
1658933760186,x,2,10,1
"""
PARTICIPANTS = """\
participant,xid,group-id,n-comments,n-votes,n-agree,n-disagree,1,4
7,,1,0,12,4,8,1,0
8,,,0,1,1,0,1,
9,,0,0,1,0,1,,-1
"""


def table(text: str) -> Table:
    return read_table(text.encode())


def conversation() -> Conversation:
    return read_polis(table(COMMENTS), table(VOTES), table(PARTICIPANTS))


def test_a_later_vote_replaces_an_earlier_one_of_the_same_voter_and_comment() -> None:
    found = conversation()
    assert [(vote.voter, vote.comment, vote.vote) for vote in found.votes] == [
        (7, 1, 1),
        (8, 1, 1),
        (7, 4, 0),
        (9, 4, -1),
        (9, 2, 1),
        (10, 2, 1),
    ]


def test_agreeing_is_a_yes_and_a_rejected_comment_is_no_option() -> None:
    found = approvals(conversation())
    assert found.options == ("More benches, please", "- and lamps")
    assert found.marks.tolist() == [[1, 0], [1, NO_MARK], [NO_MARK, 0], [NO_MARK, NO_MARK]]
    assert found.groups == ("1", None, "0", None)


def test_what_is_written_is_read_again_and_safe_in_a_spreadsheet() -> None:
    found = conversation()
    written = {name: write_table(columns, rows) for name, (columns, rows) in polis_tables(found).items()}
    assert read_polis(*(read_table(content) for content in written.values())) == found
    lines = {name: content.decode().splitlines() for name, content in written.items()}
    assert lines["comments.csv"][0] == COMMENTS.splitlines()[0]
    assert lines["comments.csv"][2] == "1658934633363,Wed Jul 27 15:10:33 UTC 2022,4,7,0,1,0,'- and lamps"
    assert lines["votes.csv"][4] == "1658933760184,Wed Jul 27 14:56:00 UTC 2022,4,9,-1"
    assert lines["participants-votes.csv"][:2] == [
        "participant,xid,group-id,n-comments,n-votes,n-agree,n-disagree,1,4",
        '7,"",1,2,2,1,0,1,0',
    ]


def test_seconds_and_milliseconds_are_distinguished() -> None:
    first, _, third = conversation().comments
    assert first.at == dt.datetime(2022, 7, 27, 15, 9, 49, 213000, tzinfo=dt.UTC)
    assert third.at == dt.datetime(2022, 7, 27, 15, 10, 33, tzinfo=dt.UTC)


@pytest.mark.parametrize(
    ("comments", "votes", "said"),
    [
        (
            COMMENTS,
            VOTES + "1,x,1,7,2\n",
            "votes.csv, row 9: “2” under “vote” is not a whole number from -1 to 1",
        ),
        (COMMENTS, COMMENTS, "votes.csv has no column “voter-id”"),
        (COMMENTS + "1,x,1,7,0,0,1,Again\n", VOTES, "two comments with the same comment-id"),
        (COMMENTS.replace(",7,9", ",seven,9"), VOTES, "comments.csv, row 2: “seven” under “author-id”"),
    ],
)
def test_a_broken_export_is_refused_with_the_row(comments: str, votes: str, said: str) -> None:
    with pytest.raises(Invalid, match=said):
        read_polis(table(comments), table(votes))


def test_an_orphan_vote_is_reported_with_its_row_and_the_others_count() -> None:
    found = read_polis(table(COMMENTS), table(VOTES + "1,x,5,7,1\n1,x,1,,1\n"))
    assert found.votes == conversation().votes
    assert found.gaps.orphans == ("votes.csv, row 9",)
    assert found.gaps.voterless == ("votes.csv, row 10",)
    said = what_was_left_out(found)
    assert "1 vote left out, on unknown comments: votes.csv, row 9." in said
    assert "1 vote left out, without a voter: votes.csv, row 10." in said


def test_the_later_vote_by_its_timestamp_counts_whatever_the_order_of_rows() -> None:
    head, *rows = VOTES.splitlines()
    turned = read_polis(table(COMMENTS), table("\n".join([head, *reversed(rows)])))
    assert {(vote.voter, vote.comment): vote.vote for vote in turned.votes} == {
        (vote.voter, vote.comment): vote.vote for vote in conversation().votes
    }
    assert "1 vote changed later: the last by its timestamp counts." in what_was_left_out(turned)
    untimed = "\n".join(",".join(row.split(",")[2:]) for row in VOTES.splitlines())
    found = read_polis(table(COMMENTS), table(untimed))
    assert [vote.vote for vote in found.votes] == [vote.vote for vote in conversation().votes]
    assert {vote.at for vote in found.votes} == {None}
    assert "1 vote changed later: the last row counts, for want of timestamps." in what_was_left_out(found)


def test_columns_that_are_not_needed_may_be_missing() -> None:
    found = read_polis(
        table("comment_id,Comment Body\n1,Benches\n"),
        table("comment-id,voter-id,vote\n1,7,1\n"),
        table("participant\n7\n"),
    )
    assert approvals(found).marks.tolist() == [[1]]
    assert (found.comments[0].author, found.comments[0].at, found.comments[0].moderated) == (None,) * 3
    assert what_was_left_out(found) == []


def test_rejected_and_meta_statements_are_kept_out_of_the_count_and_told_apart() -> None:
    head, *rows = COMMENTS.splitlines()
    comments = "\n".join(
        [
            f"{head},is-meta",
            f"{rows[0]},false",
            f"{rows[1]},true",
            f"{rows[2]},",
            "1658934700000,x,9,7,0,0,0,Waits,",
        ]
    )
    found = read_polis(table(comments), table(VOTES), table(PARTICIPANTS))
    assert approvals(found).options == ("More benches, please", "Waits")
    assert what_was_left_out(found) == [
        "1 statement about the conversation itself (meta): left out, with 2 votes.",
        "1 statement rejected by moderators: left out, with 2 votes.",
        "1 vote changed later: the last by its timestamp counts.",
        "1 statement no moderator has looked at: counted.",
        "1 voter not in participants-votes.csv: counted, without a group.",
    ]
    written = {name: write_table(columns, rows) for name, (columns, rows) in polis_tables(found).items()}
    assert read_polis(*(read_table(content) for content in written.values())) == found


def a_made_up_export() -> tuple[str, str, str]:
    """30 voters in two opinion groups, six comments, and people who change their minds."""
    random = np.random.default_rng(8)
    comments = [COMMENTS.splitlines()[0], *(f"1,x,{n},1,0,0,{-(n == 3)},Comment {n}" for n in range(6))]
    votes, last = [VOTES.splitlines()[0]], {}
    for _ in range(300):
        comment, voter, vote = int(random.integers(6)), int(random.integers(30)), int(random.integers(-1, 2))
        votes.append(f"1,x,{comment},{voter},{vote}")
        last[voter, comment] = vote
    shown = [comment for comment in range(6) if comment != 3]
    matrix = [f"participant,xid,group-id,n-comments,n-votes,n-agree,n-disagree,{','.join(map(str, shown))}"]
    for voter in sorted({voter for voter, _ in last}):
        cells = ",".join(str(last.get((voter, comment), "")) for comment in shown)
        matrix.append(f"{voter},,{voter % 2},0,0,0,0,{cells}")
    return "\n".join(comments), "\n".join(votes), "\n".join(matrix)


def a_real_export() -> tuple[str, str, str]:
    """The export in the directory that LAB_TEST_POLIS names, to try on a conversation that was held."""
    if "LAB_TEST_POLIS" not in os.environ:
        pytest.skip("LAB_TEST_POLIS names no directory with a Polis export")
    directory = Path(os.environ["LAB_TEST_POLIS"])
    comments, votes, matrix = (
        (directory / f"{name}.csv").read_text(encoding="utf-8")
        for name in ("comments", "votes", "participants-votes")
    )
    return comments, votes, matrix


@pytest.mark.parametrize("export", [a_made_up_export, a_real_export])
def test_the_count_is_that_of_the_files_themselves(export: Callable[[], tuple[str, str, str]]) -> None:
    texts = export()
    ballots = approvals(read_polis(*map(table, texts)))
    found = count("approval", ballots.marks, weights=ballots.weights)
    matrix = list(csv.DictReader(texts[2].splitlines()))
    shown = [column for column in matrix[0] if column.isdecimal()]
    last = {}
    for row in csv.DictReader(texts[1].splitlines()):
        last[row["voter-id"], row["comment-id"]] = row["vote"]
    agreed = Counter(comment for (_, comment), vote in last.items() if vote == "1")
    voted = Counter(comment for _, comment in last)
    comments = [row for row in csv.DictReader(io.StringIO(texts[0])) if row["moderated"] != "-1"]
    assert sorted(row["comment-id"] for row in comments) == sorted(shown)
    assert found.support == tuple(agreed[row["comment-id"]] for row in comments)
    assert found.marked == tuple(voted[row["comment-id"]] for row in comments)
    ground = common_ground(method_named("approval"), ballots.marks, ballots.groups)
    for group in ground.groups:
        if len(group.members) == 1:
            those = [row for row in matrix if row["group-id"] == group.name]
            share = [sum(row[one["comment-id"]] == "1" for row in those) / len(those) for one in comments]
            assert (group.ballots, group.share) == (len(those), pytest.approx(share))
