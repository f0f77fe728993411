"""What voters and the room are told about a vote, in one place."""

from __future__ import annotations

from typing import Final

UNKNOWN_OPTION: Final = (
    "Your ballot names something that is not part of this vote. Reload the page and vote again."
)
NOT_A_NUMBER: Final = "A mark on your ballot is not a whole number. Reload the page and vote again."

_RANGE: Final = {
    "approval": "An option is either ticked or not",
    "score": "A score goes from {low} to {high}",
    "ranked": "Places go from {low} to {high}, the number of options",
    "dots": "You have {high} dots, and cannot give less than {low}",
    "majority_judgment": "Grades are numbered from {low}, the worst, to {high}, the best",
}


def out_of_range(method: str, mark: int, low: int, high: int) -> str:
    """A mark that the method does not have."""
    return f"{_RANGE[method].format(low=low, high=high)}; yours says {mark}. Please change it."


def too_many_dots(given: int, budget: int) -> str:
    """More dots than there are."""
    return f"You gave {given} dots and have {budget}. Take {given - budget} away."
