"""A wrap-up can be undone for ten minutes, and destroys nothing that others have built on it."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from sqlalchemy import select

from db.base import Base
from db.engine import Database
from db.models import Contribution, Engagement, Event, Expectation, Note, Workshop
from lab.access.rights import Actor
from lab.engagements.commands import edit_contribution
from lab.foundation.errors import WrongTransition
from lab.lifecycle.thread.reading import thread_of
from lab.prototypes.commands import make_prototype
from lab.workshops.after.commands import confirm
from lab.workshops.after.proposal import proposal
from lab.workshops.after.undoing import IN_ORDER, undo
from tests.conftest import NOW
from tests.workshops.held import Held
from tests.workshops.held import held as held

SOON = NOW + dt.timedelta(minutes=5)
WRITTEN = (*IN_ORDER, "attendance", "group_attendance")


def rows(database: Database) -> dict[str, list[Any]]:
    """Every row of the tables that a wrap-up writes to."""
    with database.reading() as session:
        return {
            name: sorted(map(str, session.execute(select(Base.metadata.tables[name])).all()))
            for name in WRITTEN
        }


def keep(database: Database, facilitator: Actor, held: Held, now: dt.datetime = NOW) -> None:
    with database.writing() as session:
        confirm(session, facilitator, held.planned.id, held.choices, now=now)


def take_back(database: Database, facilitator: Actor, held: Held, now: dt.datetime = SOON) -> None:
    with database.writing() as session:
        undo(session, facilitator, held.planned.id, now=now)


def test_undo_takes_back_all_that_the_wrap_up_wrote_and_the_log_says_so(
    database: Database, facilitator: Actor, held: Held
) -> None:
    before = rows(database)
    keep(database, facilitator, held)
    assert {name for name, found in rows(database).items() if found != before[name]} == set(WRITTEN)
    take_back(database, facilitator, held)
    take_back(database, facilitator, held)
    assert rows(database) == before
    with database.reading() as session:
        workshop = session.get_one(Workshop, held.planned.id)
        assert (workshop.state, workshop.wrapped_up_at, workshop.wrapped_up_on) == ("ended", None, None)
        assert set(session.scalars(select(Note.contribution_id))) == {None}
        assert session.get_one(Engagement, held.planned.id).actual_influence is None
        assert len(proposal(session, facilitator, held.planned.id).notes) == 5
        thread = thread_of(session, facilitator, held.planned.project_id, today=NOW.date())
        assert (thread.contributions, thread.expectations, thread.recommendations) == ((), (), ())
        verbs = list(session.scalars(select(Event.verb)))
    assert verbs.count("wrap_up_undone") == 1
    assert verbs.count("taken_back") > 10


def test_an_undone_wrap_up_can_be_kept_again(database: Database, facilitator: Actor, held: Held) -> None:
    keep(database, facilitator, held)
    counts = {name: len(found) for name, found in rows(database).items()}
    take_back(database, facilitator, held)
    keep(database, facilitator, held, now=SOON)
    assert {name: len(found) for name, found in rows(database).items()} == counts


def test_undo_is_refused_after_ten_minutes(database: Database, facilitator: Actor, held: Held) -> None:
    keep(database, facilitator, held)
    with pytest.raises(WrongTransition, match="ten minutes"):
        take_back(database, facilitator, held, now=NOW + dt.timedelta(minutes=10, seconds=1))


@pytest.mark.parametrize("built", ["changed", "used"])
def test_undo_destroys_nothing_that_others_have_built_on_the_wrap_up(
    database: Database, facilitator: Actor, held: Held, built: str
) -> None:
    keep(database, facilitator, held)
    later = NOW + dt.timedelta(minutes=2)
    with database.writing() as session:
        row = session.scalars(select(Contribution).order_by(Contribution.id)).first()
        assert row
        if built == "changed":
            edit_contribution(
                session, facilitator, row.id, version=row.version, words="Better", cluster="", now=later
            )
        else:
            hopes = [key for key in session.scalars(select(Expectation.id))]
            make_prototype(
                session, facilitator, held.planned.project_id, title="A loan", fidelity="paper",
                expectation_ids=hopes, now=later,
            )  # fmt: skip
    before = rows(database)
    with pytest.raises(WrongTransition, match="destroy their work"):
        take_back(database, facilitator, held)
    assert rows(database) == before
