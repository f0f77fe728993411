"""Limits of a board, and when it may be changed. Pure."""

from __future__ import annotations

from typing import Final

from lab.foundation.errors import WrongTransition
from lab.workshops.plan.rules import STANDS

LONGEST_NOTE: Final = 500
"""Characters of a note: what can be read from a wall."""
MOST_NOTES: Final = 3000
"""Notes on one workshop's board."""
MOST_CLUSTERS: Final = 40
LONGEST_CLUSTER: Final = 80
"""Characters of a cluster's heading."""
FINEST: Final = 1e-6
"""Two neighbours' positions that lie closer than this leave no room between them; double precision still
tells 10⁻¹¹ apart at the largest."""
TAKEN_BACK: Final = "Taken back by whoever wrote it"
"""Why a note is hidden that its own writer took from the board; its words are gone."""

NO_REASON_YET: Final = "No reason given yet"
"""Why a note is hidden until its host says why: it leaves the wall at once, the reason comes later."""


def guard_board(state: str) -> None:
    """Refuse a change of the board before a workshop begins, and once it has been wrapped up.

    Raises:
        WrongTransition: with what the workshop is now.
    """
    if state not in ("running", "ended"):
        raise WrongTransition(STANDS[state])


def is_too_fine(above: float, below: float) -> bool:
    """Whether no position is left between two neighbours."""
    return below - above < FINEST
