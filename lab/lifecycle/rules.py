"""What should be true before a stage begins. A gate never blocks: it is passed, or waived with a reason."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

STAGES: Final = ("discovery", "co_design", "prototype", "recommend", "implement")
CLOSED: Final = "implemented"
"""The gate asked when a project is closed as implemented."""
RISKS_FOUND: Final = "Every foreseen risk has a finding"


@dataclass(frozen=True, slots=True)
class GateFacts:
    """What the gates ask about a project."""

    challenge: bool = False
    sponsor_named: bool = False
    service_user_groups: int = 0
    ideas_chosen: int = 0
    expectations: int = 0
    tests: int = 0
    risks_untested: int = 0
    risks_waived: int = 0
    """Untested ones for which a gate was waived already."""
    accepted: int = 0
    accepted_unfinished: int = 0
    replies: int = 0
    waived: frozenset[str] = frozenset()
    """The conditions for which a gate was waived already, by their words."""


@dataclass(frozen=True, slots=True)
class Condition:
    """One line of a gate's checklist; `tab` is where on the project's screen it can be put right."""

    words: str
    met: bool
    tab: str


def gate(stage: str, facts: GateFacts) -> tuple[Condition, ...]:
    """What the gate into `stage` (or into `implemented`, for closing) asks of its own; discovery has none."""
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
    """The stages whose gates are passed when moving on; none when moving back."""
    return STAGES[STAGES.index(before) + 1 : STAGES.index(after) + 1]


def asked(before: str, after: str, facts: GateFacts) -> tuple[tuple[str, tuple[Condition, ...]], ...]:
    """The checklist of each gate on the way from `before` to `after`.

    The first one asks again what the gates before it asked, of what has come since: whatever is not true and
    was not waived. A waiver holds for the facts it was given for: only later risks count.
    """
    ahead = (CLOSED,) if after == CLOSED else gates_between(before, after)
    return tuple(
        (each, (_asked_again(before, facts) if number == 0 else ()) + gate(each, facts))
        for number, each in enumerate(ahead)
    )


def _asked_again(stage: str, facts: GateFacts) -> tuple[Condition, ...]:
    """What the gates up to `stage` asked, and is not true of what has come since."""
    passed = (condition for each in STAGES[: STAGES.index(stage) + 1] for condition in gate(each, facts))
    return tuple(condition for condition in passed if not condition.met and not _was_waived(condition, facts))


def _was_waived(condition: Condition, facts: GateFacts) -> bool:
    if condition.words == RISKS_FOUND:
        return facts.risks_untested <= facts.risks_waived
    return condition.words in facts.waived


def unmet(before: str, after: str, facts: GateFacts) -> tuple[Condition, ...]:
    """Everything not yet true that the gates on the way from `before` to `after` expect."""
    return tuple(
        condition
        for _, conditions in asked(before, after, facts)
        for condition in conditions
        if not condition.met
    )
