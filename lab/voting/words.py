"""The result of a vote in sentences."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from lab.foundation.language import label
from lab.foundation.text import quantity
from lab.voting.counting.common_ground import Certainty, CommonGround
from lab.voting.methods.method import Count, Method
from lab.voting.methods.registry import method_named

NOBODY_VOTED: Final = "Nobody has voted, so nothing is chosen."
FEW: Final = 10
"""Ballots below which a result says little, however it comes out."""
CLEAR: Final = 95
SURE: Final = 80
"""Times in 100 that a clear winner, and a fairly sure one, comes first in the bootstrap."""
UNKNOWN_OPTION: Final = (
    "Your ballot names something that is not part of this vote. Reload the page and vote again."
)
NOT_A_NUMBER: Final = "A mark on your ballot is not a whole number. Reload the page and vote again."


def said_aloud(
    count: Count,
    options: Sequence[str],
    *,
    certainty: Certainty | None = None,
    ground: CommonGround | None = None,
) -> str:
    """The result in a few sentences for a facilitator to read aloud: who leads and by how much, or who is
    tied; how sure that is; where the common ground lies; and who would have won by another method, if
    different. `options` are the names in the order of the count.
    """
    names = [f"“{name}”" for name in options]
    if not count.winners:
        return _nobody_wins(count)
    if count.options == 1:
        number = _method(count).result_in_words(count, 0)
        return f"{names[0]} was the only option, so there was nothing to choose between: {number}."
    sentences = [_leads(count, names)]
    sentences += [_few_marked(count, names), _few(count), _sure(count, certainty)]
    if ground is not None and len(ground.groups) > 1:
        sentences.append(_shared(count, ground, names))
    ways = _method(count).ways
    sentences += [
        f"Counted {ways[way][1]}, {_listed([names[option] for option in count.beside[way]])} would win."
        for way in count.disagreements
    ]
    return " ".join(filter(None, sentences))


def _nobody_wins(count: Count) -> str:
    if not count.ballots:
        return NOBODY_VOTED
    if not count.judged:
        return f"{quantity(count.ballots, 'ballot')} came in, none with a mark, so nothing is chosen."
    return f"No option has any support on {quantity(count.judged, 'ballot')}, so none is chosen."


def _leads(count: Count, names: list[str]) -> str:
    winners = [names[option] for option in count.winners]
    if len(winners) > 1:
        tied = f"All {len(winners)} options" if len(winners) == count.options else _listed(winners)
        having = _having(count)
        return f"{tied} are tied{having and f'{having} each'}."
    lead = f"{winners[0]} leads{_having(count)}"
    return f"{lead}{_ahead(count, names)}." if len(count.ranking) > 1 else f"{lead}."


def _having(count: Count) -> str:
    """What the winner has, from `Method.having`."""
    return _method(count).having(count, count.winners[0])


def _ahead(count: Count, names: list[str]) -> str:
    """By how much the winner is ahead of the next."""
    runners_up = _listed([names[option] for option in count.ranking[1]])
    return _method(count).ahead(count, names, runners_up)


def _few_marked(count: Count, names: list[str]) -> str:
    """Where a blank is no opinion, a few admirers can lift an option: then that is said."""
    if count.blank_means != "no_opinion":
        return ""
    done, few = (
        _method(count).progress,
        [each for each in count.winners if 2 * count.marked[each] < count.judged],
    )
    return " ".join(
        f"Only {count.marked[option]} of {count.judged} voters {done} {names[option]}." for option in few
    )


def _few(count: Count) -> str:
    return f"With only {quantity(count.judged, 'ballot')} that says little." if count.judged < FEW else ""


def _sure(count: Count, certainty: Certainty | None) -> str:
    """How much hangs on who happened to be there."""
    if len(count.winners) > 1:
        return "A single ballot could put one of them first, so do not call it decided."
    if certainty is None:
        return ""
    times = round(100 * certainty.first[count.winners[0]])
    if times < SURE:
        verdict = "that is close, so do not call it decided"
    elif count.judged < FEW:
        return ""  # few ballots that agree sound surer than they are
    else:
        verdict = "that is a clear result" if times >= CLEAR else "that is fairly sure"
    often = "more than 99" if times > 99 else f"about {times}"
    return f"Had other people like these come, it would come first {often} times in 100: {verdict}."


def _shared(count: Count, ground: CommonGround, names: list[str]) -> str:
    what = method_named(count.method).share_of
    known = {option: score for option, score in enumerate(ground.score) if score is not None}
    if not known:
        return ""
    widest = [option for option, score in known.items() if score == max(known.values())]
    ahead = [names[option] for option in count.winners if option in widest]
    there = _observed(ground, widest[0], what)
    if ahead:
        who = "It also has" if len(count.winners) == 1 else f"{_listed(ahead)} {_has(ahead)}"
        return f"{who} the most common ground: {there}."
    others = [names[option] for option in widest]
    best = max(count.winners, key=lambda option: known.get(option, -1))
    against = f", against {_observed(ground, best, what)}" if best in known else ""
    degree = "more" if against else "the most"
    return f"{_listed(others)} {_has(others)} {degree} common ground: {there}{against}."


def _observed(ground: CommonGround, option: int, what: str) -> str:
    """The share that stands in the chart, and the group whose it is."""
    name, share = ground.observed(option) or ("", 0)
    return f"{100 * share:.0f} % {what} in the group that likes it least ({label(name)})"


def _method(count: Count) -> Method:
    return method_named(count.method, count.blank_means)


def _has(names: list[str]) -> str:
    return "has" if len(names) == 1 else "have"


def _listed(names: list[str]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"
