"""Workshops: plan, current state, joins, and board."""

from __future__ import annotations

import datetime as dt
import uuid

from sqlalchemy import CheckConstraint, ForeignKey, Index, LargeBinary, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from db.base import Base, Key, Version, one_of
from db.words import (
    AGENDA_SETTERS,
    BLOCK_KINDS,
    GROUPS,
    JOIN_SOURCES,
    NOTE_KINDS,
    NOTE_SOURCES,
    REACTIONS,
    SAID_BACK,
    WITHIN_POWER,
    WORKSHOP_STATES,
)


class Workshop(Base):
    """A planned, running or past workshop and its current state; shares its key with its engagement.

    The running block's clock is `block_began_at` plus the block's minutes and `extra_seconds`; while
    `paused_at` is set it stands still. `revision` counts changes for phones and walls, `board_revision`
    changes of the board, so that clients can ask for what is newer.
    """

    __tablename__ = "workshop"
    __table_args__ = (
        one_of("state", WORKSHOP_STATES),
        CheckConstraint("(state = 'planned') = (began_at IS NULL)", name="began_dated"),
        CheckConstraint("(state IN ('ended', 'wrapped_up')) = (ended_at IS NOT NULL)", name="ended_dated"),
        CheckConstraint("(state = 'wrapped_up') = (wrapped_up_at IS NOT NULL)", name="wrapped_up_dated"),
        CheckConstraint("(state = 'running') = (current_place IS NOT NULL)", name="running_has_block"),
        CheckConstraint("(current_place IS NULL) = (block_began_at IS NULL)", name="block_dated"),
        Index(None, "state", "hear_by"),
    )

    id: Mapped[uuid.UUID] = mapped_column(ForeignKey("engagement.id"), primary_key=True)
    code: Mapped[str] = mapped_column(unique=True)
    """The join code, different from that of any vote."""
    begins: Mapped[str] = mapped_column(default="")
    """Local time on the engagement's date, as HH:MM; empty while not agreed."""
    place: Mapped[str] = mapped_column(default="")
    hosts: Mapped[str] = mapped_column(default="")
    state: Mapped[str] = mapped_column(default="planned")
    current_place: Mapped[int | None]
    """`place` of the current block."""
    block_began_at: Mapped[dt.datetime | None]
    paused_at: Mapped[dt.datetime | None]
    extra_seconds: Mapped[int] = mapped_column(default=0)
    phones_open: Mapped[bool] = mapped_column(default=True)
    """Whether phones may hand something in during the running block."""
    wall_blank: Mapped[bool] = mapped_column(default=False)
    """Whether the wall shows the lab's name and nothing else."""
    wall_words: Mapped[bool] = mapped_column(default=False)
    """Whether the wall shows the words of the present block's notes, and not the notes."""
    signals_end: Mapped[bool] = mapped_column(default=False)
    """Whether wall and remote sound and change colour at the end of a block's time."""
    holds_notes: Mapped[bool | None]
    """Whether a phone's note waits until a host lets it on the wall; null until a host has said."""
    revision: Mapped[int] = mapped_column(default=0)
    board_revision: Mapped[int] = mapped_column(default=0)
    began_at: Mapped[dt.datetime | None]
    ended_at: Mapped[dt.datetime | None]
    wrapped_up_at: Mapped[dt.datetime | None]
    ended_on: Mapped[dt.date | None]
    wrapped_up_on: Mapped[dt.date | None]
    """The lab's days of the end and of the wrap-up."""
    hear_by: Mapped[dt.date | None]
    """The day by which news was promised to those who took part."""
    heard: Mapped[str] = mapped_column(default="")
    """“What we heard” in the report to those who took part."""
    what_next: Mapped[str] = mapped_column(default="")
    version: Mapped[Version]


class WorkshopInvitation(Base):
    """A stakeholder group that is invited, and how many of it the hosts hope for."""

    __tablename__ = "workshop_invitation"
    __table_args__ = (
        one_of("group_name", GROUPS),
        CheckConstraint("hoped_for BETWEEN 0 AND 100000", name="hoped_for"),
    )

    workshop_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("workshop.id"), primary_key=True)
    group_name: Mapped[str] = mapped_column(primary_key=True)
    hoped_for: Mapped[int | None]


class WorkshopBlock(Base):
    """One item of the agenda, in minutes; `place` counts from 0."""

    __tablename__ = "workshop_block"
    __table_args__ = (
        one_of("kind", BLOCK_KINDS),
        one_of("raised_by", AGENDA_SETTERS),
        CheckConstraint("minutes BETWEEN 1 AND 480", name="minutes"),
        CheckConstraint("dots BETWEEN 1 AND 20", name="dots"),
        UniqueConstraint("workshop_id", "place"),
        Index(None, "round_id"),
    )

    id: Mapped[Key]
    workshop_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("workshop.id"))
    place: Mapped[int]
    kind: Mapped[str]
    title: Mapped[str]
    prompt: Mapped[str] = mapped_column(default="")
    """What the room is asked."""
    minutes: Mapped[int]
    raised_by: Mapped[str | None]
    round_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("vote_round.id"))
    """The round that a block of kind `vote` runs."""
    dots: Mapped[int] = mapped_column(default=3)
    """Dots per person in a block of kind `dots`; ignored in others."""


class WorkshopJoin(Base):
    """A phone, an account, or people without a phone, in one workshop."""

    __tablename__ = "workshop_join"
    __table_args__ = (
        one_of("group_name", GROUPS),
        one_of("source", JOIN_SOURCES),
        CheckConstraint("people BETWEEN 1 AND 100000", name="people"),
        UniqueConstraint("workshop_id", "token_hash"),
        Index(None, "stakeholder_id"),
    )

    id: Mapped[Key]
    workshop_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("workshop.id"))
    token_hash: Mapped[str]
    """SHA-256 of the workshop and the voter's key, as in `vote_join`; random for people without a phone."""
    group_name: Mapped[str | None]
    stakeholder_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("stakeholder.id"))
    people: Mapped[int] = mapped_column(default=1)
    source: Mapped[str]
    joined_at: Mapped[dt.datetime]


class Cluster(Base):
    """A heading on the board under which notes are gathered; `place` orders them from the left."""

    __tablename__ = "cluster"
    __table_args__ = (Index(None, "workshop_id", "place"),)

    id: Mapped[Key]
    workshop_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("workshop.id"))
    title: Mapped[str]
    place: Mapped[int]
    revision: Mapped[int]
    """The board's revision at its last change."""
    is_dropped: Mapped[bool] = mapped_column(default=False)


class Note(Base):
    """A note on a workshop's board. The wrap-up makes it a contribution, and what else it was said to be.

    Nothing on the board is deleted: a hidden note keeps by whom and why, a merged one leads to the note
    that stands for both.
    """

    __tablename__ = "note"
    __table_args__ = (
        one_of("kind", NOTE_KINDS),
        one_of("source", NOTE_SOURCES),
        one_of("group_name", GROUPS),
        one_of("within_power", WITHIN_POWER),
        one_of("said_back", SAID_BACK),
        CheckConstraint("importance BETWEEN 1 AND 5", name="importance"),
        CheckConstraint("(hidden_at IS NULL) = (hidden_why = '')", name="hidden_has_reason"),
        Index(None, "workshop_id", "revision"),
        Index(None, "block_id"),
        Index(None, "join_id"),
        Index(None, "contribution_id"),
    )

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    """Derived from the phone's token and the form's key, so that a note sent twice is stored once."""
    workshop_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("workshop.id"))
    block_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("workshop_block.id"))
    """The block in which it was written."""
    kind: Mapped[str]
    text: Mapped[str]
    cluster_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("cluster.id"))
    """Null for new notes."""
    position: Mapped[float]
    """Orders the notes of a cluster from the top."""
    join_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("workshop_join.id"))
    group_name: Mapped[str | None]
    source: Mapped[str]
    written_at: Mapped[dt.datetime]
    chosen: Mapped[bool] = mapped_column(default=False)
    """Chosen in the room: the wrap-up makes it a prototype idea."""
    prototype_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("prototype.id"))
    """What a worry is about."""
    importance: Mapped[int | None]
    """Importance of an expectation to its author, 1 to 5."""
    within_power: Mapped[str | None]
    said_back: Mapped[str | None]
    """The hosts' first answer to an expectation, if given."""
    promised_by: Mapped[str] = mapped_column(default="")
    promised_for: Mapped[dt.date | None]
    merged_into: Mapped[uuid.UUID | None]
    """The note it was merged into, which is not itself merged."""
    waits: Mapped[bool] = mapped_column(default=False)
    """For a host to let it on the wall."""
    hidden_at: Mapped[dt.datetime | None]
    hidden_by: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("account.id"))
    hidden_why: Mapped[str] = mapped_column(default="")
    contribution_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("contribution.id"))
    """What it became at the wrap-up."""
    revision: Mapped[int]
    """The board's revision at its last change."""


class NoteDots(Base):
    """The dots one person put on one note in a block of kind `dots`."""

    __tablename__ = "note_dots"
    __table_args__ = (CheckConstraint("dots BETWEEN 1 AND 20", name="dots"), Index(None, "note_id"))

    block_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("workshop_block.id"), primary_key=True)
    join_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("workshop_join.id"), primary_key=True)
    note_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("note.id"), primary_key=True)
    dots: Mapped[int]


class BlockReaction(Base):
    """How often phones reacted with a word during one minute of a block; not whose phones."""

    __tablename__ = "block_reaction"
    __table_args__ = (one_of("word", REACTIONS), CheckConstraint("number >= 1", name="number"))

    block_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("workshop_block.id"), primary_key=True)
    word: Mapped[str] = mapped_column(primary_key=True)
    minute: Mapped[dt.datetime] = mapped_column(primary_key=True)
    """When the minute began."""
    number: Mapped[int]


class NotesApart(Base):
    """Two notes that a host says are not the same, so that they are not suggested for merging again. The
    smaller key comes first."""

    __tablename__ = "notes_apart"
    __table_args__ = (Index(None, "workshop_id"), Index(None, "other_id"))

    note_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("note.id"), primary_key=True)
    other_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("note.id"), primary_key=True)
    workshop_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("workshop.id"))


class WorkshopPhoto(Base):
    """A photo of a flipchart, re-encoded to be safe, in a screen size and a thumbnail."""

    __tablename__ = "workshop_photo"
    __table_args__ = (Index(None, "workshop_id"), Index(None, "block_id"))

    id: Mapped[Key]
    workshop_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("workshop.id"))
    block_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("workshop_block.id"))
    description: Mapped[str]
    media_type: Mapped[str]
    screen: Mapped[bytes] = mapped_column(LargeBinary, deferred=True)
    screen_width: Mapped[int]
    screen_height: Mapped[int]
    thumbnail: Mapped[bytes] = mapped_column(LargeBinary, deferred=True)
    thumbnail_width: Mapped[int]
    thumbnail_height: Mapped[int]
    sha256: Mapped[str]
    added_at: Mapped[dt.datetime]
