"""A lab's own past may move the score, gently, and only when that does better on projects it has not seen."""

from __future__ import annotations

import datetime as dt
import json

import numpy as np
import pytest
from scipy.optimize import approx_fprime
from sqlalchemy import select

from db.engine import Database
from db.models import Event, RiskModel
from lab.access.rights import COMMAND_LINE, Actor
from lab.disillusion.hindsight.conclusion import refitted
from lab.disillusion.hindsight.fitting import DRIVERS, Past, Refit, fit, project_probabilities, refit
from lab.disillusion.hindsight.refit import adopt_refit, fit_to_past
from lab.disillusion.score.model import WEIGHTS, Model
from lab.disillusion.upkeep.model import current_model, models
from lab.disillusion.upkeep.pace import LabPast
from lab.foundation.errors import Conflict, NotAllowed
from tests.conftest import NOW

ONLY_SILENCE = Model({driver: 70.0 if driver == "silence" else 30 / 7 for driver in DRIVERS}, 4.5, 6.0)


def past_of(truth: Model, *, projects: int = 150, seed: int = 3, withdrawals: int | None = None) -> Past:
    """A past that went as that model says: twelve evaluations of each project with one to six people."""
    chance = np.random.default_rng(seed)
    values, first, project = [], [], []
    for number in range(projects):
        usual = chance.beta(1, 2, len(DRIVERS))
        for _ in range(12):
            first.append(len(values))
            project.append(number)
            for _ in range(int(chance.integers(1, 7))):
                drawn = np.clip(usual + chance.normal(0, 0.1, len(DRIVERS)), 0, 1)
                drawn[chance.random(len(DRIVERS)) < 0.15] = np.nan
                drawn[0] = np.nan_to_num(drawn[0])
                values.append(drawn)
    columns, places = np.array(values), np.array(first, dtype=np.int64)
    left = chance.random(len(first)) < project_probabilities(columns, places, truth)
    number = int(left.sum()) if withdrawals is None else withdrawals
    return Past(columns, places, left, np.array(project, dtype=np.int64), number)


def test_probabilities_are_the_scores_own() -> None:
    values = np.array([[1.0] * 8, [0.0] * 8, [0.5] * 4 + [np.nan] * 4])
    found = project_probabilities(values, np.array([0, 2]), Model())
    one = [1 / (1 + np.exp(6.5 - 6.4 * index)) for index in (1.0, 0.0, 0.5)]
    assert found == pytest.approx([1 - (1 - one[0]) * (1 - one[1]), one[2]])


@pytest.fixture(scope="module")
def learnt() -> Refit:
    """What a lab learns of its past when only silence drives people away in it."""
    return refit(past_of(ONLY_SILENCE), Model())


@pytest.fixture(scope="module")
def tried(learnt: Refit) -> Refit:
    """The same once more, of a past that went as was learnt."""
    return refit(past_of(learnt.model, seed=4), learnt.model)


@pytest.mark.slow
def test_a_lab_that_differs_is_learnt_and_a_lab_that_does_not_is_left_alone(learnt: Refit) -> None:
    assert learnt.moved == "everything"
    assert learnt.better
    assert learnt.model.weights["silence"] > 2 * WEIGHTS["silence"]
    assert learnt.model.intercept < 6.0
    assert sum(learnt.model.weights.values()) == pytest.approx(100)
    assert min(learnt.model.weights.values()) >= 0
    same = refit(past_of(Model(intercept=4.5)), Model(intercept=4.5))
    assert not same.better


def test_few_withdrawals_move_nothing_and_some_only_the_base_level() -> None:
    none = refit(past_of(ONLY_SILENCE, withdrawals=9), Model())
    assert (none.moved, none.model, none.better) == ("nothing", Model(), False)
    assert "10 are needed" in refitted(none)
    some = refit(past_of(ONLY_SILENCE, withdrawals=49), Model())
    assert some.moved == "intercept"
    assert some.model.weights == pytest.approx(WEIGHTS)
    assert some.model.slope == pytest.approx(6.4)
    assert some.model.intercept < 6.5


def test_less_past_moves_the_model_less() -> None:
    moves = []
    for number in (2, 20, 150):
        found = fit(past_of(ONLY_SILENCE, projects=number), Model(), "everything").weights
        moves.append(sum(abs(found[driver] - WEIGHTS[driver]) for driver in DRIVERS))
    assert moves[0] < moves[1] < moves[2]
    assert moves[0] < 5


def test_the_best_fit_is_where_no_weight_wants_to_move() -> None:
    past = past_of(ONLY_SILENCE, projects=30)
    found = fit(past, Model(), "intercept")
    spread, centre = 0.75, 6.5

    def loss(intercept: np.ndarray) -> float:
        said = project_probabilities(past.values, past.first, Model(intercept=float(intercept[0])))
        gain = np.where(past.left, np.log(said), np.log1p(-said)).sum()
        return float(-gain / 6 + ((intercept[0] - centre) / spread) ** 2 / 2)

    assert abs(approx_fprime(np.array([found.intercept]), loss, 1e-6)[0]) < 0.01


@pytest.mark.slow
def test_both_models_are_kept_with_date_and_who(
    database: Database, facilitator: Actor, learnt: Refit, tried: Refit
) -> None:
    found, few = learnt, past_of(ONLY_SILENCE, projects=20, withdrawals=9)
    period = {"start": NOW.date(), "end": NOW.date(), "now": NOW}
    with database.reading() as session:
        with pytest.raises(NotAllowed):
            fit_to_past(session, facilitator, few)
        nothing, in_use = fit_to_past(session, COMMAND_LINE, few)
        assert (nothing.moved, in_use) == ("nothing", Model())
    with database.writing() as session:
        with pytest.raises(NotAllowed):
            adopt_refit(session, facilitator, found, in_use, **period)
        assert current_model(session) == in_use == Model()
        adopt_refit(session, COMMAND_LINE, found, in_use, **period)
    with database.reading() as session:
        assert current_model(session) == found.model
        new, old = models(session, COMMAND_LINE)
        assert (new.source, new.in_use, new.made_on) == ("refit", True, NOW.date())
        assert (old.source, old.in_use, old.model) == ("default", False, Model())
        event = session.scalars(select(Event).where(Event.subject_type == "risk_model")).one()
        assert (event.verb, event.subject_id) == ("adopted", new.id)
        assert json.dumps(event.detail)
        past = LabPast(session)
        assert past.until(NOW.date()).model == found.model
        assert past.until(NOW.date() - dt.timedelta(days=1)).model == Model()
        _, in_use = fit_to_past(session, COMMAND_LINE, few)
        assert in_use == found.model
        assert not tried.better
    with database.writing() as session:
        with pytest.raises(Conflict, match="meanwhile"):
            adopt_refit(session, COMMAND_LINE, found, Model(), **period)
        adopt_refit(session, COMMAND_LINE, tried, in_use, **period)
        assert session.scalars(select(RiskModel.in_use)).all().count(True) == 1
        assert current_model(session) == found.model
