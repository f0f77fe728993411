"""What an agenda is made of, and the three that a lab can start from."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Block:
    """One item of an agenda as it is planned."""

    kind: str
    title: str
    minutes: int
    prompt: str = ""
    raised_by: str | None = None
    round_id: uuid.UUID | None = None
    dots: int = 3


@dataclass(frozen=True, slots=True)
class Template:
    """An agenda to start from."""

    name: str
    title: str
    blocks: tuple[Block, ...]

    @property
    def minutes(self) -> int:
        """How long it takes."""
        return sum(block.minutes for block in self.blocks)


HOPES: Final = "What do you hope comes of this?"
FEARS: Final = "What could go wrong?"
TEMPLATES: Final[Mapping[str, Template]] = {
    "discovery": Template(
        "90-minute discovery",
        "Discovery workshop",
        (
            Block("welcome", "Welcome", 10, "Who is here, and what taking part can change"),
            Block("expectations_round", "What we hope for", 15, HOPES),
            Block("ideas", "What we see", 20, "What happens today, and where does it hurt?"),
            Block("cluster", "What belongs together", 15, "Read the notes; say which say the same"),
            Block("dots", "What matters most", 10, "Put your dots on what matters most to you"),
            Block("pulse", "How was it?", 5),
            Block(
                "wrap_up", "What happens next", 15, "Who does what by when, and when you will hear from us"
            ),
        ),
    ),
    "prototyping": Template(
        "Half-day prototyping",
        "Prototyping workshop",
        (
            Block("welcome", "Welcome", 15, "Where the project stands, and what taking part can change"),
            Block("expectations_round", "What we hope for", 20, HOPES),
            Block("ideas", "Ideas", 40, "How could it be done differently?"),
            Block("cluster", "What belongs together", 25, "Read the notes; say which say the same"),
            Block("dots", "What we try first", 15, "Put your dots on the ideas to try first"),
            Block("ideas", "Sketch and build", 60, "What did you notice while building?"),
            Block("worries", "Worries", 20, FEARS),
            Block("vote", "Vote", 15, "Which of these should be tried?"),
            Block("pulse", "How was it?", 5),
            Block(
                "wrap_up", "What happens next", 25, "Who does what by when, and when you will hear from us"
            ),
        ),
    ),
    "test": Template(
        "45-minute test",
        "Test with people",
        (
            Block("welcome", "Welcome", 5, "What we try today, and what we want to learn"),
            Block("ideas", "Try it", 15, "What worked, what did not, what surprised you?"),
            Block("worries", "Worries", 10, FEARS),
            Block("pulse", "How was it?", 5),
            Block(
                "wrap_up", "What happens next", 10, "Who does what by when, and when you will hear from us"
            ),
        ),
    ),
}
