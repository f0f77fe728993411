"""Reads a register of recommendations, in its own columns, into a plan. Nothing is guessed silently: every
row is planned or rejected, an unreadable date stays empty and is reported, and an answer is taken only from
clear words.
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, field, fields
from datetime import date
from typing import Literal

from lab.exchange.register.answers import answer_of, claims_done
from lab.exchange.register.columns import Columns
from lab.exchange.register.dates import read_date, spelt
from lab.exchange.register.replies import MENTIONED, ReplyPart, parts
from lab.exchange.register.values import (
    PlannedRecommendation,
    PlannedReply,
    ProblemKind,
    RegisterPlan,
    RowProblem,
    excerpt,
    title_of,
)
from lab.exchange.tables import Table
from lab.foundation.errors import Invalid
from lab.foundation.folding import fold

_NO_RECOMMENDATION = re.compile(
    r"\bno\s+(?:new\s+|further\s+)?(?:\w+\s+)?recommendations?\s+(?:have|has|were|was|is|are)\b", re.I
)
_GARBLED = re.compile(r"â€|Ã[\x80-\xbf©¨±¶¤¼Ÿ]|Â[\xa0£§°]|\ufffd")


@dataclass
class _Reader:
    """Reads a register row by row, collecting projects and warnings."""

    columns: Columns
    today: date
    titles: dict[str, str]
    warnings: list[RowProblem] = field(default_factory=list)

    def cell(self, row: dict[str, str], role: str) -> str:
        column = getattr(self.columns, role)
        return row[column].strip() if column else ""

    def warn(self, row: int, kind: ProblemKind, message: str, around: str = "") -> None:
        self.warnings.append(RowProblem(row, kind, f"Row {row}: {message}.", excerpt(around)))

    def day(self, number: int, row: dict[str, str], role: Literal["sent", "due"]) -> date | None:
        """The date in a cell; a future one is kept only if it is a promise."""
        written = self.cell(row, role)
        if not written:
            return None
        column = getattr(self.columns, role)
        reading = read_date(written, self.today)
        if reading.on is None:
            kind: ProblemKind = "sent_unread" if role == "sent" else "due_unread"
            self.warn(
                number,
                kind,
                f"the date in “{column}” cannot be read ({reading.why}) and is left empty",
                written,
            )
        elif role == "sent" and reading.on > self.today:
            self.warn(
                number,
                "date_in_future",
                f"the date in “{column}” is still to come and is left empty",
                written,
            )
            return None
        elif reading.doubt:
            self.warn(number, reading.doubt, f"in “{column}”, {reading.doubt_message}", written)
        return reading.on

    def replies(
        self, number: int, cell: str, reference: str, sent_on: date | None
    ) -> tuple[PlannedReply, ...]:
        replies = [self.reply(number, part, reference, sent_on) for part in parts(cell)] if cell else []
        if all(reply.received_on for reply in replies):
            replies.sort(key=lambda reply: reply.received_on or date.min)
        return tuple(replies)

    def reply(self, number: int, part: ReplyPart, reference: str, sent_on: date | None) -> PlannedReply:
        received_on = self.received(number, part)
        if received_on and sent_on and received_on < sent_on:
            self.warn(
                number,
                "reply_before_sent",
                f"the reply of {spelt(received_on)} is older than what it answers, sent "
                f"{spelt(sent_on)}; its date stays in its words alone",
                part.text,
            )
        answer, mixed = answer_of(part.body, reference)
        if mixed:
            self.warn(
                number,
                "answer_mixed",
                "the reply has words of acceptance and of refusal; the answer is left open",
                part.text,
            )
        return PlannedReply(received_on, part.text, answer)

    def received(self, number: int, part: ReplyPart) -> date | None:
        if part.date_text is None:
            mentioned = next(
                (m for m in MENTIONED.finditer(part.text) if read_date(m[0], self.today).on), None
            )
            note = f"; “{mentioned[0]}” in it seems to be the date of something else" if mentioned else ""
            around = part.text[max(0, mentioned.start() - 50) :] if mentioned else part.text
            self.warn(number, "reply_undated", f"the reply has no date{note}", around)
            return None
        reading = read_date(part.date_text, self.today)
        if reading.on is None:
            self.warn(
                number,
                "reply_date_unread",
                f"the date of the reply cannot be read ({reading.why})",
                part.text,
            )
        elif reading.on > self.today:
            self.warn(
                number,
                "date_in_future",
                "the date of the reply is still to come, so the reply is kept undated",
                part.text,
            )
            return None
        elif reading.doubt:
            self.warn(number, reading.doubt, reading.doubt_message, part.text)
        return reading.on

    def with_status(
        self, number: int, replies: tuple[PlannedReply, ...], status: str
    ) -> tuple[PlannedReply, ...]:
        """The replies, completed by the status column; replies take precedence."""
        said, _ = answer_of(status, "")
        answers = {reply.answer for reply in replies if reply.answer}
        if said and answers and said not in answers:
            self.warn(
                number,
                "status_disagrees",
                f"“{self.columns.status}” and the reply disagree; the reply is kept",
                status,
            )
        elif said and not answers:
            return (*replies, PlannedReply(None, status, said))
        return replies

    def recommendation(self, number: int, row: dict[str, str]) -> PlannedRecommendation:
        text, key, reference = (
            self.cell(row, "text"),
            self.cell(row, "project_from"),
            self.cell(row, "reference"),
        )
        title, status = self.cell(row, "project_title"), self.cell(row, "status")
        if title and title != self.titles[key]:
            self.warn(
                number,
                "project_title_differs",
                f"an earlier row gives “{key}” another title, which is kept: “{self.titles[key]}”",
                title,
            )
        if no_recommendation := _NO_RECOMMENDATION.search(text):
            self.warn(
                number, "maybe_no_recommendation", "this may say that nothing was recommended",
                text[max(0, no_recommendation.start() - 40) :],
            )  # fmt: skip
        sent_on = self.day(number, row, "sent")
        due_on = self.day(number, row, "due")
        reply = self.cell(row, "reply")
        return PlannedRecommendation(
            row=number,
            project_key=key,
            project_title=self.titles[key],
            reference=reference,
            addressed_to=self.cell(row, "addressed_to"),
            title=title_of(self.cell(row, "title") or text),
            text=text,
            sent_on=sent_on,
            replies=self.with_status(number, self.replies(number, reply, reference, sent_on), status),
            claims_implemented=claims_done(reply) or claims_done(status),
            due_on=due_on,
        )


def read_register(table: Table, columns: Columns, *, today: date) -> RegisterPlan:
    """Read the register into a plan, without writing.

    Rows without a text or a project, and rows that say again what an earlier one says, are rejected.
    `today` tells dates still to come. Raises Invalid with `field` when a named column is not in the table.
    """
    for role in fields(columns):
        column = getattr(columns, role.name)
        if column is not None and column not in table.columns:
            raise Invalid(
                f"There is no column “{column}” in the file. Choose one of its columns.", field=role.name
            )
    reader = _Reader(columns, today, _project_titles(table, columns))
    planned: list[PlannedRecommendation] = []
    rejected: list[RowProblem] = []
    seen: dict[tuple[str, ...], int] = {}
    references: dict[tuple[str, str], int] = {}
    for index, row in enumerate(table.rows):
        number = table.number(index)
        problem = _reason_to_reject(reader, number, row, seen)
        if problem:
            rejected.append(problem)
            continue
        recommendation = reader.recommendation(number, row)
        planned.append(recommendation)
        if recommendation.reference:
            known = (fold(recommendation.project_key), fold(recommendation.reference))
            if known in references:
                reader.warn(
                    number,
                    "reference_repeated",
                    f"“{recommendation.reference}” is also the reference of row {references[known]}",
                    recommendation.text,
                )
            references.setdefault(known, number)
    _warn_of_garbled(reader, table)
    return RegisterPlan(tuple(planned), tuple(rejected), tuple(reader.warnings))


def _project_titles(table: Table, columns: Columns) -> dict[str, str]:
    """Each project's first title, else its key."""
    titles: dict[str, str] = {}
    for row in table.rows:
        key = row[columns.project_from].strip()
        title = row[columns.project_title].strip() if columns.project_title else ""
        if title and not titles.get(key):
            titles[key] = title
        titles.setdefault(key, "")
    return {key: title or key for key, title in titles.items()}


def _reason_to_reject(
    reader: _Reader, number: int, row: dict[str, str], seen: dict[tuple[str, ...], int]
) -> RowProblem | None:
    text, key = reader.cell(row, "text"), reader.cell(row, "project_from")
    if not text:
        where = f"Row {number}, column “{reader.columns.text}”"
        message = f"{where}: there is no recommendation. Fill it in, or delete the row."
        return RowProblem(number, "text_missing", message, excerpt(" ".join(row.values())))
    if not key:
        where = f"Row {number}, column “{reader.columns.project_from}”"
        message = f"{where}: it is empty, so the project is not known. Fill it in."
        return RowProblem(number, "project_missing", message, excerpt(text))
    identity = tuple(cell.strip() for cell in row.values())
    if identity in seen:
        message = f"Row {number}: it is the same as row {seen[identity]}, which is kept. Nothing to do."
        return RowProblem(number, "row_repeated", message, excerpt(text))
    seen[identity] = number
    return None


def _warn_of_garbled(reader: _Reader, table: Table) -> None:
    """One warning for the whole file about garbled letters, which can't be repaired here."""
    garbled: Counter[int] = Counter()
    first = ""
    for row_index, row in enumerate(table.rows):
        for cell in row.values():
            if found := _GARBLED.search(cell):
                garbled[table.number(row_index)] += 1
                first = first or cell[max(0, found.start() - 40) :]
    if garbled:
        number = min(garbled)
        message = (
            f"letters look garbled, here and in {len(garbled) - 1} further rows; "
            "if the original is right, save it anew as CSV UTF-8"
        )
        reader.warn(number, "text_garbled", message, first)
