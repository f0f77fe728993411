"""Whatever a command changes of a record is in the event log: what was true before can be told from it."""

from __future__ import annotations

import ast
import datetime as dt
import uuid
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final, NamedTuple

import pytest
from sqlalchemy import event as hooks
from sqlalchemy import inspect, select
from sqlalchemy.orm import Session

from db.base import Base
from db.engine import Database
from db.models import Event, Project
from lab.access.rights import Actor
from lab.demo.commands import fill_demo
from lab.engagements import commands as engagements
from lab.followthrough import commands as followthrough
from lab.lifecycle import commands as lifecycle
from lab.projects import commands as projects
from lab.prototypes import commands as prototypes
from lab.stakeholders import commands as stakeholders
from tests.conftest import NOW

ROOT: Final = Path(__file__).parents[1]
TABLES: Final = (
    "project", "stakeholder", "engagement", "contribution", "expectation", "recommendation", "prototype",
    "foreseen_risk", "test", "flag",
)  # fmt: skip
WORDS: Final = {
    "version", "slug", "title", "title_folded", "challenge", "text", "statement", "question", "place",
    "place_folded", "chaired_by", "findings", "method", "finding_note", "cluster", "plan", "snooze_reason",
    "fidelity", "cost_estimate", "is_public", "mode", "cycle_phase", "sponsor_id", "group_name", "voice_role",
    "expert_by_experience", "participants", "account_id", "acknowledged_by", "cleared_by", "level",
}  # fmt: skip
"""Corrected in place: how a thing is worded or filed, on which no number of an earlier day rests."""
DERIVED: Final = {"last_news_on", "due_moves", "moved_twice_on", "promised_due", "promised_cadence_days"}
"""Kept by the same commands, and made anew from the events where they are missing."""
BY_VERB: Final = {
    "chosen": {"chosen", "unchosen"},
    "iteration": {"tested"},
    "response_due": {"sent"},
    "review_on": {"acknowledged"},
    "snoozed_until": {"snoozed"},
    "outcome": {"closed", "reopened", "cleared", "judged"},
    "outcome_reason": {"reopened"},
    "closed_on": {"reopened"},
    "paused_on": {"resumed", "closed", "reopened"},
    "paused_reason": {"resumed", "closed", "reopened"},
    "verdict": {"claimed", "judged"},
    "verdict_on": {"claimed"},
}
"""Columns that a step sets by what it is; the day and the words of a step are looked for in the event."""


class Changed(NamedTuple):
    """A column of a row that was there already, set to something else."""

    table: str
    key: uuid.UUID
    column: str
    before: Any
    after: Any


@pytest.fixture
def changes() -> Iterator[list[Changed]]:
    """Every change of a kept column while the test runs."""
    found: list[Changed] = []

    def look(session: Session, _context: Any, _instances: Any) -> None:
        for row in session.dirty:
            found.extend(_changed(row))

    hooks.listen(Session, "before_flush", look)
    yield found
    hooks.remove(Session, "before_flush", look)


def _changed(row: Any) -> Iterator[Changed]:
    if not isinstance(row, Base) or row.__tablename__ not in TABLES:
        return
    state = inspect(row)
    for column in row.__table__.columns:
        history = state.attrs[column.name].history
        if column.name in WORDS | DERIVED or not history.has_changes():
            continue
        before = history.deleted[0] if history.deleted else None
        after = history.added[0] if history.added else None
        if before != after:
            yield Changed(row.__tablename__, row.id, column.name, before, after)


def _plain(value: Any) -> Any:
    if isinstance(value, dt.date):
        return value.isoformat()
    return str(value) if isinstance(value, uuid.UUID) else value


def _tells(event: Event, change: Changed) -> bool:
    """Whether an event holds what a column was before, or the step that set it."""
    before = event.detail.get("before") or {}
    if change.column in before and _plain(before[change.column]) == _plain(change.before):
        return True
    if event.verb in BY_VERB.get(change.column, ()):
        return True
    if event.to_state is not None and (event.from_state, event.to_state) == (change.before, change.after):
        return True
    if isinstance(change.after, dt.date) and change.after == event.day:
        return True
    return isinstance(change.after, str) and change.after in (event.to_state, event.reason)


def _untold(session: Session, changes: list[Changed]) -> list[Changed]:
    events: dict[uuid.UUID | None, list[Event]] = defaultdict(list)
    for each in session.scalars(select(Event)):
        events[each.subject_id].append(each)
    return [
        change
        for change in changes
        if not any(_tells(each, change) for each in (*events[change.key], *_of_tests(events, change)))
    ]


def _of_tests(events: dict[uuid.UUID | None, list[Event]], change: Changed) -> list[Event]:
    """A test that iterates begins the next iteration of its prototype."""
    if change.column != "iteration":
        return []
    return [each for some in events.values() for each in some if each.subject_type == "test"]


def test_whatever_the_demo_labs_people_change_is_told_by_an_event(
    empty_database: Database, changes: list[Changed]
) -> None:
    with empty_database.writing() as session:
        fill_demo(session, seed=7, now=NOW)
    assert len(changes) > 200
    with empty_database.reading() as session:
        assert _untold(session, changes) == []


def test_whatever_is_corrected_is_told_by_an_event(
    database: Database, facilitator: Actor, changes: list[Changed]
) -> None:
    later = NOW + dt.timedelta(days=3)
    with database.writing() as session:
        project = projects.start_project(session, facilitator, title="Ferry", now=NOW)
        sponsor = projects.name_sponsor(session, facilitator, "Harbour Board", NOW)
        _correct_the_project(session, facilitator, project, later)
        _correct_people(session, facilitator, project, later)
        _correct_what_was_tried(session, facilitator, project, later)
        _correct_what_was_asked(session, facilitator, project, sponsor, later)
    assert {change.table for change in changes} == set(TABLES) - {"flag"}
    with database.reading() as session:
        assert _untold(session, changes) == []


def _correct_the_project(session: Session, actor: Actor, key: uuid.UUID, now: dt.datetime) -> None:
    projects.edit_project(
        session, actor, key, version=session.get_one(Project, key).version, title="Ferries", challenge="",
        sponsor="", place="", forms=(),
        mode=None, cycle_phase=None, cadence_days=14, is_public=False, now=now,
    )  # fmt: skip
    lifecycle.pause_project(session, actor, key, reason="Rain", now=now)
    lifecycle.resume_project(session, actor, key, now=now)
    lifecycle.move_project(session, actor, key, stage="co_design", reason="Go", now=now)
    lifecycle.close_project(session, actor, key, outcome="not_implemented", reason="No", now=now)
    lifecycle.reopen_project(session, actor, key, reason="Yes", now=now)


def _correct_people(session: Session, actor: Actor, project: uuid.UUID, now: dt.datetime) -> None:
    key = stakeholders.add_stakeholder(
        session, actor, project, pseudonym="P", group="carer", consent_for="letters", now=NOW
    )
    stakeholders.edit_stakeholder(
        session, actor, key, version=1, group="carer", voice_role="voice", expert_by_experience=False,
        people=40, now=now,
    )  # fmt: skip
    stakeholders.count_people(session, actor, key, people=60, now=now)
    stakeholders.keep_contact(session, actor, key, name="Mere", email="", phone="", now=now)
    stakeholders.withdraw_consent(session, actor, key, now)
    met = engagements.record_engagement(
        session, actor, project, kind="meeting", title="Here", held_on=NOW.date(), now=NOW
    )
    engagements.edit_engagement(
        session, actor, met, version=1, title="Here", chaired_by="", sponsor_present=True,
        actual_influence="ask", attended={key: True}, people={"carer": 3}, now=now,
    )  # fmt: skip
    said = engagements.add_contribution(session, actor, project, words="Late", now=NOW)
    engagements.edit_contribution(session, actor, said, version=1, words="Late!", cluster="", now=now)
    engagements.choose_contribution(session, actor, said, chosen=True, now=now)
    engagements.choose_contribution(session, actor, said, chosen=False, now=now)
    stakeholders.withdraw_stakeholder(session, actor, key, reason="not_given", now=now)


def _correct_what_was_tried(session: Session, actor: Actor, project: uuid.UUID, now: dt.datetime) -> None:
    made = prototypes.make_prototype(session, actor, project, title="Board", fidelity="sketch", now=NOW)
    risk = prototypes.foresee_risk(session, actor, made, statement="Rain", now=NOW)
    prototypes.record_finding(session, actor, risk, finding="did_not_occur", note="", now=now)
    test = prototypes.record_test(
        session, actor, made, held_on=NOW.date(), participants=3, findings="Fine", sponsor_present=False,
        decision="iterate", now=now,
    )  # fmt: skip
    prototypes.edit_test(
        session, actor, test, version=1, participants=4, method="", findings="Fine", sponsor_present=True,
        now=now,
    )  # fmt: skip


def _correct_what_was_asked(
    session: Session, actor: Actor, project: uuid.UUID, sponsor: uuid.UUID, now: dt.datetime
) -> None:
    hope = followthrough.record_expectation(
        session, actor, project, statement="A timetable", importance=3, within_power="yes", now=NOW
    )
    followthrough.edit_expectation(
        session, actor, hope, version=1, statement="A timetable", importance=5, within_power="partly",
        said_back="will_if", hoped_for=now.date(), is_public=False, now=now,
    )  # fmt: skip
    for state in ("in_hand", "met"):
        followthrough.claim_expectation(session, actor, hope, state=state, reason="", now=now)
    followthrough.give_verdict(session, actor, hope, verdict="partly", now=now)
    followthrough.claim_expectation(session, actor, hope, state="in_hand", reason="Not yet", now=now)
    asked = followthrough.draft_recommendation(
        session, actor, project, title="Ask", words="Ask", sponsor_id=sponsor, due=now.date(), now=NOW
    )
    for version, due in ((1, 10), (2, 20)):
        followthrough.edit_recommendation(
            session, actor, asked, version=version, title="Ask", words="Ask", importance=5, cadence_days=10,
            due=now.date() + dt.timedelta(days=due), expectation_ids=[hope], is_public=False, now=now,
        )  # fmt: skip
    followthrough.send_recommendation(session, actor, asked, now=now)
    followthrough.answer_recommendation(
        session, actor, asked, answer="accepted", reason="", due=now.date() + dt.timedelta(days=5), now=now
    )
    followthrough.report_progress(
        session, actor, asked, what="Done", evidence="See it", status="implemented", now=now
    )


@pytest.mark.parametrize(
    "module",
    [projects, stakeholders, engagements, prototypes, followthrough, lifecycle],
    ids=lambda each: each.__name__,
)
def test_a_new_command_that_changes_records_is_tried_here(module: Any) -> None:
    tree = ast.parse(Path(module.__file__).read_text(encoding="utf-8"))
    commands = {
        node.name
        for node in tree.body
        if isinstance(node, ast.FunctionDef) and not node.name.startswith("_") and _changes_a_row(node)
    }
    tried = {
        node.attr
        for path in (Path(__file__), *(ROOT / "lab/demo").glob("*.py"))
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Attribute)
    }
    assert commands and commands - tried - WORDS_ALONE == set()


def _changes_a_row(function: ast.FunctionDef) -> bool:
    called = [node.func for node in ast.walk(function) if isinstance(node, ast.Call)]
    return any(isinstance(each, ast.Name) and each.id in ("fetch", "change") for each in called)


WORDS_ALONE: Final = {"link_account", "edit_prototype", "remove_picture", "edit_reply"}
"""Commands that change nothing but how a thing is worded or filed, or a picture of it."""
