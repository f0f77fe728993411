"""Votes on statements in the Polis export format, which the field's analysis tools read.

They are comments.csv, votes.csv and participants-votes.csv, as https://compdemocracy.org/export describes
them. Pure: tables in, tables out.
"""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from lab.foundation.errors import Invalid
from lab.voting.counting.sums import NO_MARK
from lab.voting.files import MAXIMUM_OPTIONS, Ballots, TextTable, integer_in

AGREE: Final = 1
PASS: Final = 0
DISAGREE: Final = -1
TAKEN_IN: Final = 1
AUTHOR: Final = 0
"""Author id of a round's comments: the lab, not one of its voters."""
REJECTED: Final = -1
"""What `moderated` says of a comment that was taken out."""


@dataclass(frozen=True)
class Comment:
    """A statement that others vote on."""

    id: int
    author: int
    text: str
    at: dt.datetime
    moderated: int
    """1 taken in, 0 not looked at, -1 rejected."""


@dataclass(frozen=True)
class PolisVote:
    """What one voter says about one comment: `AGREE`, `PASS` or `DISAGREE`."""

    voter: int
    comment: int
    vote: int
    at: dt.datetime


@dataclass(frozen=True)
class Conversation:
    """A Polis conversation, or a round written as one."""

    comments: tuple[Comment, ...]
    votes: tuple[PolisVote, ...]
    """Each voter's last vote on each comment, ordered by the first."""
    groups: Mapping[int, str]
    """The opinion group of each voter who is in one."""


def read_polis(comments: TextTable, votes: TextTable, participants: TextTable | None = None) -> Conversation:
    """A conversation from `comments.csv`, `votes.csv` and, for the opinion groups, `participants-votes.csv`.

    A later row of votes.csv replaces an earlier one of the same voter and comment. Polis' own sums in these
    files (agrees, n-votes, …) are not taken over: they follow from the votes, and count replaced ones too.

    Raises:
        Invalid: a column or a comment is missing, or a cell is not what it should be; names the row.
    """
    listed = tuple(_comment(row) for row in _rows(comments, "comments.csv", _COMMENT_COLUMNS))
    if len(listed) > MAXIMUM_OPTIONS:
        raise Invalid(f"comments.csv has {len(listed)} comments; {MAXIMUM_OPTIONS} is the most.")
    known = {comment.id for comment in listed}
    if len(known) < len(listed):
        raise Invalid("comments.csv has two comments with the same comment-id.")
    last: dict[tuple[int, int], PolisVote] = {}
    for row in _rows(votes, "votes.csv", _VOTE_COLUMNS):
        vote = PolisVote(
            row.whole("voter-id"), row.whole("comment-id"), row.whole("vote", DISAGREE, AGREE), row.at()
        )
        if vote.comment not in known:
            raise Invalid(f"{row.where}: there is no comment {vote.comment} in comments.csv.")
        last[vote.voter, vote.comment] = vote
    groups = {}
    if participants is not None:
        for row in _rows(participants, "participants-votes.csv", ("participant", "group-id")):
            if group := row.cells["group-id"].strip():
                groups[row.whole("participant")] = group
    return Conversation(listed, tuple(last.values()), groups)


def approvals(conversation: Conversation) -> Ballots:
    """The conversation as approval ballots on the comments that were not rejected: agreeing is a yes.

    Passing and disagreeing are a no; a comment that somebody has not voted on has no mark.
    """
    options = {comment.id: column for column, comment in enumerate(open_comments(conversation))}
    voters = {voter: row for row, voter in enumerate(sorted({vote.voter for vote in conversation.votes}))}
    marks = np.full((len(voters), len(options)), NO_MARK, dtype=np.int8)
    for vote in conversation.votes:
        if vote.comment in options:
            marks[voters[vote.voter], options[vote.comment]] = vote.vote == AGREE
    return Ballots(
        options=tuple(comment.text for comment in open_comments(conversation)),
        marks=marks,
        weights=np.ones(len(voters), dtype=np.int64),
        groups=tuple(conversation.groups.get(voter) for voter in voters),
    )


def conversation_of_record(record: Mapping[str, Any]) -> Conversation:
    """A published record of a round by approval as a conversation: its options are the comments.

    A yes is an agreement; not to say yes is to pass, since nobody was asked to disagree. A voter's number is
    the index in the record's list of ballots. Every vote has the time of the close, because records don't say
    when a ballot came in. Groups are those that the record shows, five people or more.

    Raises:
        Invalid: the round is by another method.
    """
    if record["method"] != "approval":
        raise Invalid("Only a round by approval can be written as a Polis conversation: it says yes or not.")
    at = dt.datetime.fromisoformat(record["closed_at"])
    comments = tuple(
        Comment(number, AUTHOR, title, at, TAKEN_IN) for number, title in enumerate(record["options"])
    )
    cast = [ballot for ballot in record["ballots"] for _ in range(ballot["weight"])]
    votes = tuple(
        PolisVote(voter, comment, AGREE if mark else PASS, at)
        for voter, ballot in enumerate(cast, start=1)
        for comment, mark in enumerate(ballot["marks"])
        if mark != NO_MARK
    )
    groups = {voter: ballot["group"] for voter, ballot in enumerate(cast, start=1) if ballot["group"]}
    return Conversation(comments, votes, groups)


def polis_tables(conversation: Conversation) -> dict[str, tuple[tuple[str, ...], list[dict[str, object]]]]:
    """Columns and rows of `comments.csv`, `votes.csv` and `participants-votes.csv`, as Polis exports them."""
    sums: dict[int, Counter[int]] = {comment.id: Counter() for comment in conversation.comments}
    for vote in conversation.votes:
        sums[vote.comment][vote.vote] += 1
    return {
        "comments.csv": (
            _COMMENT_COLUMNS,
            [_comment_row(each, sums) for each in conversation.comments],
        ),
        "votes.csv": (
            _VOTE_COLUMNS,
            [
                _moment(vote.at) | {"comment-id": vote.comment, "voter-id": vote.voter, "vote": vote.vote}
                for vote in conversation.votes
            ],
        ),
        "participants-votes.csv": _participants(conversation),
    }


_MOMENT: Final = ("timestamp", "datetime")
_COMMENT_COLUMNS: Final = (
    *_MOMENT, "comment-id", "author-id", "agrees", "disagrees", "moderated", "comment-body",
)  # fmt: skip
_VOTE_COLUMNS: Final = (*_MOMENT, "comment-id", "voter-id", "vote")
_PARTICIPANT_COLUMNS: Final = (
    "participant", "xid", "group-id", "n-comments", "n-votes", "n-agree", "n-disagree",
)  # fmt: skip

_EPOCH: Final = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
_MILLISECONDS: Final = 10**11
"""Newer exports give time in milliseconds, older ones in seconds; larger numbers are milliseconds."""


@dataclass(frozen=True)
class _Row:
    cells: dict[str, str]
    where: str

    def whole(self, column: str, low: int = -1, high: int = 10**15) -> int:
        try:
            return integer_in(self.cells[column], column, low, high)
        except Invalid as refusal:
            raise Invalid(f"{self.where}: {refusal.message}", field=column) from refusal

    def at(self) -> dt.datetime:
        stamp = self.whole("timestamp")
        return _EPOCH + dt.timedelta(milliseconds=stamp if stamp >= _MILLISECONDS else 1000 * stamp)


def _rows(table: TextTable, file: str, columns: Sequence[str]) -> Iterable[_Row]:
    missing = [column for column in columns if column not in table.columns]
    if missing:
        raise Invalid(f"{file} has no column “{missing[0]}”. Is it really that file of a Polis export?")
    return (_Row(row, f"{file}, row {table.number(index)}") for index, row in enumerate(table.rows))


def _comment(row: _Row) -> Comment:
    return Comment(
        id=row.whole("comment-id"),
        author=row.whole("author-id"),
        text=row.cells["comment-body"],
        at=row.at(),
        moderated=row.whole("moderated", REJECTED, 1),
    )


def open_comments(conversation: Conversation) -> list[Comment]:
    """The comments that were not rejected."""
    return [comment for comment in conversation.comments if comment.moderated != REJECTED]


def _moment(at: dt.datetime) -> dict[str, object]:
    since = (at - _EPOCH) // dt.timedelta(milliseconds=1)
    return {"timestamp": since, "datetime": at.astimezone(dt.UTC).strftime("%a %b %d %H:%M:%S UTC %Y")}


def _comment_row(comment: Comment, sums: Mapping[int, Counter[int]]) -> dict[str, object]:
    votes = sums[comment.id]
    return _moment(comment.at) | {
        "comment-id": comment.id,
        "author-id": comment.author,
        "agrees": votes[AGREE],
        "disagrees": votes[DISAGREE],
        "moderated": comment.moderated,
        "comment-body": comment.text,
    }


def _participants(conversation: Conversation) -> tuple[tuple[str, ...], list[dict[str, object]]]:
    columns = [str(comment) for comment in sorted(comment.id for comment in open_comments(conversation))]
    wrote = Counter(comment.author for comment in conversation.comments)
    by_voter: dict[int, dict[str, int]] = {}
    for vote in conversation.votes:
        by_voter.setdefault(vote.voter, {})[str(vote.comment)] = vote.vote
    rows: list[dict[str, object]] = []
    for voter, votes in sorted(by_voter.items()):
        shown = {comment: vote for comment, vote in votes.items() if comment in columns}
        times = Counter(shown.values())
        sums = {"n-votes": len(shown), "n-agree": times[AGREE], "n-disagree": times[DISAGREE]}
        who = {"participant": voter, "group-id": conversation.groups.get(voter), "n-comments": wrote[voter]}
        rows.append({**who, **sums, **shown})
    return (*_PARTICIPANT_COLUMNS, *columns), rows
