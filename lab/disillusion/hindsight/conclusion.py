"""The result of a backtest in words for managers and statisticians. Pure."""

from __future__ import annotations

import math
from dataclasses import asdict
from typing import Any, Final

from lab.disillusion.hindsight.backtest import (
    BURDEN,
    ENOUGH,
    ENOUGH_ALERTS,
    ENOUGH_PROJECTS,
    Alarms,
    Backtest,
    Interval,
)
from lab.disillusion.hindsight.fitting import FOR_INTERCEPT, FOR_WEIGHTS, Refit
from lab.foundation.text import quantity

NO_EVIDENCE: Final = "No evidence yet that this score works in your lab"
NAMES: Final = {
    "score": "The score",
    "overdue": "Anything overdue",
    "quiet": "Days since last update",
}
SUPPOSED: Final = 0.7


def headline(found: Backtest) -> str:
    """The verdict in a sentence."""
    if found.verdict == "too_short":
        return f"Too short a history to tell: {_withdrawals(found)}."
    score = found.by["score"].auroc
    if found.verdict == "no_evidence":
        return f"{NO_EVIDENCE}: {_alerts(found)}."
    if found.verdict == "no_better":
        return (
            f"The score is better than chance in your lab (AUROC {interval(score)}), but not clearly "
            "better than a plain rule."
        )
    return (
        "The score finds projects about to lose people better than chance and than both plain rules "
        f"(AUROC {interval(score)})."
    )


def remarks(found: Backtest) -> tuple[str, ...]:
    """What to know before acting on the verdict."""
    if found.verdict == "too_short":
        return (
            f"At least {ENOUGH} people who left disappointed, in {ENOUGH_PROJECTS} projects, are needed "
            f"before it can be judged; about {needed(0.1)} for an AUROC known to ± 0.10.",
        )
    lines = [
        f"{_withdrawals(found)}. {found.base_rate:.1%} of evaluations were followed by that within 12 weeks."
    ]
    if found.watch and found.watch.alerts:
        lines.append(_burden(found.watch))
    if found.calibration:
        lines.append(_calibrated(found))
    if _width(found.by["score"].auroc) > 0.2:
        lines.append("The interval is wide: few people left, so the figures may change a good deal.")
    return tuple(lines)


def interval(each: Interval) -> str:
    """A figure with its 95 % interval."""
    if math.isnan(each.low):
        return f"{each.value:.2f}"
    return f"{each.value:.2f}, 95 % interval {each.low:.2f} to {each.high:.2f}"


def needed(half_width: float) -> int:
    """Departures needed to know an AUROC of .7 within ± `half_width` (Hanley & McNeil 1982, many
    evaluations without a departure)."""
    q2 = 2 * SUPPOSED**2 / (1 + SUPPOSED)
    return math.ceil((q2 - SUPPOSED**2) * (1.96 / half_width) ** 2)


def comparison(found: Backtest) -> list[dict[str, Any]]:
    """The score beside the plain rules, one row each; empty if the history is too short."""
    return [
        {
            "ordered by": NAMES[name],
            "auroc": each.auroc.value,
            "auroc from": each.auroc.low,
            "auroc to": each.auroc.high,
            "average precision": each.average_precision.value,
            "average precision from": each.average_precision.low,
            "average precision to": each.average_precision.high,
            f"foreseen at {BURDEN:.2f} false a year": found.at_burden[name].recall,
            "median lead, days": found.at_burden[name].median_lead_days,
        }
        for name, each in found.by.items()
    ]


def plain_numbers(found: Backtest | Refit) -> dict[str, Any]:
    """All figures as plain values; None (never nan) for those that could not be computed."""
    plain = _plain(asdict(found))
    assert isinstance(plain, dict)
    return plain


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _plain(each) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(each) for each in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value


def refitted(found: Refit) -> str:
    """The result of a refit in a sentence."""
    if found.moved == "nothing":
        return (
            f"Not refitted: {found.withdrawals} people left disappointed; {FOR_INTERCEPT} are needed to move "
            f"the base level and {FOR_WEIGHTS} to move the weights."
        )
    what = "base level" if found.moved == "intercept" else "set of weights and probabilities"
    gain = found.loss_before - found.loss_after
    by = f"by {gain:.4f} ± {found.error:.4f} in mean log-likelihood"
    if found.better:
        return f"Refitted: a new {what} from now on, better on projects not seen {by}."
    return f"Left as it was: a new {what} would not clearly be better on projects not seen ({by})."


def _width(each: Interval) -> float:
    return each.high - each.low


def _withdrawals(found: Backtest) -> str:
    people = quantity(found.withdrawals, "person", "people")
    projects = quantity(found.projects_with, "project")
    return f"{people} left disappointed, in {projects}, over {found.project_years:.1f} project-years"


def _alerts(found: Backtest) -> str:
    watch = found.watch
    if watch is None or watch.decided < ENOUGH_ALERTS:
        return f"its AUROC is {interval(found.by['score'].auroc)}, where 0.5 is tossing a coin"
    return (
        f"somebody left after {watch.true} of {watch.decided} alerts, where {watch.by_chance:.0f} would be "
        "chance"
    )


def _burden(watch: Alarms) -> str:
    weeks = None if watch.median_lead_days is None else round(watch.median_lead_days / 7)
    lead = "" if weeks is None else f", half of them {weeks} weeks ahead or more"
    return (
        f"Watch alerts would have seen {watch.foreseen} of {watch.withdrawals} coming{lead}, at the price "
        f"of {watch.false_per_project_year:.2f} false alerts per project and year."
    )


def _calibrated(found: Backtest) -> str:
    assert found.calibration is not None
    slope, skill = found.calibration.slope, found.calibration.skill.value
    if skill <= 0:
        return (
            "As probabilities its numbers are worse than always saying the base rate: use the order, not the "
            "percentage."
        )
    if slope < 0.75:
        return "Its probabilities are too extreme: high ones should be read lower, low ones higher."
    if slope > 1.25:
        return "Its probabilities are too timid: high ones should be read higher, low ones lower."
    return "Its probabilities mean roughly what they say."
