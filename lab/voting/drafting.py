"""Draft a vote from prototypes and from ideas that are none yet, or as an earlier vote was."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Sequence
from typing import Any

from sqlalchemy.orm import Session

from lab.access.rights import Actor, require
from lab.foundation import clock, text
from lab.foundation.text import shortened
from lab.prototypes.commands import make_prototype
from lab.voting.commands import Choice, make_round
from lab.voting.queries import room_of_round

LONGEST_TITLE = 120
"""Characters of an idea that its prototype is called by."""


def make_vote(
    session: Session,
    actor: Actor,
    project_id: uuid.UUID,
    *,
    options: Sequence[tuple[uuid.UUID | str, str]],
    fidelity: str | None,
    now: dt.datetime,
    **facts: Any,
) -> uuid.UUID:
    """Draft a round. Each option comes with its line for the phones; those given in words become prototypes
    of this fidelity. The facts are those of `make_round`."""
    require(actor, "vote.run")
    choices: list[Choice] = []
    for option, line in options:
        if isinstance(option, uuid.UUID):
            choices.append((option, line))
            continue
        words = text.paragraph(option, "Option", limit=1000)
        title = shortened(words, LONGEST_TITLE)
        key = make_prototype(session, actor, project_id, title=title, fidelity=fidelity or "", now=now)
        choices.append((key, line or (shortened(words, 200) if title != words else "")))
    return make_round(session, actor, project_id, options=choices, now=now, **facts)


def duplicate_round(session: Session, actor: Actor, round_id: uuid.UUID, *, now: dt.datetime) -> uuid.UUID:
    """Draft a round like this one: its question, options and rules, without a ballot. A day that has passed,
    by which the room was to hear, stays behind."""
    require(actor, "vote.run")
    room = room_of_round(session, actor, round_id)
    is_ahead = room.hear_by is not None and room.hear_by >= clock.today(session, now)
    return make_round(
        session,
        actor,
        room.project_id,
        question=room.question,
        method=room.method,
        options=[(each.prototype_id, each.summary) for each in room.options],
        budget=room.budget,
        reveal=room.reveal,
        option_order=room.option_order,
        anonymity=room.anonymity,
        groups=room.groups,
        decides_next=room.decides_next,
        hear_by=room.hear_by if is_ahead else None,
        now=now,
    )
