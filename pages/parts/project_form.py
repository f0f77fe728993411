"""The form of a project, for starting one on the board and editing it on its screen."""

from __future__ import annotations

from typing import Final

from db.words import CYCLE_PHASES, FORMS, MODES
from pages.parts.fields import Choice, Choices, Form, Line, Number, Paragraph

FORM: Final = Form(
    "project",
    (
        Line("title", "Title"),
        Paragraph("challenge", "Challenge: the question to answer"),
        Line("sponsor", "Sponsor"),
        Line("place", "Place"),
        Choices("forms", "Form", words=FORMS),
        Choice("mode", "Mode", words=MODES, only="editing"),
        Choice("cycle_phase", "Cycle phase", words=CYCLE_PHASES, only="editing"),
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
