"""What happens on a workshop's board. Every change takes the board's next revision, so that whoever has
seen one revision asks only for what came after, and of two hosts who move a note the last one wins."""

from __future__ import annotations

import datetime as dt
import uuid

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from db.keys import new_key
from db.models import Note, Workshop, WorkshopBlock
from db.words import GROUPS, NOTE_KINDS
from lab.access.rights import Actor, require
from lab.foundation import text
from lab.foundation.errors import Invalid, NotFound
from lab.workshops import rules


def next_revision(session: Session, workshop_id: uuid.UUID) -> int:
    """The revision under which the next change of the board is written. Other writers of the same board
    wait until the transaction ends, so revisions become visible in their order."""
    revision: int | None = session.scalar(
        update(Workshop)
        .where(Workshop.id == workshop_id)
        .values(board_revision=Workshop.board_revision + 1)
        .returning(Workshop.board_revision)
    )
    if revision is None:
        raise NotFound("This workshop does not exist (any more).")
    return revision


def write_note(
    session: Session,
    actor: Actor,
    workshop_id: uuid.UUID,
    *,
    block_id: uuid.UUID,
    words: str,
    now: dt.datetime,
    kind: str = "idea",
    group: str | None = None,
    is_paper: bool = False,
    cluster_id: uuid.UUID | None = None,
) -> uuid.UUID:
    """Put up a note as a host, of one's own or, from paper, for somebody without a phone."""
    require(actor, "workshop.run")
    if session.scalar(select(WorkshopBlock.workshop_id).where(WorkshopBlock.id == block_id)) != workshop_id:
        raise Invalid("This block is not part of the workshop.")
    revision = next_revision(session, workshop_id)
    note = Note(
        id=new_key(),
        workshop_id=workshop_id,
        block_id=block_id,
        kind=text.chosen(kind, NOTE_KINDS, "Kind"),
        text=text.paragraph(words, "Note", limit=rules.LONGEST_NOTE),
        cluster_id=cluster_id,
        position=float(revision),
        group_name=text.chosen_or_none(group, GROUPS, "Group"),
        source="paper" if is_paper else "facilitator",
        written_at=now,
        revision=revision,
    )
    session.add(note)
    session.flush()
    return note.id
