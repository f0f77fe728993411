"""Quick reactions of phones: how often each word was sent during a block, and never by whom."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Mapping
from typing import Final

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from db.models import BlockReaction
from db.words import REACTIONS

RECENT: Final = dt.timedelta(minutes=3)
"""How far back reactions are shown: they say how it goes now."""


def count_reactions(
    session: Session, reactions: Mapping[tuple[uuid.UUID, str], int], now: dt.datetime
) -> None:
    """Add reactions by block and word to those of this minute. The caller has locked their workshops."""
    minute = now.replace(second=0, microsecond=0)
    for (block_id, word), number in reactions.items():
        key = {"block_id": block_id, "word": word, "minute": minute}
        added = session.execute(
            update(BlockReaction)
            .filter_by(**key)
            .values(number=BlockReaction.number + number)
            .returning(BlockReaction.number)
        ).first()
        if added is None:
            session.add(BlockReaction(**key, number=number))
    session.flush()


def recent_reactions(session: Session, block_id: uuid.UUID, now: dt.datetime) -> tuple[tuple[str, int], ...]:
    """Words with how often they were sent lately, those that nobody sent left out. One statement."""
    rows = session.execute(
        select(BlockReaction.word, func.sum(BlockReaction.number))
        .where(BlockReaction.block_id == block_id, BlockReaction.minute > now - RECENT)
        .group_by(BlockReaction.word)
    )
    found = {word: int(number) for word, number in rows}
    return tuple((word, found[word]) for word in REACTIONS if word in found)
