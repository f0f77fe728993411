"""Details beside the thread: pulse, contact data, and pictures' bytes."""

from __future__ import annotations

import datetime as dt
import uuid
from dataclasses import dataclass
from typing import Literal

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from db.models import (
    Contact,
    Picture,
    Pulse,
    Stakeholder,
)
from lab.access.rights import Actor, require
from lab.engagements.rules import COUNTING, share_far_off
from lab.foundation.disclosure import LEAST
from lab.foundation.errors import NotFound


@dataclass(frozen=True, slots=True)
class PulseSummary:
    """The pulse: means of answers from 1 to 5, of at least five people."""

    answers: int
    trust: float
    difference: float
    last_answered_on: dt.date
    far_off: float | None
    """The share of all answers that lie far from the median, those that are held or left out among them."""


@dataclass(frozen=True, slots=True)
class HeldAnswers:
    """Answers that came by one link in a burst, and that nobody has looked at."""

    link: str
    answers: int
    first_at: dt.datetime
    last_at: dt.datetime
    trust: float
    difference: float


def pulse_summary(session: Session, actor: Actor, project_id: uuid.UUID) -> PulseSummary | None:
    """The project's pulse, or None while fewer than five people have answered. Two statements. Answers that
    are held or left out don't count.

    A named stakeholder counts once however often they answered, an anonymous answer as one person.
    """
    require(actor, "project.read")
    answers, named, people, trust, difference, last = session.execute(
        select(
            func.count(Pulse.id),
            func.count(Pulse.stakeholder_id),
            func.count(Pulse.stakeholder_id.distinct()),
            func.avg(Pulse.trust),
            func.avg(Pulse.difference),
            func.max(Pulse.answered_on),
        ).where(Pulse.project_id == project_id, Pulse.standing.in_(COUNTING))
    ).one()
    if people + (answers - named) < LEAST or last is None:
        return None
    return PulseSummary(answers, float(trust), float(difference), last, _far_off(session, project_id))


def _far_off(session: Session, project_id: uuid.UUID) -> float | None:
    rows = session.execute(
        select(Pulse.trust, Pulse.difference, Pulse.standing).where(Pulse.project_id == project_id)
    )
    answers = [((row.trust + row.difference) / 2, row.standing in COUNTING) for row in rows]
    return share_far_off([answer for answer, _ in answers], [answer for answer, counts in answers if counts])


def held_answers(session: Session, actor: Actor, project_id: uuid.UUID) -> tuple[HeldAnswers, ...]:
    """The answers to look at, by link. One statement."""
    require(actor, "project.read")
    rows = session.execute(
        select(
            Pulse.link,
            func.count(),
            func.min(Pulse.answered_at),
            func.max(Pulse.answered_at),
            func.avg(Pulse.trust),
            func.avg(Pulse.difference),
        )
        .where(Pulse.project_id == project_id, Pulse.standing == "held")
        .group_by(Pulse.link)
        .order_by(Pulse.link)
    )
    return tuple(
        HeldAnswers(link, number, first, last, float(trust), float(difference))
        for link, number, first, last, trust, difference in rows
    )


@dataclass(frozen=True, slots=True)
class ContactFacts:
    """Contact data; empty where not recorded."""

    name: str = ""
    email: str = ""
    phone: str = ""
    account_id: uuid.UUID | None = None
    """The account of the stakeholder, with which they see what became of what they said."""


def contact_of(session: Session, actor: Actor, stakeholder_id: uuid.UUID) -> ContactFacts:
    """The contact data of a stakeholder. One statement."""
    require(actor, "contact.read")
    row = session.execute(
        select(Contact.name, Contact.email, Contact.phone, Stakeholder.account_id)
        .select_from(Stakeholder)
        .outerjoin(Contact, Contact.stakeholder_id == Stakeholder.id)
        .where(Stakeholder.id == stakeholder_id)
    ).one_or_none()
    return (
        ContactFacts(row.name or "", row.email or "", row.phone or "", row.account_id)
        if row
        else ContactFacts()
    )


def picture_bytes(
    session: Session, actor: Actor, picture_id: uuid.UUID, size: Literal["screen", "thumbnail"]
) -> bytes:
    """A picture's WebP file in one of its two sizes. One statement.

    Raises:
        NotFound: there is no such picture.
    """
    require(actor, "project.read")
    column = Picture.screen if size == "screen" else Picture.thumbnail
    found = session.scalar(select(column).where(Picture.id == picture_id))
    if found is None:
        raise NotFound("This picture does not exist (any more).")
    return found
