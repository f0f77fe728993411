"""What the score would be if an action were done today: facts and actions in, facts out. Pure.

The facts go through the same formula, so the score shown before acting is the score found afterwards. Trust
and turnout are not predicted: people decide how they take a call or an invitation.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

from lab.disillusion.score.drivers import CONFIDENCE, PROSPECT, prospect_of
from lab.disillusion.score.facts import ExpectationFacts, Line, RecommendationFacts, StakeholderFacts

ACTION_OF: Final[dict[str, str]] = {
    "stall": "news",
    "gap": "talk_through",
    "silence": "reply",
    "unanswered": "answer",
    "sponsor": "invite_sponsor",
    "bypass": "test",
}
"""The action for each driver. Mood and turnout are missing: their effect cannot be computed."""


@dataclass(frozen=True, slots=True)
class Action:
    """An action that can be done today; `subject_id` is its recommendation or expectation."""

    kind: str
    subject_id: str = ""


def action_for(line: Line) -> Action | None:
    """The action for a driver's line; None if its effect cannot be computed."""
    kind = ACTION_OF.get(line.driver)
    if kind == "news" and line.subject_kind == "expectation":
        kind = "take_up"
    return Action(kind, line.subject_id) if kind else None


def actions_for(lines: Sequence[Line]) -> tuple[Action, ...]:
    """Every action for these lines; a stalled recommendation may also be declined."""
    found: dict[Action, None] = {}
    for line in lines:
        action = action_for(line)
        if action is not None:
            found[action] = None
            if action.kind == "news":
                found[Action("decline", action.subject_id)] = None
    return tuple(found)


def done(stakeholders: Sequence[StakeholderFacts], actions: Sequence[Action]) -> tuple[StakeholderFacts, ...]:
    """The facts after all these actions, in any order."""
    return tuple(_done(facts, actions) for facts in stakeholders)


def _done(facts: StakeholderFacts, actions: Sequence[Action]) -> StakeholderFacts:
    kinds = {action.kind for action in actions}
    subjects = {(action.kind, action.subject_id) for action in actions}
    if kinds & {"reply", "answer"}:
        facts = replace(facts, days_since_communication=0.0)
    talked = [each for each in facts.expectations if ("talk_through", each.id) in subjects]
    late = 0 if "answer" in kinds else facts.late_inputs - sum(each.is_late for each in talked)
    recommendations = {each.id: _moved(each, subjects) for each in facts.recommendations or ()}
    return replace(
        facts,
        late_inputs=late,
        days_since_sponsor=0.0 if "invite_sponsor" in kinds else facts.days_since_sponsor,
        bypassed=facts.bypassed and "test" not in kinds,
        recommendations=None if facts.recommendations is None else tuple(recommendations.values()),
        not_taken_up=tuple(
            replace(each, days_silent=0.0) if ("take_up", each.id) in subjects else each
            for each in facts.not_taken_up
        ),
        expectations=tuple(_seen(each, recommendations, subjects) for each in facts.expectations),
    )


def _moved(facts: RecommendationFacts, subjects: set[tuple[str, str]]) -> RecommendationFacts:
    if ("decline", facts.id) in subjects:
        return replace(facts, open=False, unanswered=False, days_silent=0.0, days_overdue=0.0)
    if ("news", facts.id) in subjects:
        return replace(facts, unanswered=False, days_silent=0.0, days_overdue=facts.days_past_completion)
    return facts


def _seen(
    facts: ExpectationFacts, recommendations: dict[str, RecommendationFacts], subjects: set[tuple[str, str]]
) -> ExpectationFacts:
    if ("talk_through", facts.id) in subjects:
        facts = replace(facts, confidence=min(facts.confidence, CONFIDENCE["cannot_promise"]))
    hope = facts.hope
    if hope is None:
        return facts
    if ("take_up", facts.id) in subjects:
        hope = replace(hope, days_quiet=0.0)
    return replace(facts, hope=hope, prospect=PROSPECT[prospect_of(hope, recommendations)])
