"""Whether the rows of an export agree with one another once all are in, each in words of one sentence."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from typing import Any, Final

from sqlalchemy import Column, Table, Uuid, and_, func, or_, select
from sqlalchemy.orm import Session

from db.base import Base
from db.models import Ballot, Engagement, Event, Lab, VoteOption, VoteRound, Workshop, WorkshopBlock
from lab.access.rights import Actor, require
from lab.followthrough.integrity import unexplained_recommendations
from lab.foundation.errors import Invalid
from lab.voting import rules
from lab.voting.integrity import damaged_rounds
from lab.voting.tally import validate_row

MOST: Final = 10
"""Problems that are named."""
STATEFUL: Final = {
    "expectation": "state",
    "flag": "state",
    "foreseen_risk": "finding",
    "stakeholder": "status",
    "vote_round": "state",
    "workshop": "state",
}
"""Records whose last step in the log must be the state they are in."""


def disagreements(session: Session, actor: Actor) -> list[str]:
    """What contradicts what, the first few; empty if everything agrees."""
    require(actor, "lab.administer")
    session.flush()
    found = itertools.chain(
        _lab(session), _votes(session), _workshops(session), _projects(session), _events(session)
    )
    # what `check` asks can be computed only where rows have the right shape
    return list(itertools.islice(found, MOST)) or [
        *damaged_rounds(session, actor)[:MOST],
        *unexplained_recommendations(session, actor)[:MOST],
    ]


def _lab(session: Session) -> Iterator[str]:
    if session.scalar(select(func.count()).select_from(Lab)) != 1:
        yield "lab.csv: it must have one row, the lab's own"


def _votes(session: Session) -> Iterator[str]:
    codes = list(session.scalars(select(VoteRound.code))) + list(session.scalars(select(Workshop.code)))
    for code in sorted({code for code in codes if codes.count(code) > 1})[:MOST]:
        yield f"vote_round.csv and workshop.csv: the code {code} leads to two places"
    places: dict[Any, list[int]] = {}
    for key, place in session.execute(
        select(VoteOption.round_id, VoteOption.place).order_by(VoteOption.round_id, VoteOption.place)
    ):
        places.setdefault(key, []).append(place)
    for row in session.scalars(select(VoteRound)):
        offered = places.get(row.id, [])
        if offered != list(range(len(offered))) or not (
            rules.FEWEST_OPTIONS <= len(offered) <= rules.MOST_OPTIONS
        ):
            yield f"vote_option.csv: the options of “{row.question}” are not numbered from 0, 2 to 30 of them"
            continue
        yield from _ballots(session, row, len(offered))


def _ballots(session: Session, row: VoteRound, options: int) -> Iterator[str]:
    for voter_id, marks in session.execute(
        select(Ballot.voter_id, Ballot.marks).where(Ballot.round_id == row.id)
    ):
        try:
            as_counted = list(validate_row(row.method, marks, range(options), budget=row.budget))
        except (Invalid, ValueError, TypeError, IndexError) as error:
            yield f"ballot.csv, {voter_id}: {error}"
            return
        if as_counted != list(marks):
            yield f"ballot.csv, {voter_id}: these marks were never counted by “{row.method}”"
            return


def _workshops(session: Session) -> Iterator[str]:
    of_another = select(Engagement.title).join(Workshop, Workshop.id == Engagement.id)
    for title in session.scalars(of_another.where(Engagement.kind != "workshop").limit(MOST)):
        yield f"workshop.csv: “{title}” is no workshop in engagement.csv"
    lost = (
        select(Engagement.title)
        .join(Workshop, Workshop.id == Engagement.id)
        .outerjoin(
            WorkshopBlock,
            and_(WorkshopBlock.workshop_id == Workshop.id, WorkshopBlock.place == Workshop.current_place),
        )
        .where(Workshop.current_place.is_not(None), WorkshopBlock.id.is_(None))
    )
    for title in session.scalars(lost.limit(MOST)):
        yield f"workshop.csv: “{title}” is at a block that it does not have"


def _projects(session: Session) -> Iterator[str]:
    """Rows whose keys lead into another project."""
    for table in Base.metadata.sorted_tables:
        for first, second in itertools.combinations(_into_projects(table), 2):
            one, other = _project_of(table, first), _project_of(table, second)
            asked = select(func.count()).select_from(table).where(one.is_not(None), other.is_not(None))
            if session.scalar(asked.where(one != other)):
                yield f"{table.name}.csv: {first.name} and {second.name} of a row belong to two projects"


def _into_projects(table: Table) -> list[Column[Any]]:
    """The columns of a table that lead to a project, at once or by one other record."""
    return [
        column
        for column in table.columns
        for key in column.foreign_keys
        if key.column.table.name == "project" or "project_id" in key.column.table.columns
    ]


def _project_of(table: Table, column: Column[Any]) -> Any:
    (key,) = column.foreign_keys
    other = key.column.table
    if other.name == "project":
        return column
    beside = other.alias()
    return (
        select(beside.c.project_id)
        .where(beside.c[key.column.name] == column)
        .correlate(table)
        .scalar_subquery()
    )


def _has_key(table: Table) -> bool:
    """Whether its rows can be the subject of an event."""
    return "id" in table.columns and isinstance(table.columns["id"].type, Uuid)


def _events(session: Session) -> Iterator[str]:
    for name, column in STATEFUL.items():
        table = Base.metadata.tables[name]
        last = (
            select(
                Event.subject_id,
                Event.to_state,
                func.row_number()
                .over(partition_by=Event.subject_id, order_by=(Event.at.desc(), Event.id.desc()))
                .label("rank"),
            )
            .where(Event.subject_type == name, Event.to_state.is_not(None))
            .subquery()
        )
        contradicted = session.execute(
            select(table.c.id, table.c[column], last.c.to_state)
            .join(last, and_(last.c.subject_id == table.c.id, last.c.rank == 1))
            .where(last.c.to_state != table.c[column])
            .limit(MOST)
        )
        for key, state, recorded in contradicted:
            yield f"{name}.csv, {key}: it is “{state}”, but its last event says “{recorded}”"
    for name, table in Base.metadata.tables.items():
        if "project_id" in table.columns and name != "event" and _has_key(table):
            astray = (
                select(func.count())
                .select_from(Event)
                .join(table, and_(table.c.id == Event.subject_id, Event.subject_type == name))
                .where(or_(Event.project_id.is_(None), Event.project_id != table.c.project_id))
            )
            if session.scalar(astray):
                yield f"event.csv: an event of a {name} belongs to another project than the {name}"
