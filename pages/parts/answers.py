"""The forms of a sponsor's answer and progress report, shared by sponsors and the lab."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Any, Final

from lab.followthrough.rules import RECOMMENDATION_STEPS
from pages.parts import fields
from pages.parts.fields import Buttons, Day, Field, Form, Paragraph
from pages.parts.plain import Markdown
from pages.parts.shell import label

PROGRESS: Final = ("in_progress", "implemented", "dropped")


def answer(
    possible: Sequence[str], *, received: bool, submit: Markdown, key: str = "", due: dt.date | None = None
) -> dict[str, Any] | None:
    """Ask for the answer. With `received` the lab records it, with the day it came. A declined recommendation
    has no due date."""
    asked: list[Field] = [
        Buttons("answer", "Answer" if received else "Your answer", words=possible, needed=True),
        Paragraph("reason", "Reason (needed when declined: the people will read it)", limit=20_000),
    ]
    if received:
        asked.append(Day("on", "Received on", needed=True))
    asked.append(Day("due", "To be done by, if accepted", time="promised"))
    typed = fields.new(Form("recommendation.answer", asked), submit=submit, key=key, due=due)
    if typed and typed["answer"] == "declined":
        return {**typed, "due": None}
    return typed


def progress(status: str, *, dated: bool, submit: Markdown, key: str = "") -> dict[str, Any] | None:
    """Ask what was done about a recommendation in this status; with `dated`, also the day."""
    asked: list[Field] = [
        Buttons(
            "status",
            "What it is now",
            words=[each for each in PROGRESS if each in RECOMMENDATION_STEPS[status]],
            nothing=f"Still: {label(status).lower()}",
            needed=status == "dropped",
        ),
        Paragraph("what", "What was done (or why it is dropped or taken up again)", limit=20_000),
        Paragraph(
            "evidence", "Evidence: where anybody can see it. Without it, this is not news.", limit=2000
        ),
    ]
    if dated:
        asked.append(Day("on", "Done on", needed=True))
    return fields.new(Form("recommendation.progress", asked), submit=submit, key=key)
