"""Dots that were put in the room are still known after the wrap-up."""

from __future__ import annotations

import datetime as dt

from sqlalchemy import select, update

from db.engine import Database
from db.models import Contribution, Workshop
from lab.access.rights import Actor
from lab.lifecycle.thread.reading import thread_of
from lab.workshops.after.commands import confirm
from lab.workshops.after.keeping import keep_dots
from lab.workshops.after.proposal import Mark, WrapUpChoices, proposal
from lab.workshops.after.report import Report, as_markdown, report_of_code
from lab.workshops.board.commands import merge_notes
from tests.conftest import NOW
from tests.workshops.phones import Played, played

__all__ = ["played"]
TODAY = NOW.date()


def wrap_up(database: Database, facilitator: Actor, played: Played) -> Report:
    """Keep the workshop with all its ideas chosen, and read its report."""
    ideas = [key for words, key in played.notes.items() if words != "Nobody will answer"]
    choices = WrapUpChoices(
        hear_by=TODAY + dt.timedelta(days=14), marks={key: Mark("idea", chosen=True) for key in ideas}
    )
    with database.writing() as session:
        confirm(session, facilitator, played.planned.id, choices, now=NOW)
        report = report_of_code(session, session.get_one(Workshop, played.planned.id).code)
    assert report
    return report


def dots_by_words(database: Database) -> dict[str, int | None]:
    with database.reading() as session:
        return {words: dots for words, dots in session.execute(select(Contribution.text, Contribution.dots))}


def test_the_ideas_with_the_most_dots_are_offered_first(
    database: Database, facilitator: Actor, played: Played
) -> None:
    with database.reading() as session:
        notes = proposal(session, facilitator, played.planned.id).notes
    assert [(each.text, each.dots) for each in notes if each.mark.kind == "idea"] == [
        ("A loan for boilers", 4),
        ("One form for all", 3),
        ("A phone line", 0),
    ]


def test_dots_are_kept_with_the_contribution_and_shown_in_the_thread(
    database: Database, facilitator: Actor, played: Played
) -> None:
    wrap_up(database, facilitator, played)
    assert dots_by_words(database) == {
        "A loan for boilers": 4,
        "One form for all": 3,
        "A phone line": None,
        "Nobody will answer": None,
    }
    with database.reading() as session:
        thread = thread_of(session, facilitator, played.planned.project_id, today=TODAY)
    assert [(each.text, each.dots) for each in thread.contributions][:2] == [
        ("A loan for boilers", 4),
        ("One form for all", 3),
    ]


def test_dots_on_a_merged_note_count_for_the_note_that_stands_for_both(
    database: Database, facilitator: Actor, played: Played
) -> None:
    with database.writing() as session:
        merge_notes(
            session, facilitator, played.planned.id, played.notes["One form for all"],
            into=played.notes["A phone line"], now=NOW,
        )  # fmt: skip
    report = wrap_up(database, facilitator, played)
    kept = dots_by_words(database)
    assert (kept["A phone line"], kept["One form for all"]) == (3, None)
    assert [(each.words, each.dots) for each in report.ideas] == [
        ("A loan for boilers", 4),
        ("A phone line", 3),
    ]


def test_the_report_says_how_many_dots_each_note_has(
    database: Database, facilitator: Actor, played: Played
) -> None:
    report = wrap_up(database, facilitator, played)
    (cluster,) = report.clusters
    assert [(note.voices, note.dots) for note in cluster.notes][:2] == [
        (("A loan for boilers",), 4),
        (("One form for all",), 3),
    ]
    text = as_markdown(report, "https://lab.example/j/X/report", TODAY)
    assert text.count("- A loan for boilers (4 dots)") == 2
    assert "- A phone line\n" in text


def test_contributions_of_an_export_without_dots_get_those_of_their_notes(
    database: Database, facilitator: Actor, played: Played
) -> None:
    wrap_up(database, facilitator, played)
    before = dots_by_words(database)
    with database.writing() as session:
        session.execute(update(Contribution).values(dots=None))
        keep_dots(session)
    assert dots_by_words(database) == before
