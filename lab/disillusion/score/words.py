"""Each driver as a sentence, and its next action."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from lab.disillusion.score.facts import Line
from lab.foundation.text import quantity, shortened


@dataclass(frozen=True, slots=True)
class NextAction:
    """What to do about a driver, and the tab of the project's screen where it is done."""

    label: str
    tab: str


NEXT_ACTION: Final[dict[str, NextAction]] = {
    "stall": NextAction(
        "Agree the smallest next step with the sponsor, or get a reasoned no", "recommendations"
    ),
    "gap": NextAction("Talk the expectation through and say what is in our power", "expectations"),
    "silence": NextAction("Tell the people what happened, even if nothing has changed", "replies"),
    "unanswered": NextAction("Answer what people expected, oldest first", "expectations"),
    "mood": NextAction("Call the people one by one; do not send another survey", "people"),
    "attend": NextAction("Ask what keeps people away: time, place, cost, access", "people"),
    "sponsor": NextAction("Invite the sponsor to the next test", "prototypes"),
    "bypass": NextAction("Test with stakeholders before going further", "prototypes"),
}

TAKE_UP: Final = NextAction("Take it up with somebody who can act, or say no with a reason", "expectations")
"""What to do about an expectation that no recommendation carries."""


def next_action(line: Line) -> NextAction:
    """The one next action of a driver's line."""
    is_expected = line.driver == "stall" and line.subject_kind == "expectation"
    return TAKE_UP if is_expected else NEXT_ACTION[line.driver]


ACTION_TAB: Final[dict[str, str]] = {
    "news": "recommendations",
    "decline": "recommendations",
    "take_up": "expectations",
    "talk_through": "expectations",
    "reply": "replies",
    "answer": "replies",
    "invite_sponsor": "prototypes",
    "test": "prototypes",
}
"""The tab of the project's screen where each action of `what_if` is recorded."""


def action_said(kind: str, title: str = "") -> str:
    """The label of an action of `what_if`."""
    named = f"“{shortened(title, 60)}”"
    return {
        "news": f"Get an answer or progress with evidence on {named}",
        "decline": f"Get a reasoned no to {named}, and pass the reason on",
        "take_up": f"Take {named} up: put it to a sponsor, or mark it in hand",
        "talk_through": f"Talk {named} through: what we cannot promise",
        "reply": "Tell the people today what happened",
        "answer": "Answer everything people expected, with a reply about it",
        "invite_sponsor": "Meet or test with the sponsor there",
        "test": "Test with stakeholders",
    }[kind]


NOTE_TAB: Final[dict[str, str]] = {
    "over_promised": "expectations",
    "power_not_said": "expectations",
    "influence_apart": "people",
    "gate_waived": "overview",
    "risks_untested": "prototypes",
    "no_reason_given": "recommendations",
    "answers_held": "overview",
}


def note_said(kind: str, count: int) -> str:
    """A note without weight as a sentence."""
    one = count == 1
    return {
        "over_promised": "1 open expectation is outside our power and was never talked through"
        if one
        else f"{count} open expectations are outside our power and were never talked through",
        "power_not_said": "Nobody has said whether 1 open expectation is within our power"
        if one
        else f"Nobody has said whether {count} open expectations are within our power",
        "influence_apart": "1 engagement changed less than people were told it could"
        if one
        else f"{count} engagements changed less than people were told they could",
        "gate_waived": "1 condition of a gate was waived"
        if one
        else f"{count} conditions of gates were waived",
        "risks_untested": "1 worry people had was never tested"
        if one
        else f"{count} worries people had were never tested",
        "no_reason_given": "1 recommendation ended without a reason"
        if one
        else f"{count} recommendations ended without a reason",
        "answers_held": f"{count} answers to the pulse came in a burst and are left out of the score until "
        "somebody looks at them",
    }[kind]


DRIVER_TITLE: Final[dict[str, str]] = {
    "stall": "Stalled recommendations",
    "gap": "Expectations not met",
    "silence": "Silence",
    "unanswered": "Not answered",
    "mood": "Trust falling",
    "attend": "Falling turnout",
    "sponsor": "Sponsor absent",
    "bypass": "Not prototyped",
}

STALL_REASON_WORD: Final[dict[str, str]] = {
    "nobody_owns_it": "Nobody owns it",
    "no_money": "No money",
    "no_time": "No time or staff",
    "law_or_rules": "The law or the rules stand in the way",
    "priorities_changed": "Priorities changed",
    "waits_for_others": "It waits for somebody else",
    "no_agreement": "Those who decide do not agree",
    "other": "Something else",
    "not_known": "We asked and do not know",
}
STEP_WORD: Final[dict[str, str]] = {
    "owner": "the project's owner hears of it",
    "sponsor": "the sponsor hears of it",
    "manager": "the lab manager hears of it",
    "public": "the public page shows how long it has been silent",
}
"""The steps of an escalation, as rules and counts name them."""
STEP_REACHED: Final[dict[str, str]] = {
    "owner": "it went to the project's owner",
    "sponsor": "it went to the sponsor",
    "manager": "it went to the lab manager",
    "public": "the public page began to show how long it had been silent",
}
"""The same of a step that was reached on a day."""
OUTCOME_WORD: Final[dict[str, str]] = {
    "acted": "Somebody acted on it",
    "no_action": "Nothing was done",
    "false_alarm": "It was a false alarm",
    "not_judged": "Nobody has said",
}
LEVEL_WORD: Final[dict[str, str]] = {
    "calm": "Calm",
    "watch": "Watch",
    "at_risk": "At risk",
    "critical": "Critical",
}


def days(count: float) -> str:
    """A number of days as text."""
    return quantity(round(count), "day")


def sentence(line: Line) -> str:
    """One driver as a sentence that ends with its points."""
    return f"{_said(line)}: +{line.points:.1f}"


def _said(line: Line) -> str:
    if line.driver == "stall":
        if line.subject_kind == "expectation":
            return f"“{shortened(line.title)}” is expected; nothing has moved for {days(line.days)}"
        if not line.promised_days:
            late = f"Recommendation “{shortened(line.title)}” is {days(line.days)} past its date"
            return f"{late} and is not answered" if line.count else late
        promised = f"news every {days(line.promised_days)} was promised"
        silent = f"Recommendation “{shortened(line.title)}” has been silent for {days(line.days)}"
        return f"{silent} and is not answered" if line.count else f"{silent}; {promised}"
    if line.driver == "gap":
        return f"“{shortened(line.title)}” was expected with more confidence than it now deserves"
    if line.driver == "silence":
        promised = f"news every {days(line.promised_days)} was promised"
        return f"The people have heard nothing for {days(line.days)}; {promised}"
    if line.driver == "unanswered":
        number = "1 expectation has" if line.count == 1 else f"{line.count} expectations have"
        return f"{number} waited more than 28 days for an answer"
    if line.driver == "mood":
        return "Trust is below where it should be, by what people answered"
    if line.driver == "attend":
        return "Fewer came to the last three engagements than were expected"
    if line.driver == "sponsor":
        return f"The sponsor was last present {days(line.days)} ago"
    return "Implementing without any test with stakeholders"
