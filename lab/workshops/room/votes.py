"""The vote of an agenda's block: drafted from what the room wrote, and held in that block."""

from __future__ import annotations

import datetime as dt
import uuid
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from typing import Any, Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from db.models import Cluster, Engagement, Note
from lab.access.rights import Actor, require
from lab.foundation.records import fetch
from lab.voting.drafting import make_vote
from lab.workshops.board.queries import dots_of
from lab.workshops.plan.agendas import Block
from lab.workshops.plan.commands import set_agenda
from lab.workshops.room.commands import choose_vote

MOST_IDEAS: Final = 30
"""Ideas and clusters that are offered as options, those with the most dots first."""


def make_planned_vote(
    session: Session,
    actor: Actor,
    workshop_id: uuid.UUID,
    *,
    version: int,
    blocks: Sequence[Block],
    place: int,
    now: dt.datetime,
    **drafted: Any,
) -> uuid.UUID:
    """Save the agenda with a new vote in the block at this place. What is drafted goes to `make_vote`."""
    require(actor, "workshop.run")
    project_id = fetch(session, Engagement, workshop_id, "workshop").project_id
    round_id = make_vote(session, actor, project_id, now=now, **drafted)
    agenda = [
        replace(block, round_id=round_id) if number == place else block for number, block in enumerate(blocks)
    ]
    set_agenda(session, actor, workshop_id, version=version, blocks=agenda, now=now)
    return round_id


def make_present_vote(
    session: Session, actor: Actor, workshop_id: uuid.UUID, *, now: dt.datetime, **drafted: Any
) -> uuid.UUID:
    """Draft a vote and hold it in the present block. What is drafted goes to `make_vote`."""
    require(actor, "workshop.run")
    project_id = fetch(session, Engagement, workshop_id, "workshop").project_id
    round_id = make_vote(session, actor, project_id, now=now, **drafted)
    choose_vote(session, actor, workshop_id, round_id, now=now)
    return round_id


def ideas_to_vote_on(session: Session, actor: Actor, workshop_id: uuid.UUID) -> list[tuple[str, int]]:
    """What a vote can be about: the room's ideas and its clusters, with the dots put on them, the most first.
    A cluster has the dots of its notes. Three statements."""
    require(actor, "workshop.run")
    dots = dots_of(session, workshop_id, by_standing_note=True)
    notes = session.execute(
        select(Note.id, Note.text, Note.cluster_id)
        .where(
            Note.workshop_id == workshop_id, Note.kind == "idea", Note.hidden_at.is_(None),
            Note.merged_into.is_(None), ~Note.waits,
        )
        .order_by(Note.position, Note.id)
    ).all()  # fmt: skip
    headings = session.execute(
        select(Cluster.id, Cluster.title)
        .where(Cluster.workshop_id == workshop_id, ~Cluster.is_dropped, Cluster.title != "")
        .order_by(Cluster.place, Cluster.id)
    ).all()
    offered: Counter[str] = Counter()
    for note in notes:  # two notes with the same words are one option, with the dots of both
        offered[note.text] += dots.get(note.id, 0)
    for heading in headings:
        inside = [dots.get(note.id, 0) for note in notes if note.cluster_id == heading.id]
        if inside:
            offered.setdefault(heading.title, sum(inside))
    return sorted(offered.items(), key=lambda each: -each[1])[:MOST_IDEAS]
