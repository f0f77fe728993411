"""Input of the score: facts about a stakeholder. Output: an index, its band and its lines.

Days are calendar days.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

HEARD_EVERY: Final = 28
"""Days between news to the people, unless the project promised another cadence."""


@dataclass(frozen=True, slots=True)
class RecommendationFacts:
    """One recommendation that was sent. Importance 1–5; days since the last progress, past the date on
    which an answer or its completion was due, and between the news that was promised."""

    id: str
    title: str
    importance: float
    days_silent: float
    days_overdue: float
    promised_days: int
    open: bool
    unanswered: bool
    """Sent and not answered; if it has ended, without a reason."""
    implemented: bool = False
    days_past_completion: float = 0.0
    """The part of `days_overdue` that an answer alone does not end."""
    importance_range: tuple[float, float] | None = None
    """Lowest and highest importance, where it was not given."""


@dataclass(frozen=True, slots=True)
class Hope:
    """What the prospect of an expectation depends on: its state, whether it ended with a reason, days past
    the hoped-for date, days since its own last step, and the recommendations that serve it."""

    state: str
    reasoned: bool
    days_past: float
    days_quiet: float
    served_by: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ExpectationFacts:
    """One expectation: importance 1–5, how sure they were (0–1), how it looks (0–1, see `PROSPECT`)."""

    id: str
    statement: str
    importance: float
    confidence: float
    prospect: float
    confidence_asked: bool = True
    """False where people were not asked: the guess from `CONFIDENCE` widens the band."""
    hope: Hope | None = None
    """What the prospect was computed from, for computing it again under other assumptions."""
    is_late: bool = False
    """Open for too long without any answer."""
    importance_range: tuple[float, float] | None = None
    """Lowest and highest importance, where it was not given."""


@dataclass(frozen=True, slots=True)
class StakeholderFacts:
    """The facts about one stakeholder. None means not known: the driver is left out and the band widens.

    Recommendations are not known where the stage implies that some were made but none is recorded. An
    expectation register without entries says nothing about what people expect.
    """

    id: str
    recommendations: tuple[RecommendationFacts, ...] | None
    expectations: tuple[ExpectationFacts, ...]
    days_since_communication: float | None
    late_inputs: int
    open_inputs: int
    own_pulses: tuple[float, ...]
    team_pulse_mean: float | None
    team_pulse_count: int
    attendance: float | None
    days_since_sponsor: float | None
    bypassed: bool
    promised_days: int = HEARD_EVERY
    """Days between news to the people, as promised."""
    pulses_fresh: bool = True
    """Whether the last pulse is recent enough to count."""
    not_taken_up: tuple[RecommendationFacts, ...] = ()
    """Expectations without a recommendation, each treated as a recommendation waiting for its first step."""


@dataclass(frozen=True, slots=True)
class Line:
    """One addend of an index: its subject, its points, and the facts for its sentence.

    For a stalled recommendation `days` are silent days; if `promised_days` is 0, days past its date.
    """

    driver: str
    subject_kind: str
    subject_id: str
    points: float
    title: str = ""
    value: float = 0.0
    days: float = 0.0
    promised_days: int = 0
    count: int = 0


@dataclass(frozen=True, slots=True)
class StakeholderRisk:
    """Index 0–100 with its band, probability of leaving disillusioned within 12 weeks, share of the
    weight that is known, and the lines that add up to the index."""

    id: str
    index: float
    low: float
    high: float
    probability: float
    coverage: float
    lines: tuple[Line, ...]


@dataclass(frozen=True, slots=True)
class Assessment:
    """The mean over stakeholders of all but `probability`, which is that of at least one leaving."""

    index: float
    low: float
    high: float
    probability: float
    coverage: float
    lines: tuple[Line, ...]
    people: int
