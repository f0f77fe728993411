"""Gates: conditions before a stage begins. A gate never blocks: it is passed, or waived with a reason."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Final

STAGES: Final = ("discovery", "co_design", "prototype", "recommend", "implement")
CLOSED: Final = "implemented"
"""The gate for closing a project as implemented."""
UNDO_FOR: Final = dt.timedelta(minutes=10)
"""How long a move, or a wrap-up, can be taken back."""
RISKS_FOUND: Final = "Every foreseen risk has a finding"


@dataclass(frozen=True, slots=True)
class GateFacts:
    """The facts about a project that gates check."""

    challenge: bool = False
    sponsor_named: bool = False
    service_user_groups: int = 0
    ideas_chosen: int = 0
    expectations: int = 0
    tests: int = 0
    risks_untested: int = 0
    risks_waived: int = 0
    """Untested risks for which a gate was already waived."""
    accepted: int = 0
    accepted_unfinished: int = 0
    replies: int = 0
    waived: frozenset[str] = frozenset()
    """The texts of conditions already waived."""


@dataclass(frozen=True, slots=True)
class Condition:
    """One line of a gate's checklist; `tab` is the tab of the project's screen where it can be met."""

    words: str
    met: bool
    tab: str


def gate(stage: str, facts: GateFacts) -> tuple[Condition, ...]:
    """The gate's own conditions for `stage` (or `implemented`, for closing); discovery has none."""
    if stage == "co_design":
        return (
            Condition("A challenge question is written down", facts.challenge, "overview"),
            Condition("A sponsor is named", facts.sponsor_named, "overview"),
            Condition(
                "At least one group of people who use the service takes part",
                facts.service_user_groups > 0,
                "people",
            ),
        )
    if stage == "prototype":
        return (
            Condition("At least one idea from participants is chosen", facts.ideas_chosen > 0, "people"),
            Condition("Expectations are recorded", facts.expectations > 0, "expectations"),
        )
    if stage == "recommend":
        return (
            Condition("A prototype has been tested with stakeholders", facts.tests > 0, "prototypes"),
            Condition(RISKS_FOUND, facts.risks_untested == 0, "prototypes"),
        )
    if stage == "implement":
        return (
            Condition(
                "A recommendation is accepted, in whole or in part", facts.accepted > 0, "recommendations"
            ),
        )
    if stage == CLOSED:
        return (
            Condition(
                "Every accepted recommendation is implemented, or dropped with a reason",
                facts.accepted_unfinished == 0,
                "recommendations",
            ),
            Condition("The people have been told", facts.replies > 0, "replies"),
        )
    return ()


def gates_between(before: str, after: str) -> tuple[str, ...]:
    """The stages whose gates are passed from `before` to `after`; none when moving back."""
    return STAGES[STAGES.index(before) + 1 : STAGES.index(after) + 1]


def asked(before: str, after: str, facts: GateFacts) -> tuple[tuple[str, tuple[Condition, ...]], ...]:
    """The checklist of each gate on the way from `before` to `after`.

    The first one repeats conditions of earlier gates that are not met now and were not waived. A waiver
    covers the facts it was given for: only later risks count.
    """
    ahead = (CLOSED,) if after == CLOSED else gates_between(before, after)
    return tuple(
        (each, (_asked_again(before, facts) if number == 0 else ()) + gate(each, facts))
        for number, each in enumerate(ahead)
    )


def _asked_again(stage: str, facts: GateFacts) -> tuple[Condition, ...]:
    """Conditions of the gates up to `stage` that are not met now."""
    passed = (condition for each in STAGES[: STAGES.index(stage) + 1] for condition in gate(each, facts))
    return tuple(condition for condition in passed if not condition.met and not _was_waived(condition, facts))


def _was_waived(condition: Condition, facts: GateFacts) -> bool:
    if condition.words == RISKS_FOUND:
        return facts.risks_untested <= facts.risks_waived
    return condition.words in facts.waived


def unmet(before: str, after: str, facts: GateFacts) -> tuple[Condition, ...]:
    """All unmet conditions of the gates on the way from `before` to `after`."""
    return tuple(
        condition
        for _, conditions in asked(before, after, facts)
        for condition in conditions
        if not condition.met
    )
