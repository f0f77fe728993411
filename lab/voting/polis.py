"""Votes on statements in the Polis export format, which the field's analysis tools read.

They are comments.csv, votes.csv and participants-votes.csv, as https://compdemocracy.org/export describes
them. Pure: tables in, tables out.
"""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import groupby
from typing import Any, Final

import numpy as np

from lab.foundation.errors import Invalid
from lab.foundation.folding import fold
from lab.foundation.text import quantity
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
    author: int | None
    text: str
    at: dt.datetime | None
    moderated: int | None
    """1 taken in, 0 not looked at, -1 rejected."""
    is_meta: bool = False
    """Whether it is about the conversation itself, not its topic."""

    @property
    def left_out(self) -> str:
        """Why it does not count, in words; empty where it does."""
        if self.moderated == REJECTED:
            return "rejected by moderators"
        return "about the conversation itself (meta)" if self.is_meta else ""


@dataclass(frozen=True)
class PolisVote:
    """What one voter says about one comment: `AGREE`, `PASS` or `DISAGREE`."""

    voter: int
    comment: int
    vote: int
    at: dt.datetime | None


@dataclass(frozen=True)
class Gaps:
    """What the votes of an export did not fit."""

    orphans: tuple[str, ...] = ()
    """Rows of votes on comments that are not there."""
    voterless: tuple[str, ...] = ()
    """Rows of votes without a voter."""
    replaced: int = 0
    """Votes that the same voter changed later."""
    are_timed: bool = True
    """Whether each vote says when it was cast; otherwise the later row is the later vote."""
    unlisted: int = 0
    """Voters that participants-votes.csv does not have."""


@dataclass(frozen=True)
class Conversation:
    """A Polis conversation, or a round written as one."""

    comments: tuple[Comment, ...]
    votes: tuple[PolisVote, ...]
    """Each voter's last vote on each comment, ordered by the first."""
    groups: Mapping[int, str]
    """The opinion group of each voter who is in one."""
    gaps: Gaps = field(default=Gaps(), compare=False)


def read_polis(comments: TextTable, votes: TextTable, participants: TextTable | None = None) -> Conversation:
    """A conversation from `comments.csv`, `votes.csv` and, for the opinion groups, `participants-votes.csv`.

    A vote replaces an earlier one of the same voter and comment, by its timestamp; of two at the same time,
    or without one, the later row. Votes on unknown comments and without a voter are left out: see `Gaps`.
    Only ids, texts and votes are needed; the other columns may be missing. Polis' own sums in these files
    (agrees, n-votes, …) are not taken over: they follow from the votes, and count replaced ones too.

    Raises:
        Invalid: a column that is needed is missing, or a cell is not what it should be; names the row.
    """
    listed = tuple(_comment(row) for row in _rows(comments, "comments.csv", ("comment-id", "comment-body")))
    if len(listed) > MAXIMUM_OPTIONS:
        raise Invalid(f"comments.csv has {len(listed)} comments; {MAXIMUM_OPTIONS} is the most.")
    known = {comment.id for comment in listed}
    if len(known) < len(listed):
        raise Invalid("comments.csv has two comments with the same comment-id.")
    last, gaps = _last_votes(votes, known)
    groups = {}
    if participants is not None:
        there = set()
        for row in _rows(participants, "participants-votes.csv", ("participant",)):
            there.add(row.whole("participant"))
            if group := row.text("group-id"):
                groups[row.whole("participant")] = group
        gaps = replace(gaps, unlisted=len({vote.voter for vote in last} - there))
    return Conversation(listed, last, groups, gaps)


def _last_votes(table: TextTable, known: set[int]) -> tuple[tuple[PolisVote, ...], Gaps]:
    """Each voter's last vote on each comment, ordered by the first."""
    last: dict[tuple[int, int], PolisVote] = {}
    orphans, voterless, replaced, are_timed = [], [], 0, True
    for row in _rows(table, "votes.csv", ("comment-id", "voter-id", "vote")):
        if not row.text("voter-id"):
            voterless.append(row.where)
            continue
        vote = PolisVote(
            row.whole("voter-id"), row.whole("comment-id"), row.whole("vote", DISAGREE, AGREE), row.at()
        )
        are_timed = are_timed and vote.at is not None
        if vote.comment not in known:
            orphans.append(row.where)
            continue
        before = last.get((vote.voter, vote.comment))
        replaced += before is not None
        if before is None or (vote.at or _EPOCH) >= (before.at or _EPOCH):
            last[vote.voter, vote.comment] = vote
    return tuple(last.values()), Gaps(tuple(orphans), tuple(voterless), replaced, are_timed)


def what_was_left_out(conversation: Conversation) -> list[str]:
    """What of an export is not in the count, and what was made of the rest, in sentences."""
    gaps, said = conversation.gaps, []
    votes = Counter(vote.comment for vote in conversation.votes)
    for why, several in groupby(
        sorted(conversation.comments, key=lambda each: each.left_out), key=lambda each: each.left_out
    ):
        out = list(several)
        if why:
            cast = sum(votes[each.id] for each in out)
            theirs = f", with {quantity(cast, 'vote')}" if cast else ""
            said.append(f"{quantity(len(out), 'statement')} {why}: left out{theirs}.")
    if gaps.orphans:
        said.append(
            f"{quantity(len(gaps.orphans), 'vote')} left out, on unknown comments: {_few(gaps.orphans)}."
        )
    if gaps.voterless:
        said.append(
            f"{quantity(len(gaps.voterless), 'vote')} left out, without a voter: {_few(gaps.voterless)}."
        )
    if gaps.replaced:
        how = (
            "the last by its timestamp counts"
            if gaps.are_timed
            else "the last row counts, for want of timestamps"
        )
        said.append(f"{quantity(gaps.replaced, 'vote')} changed later: {how}.")
    if waiting := [each for each in conversation.comments if each.moderated == 0 and not each.left_out]:
        said.append(f"{quantity(len(waiting), 'statement')} no moderator has looked at: counted.")
    if gaps.unlisted:
        said.append(
            f"{quantity(gaps.unlisted, 'voter')} not in participants-votes.csv: counted, without a group."
        )
    return said


def _few(rows: Sequence[str]) -> str:
    """The first three, and how many more."""
    return "; ".join(rows[:3]) + (f" and {len(rows) - 3} more" if len(rows) > 3 else "")


def approvals(conversation: Conversation) -> Ballots:
    """The conversation as approval ballots on the comments that count: agreeing is a yes.

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
    has_meta = any(comment.is_meta for comment in conversation.comments)
    sums: dict[int, Counter[int]] = {comment.id: Counter() for comment in conversation.comments}
    for vote in conversation.votes:
        sums[vote.comment][vote.vote] += 1
    return {
        "comments.csv": (
            (*_COMMENT_COLUMNS, *(["is-meta"] if has_meta else [])),
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


_META: Final = ("is-meta", "meta")
_TRUE: Final = ("true", "t", "1", "yes")
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

    def text(self, column: str) -> str:
        """What stands in a column that may be missing."""
        return self.cells.get(column, "").strip()

    def at(self) -> dt.datetime | None:
        if not self.text("timestamp"):
            return None
        stamp = self.whole("timestamp", 0)
        return _EPOCH + dt.timedelta(milliseconds=stamp if stamp >= _MILLISECONDS else 1000 * stamp)


def _rows(table: TextTable, file: str, columns: Sequence[str]) -> Iterable[_Row]:
    headings = {fold(heading).replace("_", "-").replace(" ", "-"): heading for heading in table.columns}
    missing = [column for column in columns if column not in headings]
    if missing:
        raise Invalid(f"{file} has no column “{missing[0]}”. Is it really that file of a Polis export?")
    return (
        _Row({name: row[heading] for name, heading in headings.items()}, f"{file}, row {table.number(index)}")
        for index, row in enumerate(table.rows)
    )


def _comment(row: _Row) -> Comment:
    return Comment(
        id=row.whole("comment-id"),
        author=row.whole("author-id") if row.text("author-id") else None,
        text=row.cells["comment-body"],
        at=row.at(),
        moderated=row.whole("moderated", REJECTED, 1) if row.text("moderated") else None,
        is_meta=any(fold(row.text(column)) in _TRUE for column in _META),
    )


def open_comments(conversation: Conversation) -> list[Comment]:
    """The comments that count: neither rejected nor about the conversation itself."""
    return [comment for comment in conversation.comments if not comment.left_out]


def _moment(at: dt.datetime | None) -> dict[str, object]:
    if at is None:
        return dict.fromkeys(_MOMENT)
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
        "is-meta": "true" if comment.is_meta else "",
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
