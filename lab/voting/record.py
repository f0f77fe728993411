"""The published record of a closed round: its contents, digest, and recount. Pure. Receipts and ballots are
two lists, each shuffled separately, so a receipt proves that a ballot is in the count but not which one.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import json
import uuid
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from db.words import BLANK_MEANINGS
from lab.foundation.errors import Invalid
from lab.voting.counting.common_ground import NO_GROUP, SEED, CommonGround, certainty, common_ground
from lab.voting.counting.sums import Marks, Weights
from lab.voting.methods.method import Count
from lab.voting.methods.registry import method_named
from lab.voting.tally import count
from lab.voting.words import said_aloud

FORMAT: Final = "followthrough-vote-1"
FORMAT_2: Final = "followthrough-vote-2"
"""As the first, and says what an unmarked option means. Records in which that is the least a ballot can say
have the first, so that older ones stay what they were."""
LEAST_SAID: Final = BLANK_MEANINGS[0]
LARGEST: Final = 64 * 1024 * 1024
"""Largest record in bytes."""


@dataclass(frozen=True, slots=True)
class Cast:
    """One ballot of a closed round, in the order of the published list."""

    marks: tuple[int, ...]
    group: str | None
    source: str
    weight: int


@dataclass(frozen=True, slots=True)
class RoundFacts:
    """A record's facts about its round."""

    id: uuid.UUID
    question: str
    method: str
    blank_means: str
    budget: int
    options: tuple[str, ...]
    opened_at: dt.datetime
    closed_at: dt.datetime
    entries: int
    """Entries in the chain before the record's own entry."""
    chain_head: str


def as_arrays(options: int, ballots: Sequence[Cast]) -> tuple[Marks, Weights]:
    """Marks of shape (ballots, options), and how often each was cast."""
    marks = np.array([ballot.marks for ballot in ballots], dtype=np.int8).reshape(len(ballots), options)
    return marks, np.array([ballot.weight for ballot in ballots], dtype=np.int64)


def counted(method: str, budget: int, options: int, ballots: Sequence[Cast], *, blank_means: str) -> Count:
    """The count of some ballots over `options` options."""
    marks, weights = as_arrays(options, ballots)
    return count(method, marks, weights=weights, budget=budget, blank_means=blank_means)


def grouped(
    method: str, budget: int, options: int, ballots: Sequence[Cast], *, blank_means: str
) -> CommonGround:
    """Where support lies, with groups under five merged."""
    marks, weights = as_arrays(options, ballots)
    groups = [ballot.group for ballot in ballots]
    counting = method_named(method, blank_means)
    return common_ground(counting, marks, groups, weights=weights, budget=budget)


def published_record(facts: RoundFacts, ballots: Sequence[Cast], receipts: Sequence[str]) -> dict[str, Any]:
    """The record as plain values. Groups under five are merged and sources are only totals, because a single
    paper ballot would identify a person."""
    options = len(facts.options)
    meaning = facts.blank_means
    shown = {
        member: group.name
        for group in grouped(facts.method, facts.budget, options, ballots, blank_means=meaning).groups
        for member in group.members
        if group.members != (NO_GROUP,)
    }
    sources: Counter[str] = Counter()
    for ballot in ballots:
        sources[ballot.source] += ballot.weight
    found = counted(facts.method, facts.budget, options, ballots, blank_means=meaning)
    is_second = found.blank_means != LEAST_SAID
    return {
        "format": FORMAT_2 if is_second else FORMAT,
        "round": str(facts.id),
        "question": facts.question,
        "method": facts.method,
        **({"blank_means": found.blank_means} if is_second else {}),
        "budget": facts.budget,
        "options": list(facts.options),
        "opened_at": facts.opened_at.isoformat(),
        "closed_at": facts.closed_at.isoformat(),
        "chain": {"entries": facts.entries, "head": facts.chain_head},
        "sources": dict(sorted(sources.items())),
        "receipts": list(receipts),
        "ballots": [
            {
                "marks": list(ballot.marks),
                "group": shown.get(ballot.group or NO_GROUP),
                "weight": ballot.weight,
            }
            for ballot in ballots
        ],
        "ranking": _named(found, facts.options),
    }


def _named(found: Count, options: Sequence[str]) -> list[list[str]]:
    return [[options[place] for place in level] for level in found.ranking]


def record_digest(record: dict[str, Any]) -> str:
    """SHA-256 of the record without its own digest, as JSON with sorted keys and no blanks."""
    content = {name: value for name, value in record.items() if name != "digest"}
    text = json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class Verified:
    """The outcome of a recount; `problems` is empty if everything agrees."""

    question: str
    ballots: int
    receipts: int
    ranking: tuple[tuple[str, ...], ...]
    sentence: str
    """The recount in words."""
    digest: str
    problems: tuple[str, ...]


def read_record(content: bytes) -> dict[str, Any]:
    """Read a record from the bytes of its file. Raises: Invalid: it is not a record."""
    if len(content) > LARGEST:
        raise Invalid(f"This file has more than {LARGEST // 1024**2} MiB; no record of a round is so large.")
    try:
        record = json.loads(content)
    except (ValueError, RecursionError) as error:
        raise Invalid("This is not a JSON file. Download the record again from the result's page.") from error
    if not isinstance(record, dict) or record.get("format") not in (FORMAT, FORMAT_2):
        raise Invalid("This is not the published record of a round.")
    return record


def verify(record: dict[str, Any]) -> Verified:
    """Recount a record and compare everything it says.

    Raises:
        Invalid: parts of it are missing or of the wrong kind.
    """
    try:
        options = tuple(str(each) for each in record["options"])
        ballots = [
            Cast(tuple(int(mark) for mark in each["marks"]), each["group"], "", int(each["weight"]))
            for each in record["ballots"]
        ]
        receipts = [str(each) for each in record["receipts"]]
        published = [[str(name) for name in level] for level in record["ranking"]]
        sources = {str(name): int(number) for name, number in record["sources"].items()}
        meaning = str(record["blank_means"]) if record["format"] == FORMAT_2 else LEAST_SAID
        method, budget = str(record["method"]), int(record["budget"])
        found = counted(method, budget, len(options), ballots, blank_means=meaning)
        marks, weights = as_arrays(len(options), ballots)
        sure = certainty(method_named(method, meaning), marks, seed=SEED, weights=weights)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise Invalid("This record is incomplete or damaged. Download it again.") from error
    problems = []
    ranking = _named(found, options)
    if ranking != published:
        problems.append("The ballots recount to another ranking than the one published.")
    if len(set(receipts)) != len(receipts):
        problems.append("A receipt stands in the list twice.")
    with_receipt = sources.get("phone", 0) + sources.get("account", 0)
    if with_receipt != len(receipts):
        problems.append(f"There are {len(receipts)} receipts for {with_receipt} ballots that got one.")
    people = sum(ballot.weight for ballot in ballots)
    if people != sum(sources.values()):
        problems.append(f"There are {people} ballots, but the sources add up to {sum(sources.values())}.")
    published_digest, is_now = record.get("digest"), record_digest(record)
    if published_digest != is_now:
        problems.append("The digest does not fit the record: something in it was changed.")
    return Verified(
        question=str(record.get("question", "")),
        ballots=people,
        receipts=len(receipts),
        ranking=tuple(tuple(level) for level in ranking),
        sentence=said_aloud(found, options, certainty=sure),
        digest=is_now,
        problems=tuple(problems),
    )
