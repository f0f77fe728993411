"""Results of workshops: the records made of their notes, attendance and voice."""

from __future__ import annotations

import uuid
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from sqlalchemy import Select, case, func, select
from sqlalchemy.orm import Session

from db.models import (
    Contribution,
    Engagement,
    Expectation,
    ForeseenRisk,
    GroupAttendance,
    Note,
    Recommendation,
    Stakeholder,
    Workshop,
    WorkshopBlock,
    WorkshopJoin,
)
from db.words import GROUP_NOT_SAID
from lab.access.rights import Actor, require

NO_ITEMS: Final = (0, 0, 0)


@dataclass(frozen=True, slots=True)
class KeptRecord:
    """A record that a workshop's notes became."""

    kind: str
    id: uuid.UUID
    words: str


def kept(session: Session, actor: Actor, workshop_id: uuid.UUID) -> tuple[KeptRecord, ...]:
    """What a workshop's notes became: expectations, foreseen risks, recommendations, chosen ideas. Four
    statements."""
    require(actor, "project.read")
    own = select(Note.contribution_id).where(
        Note.workshop_id == workshop_id, Note.contribution_id.is_not(None)
    )
    ideas = select(Contribution.id, Contribution.text).where(Contribution.id.in_(own), Contribution.chosen)
    found = [KeptRecord("contribution", *row) for row in session.execute(ideas.order_by(Contribution.id))]
    expected = select(Expectation.id, Expectation.statement).where(Expectation.contribution_id.in_(own))
    feared = select(ForeseenRisk.id, ForeseenRisk.statement).where(ForeseenRisk.contribution_id.in_(own))
    asked = select(Recommendation.id, Recommendation.title).where(Recommendation.contribution_id.in_(own))
    found += [KeptRecord("expectation", *row) for row in session.execute(expected.order_by(Expectation.id))]
    found += [KeptRecord("foreseen_risk", *row) for row in session.execute(feared.order_by(ForeseenRisk.id))]
    found += [
        KeptRecord("recommendation", *row) for row in session.execute(asked.order_by(Recommendation.id))
    ]
    return tuple(found)


@dataclass(frozen=True, slots=True)
class Voice:
    """Who came to an engagement by group, whose words were kept, and who raised what was talked about."""

    came: tuple[tuple[str, int], ...] = ()
    words: tuple[tuple[str | None, int], ...] = ()
    """Notes or contributions by the group of those who said them; None for no group known."""
    items: int = 0
    """On the agenda; 0 where none was kept."""
    raised_by_participants: int = 0
    """Of these: raised by participants, alone or with the lab."""
    raised_by_unknown: int = 0
    """Of these: unknown who raised them."""
    workshop_state: str | None = None


@dataclass(slots=True)
class _Counts:
    came: Counter[str] = field(default_factory=Counter)
    words: Counter[str | None] = field(default_factory=Counter)


def voices(session: Session, actor: Actor, project_id: uuid.UUID) -> Mapping[uuid.UUID, Voice]:
    """Attendance and voice of each engagement of a project. Six statements.

    Who came is what was counted for the record, or, until somebody did, the people who joined.
    """
    require(actor, "project.read")
    ours = select(Engagement.id).where(Engagement.project_id == project_id)
    counts: dict[uuid.UUID, _Counts] = defaultdict(_Counts)
    of_ours = select(Workshop.id, Workshop.state).where(Workshop.id.in_(ours))
    states = {key: state for key, state in session.execute(of_ours)}
    for key, group, people in _by_group(
        session, WorkshopJoin.workshop_id, WorkshopJoin.group_name, func.sum(WorkshopJoin.people), ours
    ):
        counts[key].came[group or GROUP_NOT_SAID] += people
    counted: dict[uuid.UUID, Counter[str]] = defaultdict(Counter)
    for key, group, people in _by_group(
        session, GroupAttendance.engagement_id, GroupAttendance.group_name,
        func.sum(GroupAttendance.people), ours,
    ):  # fmt: skip
        counted[key][group or GROUP_NOT_SAID] += people
    for key, came in counted.items():
        counts[key].came = came
    for key, group, number in _by_group(
        session, Note.workshop_id, Note.group_name, func.count(Note.id).filter(Note.hidden_at.is_(None)), ours
    ):
        counts[key].words[group] += number
    said = session.execute(
        select(Contribution.engagement_id, Stakeholder.group_name, func.count(Contribution.id))
        .outerjoin(Stakeholder, Stakeholder.id == Contribution.stakeholder_id)
        .where(Contribution.engagement_id.in_(ours), Contribution.engagement_id.not_in(select(Workshop.id)))
        .group_by(Contribution.engagement_id, Stakeholder.group_name)
    )
    for occasion, group, number in said:
        if occasion is not None:
            counts[occasion].words[group] += number
    items = {
        key: (int(total), int(raised), int(unknown))
        for key, total, raised, unknown in session.execute(
            select(
                WorkshopBlock.workshop_id,
                func.count(),
                func.sum(case((WorkshopBlock.raised_by.in_(("participants", "both")), 1), else_=0)),
                func.sum(case((WorkshopBlock.raised_by.is_(None), 1), else_=0)),
            )
            .where(WorkshopBlock.workshop_id.in_(ours))
            .group_by(WorkshopBlock.workshop_id)
        )
    }
    return {
        key: Voice(
            came=_most_first(counts[key].came),
            words=_most_first(counts[key].words),
            items=items.get(key, NO_ITEMS)[0],
            raised_by_participants=items.get(key, NO_ITEMS)[1],
            raised_by_unknown=items.get(key, NO_ITEMS)[2],
            workshop_state=states.get(key),
        )
        for key in {*counts, *items, *states}
    }


def _by_group(
    session: Session, key: Any, group: Any, number: Any, ours: Select[uuid.UUID]
) -> Sequence[tuple[uuid.UUID, str | None, int]]:
    rows = session.execute(select(key, group, number).where(key.in_(ours)).group_by(key, group))
    return [(occasion, name, int(found)) for occasion, name, found in rows]


def _most_first(counted: Counter[Any]) -> tuple[tuple[Any, int], ...]:
    return tuple((group, number) for group, number in counted.most_common() if number)
