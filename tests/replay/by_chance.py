"""A few things that chance does on a day, for tests of the past."""

from __future__ import annotations

import datetime as dt
import random
from collections.abc import Callable

from sqlalchemy.orm import Session

from lab.engagements import commands as engagements
from lab.followthrough import commands as followthrough
from lab.foundation.errors import LabError
from lab.lifecycle import commands as lifecycle
from lab.prototypes import commands as prototypes
from tests.conftest import NOW
from tests.replay.play import Play


def play_by_chance(play: Play, day: int, chance: random.Random) -> None:
    """A few things that chance chooses; what the lab refuses is left out."""
    play.now = NOW + dt.timedelta(days=day)
    hopes = [play.keys["hope"], play.keys["other hope"]]
    some = chance.sample(hopes, chance.randint(0, 2))
    soon = chance.choice((None, play.days(chance.randint(1, 99))))
    act, keys, now = play.actor, play.keys, play.now
    state = chance.choice(("in_hand", "met", "partly_met", "not_met", "open"))
    steps: tuple[Callable[[Session], object], ...] = (
        lambda session: play.edit_ask(
            session, due=soon, expectation_ids=some, cadence_days=chance.choice((10, 30, 90))
        ),
        lambda session: play.edit_hope(
            session, hoped_for=soon, importance=chance.choice((None, 1, 5)),
            is_public=chance.random() < 0.5,
        ),
        lambda session: play.edit_prototype(session, expectation_ids=some, cost_estimate=day),
        lambda session: play.edit_person(session, people=day, voice_role=None),
        lambda session: play.edit_the_project(
            session, cadence_days=chance.choice((7, 28)), sponsor=chance.choice(("", "Harbour Board"))
        ),
        lambda session: followthrough.claim_expectation(
            session, act, keys["hope"], state=state, reason="So it is", now=now
        ),
        lambda session: followthrough.give_verdict(session, act, keys["hope"], verdict="yes", now=now),
        lambda session: followthrough.send_recommendation(session, act, keys["ask"], now=now),
        lambda session: followthrough.answer_recommendation(
            session, act, keys["ask"], answer=chance.choice(("accepted", "declined")), reason="So",
            due=soon, now=now,
        ),
        lambda session: followthrough.report_progress(
            session, act, keys["ask"], what="Going", evidence=chance.choice(("", "Log")), now=now,
            status=chance.choice((None, "in_progress", "implemented", "dropped")),
        ),
        lambda session: prototypes.record_finding(
            session, act, keys["worry"], finding=chance.choice(("occurred_open", "did_not_occur")),
            note=f"{day}", now=now,
        ),
        lambda session: engagements.choose_contribution(
            session, act, keys["said"], chosen=chance.random() < 0.5, now=now
        ),
        lambda session: lifecycle.move_project(
            session, act, keys["project"], stage=chance.choice(("discovery", "co_design", "prototype")),
            reason="So", now=now,
        ),
        lambda session: lifecycle.pause_project(session, act, keys["project"], reason="So", now=now),
        lambda session: lifecycle.resume_project(session, act, keys["project"], now=now),
        lambda session: lifecycle.close_project(
            session, act, keys["project"], outcome="not_implemented", reason="So", now=now
        ),
        lambda session: lifecycle.reopen_project(session, act, keys["project"], reason="So", now=now),
    )  # fmt: skip
    with play.database.writing() as session:
        for step in chance.sample(steps, 3):
            try:
                with session.begin_nested():
                    step(session)
            except LabError:
                session.expire_all()
