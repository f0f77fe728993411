"""What a backtest measures, against definitions, another library, and histories small enough to count."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from scipy.stats import mannwhitneyu

from lab.disillusion.hindsight.backtest import (
    ENOUGH,
    Evaluations,
    alarm_series,
    alarms,
    auroc,
    average_precision,
    brier,
    brier_skill,
    calibration_bins,
    calibration_error,
    judge,
    logistic_line,
    precision_at_top,
    resample,
)
from lab.disillusion.hindsight.conclusion import NO_EVIDENCE, headline, needed, remarks
from lab.disillusion.score.levels import WATCH


def flags(*values: int) -> np.ndarray:
    """Outcomes."""
    return np.array(values, dtype=bool)


def history(probabilities: list[list[float]], leavings: list[tuple[int, int]], last: int) -> Evaluations:
    """Projects evaluated on days 0, 14, 28, …, records ending on day `last`."""
    rows = [
        (project, 14 * place, p) for project, ps in enumerate(probabilities) for place, p in enumerate(ps)
    ]
    project, day, probability = (np.array(column) for column in zip(*rows, strict=True))
    left = [any(o == p and d < when <= d + 84 for o, when in leavings) for p, d, _ in rows]
    quiet = np.zeros(len(rows))
    return Evaluations(
        project=project, day=day, probability=probability.astype(float), overdue=quiet.copy(), quiet=quiet,
        left=np.array(left), known=day + 84 <= last, immediate=np.zeros(len(rows), dtype=bool),
        leaving_project=np.array([each for each, _ in leavings], dtype=np.int64),
        leaving_day=np.array([when for _, when in leavings], dtype=np.int64),
    )  # fmt: skip


def test_auroc_is_mann_whitneys_statistic_also_with_ties() -> None:
    chance = np.random.default_rng(5)
    for _ in range(20):
        scores, outcomes = chance.integers(0, 6, 60).astype(float), chance.random(60) < 0.3
        u = mannwhitneyu(scores[outcomes], scores[~outcomes]).statistic
        assert auroc(scores, outcomes) == pytest.approx(u / (outcomes.sum() * (~outcomes).sum()))
    assert np.isnan(auroc(np.arange(3.0), flags(0, 0, 0)))


def test_average_precision_counted_by_hand() -> None:
    # Ordered: hit, miss, hit, miss, hit: (1/1 + 2/3 + 3/5) / 3
    assert average_precision(np.array([0.9, 0.8, 0.7, 0.6, 0.5]), flags(1, 0, 1, 0, 1)) == pytest.approx(
        34 / 45
    )
    # Two tied at the top, one of them a hit: no order between them is invented.
    assert average_precision(np.array([0.9, 0.9, 0.5]), flags(1, 0, 1)) == pytest.approx((1 / 2 + 2 / 3) / 2)
    assert average_precision(np.array([0.5, 0.5, 0.5, 0.5]), flags(1, 0, 0, 0)) == pytest.approx(0.25)


def test_weights_count_like_repetitions() -> None:
    scores, outcomes = np.array([0.1, 0.4, 0.4, 0.8, 0.3]), flags(0, 1, 0, 1, 1)
    weights = np.array([2, 0, 3, 1, 1])
    longer, longer_outcomes = np.repeat(scores, weights), np.repeat(outcomes, weights)
    for measure in (auroc, average_precision, brier_skill):
        weighted = measure(scores, outcomes, weights.astype(float))
        assert weighted == pytest.approx(measure(longer, longer_outcomes))


def test_brier_and_its_skill_by_hand() -> None:
    said, happened = np.array([0.9, 0.2, 0.4]), flags(1, 0, 0)
    assert brier(said, happened) == pytest.approx((0.01 + 0.04 + 0.16) / 3)
    assert brier_skill(said, happened) == pytest.approx(1 - 0.07 / (1 / 3 * 2 / 3))
    assert brier_skill(np.full(3, 1 / 3), happened) == pytest.approx(0)


def test_calibration_line_through_two_groups_is_exact() -> None:
    said = np.repeat([0.2, 0.6], [10, 10])
    happened = np.array([1] * 3 + [0] * 7 + [1] * 5 + [0] * 5, dtype=bool)
    slope, intercept = logistic_line(said, happened)
    log_odds = {p: np.log(p / (1 - p)) for p in (0.2, 0.6, 0.3, 0.5)}
    expected = (log_odds[0.5] - log_odds[0.3]) / (log_odds[0.6] - log_odds[0.2])
    assert slope == pytest.approx(expected, abs=1e-4)
    assert intercept == pytest.approx(log_odds[0.3] - expected * log_odds[0.2], abs=1e-4)
    low, high = calibration_bins(said, happened, 2)
    assert (low.count, low.predicted, low.observed) == (10, pytest.approx(0.2), pytest.approx(0.3))
    assert calibration_error((low, high)) == pytest.approx(0.1)


def test_intervals_come_from_drawing_whole_projects() -> None:
    projects = np.repeat([0, 1], 50)
    outcomes = projects == 0
    drawn = resample(projects, lambda weights: np.average(outcomes, weights=weights), 200, 0)
    assert set(np.round(drawn, 6)) == {0.0, 0.5, 1.0}


def test_the_fields_alert_sequence() -> None:
    said = [0.05, 0.11, 0.09, 0.12, 0.13, 0.10, 0.08, 0.065, 0.075, 0.06, 0.05, 0.12]
    rows = history([said], [], 1000)
    assert alarm_series(rows, rows.probability, WATCH).astype(int).tolist() == [0] * 4 + [1] * 6 + [0] * 2


def test_alerts_withdrawals_and_leads_are_counted_as_somebody_would() -> None:
    calm, alarmed = [0.01] * 20, [0.01] * 4 + [0.5] * 6 + [0.01] * 10
    rows = history([alarmed, alarmed, calm, [0.01] * 18 + [0.5] * 2], [(0, 100), (2, 90), (1, 250)], last=300)
    found = alarms(rows, rows.probability, WATCH)
    # On from day 70 to day 140 in both; the second's leaving on day 250 comes 110 days after: too late.
    assert (found.alerts, found.false, found.undecided) == (3, 1, 1)
    assert (found.withdrawals, found.foreseen, found.median_lead_days) == (3, 1, 30)
    assert (found.decided, found.true) == (2, 1)
    # Spells of 70 days, followed for 84 more: a base rate of 12 weeks counts for 154 / 84 of it.
    base = rows.left[rows.known].mean()
    assert found.by_chance == pytest.approx(2 * (1 - (1 - base) ** (154 / 84)))
    assert found.changes_per_project_year * 80 * 14 / 365.25 == pytest.approx(5)
    assert found.recall == pytest.approx(1 / 3)


def test_an_alert_in_one_project_does_not_run_on_into_the_next() -> None:
    rows = history([[0.01] * 5 + [0.5] * 3, [0.5] * 3 + [0.01] * 5], [], last=1000)
    assert alarms(rows, rows.probability, WATCH).alerts == 2
    on = alarm_series(rows, rows.probability, WATCH)
    assert on.tolist() == [False] * 6 + [True] * 2 + [False, True, True, True, False] + [False] * 3


def test_the_three_highest_of_eighteen() -> None:
    probabilities = [[0.9]] * 3 + [[0.1]] * 15
    rows = history(probabilities, [(0, 10), (1, 20), (17, 30)], last=200)
    assert precision_at_top(rows, rows.probability) == pytest.approx(2 / 3)
    assert precision_at_top(history(probabilities[:17], [], 200), np.zeros(17)) is None


def test_a_short_history_is_said_to_be_short_with_what_is_missing() -> None:
    found = judge(history([[0.1] * 10] * 4, [(0, 50), (1, 60)], last=300))
    assert (found.verdict, found.by, found.calibration) == ("too_short", {}, None)
    assert "2 people left disappointed, in 2 projects" in headline(found)
    assert str(ENOUGH) in remarks(found)[0]
    assert str(needed(0.1)) in remarks(found)[0]


def lab_of(chance: np.random.Generator, *, knows: bool) -> Evaluations:
    """Sixty projects, a third of which lose somebody; the score knows which, or only tosses coins."""
    projects, leavings = [], []
    for project in range(60):
        loses = project % 3 == 0
        level = 0.3 if (loses if knows else chance.random() < 1 / 3) else 0.03
        projects.append(list(np.clip(level + chance.normal(0, 0.02, 20), 0.001, 0.999)))
        if loses:
            leavings.append((project, int(chance.integers(60, 300))))
    rows = history(projects, leavings, last=400)
    return replace(rows, overdue=chance.random(len(rows.day)), quiet=chance.random(len(rows.day)))


def test_a_score_that_knows_is_told_from_one_that_guesses() -> None:
    chance = np.random.default_rng(11)
    knowing, guessing = (judge(lab_of(chance, knows=knows), draws=200) for knows in (True, False))
    assert knowing.verdict == "works"
    assert knowing.by["score"].auroc.low > 0.7
    assert knowing.calibration
    assert knowing.calibration.skill.value > 0
    assert guessing.verdict == "no_evidence"
    assert headline(guessing).startswith(NO_EVIDENCE)
    assert guessing.calibration
    assert guessing.calibration.skill.value < 0
