"""What people feel and hope, as arrays over the people of a project; not in the records."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.random import Generator

from benchmarks.worlds.nature import Nature
from benchmarks.worlds.recorded import Flags


def odds(value: Any) -> Any:
    """The probability with these log-odds."""
    return 1.0 / (1.0 + np.exp(-value))


class Feelings:
    """The state of people's minds."""

    def __init__(self, chance: Generator, nature: Nature, people: int, hype: float) -> None:
        kind = nature.people
        self.loyalty = chance.normal(0, 1, people)
        self.tolerance = np.maximum(
            0.3,
            chance.normal(kind.tolerance, kind.tolerance_spread, people)
            + kind.loyalty_tolerance * self.loyalty,
        )
        self.patience = chance.lognormal(0.3, 0.35, people)
        self.candour = chance.normal(0, 0.08, people)
        self.trust = np.clip(
            kind.trust_start + kind.hype_trust * hype + chance.normal(0, 0.1, people), 0.05, 0.95
        )
        self.frustration = chance.exponential(0.08, people)
        self.life = chance.normal(0, 1, people)
        self.heard = np.zeros(people)
        self.empties = np.zeros(people)
        self.successes = np.zeros(people)
        self.occasion = np.zeros(people, dtype=bool)
        friendship = np.triu(chance.random((people, people)) < kind.friends, 1)
        self.friends: Flags = friendship | friendship.T
        self.here = np.zeros(people, dtype=bool)


class Hopes:
    """What people hope for, as growing arrays with one entry per matter."""

    def __init__(self) -> None:
        self.person = np.zeros(0, dtype=int)
        self.weight = np.zeros(0)
        self.hope = np.zeros(0)
        self.by = np.zeros(0)
        self.sign = np.zeros(0)
        self.open = np.zeros(0, dtype=bool)
        self.broken = np.zeros(0, dtype=bool)
        self.ask = np.zeros(0, dtype=int)
        self.news: list[str] = []

    def add(self, person: int, weight: float, hope: float, by: float, day: int) -> None:
        """Add a matter; `by` is the hoped-for day, infinite if there is none."""
        self.person = np.append(self.person, person)
        self.weight = np.append(self.weight, weight)
        self.hope = np.append(self.hope, hope)
        self.by = np.append(self.by, by)
        self.sign = np.append(self.sign, day)
        self.open = np.append(self.open, True)
        self.broken = np.append(self.broken, False)
        self.ask = np.append(self.ask, -1)
        self.news.append("")
