"""The report says what a room voted for."""

from __future__ import annotations

import datetime as dt

import pytest

from db.engine import Database
from db.models import Workshop
from lab.access.rights import Actor
from lab.voting.commands import close_round, enter_paper_ballot, open_round
from lab.workshops.after.commands import confirm
from lab.workshops.after.proposal import WrapUpChoices
from lab.workshops.after.report import as_markdown, report_of_code
from lab.workshops.plan.agendas import Block
from lab.workshops.room import commands as room_commands
from tests.conftest import NOW
from tests.workshops.conftest import draft_vote, plan

TODAY = NOW.date()


@pytest.mark.parametrize(
    ("ballots", "outcome"),
    [
        (((1, 0), (1, 0), (0, 1)), ("“A” leads with 2 of 3 ballots", "3 ballots, 3 on paper.")),
        ((), ("Nobody has voted, so nothing is chosen.",)),
    ],
)
def test_the_vote_stands_in_the_report_with_winner_and_count(
    database: Database, facilitator: Actor, ballots: tuple[tuple[int, int], ...], outcome: tuple[str, ...]
) -> None:
    planned = plan(database, facilitator, (Block("vote", "Vote", 10),))
    with database.writing() as session:
        key = draft_vote(session, facilitator, planned.project_id)
        room_commands.begin(session, facilitator, planned.id, now=NOW)
        room_commands.choose_vote(session, facilitator, planned.id, key, now=NOW)
        open_round(session, facilitator, key, NOW)
        for marks in ballots:
            enter_paper_ballot(session, facilitator, key, marks=marks, now=NOW)
        close_round(session, facilitator, key, now=NOW)
        room_commands.end_workshop(session, facilitator, planned.id, now=NOW)
        choices = WrapUpChoices(hear_by=TODAY + dt.timedelta(days=14))
        confirm(session, facilitator, planned.id, choices, now=NOW)
        report = report_of_code(session, session.get_one(Workshop, planned.id).code)
    assert report
    (vote,) = report.votes
    assert [words for words in outcome if words not in vote.outcome] == [], vote.outcome
    assert "## Votes" in as_markdown(report, "https://lab.example/j/X/report", TODAY)
