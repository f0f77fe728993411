"""Guesses the columns of a register from its headings."""

from __future__ import annotations

import re
from dataclasses import dataclass

from lab.exchange.tables import Table
from lab.foundation.errors import Invalid
from lab.foundation.folding import fold


@dataclass(frozen=True)
class Columns:
    """The register's columns by meaning; None if it has no such column."""

    text: str
    project_from: str
    """Rows with the same words here belong to the same project."""
    reference: str | None = None
    addressed_to: str | None = None
    sent: str | None = None
    reply: str | None = None
    status: str | None = None
    due: str | None = None
    title: str | None = None
    project_title: str | None = None


_HEADINGS: dict[str, tuple[str, ...]] = {
    "reference": (
        "reference", "ref", "recommendation id", "recommendation number", "recommendation no",
        "recommendation ref", "recommendation reference", "rec id", "rec no", "rec number", "number", "no",
        "id",
    ),
    "project_title": (
        "project title", "project name", "report title", "report name", "inquiry title", "review title",
        "case title",
    ),
    "project_from": (
        "project", "project id", "project key", "project code", "report", "report id", "report no",
        "report number", "report ref", "inquiry", "inquiry id", "investigation", "review", "case",
        "case id", "case number",
    ),
    "due": (
        "due", "due date", "due on", "deadline", "target date", "completion date", "implementation date",
        "by when",
    ),
    "sent": (
        "sent", "sent on", "date sent", "made", "made on", "date made", "issued", "issued on",
        "date issued", "issue date", "recommendation date", "date of recommendation", "published",
        "date published", "date",
    ),
    "reply": (
        "reply", "reply text", "replies", "response", "response text", "responses", "agency response",
        "government response", "management response", "answer", "response from agency",
    ),
    "status": (
        "status", "recommendation status", "current status", "implementation status", "state", "outcome",
    ),
    "addressed_to": (
        "addressed to", "addressee", "recipient", "directed to", "made to", "agency", "organisation",
        "organization", "responsible", "responsible body", "department", "owner", "to",
    ),
    "title": (
        "title", "short title", "recommendation title", "summary", "subject", "heading",
    ),
    "text": (
        "recommendation", "recommendation text", "text of recommendation", "safety recommendation", "text",
        "full text", "action requested", "wording", "description",
    ),
}  # fmt: skip
_NOT_PROSE = {"id", "no", "number", "ref", "date", "due", "status", "title", "code", "on", "by"}


def suggest_columns(table: Table) -> Columns:
    """Guess the columns from their headings; text and project also from the cells. Raises Invalid if the
    table has fewer than two columns, because a register needs a project and a text.
    """
    if len(table.columns) < 2:
        raise Invalid(
            "A register needs at least two columns: one with the recommendations, one that says "
            "which project each belongs to. If yours has more, check what separates them: comma, "
            "semicolon or tab."
        )
    found: dict[str, str] = {}
    words = {column: _words(column) for column in table.columns}
    for role, headings in _HEADINGS.items():
        for heading in headings:
            match = next((c for c in table.columns if words[c] == heading and c not in found.values()), None)
            if match:
                found[role] = match
                break
    for role, headings in _HEADINGS.items():
        for heading in (heading for heading in headings if len(heading) > 3 and role not in found):
            match = next(
                (c for c in table.columns if c not in found.values() and _hints(words[c], heading, role)),
                None,
            )
            if match:
                found[role] = match
    left = [column for column in table.columns if column not in found.values()]
    if "text" not in found:
        choice = max(left or table.columns, key=lambda column: sum(len(row[column]) for row in table.rows))
        found["text"] = choice
        left = [column for column in left if column != choice]
    if "project_from" not in found:
        others = left or [column for column in table.columns if column != found["text"]]
        found["project_from"] = found.get("project_title") or min(
            others, key=lambda column: len({row[column] for row in table.rows})
        )
    return Columns(**found)


def _words(heading: str) -> str:
    spaced = re.sub(r"([a-z])([A-Z])", r"\1 \2", heading)
    return " ".join(re.findall(r"[^\W_]+", fold(spaced)))


def _hints(words: str, heading: str, role: str) -> bool:
    if role in {"text", "reply"} and _NOT_PROSE & set(words.split()):
        return False
    return f" {heading} " in f" {words} "
