"""Take a wrap-up back, for ten minutes: all that it wrote goes, and the workshop waits for its wrap-up again.

What others have built on since stays: then nothing is taken back, and the refusal says what is in the way.
"""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Iterable, Mapping
from typing import Any, Final

from sqlalchemy import delete, literal, select, update
from sqlalchemy.orm import Session

from db.base import Base
from db.models import Engagement, Event, Note, Workshop
from lab.access.rights import Actor, require
from lab.engagements.commands import edit_engagement
from lab.foundation.errors import WrongTransition
from lab.foundation.events import Subject, remember
from lab.foundation.language import label
from lab.foundation.records import fetch
from lab.lifecycle.rules import UNDO_FOR
from lab.stakeholders.commands import count_people

IN_ORDER: Final = (
    "response", "recommendation", "foreseen_risk", "expectation", "contribution", "stakeholder", "sponsor",
)  # fmt: skip
"""The tables a wrap-up adds to, each before those that its rows refer to."""
Made = Mapping[str, frozenset[uuid.UUID]]
"""The keys of the records that a wrap-up made, by table."""


def may_undo(wrapped_up_at: dt.datetime | None, now: dt.datetime) -> bool:
    """Whether a wrap-up of that instant can still be taken back."""
    return wrapped_up_at is not None and now <= wrapped_up_at + UNDO_FOR


def undo(session: Session, actor: Actor, workshop_id: uuid.UUID, *, now: dt.datetime) -> None:
    """Take back all that the wrap-up wrote; the words, marks and the board stay as they are. Undone again, by
    another host, it changes nothing.

    Raises:
        WrongTransition: the ten minutes are over, or somebody has worked with what was written.
    """
    require(actor, "workshop.run")
    workshop = fetch(session, Workshop, workshop_id, "workshop")
    engagement = fetch(session, Engagement, workshop_id, "workshop")
    if workshop.state == "ended":
        return
    if workshop.wrapped_up_at is None or not may_undo(workshop.wrapped_up_at, now):
        raise WrongTransition("A wrap-up can be undone for ten minutes. What was written stands.")
    wrote = _wrote(session, workshop_id)
    if wrote is None:
        raise WrongTransition("This wrap-up was made by an earlier version. What was written stands.")
    made: Made = {table: frozenset(map(uuid.UUID, wrote["made"].get(table, ()))) for table in IN_ORDER}
    stood = map(uuid.UUID, wrote["before"]["stood_for"])
    changeable = {**made, "stakeholder": made["stakeholder"].union(stood), "engagement": {workshop_id}}
    _guard_unchanged(session, changeable, workshop.wrapped_up_at)
    _put_back(session, actor, engagement, wrote["before"], now)
    session.execute(
        update(Note).where(Note.contribution_id.in_(made["contribution"])).values(contribution_id=None)
    )
    _guard_unused(session, made)
    for table in IN_ORDER:
        for key in sorted(made[table]):
            subject = Subject(table, key, None if table == "sponsor" else engagement.project_id)
            remember(session, actor, subject, "taken_back", now=now)
        rows = Base.metadata.tables[table]
        session.execute(delete(rows).where(rows.c.id.in_(made[table])))
    session.expire_all()
    workshop.state, workshop.wrapped_up_at, workshop.wrapped_up_on = "ended", None, None
    workshop.revision += 1
    workshop.board_revision += 1  # boards that are still open hear that they may be changed again
    workshop.version += 1
    remember(session, actor, workshop, "wrap_up_undone", now=now, from_state="wrapped_up", to_state="ended")
    session.flush()


def _wrote(session: Session, workshop_id: uuid.UUID) -> dict[str, Any] | None:
    """What the last wrap-up wrote down of itself."""
    detail = session.scalars(
        select(Event.detail)
        .where(Event.subject_type == "workshop", Event.subject_id == workshop_id, Event.verb == "wrapped_up")
        .order_by(Event.recorded_at.desc(), Event.id.desc())
        .limit(1)
    ).first()
    found: dict[str, Any] | None = (detail or {}).get("wrote")
    return found


def _guard_unchanged(session: Session, keys: Mapping[str, Iterable[uuid.UUID]], since: dt.datetime) -> None:
    """Refuse if one of these records has been changed since."""
    for table, own in keys.items():
        changed = select(Event.id).where(
            Event.subject_type == table, Event.subject_id.in_(own), Event.recorded_at > since
        )
        if session.scalar(changed.limit(1)):
            raise _in_use(f"changed the {label(table).lower()}")


def _guard_unused(session: Session, made: Made) -> None:
    """Refuse if another record refers to one of these."""
    for table in Base.metadata.sorted_tables:
        for column in table.columns:
            for target in {key.column.table.name for key in column.foreign_keys} & set(made):
                used = select(literal(1)).where(column.in_(made[target]))
                if table.name in made:
                    used = used.where(table.c.id.not_in(made[table.name]))
                if session.scalar(used.limit(1)):
                    raise _in_use(f"added something to the {label(target).lower()}")


def _in_use(what: str) -> WrongTransition:
    return WrongTransition(
        f"Since the wrap-up somebody has {what} it wrote, and undoing it would destroy their work. Correct "
        "what is wrong on the project's own screen."
    )


def _put_back(
    session: Session, actor: Actor, engagement: Engagement, before: Mapping[str, Any], now: dt.datetime
) -> None:
    """Who came and how it was, as known before."""
    edit_engagement(
        session,
        actor,
        engagement.id,
        version=engagement.version,
        title=engagement.title,
        attended={uuid.UUID(key): came for key, came in before["attended"].items()},
        now=now,
        **before["engagement"],
    )
    for key, people in before["stood_for"].items():
        count_people(session, actor, uuid.UUID(key), people=people, now=now)
    session.flush()
