"""What voters and the room are told about a vote, in one place."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from lab.voting.counting.common_ground import Certainty, CommonGround
    from lab.voting.tally import Count

UNKNOWN_OPTION: Final = (
    "Your ballot names something that is not part of this vote. Reload the page and vote again."
)
NOT_A_NUMBER: Final = "A mark on your ballot is not a whole number. Reload the page and vote again."

OTHERS: Final = "Others"
NO_GROUP: Final = "Group not given"

GRADE_NAMES: Final = ("To reject", "Poor", "Acceptable", "Good", "Very good", "Excellent")
"""Worst first: Balinski and Laraki's six."""

_RANGE: Final = {
    "approval": "An option is either ticked or not",
    "score": "A score goes from {low} to {high}",
    "ranked": "Places go from {low} to {high}, the number of options",
    "dots": "You have {high} dots, and cannot give less than {low}",
    "majority_judgment": "Grades are numbered from {low}, the worst, to {high}, the best",
}

_BESIDE: Final = {
    "irv": "in an instant runoff",
    "borda": "by Borda points",
    "plurality": "by first choices alone",
    "median": "by the middle score",
    "supporters": "by the number of people who gave any dot",
    "mean": "by the average grade",
}


def out_of_range(method: str, mark: int, low: int, high: int) -> str:
    """A mark that the method does not have."""
    return f"{_RANGE[method].format(low=low, high=high)}; yours says {mark}. Please change it."


def too_many_dots(given: int, budget: int) -> str:
    """More dots than there are."""
    return f"You gave {given} dots and have {budget}. Take {given - budget} away."


def grade_name(grade: int, grades: int) -> str:
    """A grade in words; its number when a round has other grades than the usual six."""
    return GRADE_NAMES[grade] if grades == len(GRADE_NAMES) else f"grade {grade + 1} of {grades}"


def said_aloud(
    count: Count,
    options: Sequence[str],
    *,
    certainty: Certainty | None = None,
    ground: CommonGround | None = None,
) -> str:
    """The result in a few words that a facilitator can read to the room.

    Who leads and by how much, or who is tied; how sure that is; where the common ground lies; and who would
    have won otherwise, where another winner would come out. `options` are the names, in the order of the
    count.
    """
    names = [f"“{name}”" for name in options]
    if count.ballots == count.abstentions:
        return "Nobody marked any option, so there is no result."
    said = [_leads(count, names)]
    if certainty is not None:
        said.append(_sure(count, certainty))
    if ground is not None and len(ground.groups) > 1:
        said.append(_shared(count, ground, names))
    said += [
        f"Counted {_BESIDE[way]}, {_listed([names[option] for option in count.beside[way]])} would win."
        for way in count.disagreements
    ]
    return " ".join(said)


def _leads(count: Count, names: list[str]) -> str:
    winners = [names[option] for option in count.winners]
    if len(winners) > 1:
        tied = f"All {len(winners)} options" if len(winners) == count.options else _listed(winners)
        return f"{tied} are tied{_having(count, ' each')}."
    lead = f"{winners[0]} leads{_having(count)}"
    return f"{lead}{_ahead(count, names)}." if len(count.ranking) > 1 else f"{lead}."


def _having(count: Count, each: str = "") -> str:
    """What a winner has."""
    winner = count.winners[0]
    if count.method == "approval":
        return f" with {count.support[winner]:.0f} of {count.ballots - count.abstentions} ballots{each}"
    if count.method == "score":
        return f" with {count.means[winner]:.1f} of {len(count.profile[0]) - 1} on average{each}"
    if count.method == "dots":
        return f" with {_dots(count.support[winner])}{each}"
    if count.method == "majority_judgment":
        return f" with the grade “{grade_name(count.medians[winner], len(count.profile[0]))}”{each}"
    return ""


def _ahead(count: Count, names: list[str]) -> str:
    """By how much the winner is ahead of the next."""
    (winner,), runners_up = count.ranking[:2]
    after = _listed([names[option] for option in runners_up])
    if count.method == "ranked":
        return _one_to_one(count, names)
    if count.method == "majority_judgment":
        level = count.medians[winner] == count.medians[runners_up[0]]
        return f"; {after}, with the same grade, has less behind it" if level else f", ahead of {after}"
    if count.method == "score":
        gap = count.means[winner] - count.means[runners_up[0]]
        return f", {f'{gap:.1f}' if gap >= 0.05 else 'less than 0.1'} more than {after}"
    return f", {count.support[winner] - count.support[runners_up[0]]:.0f} more than {after}"


def _one_to_one(count: Count, names: list[str]) -> str:
    (winner,) = count.winners
    duels = [
        (count.pairwise[winner][other] - count.pairwise[other][winner], other)
        for other in range(count.options)
        if other != winner
    ]
    margin, closest = min(duels)
    if margin <= 0:
        return ", though it does not beat every other option one to one"
    votes = f"{count.pairwise[winner][closest]} to {count.pairwise[closest][winner]}"
    if len(duels) == 1:
        return f": it beats {names[closest]} by {votes}"
    return f": one to one it beats every other option, most narrowly {names[closest]} by {votes}"


def _sure(count: Count, certainty: Certainty) -> str:
    if len(count.winners) > 1:
        return "A single ballot could put one of them first, so do not call it decided."
    times = round(100 * certainty.first[count.winners[0]])
    often = "more than 99" if times > 99 else f"about {times}"
    if times >= 95:
        verdict = "that is a clear result"
    elif times >= 80:
        verdict = "that is fairly sure"
    else:
        verdict = "that is close, so do not call it decided"
    return f"Were the ballots drawn anew, it would come first {often} times in 100: {verdict}."


def _shared(count: Count, ground: CommonGround, names: list[str]) -> str:
    what = "of the dots" if count.method == "dots" else "support"
    most = max(ground.score)
    widest = [option for option, score in enumerate(ground.score) if score == most]
    there = f"{100 * most:.0f} % {what} in the group that likes it least"
    ahead = [names[option] for option in count.winners if option in widest]
    if ahead:
        who = "It also has" if len(count.winners) == 1 else f"{_listed(ahead)} {_has(ahead)}"
        return f"{who} the most common ground: {there}."
    best = max(ground.score[option] for option in count.winners)
    others = [names[option] for option in widest]
    return f"{_listed(others)} {_has(others)} more common ground: {there}, against {100 * best:.0f} %."


def _has(names: list[str]) -> str:
    return "has" if len(names) == 1 else "have"


def _dots(number: float) -> str:
    return "1 dot" if number == 1 else f"{number:.0f} dots"


def _listed(names: list[str]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"
