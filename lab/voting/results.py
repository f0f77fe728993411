"""A round's result for screens, phones and the wall. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from lab.voting.counting.common_ground import SEED, Certainty, certainty
from lab.voting.methods.method import Count
from lab.voting.methods.registry import method_named
from lab.voting.record import Cast, as_arrays, counted, grouped
from lab.voting.words import said_aloud


@dataclass(frozen=True, slots=True)
class OptionResult:
    """One option, with its rank (1 is best; those tied share theirs)."""

    place: int
    title: str
    rank: int
    tied: bool
    share: float
    """Support, 0 to 1: `Count.share`."""
    number: str
    """The method's number, in words."""
    common_ground: float | None
    """Shrunk support in the group that likes it least, 0 to 1, to order by; None without groups."""
    least: tuple[str, float] | None
    """`CommonGround.observed`; None without groups too."""
    geometric_mean: float | None
    first: float | None
    """Bootstrap probability of being first, 0 to 1; None for fewer than five ballots."""
    ranks: tuple[int, int] | None
    """Best and worst rank within the 95 % interval."""


@dataclass(frozen=True, slots=True)
class GroupResult:
    """Support in one group of five people or more, by option index, 0 to 1; None where fewer than five of
    them have an opinion."""

    name: str
    people: int
    support: tuple[float | None, ...]


@dataclass(frozen=True, slots=True)
class Result:
    """A counted round."""

    method: str
    ballots: int
    abstentions: int
    options: tuple[OptionResult, ...]
    """Best first."""
    groups: tuple[GroupResult, ...]
    by_source: tuple[tuple[str, int], ...]
    headline: str
    """Who leads or is tied, how sure that is, and who would win by other methods."""
    sentence: str
    """The same with common ground, to be read aloud."""
    count: Count
    certainty: Certainty | None

    @property
    def has_groups(self) -> bool:
        """Whether there are results by group."""
        return bool(self.groups)


def result_of(
    method: str, budget: int, titles: Sequence[str], ballots: Sequence[Cast], *, blank_means: str
) -> Result:
    """The result of one or more ballots over these options."""
    counting = method_named(method, blank_means)
    found = counted(method, budget, len(titles), ballots, blank_means=blank_means)
    marks, weights = as_arrays(len(titles), ballots)
    sure = certainty(counting, marks, seed=SEED, weights=weights)
    asked = any(ballot.group for ballot in ballots)
    ground = grouped(method, budget, len(titles), ballots, blank_means=blank_means) if asked else None
    has_ground = ground is not None and len(ground.groups) > 1
    sources: Counter[str] = Counter()
    for ballot in ballots:
        sources[ballot.source] += ballot.weight
    options: list[OptionResult] = []
    for level in found.ranking:
        rank = 1 + len(options)
        for place in level:
            options.append(
                OptionResult(
                    place=place,
                    title=titles[place],
                    rank=rank,
                    tied=len(level) > 1 and found.is_supported,
                    share=found.share[place],
                    number=counting.result_in_words(found, place),
                    common_ground=ground.score[place] if ground and has_ground else None,
                    least=ground.observed(place) if ground and has_ground else None,
                    geometric_mean=ground.geometric_mean[place] if ground and has_ground else None,
                    first=sure.first[place] if sure else None,
                    ranks=sure.ranks[place] if sure else None,
                )
            )
    return Result(
        method=method,
        ballots=found.ballots,
        abstentions=found.abstentions,
        options=tuple(options),
        groups=tuple(
            GroupResult(group.name, group.ballots, group.share)
            for group in (ground.groups if ground and has_ground else ())
        ),
        by_source=tuple(sorted(sources.items())),
        headline=said_aloud(found, titles, certainty=sure),
        sentence=said_aloud(found, titles, certainty=sure, ground=ground if has_ground else None),
        count=found,
        certainty=sure,
    )
