"""The form of a project, for starting one on the board and editing it on its screen."""

from __future__ import annotations

from typing import Final

from db.words import CYCLE_PHASES, FORMS, MODES
from pages.parts.fields import Form, Number, OneOf, Paragraph, SomeOf, TextLine

FORM: Final = Form(
    "project",
    (
        TextLine("title", "Title"),
        Paragraph("challenge", "Challenge: the question to answer"),
        TextLine("sponsor", "Sponsor"),
        TextLine("place", "Place"),
        SomeOf("forms", "Form", words=FORMS),
        OneOf("mode", "Mode", words=MODES, only="editing"),
        OneOf("cycle_phase", "Cycle phase", words=CYCLE_PHASES, only="editing"),
        Number(
            "cadence_days",
            "Days between news to the people",
            low=1,
            high=365,
            needed=True,
            only="editing",
        ),
    ),
)
