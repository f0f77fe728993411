"""Fitting the score's weights, intercept and slope to a lab's past. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
import scipy  # loads scipy.optimize where it is first used: most commands never need it
from numpy.typing import NDArray

from lab.disillusion.score.model import WEIGHTS, Model

Floats = NDArray[np.float64]
Whole = NDArray[np.int64]
Flags = NDArray[np.bool_]

DRIVERS: Final = tuple(WEIGHTS)
FOR_INTERCEPT: Final = 10
FOR_WEIGHTS: Final = 50
"""Disappointed departures needed before the intercept, and before slope and weights, may move."""
WEIGHT_SPREAD: Final = 5.0
INTERCEPT_SPREAD: Final = 0.75
SLOPE_SPREAD: Final = 1.0
"""Prior standard deviation of a lab around the model in use: how strongly fits are pulled to it."""
OVERLAP: Final = 14 / 84
"""Evaluations a fortnight apart share most of their 84 days: six carry the information of one."""
FOLDS: Final = 5


@dataclass(frozen=True, slots=True)
class Past:
    """Driver values 0–1 of every person at every evaluation, nan where not known: shape (people, 8).

    `first` is each evaluation's first row in `values`; every evaluation has at least one. `left` and
    `project` are per evaluation.
    """

    values: Floats
    first: Whole
    left: Flags
    project: Whole
    withdrawals: int


@dataclass(frozen=True, slots=True)
class Refit:
    """A fitted model beside the one in use, compared on projects it was not fitted to.

    Losses are mean negative log-likelihoods per evaluation; `error` is the standard error of their difference
    across projects. `better` requires an improvement of more than one such error.
    """

    model: Model
    moved: str
    """`nothing`, `intercept` or `everything`: as much as the number of departures allows."""
    withdrawals: int
    needed: int
    loss_before: float
    loss_after: float
    error: float

    @property
    def better(self) -> bool:
        """Whether the fitted model should replace the one in use."""
        return self.moved != "nothing" and self.loss_before - self.loss_after > self.error


def project_probabilities(values: Floats, first: Whole, model: Model) -> Floats:
    """Chance, 0–1, at each evaluation that at least one person leaves disappointed within 12 weeks."""
    return -np.expm1(_staying(_persons(values, _vector(model))[0], first))


def _vector(model: Model) -> Floats:
    return np.array([*(model.weights[driver] for driver in DRIVERS), model.intercept, model.slope])


def _persons(values: Floats, parameters: Floats) -> tuple[Floats, Floats, Floats]:
    """(log-odds, index 0–1, weight known) of every person."""
    weights = parameters[: len(DRIVERS)]
    known = ~np.isnan(values)
    weight = known @ weights
    index = np.where(known, values, 0.0) @ weights / weight
    return parameters[-1] * index - parameters[-2], index, weight


def _staying(log_odds: Floats, first: Whole) -> Floats:
    """Log-probability that all stay."""
    stays: Floats = -np.add.reduceat(np.logaddexp(0, log_odds), first)
    return stays


def fit(past: Past, start: Model, moved: str) -> Model:
    """The model with the best penalised likelihood on the past.

    The penalty is a normal prior around `start` on each number, so that few data change little; weights stay
    at or above 0.
    """
    centre = _vector(start)
    spread = np.array([WEIGHT_SPREAD] * len(DRIVERS) + [INTERCEPT_SPREAD, SLOPE_SPREAD])
    free = np.array([moved == "everything"] * len(DRIVERS) + [True, moved == "everything"])
    people = np.diff(np.r_[past.first, len(past.values)])

    def loss(chosen: Floats) -> tuple[float, Floats]:
        parameters = centre.copy()
        parameters[free] = chosen
        log_odds, index, weight = _persons(past.values, parameters)
        stay = np.minimum(_staying(log_odds, past.first), -1e-12)
        gain = np.where(past.left, np.log(-np.expm1(stay)), stay)
        towards = np.where(past.left, -np.exp(stay) / -np.expm1(stay), 1.0)
        slope_of = np.repeat(towards, people) * -1 / (1 + np.exp(-log_odds))
        known = ~np.isnan(past.values)
        by_weight = np.where(known, np.nan_to_num(past.values) - index[:, None], 0.0) / weight[:, None]
        gradient = np.r_[parameters[-1] * (slope_of @ by_weight), -slope_of.sum(), (slope_of * index).sum()]
        away = (parameters - centre) / spread
        value = -OVERLAP * gain.sum() + (away**2).sum() / 2
        return float(value), (-OVERLAP * gradient + away / spread)[free]

    bounds = np.array([(0.0, None)] * len(DRIVERS) + [(None, None), (0.0, None)], dtype=object)[free]
    found = centre.copy()
    found[free] = scipy.optimize.minimize(
        loss, centre[free], jac=True, method="L-BFGS-B", bounds=list(bounds)
    ).x
    weights = found[: len(DRIVERS)] * 100 / found[: len(DRIVERS)].sum()
    named = {driver: float(weight) for driver, weight in zip(DRIVERS, weights, strict=True)}
    return Model(named, float(found[-2]), float(found[-1]))


def refit(past: Past, start: Model, seed: int = 0) -> Refit:
    """Fit as much as the number of departures allows, with five-fold cross-validation over projects."""
    moved, needed = "nothing", FOR_INTERCEPT
    if past.withdrawals >= FOR_INTERCEPT:
        moved, needed = "intercept", FOR_WEIGHTS
    if past.withdrawals >= FOR_WEIGHTS:
        moved, needed = "everything", 0
    projects = np.unique(past.project)
    before = -_log_likelihood(past, start)
    if moved == "nothing" or len(projects) < FOLDS:
        mean = float(before.mean()) if len(before) else 0.0
        return Refit(start, "nothing", past.withdrawals, needed or FOR_INTERCEPT, mean, mean, 0.0)
    folds = np.random.default_rng(seed).permutation(len(projects)) % FOLDS
    fold = folds[np.searchsorted(projects, past.project)]
    after = np.empty(len(before))
    for held in range(FOLDS):
        seen = _part(past, fold != held)
        after[fold == held] = -_log_likelihood(past, fit(seen, start, moved))[fold == held]
    by_project = np.bincount(np.searchsorted(projects, past.project), before - after)
    number = len(projects)
    error = float(by_project.std(ddof=1) * np.sqrt(number) / len(before))
    return Refit(
        fit(past, start, moved),
        moved,
        past.withdrawals,
        needed,
        float(before.mean()),
        float(after.mean()),
        error,
    )


def _log_likelihood(past: Past, model: Model) -> Floats:
    stay = np.minimum(_staying(_persons(past.values, _vector(model))[0], past.first), -1e-12)
    return np.where(past.left, np.log(-np.expm1(stay)), stay)


def _part(past: Past, kept: Flags) -> Past:
    people = np.diff(np.r_[past.first, len(past.values)])
    rows = np.repeat(kept, people)
    first = np.r_[0, np.cumsum(people[kept])[:-1]].astype(np.int64)
    return Past(past.values[rows], first, past.left[kept], past.project[kept], past.withdrawals)
