"""Polis conversations: imported into a project as contributions, exported from a round."""

from __future__ import annotations

import datetime as dt
import io
import uuid
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from db.models import Contribution, Project
from lab.access.rights import Actor, require
from lab.engagements.commands import add_contribution, record_engagement
from lab.exchange.tables import read_table, write_table
from lab.foundation import clock
from lab.foundation.errors import Invalid, NotFound
from lab.foundation.folding import fold
from lab.voting.polis import (
    Conversation,
    approvals,
    conversation_of_record,
    open_comments,
    polis_tables,
    read_polis,
)
from lab.voting.queries import public_record
from lab.voting.tally import count

COMMENTS, VOTES, PARTICIPANTS = FILES = ("comments.csv", "votes.csv", "participants-votes.csv")
"""Names of the files in a Polis export; the last one may be missing."""
MOST_STATEMENTS: Final = 500


@dataclass(frozen=True, slots=True)
class Statement:
    """A statement with the number of voters and of those who agree."""

    text: str
    agree: int
    voted: int


@dataclass(frozen=True, slots=True)
class TakenConversation:
    """The result of an import; `engagement_id` is None if nothing was new."""

    engagement_id: uuid.UUID | None
    added: int
    unchanged: int


def conversation_in(files: Mapping[str, bytes]) -> Conversation:
    """The conversation in an export, given as file contents by name.

    Raises:
        Invalid: comments.csv or votes.csv is missing, or one of them is not what it should be.
    """
    for needed in (COMMENTS, VOTES):
        if needed not in files:
            raise Invalid(f"{needed} is missing. A Polis export has {COMMENTS} and {VOTES}.")
    tables = {name: read_table(content) for name, content in files.items() if name in FILES}
    return read_polis(tables[COMMENTS], tables[VOTES], tables.get(PARTICIPANTS))


def statements(conversation: Conversation) -> list[Statement]:
    """The statements that count, those with the most agreement first."""
    ballots = approvals(conversation)
    found = count("approval", ballots.marks, weights=ballots.weights)
    listed = [
        Statement(text, int(agree), voted)
        for text, agree, voted in zip(ballots.options, found.support, found.marked, strict=True)
    ]
    return sorted(listed, key=lambda each: (-each.agree, -each.voted))


def take_conversation(
    session: Session,
    actor: Actor,
    project_id: uuid.UUID,
    conversation: Conversation,
    *,
    title: str,
    held_on: dt.date | None = None,
    now: dt.datetime,
) -> TakenConversation:
    """Add a conversation's statements to the project as contributions of an online round. Statements that the
    project already has, compared after folding, are skipped. Votes are not imported, because Polis voters are
    only numbers. The round's day is that of the last statement or vote, unless `held_on` says otherwise.

    Raises:
        Invalid: no statement was left in, or neither the files nor `held_on` say when. NotFound: there is no
            such project.
    """
    require(actor, "project.write")
    if session.get(Project, project_id) is None:
        raise NotFound("This project does not exist (any more).")
    comments = open_comments(conversation)
    if not comments:
        raise Invalid("Every statement of this conversation was left out, so there is nothing to take in.")
    if len(comments) > MOST_STATEMENTS:
        raise Invalid(f"The conversation has {len(comments)} statements; {MOST_STATEMENTS} is the most.")
    there = {
        fold(words)
        for words in session.scalars(select(Contribution.text).where(Contribution.project_id == project_id))
    }
    fresh = {fold(each.text): each for each in comments if fold(each.text) not in there}
    if not fresh:
        return TakenConversation(None, 0, len(comments))
    last = last_said(conversation)
    held_on = held_on or (clock.day_of(session, last) if last else None)
    if held_on is None:
        raise Invalid("These files do not say when the conversation was held. Please say its last day.")
    engagement = record_engagement(
        session, actor, project_id, kind="online_round", title=title, held_on=held_on, now=now
    )
    for each in fresh.values():
        add_contribution(
            session, actor, project_id, words=each.text, engagement_id=engagement,
            said_on=clock.day_of(session, each.at) if each.at else held_on, now=now,
        )  # fmt: skip
    return TakenConversation(engagement, len(fresh), len(comments) - len(fresh))


def last_said(conversation: Conversation) -> dt.datetime | None:
    """When its last statement or vote came in; None where the files do not say."""
    said = [each.at for each in open_comments(conversation)] + [each.at for each in conversation.votes]
    return max((moment for moment in said if moment), default=None)


def export_conversation(session: Session, actor: Actor, round_id: uuid.UUID) -> dict[str, bytes]:
    """A revealed approval round as Polis export files by name.

    Raises:
        NotFound: no such round is revealed. Invalid: it is not by approval.
    """
    require(actor, "project.read")
    record = public_record(session, round_id)
    if record is None:
        raise NotFound("There is no revealed round of this kind. Close it and reveal its result first.")
    tables = polis_tables(conversation_of_record(record))
    return {name: write_table(columns, rows) for name, (columns, rows) in tables.items()}


def zipped(files: Mapping[str, bytes]) -> bytes:
    """The files in one archive."""
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, part in files.items():
            archive.writestr(name, part)
    return content.getvalue()
