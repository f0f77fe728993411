"""Draft a vote whose options are prototypes, ideas that nobody has recorded as prototypes yet, or both."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Sequence
from typing import Any

from sqlalchemy.orm import Session

from lab.access.rights import Actor, require
from lab.foundation import text
from lab.foundation.text import shortened
from lab.prototypes.commands import make_prototype
from lab.voting.commands import Choice, make_round

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
