"""The drivers in plain sentences, and the one next action of each."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from lab.disillusion.drivers import Line


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

LEVEL_WORD: Final[dict[str, str]] = {
    "calm": "Calm",
    "watch": "Watch",
    "at_risk": "At risk",
    "critical": "Critical",
}


def days(count: float) -> str:
    """A number of days in words."""
    whole = round(count)
    return "1 day" if whole == 1 else f"{whole} days"


def _short(title: str, limit: int = 80) -> str:
    flat = " ".join(title.split())
    return flat if len(flat) <= limit else flat[: limit - 1].rsplit(" ", 1)[0] + "…"


def sentence(line: Line) -> str:
    """One driver in a sentence that ends with its points."""
    return f"{_said(line)}: +{line.points:.1f}"


def _said(line: Line) -> str:
    if line.driver == "stall":
        if not line.promised_days:
            late = f"Recommendation “{_short(line.title)}” is {days(line.days)} past its date"
            return f"{late} and is not answered" if line.count else late
        promised = f"news every {days(line.promised_days)} was promised"
        silent = f"Recommendation “{_short(line.title)}” has been silent for {days(line.days)}"
        return f"{silent} and is not answered" if line.count else f"{silent}; {promised}"
    if line.driver == "gap":
        return f"“{_short(line.title)}” was expected with more confidence than it now deserves"
    if line.driver == "silence":
        return f"People last heard from the lab {days(line.days)} ago"
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
