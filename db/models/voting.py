"""Votes: rounds and their options, who joined, and the ballots, kept apart from who cast them."""

from __future__ import annotations

import datetime as dt
import uuid
from typing import Any

from sqlalchemy import JSON, CheckConstraint, ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from db.base import Base, Key, Version, one_of
from db.words import (
    ANONYMITIES,
    BALLOT_SOURCES,
    BLANK_MEANINGS,
    GROUPS,
    ORDERS,
    REVEALS,
    ROUND_STATES,
    SLIP_WAYS,
)


class VoteRound(Base):
    """One vote on prototypes: made as a draft, opened once, closed once, and never reopened."""

    __tablename__ = "vote_round"
    __table_args__ = (
        one_of("state", ROUND_STATES),
        one_of("reveal", REVEALS),
        one_of("option_order", ORDERS),
        one_of("anonymity", ANONYMITIES),
        one_of("blank_means", BLANK_MEANINGS),
        CheckConstraint("budget BETWEEN 1 AND 100", name="budget"),
        CheckConstraint("(state = 'draft') = (opened_at IS NULL)", name="opened_dated"),
        CheckConstraint("(state IN ('closed', 'revealed')) = (closed_at IS NOT NULL)", name="closed_dated"),
        CheckConstraint("(state = 'revealed') = (revealed_at IS NOT NULL)", name="revealed_dated"),
        CheckConstraint("(closed_at IS NULL) = (digest IS NULL)", name="closed_with_digest"),
        Index(None, "project_id", "id"),
        Index(None, "state"),
    )

    id: Mapped[Key]
    project_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("project.id"))
    code: Mapped[str] = mapped_column(unique=True)
    """The join code: letters and digits that are hard to confuse."""
    question: Mapped[str]
    method: Mapped[str]
    """A name in the registry of `lab.voting.methods`, which commands check: a method needs no migration."""
    budget: Mapped[int] = mapped_column(default=5)
    """Dots per voter; ignored by other methods."""
    blank_means: Mapped[str] = mapped_column(default="least")
    """What an unmarked option counts as. Kept with the round, so that it is always counted by the rule that
    its ballot stated, whatever later versions do."""
    reveal: Mapped[str] = mapped_column(default="hidden")
    option_order: Mapped[str] = mapped_column(default="shuffled")
    anonymity: Mapped[str] = mapped_column(default="anonymous")
    by_slip: Mapped[bool] = mapped_column(default=False)
    """Whether a ballot without an account needs a printed slip."""
    decides_next: Mapped[str] = mapped_column(default="")
    hear_by: Mapped[dt.date | None]
    state: Mapped[str] = mapped_column(default="draft")
    made_at: Mapped[dt.datetime]
    opened_at: Mapped[dt.datetime | None]
    closed_at: Mapped[dt.datetime | None]
    closed_on: Mapped[dt.date | None]
    """The lab's day of the close."""
    revealed_at: Mapped[dt.datetime | None]
    entries: Mapped[int] = mapped_column(default=0)
    """The length of the chain of accepted ballots, which is the last sequence number."""
    chain_head: Mapped[str] = mapped_column(default="")
    digest: Mapped[str | None]
    """SHA-256 of the published record, frozen at the close."""
    version: Mapped[Version]


class VoteGroup(Base):
    """A stakeholder group that is asked for, and may vote; without any, everybody with the code may."""

    __tablename__ = "vote_group"
    __table_args__ = (one_of("group_name", GROUPS),)

    round_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("vote_round.id"), primary_key=True)
    group_name: Mapped[str] = mapped_column(primary_key=True)


class VoteOption(Base):
    """A prototype in a round, or an answer to a quick poll, with the text that voters saw."""

    __tablename__ = "vote_option"
    __table_args__ = (Index(None, "prototype_id"), CheckConstraint("place BETWEEN 0 AND 29", name="place"))

    round_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("vote_round.id"), primary_key=True)
    place: Mapped[int] = mapped_column(primary_key=True)
    prototype_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("prototype.id"))
    title: Mapped[str]
    summary: Mapped[str] = mapped_column(default="")


class VoteJoin(Base):
    """A voter who joined a round: a phone, or an account's stakeholder. `voter_id` links to the ballot only
    while the round is open, so that it can be changed; the close erases it.
    """

    __tablename__ = "vote_join"
    __table_args__ = (
        one_of("group_name", GROUPS),
        Index(None, "stakeholder_id"),
        Index(None, "round_id", "receipt", unique=True),
    )

    round_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("vote_round.id"), primary_key=True)
    token_hash: Mapped[str] = mapped_column(primary_key=True)
    """SHA-256 of the round and the voter's key: the random part of a phone's token, or what the lab's secret
    makes of an account's id. Useless in another round or to a thief."""
    voter_id: Mapped[uuid.UUID | None]
    group_name: Mapped[str | None]
    stakeholder_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("stakeholder.id"))
    receipt: Mapped[str | None]
    """Given with the first ballot; proves that a ballot is in the count, but not which."""


class VoteSlip(Base):
    """A printed code with which one ballot is handed in, on a phone or on paper. Nobody keeps who got it.

    `used_by` leads to the ballot only while the round is open, so that it can be changed or taken back; the
    close erases it.
    """

    __tablename__ = "vote_slip"
    __table_args__ = (one_of("way", SLIP_WAYS),)

    round_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("vote_round.id"), primary_key=True)
    code_hash: Mapped[str] = mapped_column(primary_key=True)
    """SHA-256 of the round and the code, which is on paper only."""
    way: Mapped[str | None]
    """On what its ballot was handed in; None while unused."""
    used_by: Mapped[str | None]
    """The phone's `token_hash`, or the id of the paper ballot."""


class Ballot(Base):
    """One voter's marks, in the order of the options; -1 where an option was left without one.

    `seq` and `salt` tie it to its entry in the chain while the round is open. At the close both are erased
    and the row gets a new random `voter_id`, so that no ballot can be linked to a person.
    """

    __tablename__ = "ballot"
    __table_args__ = (
        one_of("source", BALLOT_SOURCES),
        one_of("group_name", GROUPS),
        CheckConstraint("weight BETWEEN 1 AND 100000", name="weight"),
    )

    round_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("vote_round.id"), primary_key=True)
    voter_id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    marks: Mapped[list[Any]] = mapped_column(JSON)
    group_name: Mapped[str | None]
    source: Mapped[str]
    weight: Mapped[int] = mapped_column(default=1)
    """Number of raised hands for the same option; otherwise 1."""
    seq: Mapped[int | None]
    salt: Mapped[str | None]


class BallotEntry(Base):
    """One link of a round's chain: `hash` covers the link before it and this entry's commitment.

    The commitment of a ballot is salted, so it reveals nothing once the salt is erased. The last entry of a
    closed round commits to its published record.
    """

    __tablename__ = "ballot_entry"

    round_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("vote_round.id"), primary_key=True)
    seq: Mapped[int] = mapped_column(primary_key=True)
    voter_id: Mapped[uuid.UUID | None]
    commitment: Mapped[str]
    hash: Mapped[str]
