"""What is read from a register: planned recommendations with replies, and warnings."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Literal

Answer = Literal["accepted", "partly_accepted", "declined"]
ProblemKind = Literal[
    "text_missing",
    "project_missing",
    "row_repeated",
    "reference_repeated",
    "project_title_differs",
    "maybe_no_recommendation",
    "text_garbled",
    "sent_unread",
    "due_unread",
    "reply_undated",
    "reply_date_unread",
    "date_ambiguous",
    "date_misspelt",
    "date_in_future",
    "reply_before_sent",
    "answer_mixed",
    "status_disagrees",
    "not_within_limits",
    "sent_unknown",
    "due_out_of_order",
    "done_without_evidence",
    "text_differs",
]

TITLE_CHARACTERS = 120
AROUND_CHARACTERS = 120
ROWS_NAMED = 30


@dataclass(frozen=True)
class PlannedReply:
    """A reply in the register; `text` is never shortened."""

    received_on: date | None
    text: str
    answer: Answer | None
    """None if the text is not clear."""


@dataclass(frozen=True)
class PlannedRecommendation:
    """One row of the register, ready to be recorded. Columns the register lacks give empty text or None."""

    row: int
    """The number a spreadsheet shows beside the row."""
    project_key: str
    project_title: str
    reference: str
    addressed_to: str
    title: str
    text: str
    sent_on: date | None
    replies: tuple[PlannedReply, ...]
    """Ordered by date if all have one, else as written."""
    claims_implemented: bool
    """The register says it is done. A claim: it comes without the evidence that `implemented` needs."""
    due_on: date | None = None


@dataclass(frozen=True)
class RowProblem:
    """A warning: `message` says where and what, `around` quotes the register."""

    row: int
    kind: ProblemKind
    message: str
    around: str = ""


@dataclass(frozen=True)
class RegisterPlan:
    """Planned recommendations, rejected rows, and warnings."""

    recommendations: tuple[PlannedRecommendation, ...]
    rejected: tuple[RowProblem, ...]
    warnings: tuple[RowProblem, ...]


def title_of(text: str) -> str:
    """The first sentence, or as many of its words as fit."""
    text = " ".join(text.split()).lstrip("\"'“‘-–—•* ") or text.strip()
    end = re.search(r"(?<=[.!?])\s+(?=[A-Z\"“(])", text)
    sentence = text[: end.start()] if end else text
    if len(sentence) <= TITLE_CHARACTERS:
        return sentence
    return _cut(sentence, TITLE_CHARACTERS)


def excerpt(text: str) -> str:
    text = " ".join(text.split())
    return text if len(text) <= AROUND_CHARACTERS else _cut(text, AROUND_CHARACTERS)


def _cut(text: str, length: int) -> str:
    whole_words = text[: length - 1].rsplit(" ", 1)[0].rstrip(" ,;:–—-")
    return f"{whole_words or text[: length - 1]}…"


def problems_by_kind(
    problems: tuple[RowProblem, ...],
) -> Iterator[tuple[ProblemKind, tuple[RowProblem, ...]]]:
    """The problems by kind, most frequent first, so that a screen can fold repetitions."""
    counts = Counter(problem.kind for problem in problems)
    for kind, _ in counts.most_common():
        yield kind, tuple(problem for problem in problems if problem.kind == kind)


def in_one_sentence(alike: tuple[RowProblem, ...]) -> str:
    """One sentence for problems of one kind: the first in full, and the rows of the others."""
    others = list(dict.fromkeys(str(problem.row) for problem in alike[1:]))
    if not others:
        return alike[0].message
    shown = ", ".join(others[:ROWS_NAMED])
    more = f" and {len(others) - ROWS_NAMED:,} more" if len(others) > ROWS_NAMED else ""
    return f"{alike[0].message} Likewise row{'s' if len(others) > 1 else ''} {shown}{more}."
