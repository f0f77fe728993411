"""From tallies to orders: by keys, by Schulze's strongest paths, by majority judgment. Pure numpy.

All functions are vectorised: leading axes are kept.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from lab.voting.counting.sums import Numbers, as_integers


def places_by(keys: Numbers) -> NDArray[np.int64]:
    """How many options have better keys than each, from (keys, …, options).

    The first key decides, the next ones where it is equal; more is better.
    """
    order = np.lexsort(-keys[::-1], axis=-1)
    placed = np.take_along_axis(keys, np.broadcast_to(order, keys.shape), axis=-1)
    worse = np.zeros(order.shape, dtype=np.int64)
    steps = (placed[..., 1:] != placed[..., :-1]).any(axis=0)
    worse[..., 1:] = np.where(steps, np.arange(1, keys.shape[-1]), 0)
    result = np.empty_like(worse)
    np.put_along_axis(result, order, np.maximum.accumulate(worse, axis=-1), axis=-1)
    return result


def groups_of(place: NDArray[np.int64]) -> tuple[tuple[int, ...], ...]:
    """The ranking as groups of tied options, the first place first."""
    return tuple(as_integers(np.flatnonzero(place == each)) for each in np.unique(place))


def first_of(place: NDArray[np.int64]) -> tuple[int, ...]:
    """The options in the first place."""
    return as_integers(np.flatnonzero(place == 0))


def strongest_paths(pairwise: Numbers) -> Numbers:
    """Strength of the strongest path from each option to each other; (…, options, options) in and out.

    A link is as strong as the votes for its winner (“winning votes”), a path as its weakest link (Schulze
    2011).
    """
    paths = np.where(pairwise > np.swapaxes(pairwise, -1, -2), pairwise, 0)
    for via in range(paths.shape[-1]):
        np.maximum(paths, np.minimum(paths[..., :, via, None], paths[..., via, None, :]), out=paths)
    diagonal = np.arange(paths.shape[-1])
    paths[..., diagonal, diagonal] = 0
    return paths


def beats(paths: Numbers) -> NDArray[np.bool_]:
    """Whether the path there is stronger than the path back; that is transitive (Schulze 2011)."""
    return np.asarray(paths > np.swapaxes(paths, -1, -2))


def levels_of(beats: NDArray[np.bool_]) -> NDArray[np.int64]:
    """A ranking from who beats whom, which need not order all: (…, options, options) in, (…, options) out.

    0 is for those whom nobody beats, 1 for those whom only these beat, and so on.
    """
    levels = np.zeros(beats.shape[:-1], dtype=np.int64)
    while True:
        deeper = np.where(beats, levels[..., :, None] + 1, 0).max(axis=-2, initial=0)
        if (deeper == levels).all():
            return levels
        levels = deeper


def medians_of(profile: Numbers) -> NDArray[np.int64]:
    """The lower of the two middle marks when ballots are even in number (Balinski & Laraki 2007)."""
    up_to = np.cumsum(profile, axis=-1)
    middle = (up_to[..., -1:] - 1) // 2
    return np.asarray((up_to <= middle).sum(axis=-1), dtype=np.int64)


def majority_values(profile: Numbers) -> Numbers:
    """Keys that order options by median grade, majority gauge and majority value, from (…, options, grades).

    Balinski and Laraki (2007, 2011) take the median grade away from each of two options that are level, and
    again, until their medians differ. Walking outwards from the middle like this, an option's grade changes
    at most once for each boundary between two grades. A change upwards at step t is ballots - t, one
    downwards as t - ballots: the sooner, the further from 0. Sorted by step, the first of them is the
    majority gauge, and together they are the whole walk.
    """
    up_to = np.cumsum(profile, axis=-1)
    ballots = up_to[..., -1:]
    middle = (ballots - 1) // 2
    boundary = up_to[..., :-1]
    below = boundary <= middle
    odd = ballots % 2
    # The walk goes down first when the ballots are odd in number, up first when even.
    step = np.where(below, 2 * (middle - boundary + 1) - odd, 2 * (boundary - middle) - (1 - odd))
    change = np.maximum(ballots - step, 0) * np.where(below, -1, 1)
    by_step = np.take_along_axis(change, np.argsort(-np.abs(change), axis=-1, kind="stable"), axis=-1)
    median = (up_to <= middle).sum(axis=-1, keepdims=True)
    return np.moveaxis(np.concatenate([median, by_step], axis=-1), -1, 0)
