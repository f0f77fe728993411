"""Labels of the vocabulary's words."""

from __future__ import annotations

from typing import Final

LABELS: Final[dict[str, str]] = {
    "co_design": "Co-design",
    "co_commissioning": "Co-commissioning",
    "co_delivery": "Co-delivery",
    "co_assessment": "Co-assessment",
    "service_user": "People who use the service",
    "front_line": "Front-line staff",
    "public_manager": "Public managers",
    "at_risk": "At risk",
    "vote_round": "Vote",
    "mock_up": "Mock-up",
    "partly_accepted": "Accepted in part",
    "is_public": "On the public page",
    "not_given": "No reason given",
    "no_time": "No time",
    "will_if": "Will, if …",
    "will_not": "Will not",
    "cannot_promise": "Cannot promise",
}


NOT_SAID: Final = "Not said"
"""The label of a missing answer."""


def label(word: str | None) -> str:
    """The label of a word; `NOT_SAID` for None."""
    if not word:
        return NOT_SAID
    return LABELS.get(word, word.replace("_", " ").capitalize())
