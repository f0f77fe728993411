"""What was heard is drafted from the board and the votes, promises are rows, and nothing is kept unseen."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

import pytest

from db.engine import Database
from db.models import Workshop
from lab.access.rights import Actor
from lab.foundation.errors import Conflict
from lab.past.news import news_of
from lab.workshops.after.commands import add_promise, confirm
from lab.workshops.after.preview import to_write, what_was_heard
from lab.workshops.after.proposal import WrapUpChoices, proposal
from lab.workshops.after.report import as_markdown, report_of_code
from lab.workshops.after.undoing import undo
from lab.workshops.after.votes import ReportedVote
from lab.workshops.board.commands import write_note
from tests.conftest import NOW
from tests.workshops.held import HEAR_BY, Held
from tests.workshops.held import held as held

TODAY = NOW.date()


def test_what_was_heard_is_drafted_from_clusters_dots_and_votes_and_never_from_nothing(
    database: Database, facilitator: Actor, held: Held
) -> None:
    with database.reading() as session:
        shown = proposal(session, facilitator, held.planned.id)
    assert what_was_heard(shown.notes, ()) == "Winter: 6 notes."
    dotted = [replace(each, dots=4, cluster="") if each.voices == 1 else each for each in shown.notes]
    vote = ReportedVote(held.planned.id, "Which first?", "“A” leads with 2 of 3 ballots. 3 ballots.")
    assert what_was_heard(dotted, (vote,)).splitlines() == [
        "Winter: 2 notes.",
        "In no cluster: 4 notes, 16 dots.",
        "Which first? “A” leads with 2 of 3 ballots. 3 ballots.",
    ]
    assert what_was_heard((), ()) == ""


def test_a_promise_is_who_what_by_when_and_stands_in_preview_report_and_undo(
    database: Database, facilitator: Actor, held: Held
) -> None:
    day = TODAY + dt.timedelta(days=40)
    with database.writing() as session:
        add_promise(
            session, facilitator, held.planned.id, who="City council", what="Mend the lifts", by=day, now=NOW
        )
        shown = proposal(session, facilitator, held.planned.id)
        written = [each for each in to_write(shown, held.choices) if each.words == "Mend the lifts"]
        assert [each.kind for each in written] == ["recommendation"]
        seen = frozenset(note.id for note in shown.notes)
        confirm(session, facilitator, held.planned.id, replace(held.choices, shown=seen), now=NOW)
        report = report_of_code(session, session.get_one(Workshop, held.planned.id).code)
        assert report
        assert [(each.who, each.due) for each in report.promises if each.words == "Mend the lifts"] == [
            ("City council", day)
        ]
        assert "City council: Mend the lifts — by 11" in as_markdown(report, "x", TODAY)
        assert news_of(session, held.planned.project_id).by == HEAR_BY
        undo(session, facilitator, held.planned.id, now=NOW)
        again = proposal(session, facilitator, held.planned.id)
    assert ("promise", "City council", day) in [
        (note.mark.kind, note.mark.promised_by, note.mark.day) for note in again.notes
    ]


def test_a_board_that_changed_since_it_was_shown_is_not_kept_unseen(
    database: Database, facilitator: Actor, held: Held
) -> None:
    with database.writing() as session:
        shown = proposal(session, facilitator, held.planned.id)
        write_note(session, facilitator, held.planned.id, words="From the flipchart", now=NOW)
    choices = WrapUpChoices(hear_by=HEAR_BY, shown=frozenset(note.id for note in shown.notes))
    with database.writing() as session, pytest.raises(Conflict, match="look at what is new"):
        confirm(session, facilitator, held.planned.id, choices, now=NOW)
    with database.reading() as session:
        assert session.get_one(Workshop, held.planned.id).state == "ended"
