"""What a phone can send in during a workshop, and the messages that refuse it."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

NO_ROOM: Final = "There is no workshop with this code."
NOT_BEGUN: Final = "The workshop has not begun yet. What you wrote is kept on this page."
OVER: Final = "This came after the workshop had ended and was not taken. You can still read it here."
MOVED_ON: Final = "Your dots came after the room had moved on and were not counted."
REACTED_LATE: Final = "The room has moved on, so this was not counted."
PULSE_OVER: Final = (
    "The time to answer this is over, so your answers were not counted. Thank you all the same."
)
CLOSED: Final = (
    "The hosts have closed the phones for now. What you wrote is kept; send it when they are open."
)
AHEAD: Final = "The room is not there yet. Please send this when it is."
OTHER_ROOM: Final = "This page belongs to another agenda. Please reload it; what you wrote is kept."
TAKES_NONE: Final = "No notes are taken in this part of the workshop."
HELD: Final = "The hosts are working with this note already, so it stays as it is. You may write another one."
FINAL: Final = (OVER, MOVED_ON, PULSE_OVER, HELD)
"""Sending it again later would not help."""


@dataclass(frozen=True, slots=True, kw_only=True)
class HandedIn:
    """What was sent, and by whom; `group` is that of the account's stakeholder."""

    workshop_id: uuid.UUID
    token_hash: str
    stakeholder_id: uuid.UUID | None = None
    group: str | None = None
    phone_hash: str | None = None
    """Of the phone on which an account takes part, or of one that it has signed out from."""


@dataclass(frozen=True, slots=True, kw_only=True)
class JoinIn(HandedIn):
    """A phone joins; with `says_group` it answers the question for its group, or declines to."""

    says_group: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class NoteIn(HandedIn):
    """A note for the current block or an earlier one. A repeated `form_key` is the same note."""

    block_id: uuid.UUID
    form_key: str
    words: str
    importance: int | None = None
    """Of an expectation, from 1 to 5."""
    prototype_id: uuid.UUID | None = None
    """What a worry is about."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangeIn(HandedIn):
    """New words for one's own note; None takes it back."""

    note_id: uuid.UUID
    words: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class DotsIn(HandedIn):
    """All dots of one person in a block, by note; they replace the earlier ones."""

    block_id: uuid.UUID
    dots: Mapping[uuid.UUID, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class PulseIn(HandedIn):
    """Two answers from 1 to 5; without a block they come after the workshop."""

    trust: int
    difference: int
    comment: str = ""
    block_id: uuid.UUID | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ReactionIn(HandedIn):
    """A word about how it goes now, one of `db.words.REACTIONS`. It is counted, not kept."""

    block_id: uuid.UUID
    word: str
