"""A real conversation's votes, handed in by phone, count as they do in its files.

The votes of Polis conversations are agree (1), pass (0) and disagree (-1); later rows replace earlier ones.
The conversation behind `LAB_POLIS_DATA`, else beside the repository in ../shared/data, is the London youth
policing one (2022; The Computational Democracy Project, CC BY 4.0). A small invented one is always there.
"""

from __future__ import annotations

import csv
import os
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
from sqlalchemy import select

from db.models import Ballot
from lab.voting.counting.common_ground import CommonGround, common_ground
from lab.voting.methods.registry import method_named
from tests.served import ROOT, Lab, Line, Phone, Round, close, in_a_thread, open_a_round

pytestmark = pytest.mark.slow

INVENTED = Path(__file__).parent / "invented-conversation"
REAL = Path(os.environ.get("LAB_POLIS_DATA", ROOT.parent / "shared" / "data" / "polis-london-youth-policing"))
AT_ONCE = 30
"""Statements in a round: the most it takes."""
GROUPS = ("service_user", "carer", "community", "front_line", "public_manager", "elected")
"""Stakeholder groups that stand for the conversation's opinion groups, in order."""


@dataclass(frozen=True)
class Row:
    """One row of votes.csv."""

    voter: str
    comment: str
    vote: int


@dataclass(frozen=True)
class Conversation:
    """Statements, votes in the order of the file, and opinion groups by voter."""

    comments: list[str]
    rows: list[Row]
    groups: dict[str, str]

    def final(self) -> dict[tuple[str, str], int]:
        """The last vote of each voter on each comment."""
        return {(row.voter, row.comment): row.vote for row in self.rows}


@pytest.fixture
def lab(shared_lab: Lab) -> Lab:
    """A served lab on a file."""
    return shared_lab


@pytest.fixture(params=[INVENTED, REAL], ids=["invented", "real"])
def conversation(request: pytest.FixtureRequest) -> Conversation:
    """The files of a conversation; the real one is skipped, loudly, where it is not."""
    place: Path = request.param
    if not place.is_dir():
        pytest.skip(f"no conversation in {place}: name its folder in LAB_POLIS_DATA")

    def table(name: str) -> Iterator[dict[str, str]]:
        with (place / name).open(encoding="utf-8", newline="") as lines:
            yield from csv.DictReader(lines)

    return Conversation(
        comments=[row["comment-id"] for row in table("comments.csv")],
        rows=[Row(row["voter-id"], row["comment-id"], int(row["vote"])) for row in table("votes.csv")],
        groups={row["participant"]: row["group-id"] for row in table("participants-votes.csv")},
    )


Ballots = list[tuple[tuple[int, ...], str | None]]
"""Marks and group of each."""


def test_a_conversation_counts_by_phone_as_it_does_in_its_files(lab: Lab, conversation: Conversation) -> None:
    named = sorted({group for group in conversation.groups.values() if group})
    # whoever is in no opinion group still has to say which group of the room they belong to
    as_group = dict(zip([*named, ""], GROUPS, strict=False))
    for start in range(0, len(conversation.comments), AT_ONCE):
        comments = conversation.comments[start : start + AT_ONCE]
        found = open_a_round(lab.database, options=comments, groups=tuple(as_group.values()))
        in_a_thread(vote(lab, found, conversation, comments, as_group))
        by_phone = stored_ballots(lab, found)
        in_file = ballots_in_file(conversation, comments, as_group)
        assert sorted(by_phone) == sorted(in_file)
        assert ground(by_phone) == ground(in_file)
        close(lab.database, found.id)
        record = in_a_thread(Line(lab.server.port).ask("GET", f"/v/{found.id}/record.json")).told()
        agreed = Counter(
            comment
            for (_, comment), said in conversation.final().items()
            if said == 1 and comment in comments
        )
        assert sum(agreed.values()) > 20
        assert [
            sum(ballot["marks"][place] for ballot in record["ballots"]) for place in range(len(comments))
        ] == [agreed[comment] for comment in comments]


async def vote(
    lab: Lab, found: Round, conversation: Conversation, comments: list[str], as_group: dict[str, str]
) -> None:
    """Every row of the file that concerns these comments, as the phone of its voter would send it."""
    line = Line(lab.server.port)
    phones: dict[str, Phone] = {}
    agreed: dict[str, set[str]] = {}
    for row in conversation.rows:
        if row.comment not in comments:
            continue
        phone = phones.setdefault(row.voter, Phone(line, found.code))
        mine = agreed.setdefault(row.voter, set())
        if row.vote == 1:
            mine.add(row.comment)
        else:
            mine.discard(row.comment)
        group = as_group[conversation.groups.get(row.voter, "")]
        answer = await phone.hand_in([int(comment in mine) for comment in comments], group=group)
        assert answer.status == 200


def stored_ballots(lab: Lab, found: Round) -> Ballots:
    """What the phones' ballots became, read while the round is open: its record merges small groups."""
    with lab.database.reading() as session:
        rows = session.execute(select(Ballot.marks, Ballot.group_name).where(Ballot.round_id == found.id))
        return [(tuple(marks), group) for marks, group in rows]


def ballots_in_file(conversation: Conversation, comments: list[str], as_group: dict[str, str]) -> Ballots:
    """The last votes of each voter who said anything about these comments."""
    final = conversation.final()
    voters = {voter for voter, comment in final if comment in comments}
    return [
        (
            tuple(int(final.get((voter, comment)) == 1) for comment in comments),
            as_group[conversation.groups.get(voter, "")],
        )
        for voter in voters
    ]


def ground(ballots: Ballots) -> CommonGround:
    """The common ground of approval ballots."""
    marks = np.array([marks for marks, _ in ballots], dtype=np.int8)
    return common_ground(method_named("approval"), marks, [group for _, group in ballots])
