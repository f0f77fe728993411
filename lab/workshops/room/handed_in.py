"""What a phone can hand in during a workshop, and why it may be refused."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

NO_ROOM: Final = "There is no workshop with this code."
NOT_BEGUN: Final = "The workshop has not begun yet. What you wrote is kept on this page."
OVER: Final = "The workshop is over, so the board takes no more. What you wrote is kept on this page."
CLOSED: Final = (
    "The hosts have closed the phones for now. What you wrote is kept; send it when they are open."
)
AHEAD: Final = "The room is not there yet. Please send this when it is."
OTHER_ROOM: Final = "This page belongs to another agenda. Please reload it; what you wrote is kept."
TAKES_NONE: Final = "No notes are taken in this part of the workshop."
HELD: Final = "The hosts are working with this note already, so it stays as it is. You may write another one."


@dataclass(frozen=True, slots=True, kw_only=True)
class HandedIn:
    """Something on its way to the records, and from whom; the group is that of an account's stakeholder."""

    workshop_id: uuid.UUID
    token_hash: str
    stakeholder_id: uuid.UUID | None = None
    group: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class JoinIn(HandedIn):
    """A phone in the room; with `says_group` it says for which group, or that it would rather not."""

    says_group: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class NoteIn(HandedIn):
    """A note for a block that the room is in, or was in. The same `form_key` again is the same note."""

    block_id: uuid.UUID
    form_key: str
    words: str
    importance: int | None = None
    """Of an expectation, from 1 to 5."""
    prototype_id: uuid.UUID | None = None
    """What a worry is about."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangeIn(HandedIn):
    """Other words for one's own note, or, without any, taking it back."""

    note_id: uuid.UUID
    words: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class DotsIn(HandedIn):
    """All the dots a person puts in a block, by note: they replace those put before."""

    block_id: uuid.UUID
    dots: Mapping[uuid.UUID, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class PulseIn(HandedIn):
    """Two answers from 1 to 5, in a block or, without one, after the workshop."""

    trust: int
    difference: int
    comment: str = ""
    block_id: uuid.UUID | None = None
