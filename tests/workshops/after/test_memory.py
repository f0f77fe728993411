"""Whatever a workshop changes of a record, the event log can undo: an earlier day is answered as it was."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

from sqlalchemy import event, inspect, select
from sqlalchemy.orm import Session

from db.base import Base
from db.engine import Database
from db.models import Engagement, Event, ForeseenRisk, Note, Recommendation, Stakeholder
from lab.access.rights import Actor
from lab.workshops.after.commands import confirm, keep_draft
from lab.workshops.after.proposal import Mark, WrapUpChoices
from lab.workshops.plan import commands as plan_commands
from lab.workshops.plan.agendas import TEMPLATES
from lab.workshops.plan.queries import plan_of
from lab.workshops.room import commands as room_commands
from tests.conftest import NOW
from tests.workshops.conftest import Planned
from tests.workshops.held import HEAR_BY, Held
from tests.workshops.held import held as held

RECORDS = (Engagement, ForeseenRisk, Note, Recommendation, Stakeholder)
NOT_DATED = {"version", "revision", "position"}
"""Counters, and where a note lies on its board."""
STEPS = {
    "recommendation": {"status", "sent_on", "response_due", "last_news_on", "due_moves", "moved_twice_on"},
    "note": {"contribution_id"},
}
"""What a recommendation's steps say by themselves, and what the event of a contribution says of its note."""


@contextmanager
def changes_without_event(session: Session) -> Iterator[set[tuple[str, str]]]:
    """Collect the columns of records that were changed and of which no event keeps the value before."""
    changed: dict[tuple[str, uuid.UUID], set[str]] = {}
    silent: set[tuple[str, str]] = set()

    def collect(session: Session, *_: object) -> None:
        for row in session.dirty:
            if isinstance(row, RECORDS):
                state = inspect(row)
                names = {each.key for each in state.attrs if each.history.has_changes()}
                changed.setdefault((row.__tablename__, row.id), set()).update(names)

    event.listen(session, "before_flush", collect)
    yield silent
    session.flush()
    event.remove(session, "before_flush", collect)
    for (table, key), names in changed.items():
        kept: set[str] = set()
        for detail in session.scalars(select(Event.detail).where(Event.subject_id == key)):
            kept.update(detail.get("before") or {})
        silent.update((table, name) for name in names - kept - NOT_DATED - STEPS.get(table, set()))


def people_on(session: Session, key: uuid.UUID, day: dt.date) -> int:
    """How many people a stakeholder stood for on a day: what the first later change says it was before."""
    night = dt.datetime.combine(day, dt.time.max, dt.UTC)
    later = session.scalars(
        select(Event.detail).where(Event.subject_id == key, Event.at > night).order_by(Event.at, Event.id)
    )
    return next(
        (detail["before"]["people"] for detail in later if "people" in (detail.get("before") or {})),
        session.get_one(Stakeholder, key).people,
    )


def second_workshop(session: Session, actor: Actor, project_id: uuid.UUID, now: dt.datetime) -> uuid.UUID:
    again = plan_commands.plan_workshop(
        session, actor, project_id, title="Second", held_on=now.date(), now=now,
        blocks=TEMPLATES["test"].blocks,
    )  # fmt: skip
    room_commands.begin(session, actor, again, now=now)
    room_commands.end_workshop(session, actor, again, now=now)
    return again


def test_a_group_that_grew_at_a_later_workshop_was_as_small_before(
    database: Database, facilitator: Actor, held: Held
) -> None:
    later = NOW + dt.timedelta(days=40)
    with database.writing() as session:
        confirm(session, facilitator, held.planned.id, held.choices, now=NOW)
        again = second_workshop(session, facilitator, held.planned.project_id, later)
        grown = WrapUpChoices(hear_by=later.date() + dt.timedelta(days=14), people={"service_user": 40})
        confirm(session, facilitator, again, grown, now=later)
    with database.reading() as session:
        group = session.scalars(select(Stakeholder).where(Stakeholder.group_name == "service_user")).one()
        assert group.people == 40
        assert people_on(session, group.id, NOW.date()) == 7
        assert people_on(session, group.id, later.date() - dt.timedelta(days=1)) == 7
        assert people_on(session, group.id, later.date()) == 40


def test_the_wrap_up_changes_no_record_without_an_event_that_keeps_what_was(
    database: Database, facilitator: Actor, held: Held
) -> None:
    later = NOW + dt.timedelta(days=1)
    with database.writing() as session:
        with changes_without_event(session) as silent:
            keep_draft(session, facilitator, held.planned.id, held.choices, now=NOW)
            confirm(session, facilitator, held.planned.id, held.choices, now=later)
        assert silent == set()
        again = second_workshop(session, facilitator, held.planned.project_id, later)
        with changes_without_event(session) as silent:
            confirm(session, facilitator, again, replace(held.choices, marks={}), now=later)
        assert silent == set()


def test_a_worry_and_a_promise_know_from_the_first_where_they_came_from(
    database: Database, facilitator: Actor, held: Held
) -> None:
    """The link is written with the record, so the event of its making covers it."""
    written: list[Base] = []

    def updated(_mapper: object, _connection: object, row: Base) -> None:
        if inspect(row).attrs["contribution_id"].history.has_changes():
            written.append(row)

    for model in (ForeseenRisk, Recommendation):
        event.listen(model, "before_update", updated)
    try:
        with database.writing() as session:
            confirm(session, facilitator, held.planned.id, held.choices, now=NOW)
            worry, promise = session.scalars(select(ForeseenRisk)).one(), held.notes["Call every landlord"]
            asked = session.scalars(select(Recommendation.contribution_id))
            assert worry.contribution_id is not None
            assert session.get_one(Note, promise).contribution_id in set(asked)
    finally:
        for model in (ForeseenRisk, Recommendation):
            event.remove(model, "before_update", updated)
    assert written == []


def test_a_mark_made_in_the_wrap_up_can_be_undone_as_one_made_on_the_board(
    database: Database, facilitator: Actor, held: Held
) -> None:
    note = held.notes["A loan for boilers"]
    with database.writing() as session:
        mark = {note: Mark("expectation", importance=4, within_power="no")}
        keep_draft(session, facilitator, held.planned.id, WrapUpChoices(hear_by=HEAR_BY, marks=mark), now=NOW)
        keep_draft(session, facilitator, held.planned.id, WrapUpChoices(hear_by=HEAR_BY, marks=mark), now=NOW)
    with database.reading() as session:
        found = session.scalars(select(Event).where(Event.subject_id == note, Event.verb == "marked")).one()
    assert found.detail["before"] == {"kind": "idea", "importance": None, "within_power": None}
    assert found.detail["marks"] == {"kind": "expectation", "importance": 4, "within_power": "no"}


def test_a_workshop_held_on_another_day_than_planned_keeps_the_planned_one(
    database: Database, facilitator: Actor, planned: Planned
) -> None:
    tomorrow = NOW + dt.timedelta(days=1)
    with database.writing() as session:
        was = plan_of(session, facilitator, planned.id)
        plan_commands.edit_workshop(
            session, facilitator, planned.id, version=was.version, title=was.title,
            held_on=NOW.date() + dt.timedelta(days=9), begins="", place="", hosts="", invited={},
            agenda_set_by="both", declared_influence="ask", now=NOW,
        )  # fmt: skip
        with changes_without_event(session) as silent:
            room_commands.begin(session, facilitator, planned.id, now=tomorrow)
        assert silent == set()
        before = [
            each.detail["before"]
            for each in session.scalars(
                select(Event).where(Event.subject_id == planned.id, Event.subject_type == "engagement")
                .order_by(Event.at, Event.id)
            )
            if each.detail.get("before")
        ]  # fmt: skip
    assert before[0]["held_on"] == NOW.date().isoformat()
    assert before[1] == {"held_on": (NOW.date() + dt.timedelta(days=9)).isoformat()}
