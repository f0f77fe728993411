"""A small lab of random steps and edits, each by its command; what the lab refuses is left out."""

from __future__ import annotations

import datetime as dt
import random
import uuid
from collections.abc import Callable
from dataclasses import dataclass

from sqlalchemy.orm import Session

from db.models import Engagement, Project, Recommendation
from lab.access.rights import COMMAND_LINE
from lab.engagements.commands import edit_engagement
from lab.followthrough import commands as followthrough
from lab.foundation.errors import LabError
from lab.projects.commands import start_project
from lab.prototypes.commands import make_prototype
from lab.stakeholders.commands import add_stakeholder, count_people
from lab.voting.commands import close_round, make_round, open_round
from lab.workshops.after.commands import confirm
from lab.workshops.after.proposal import WrapUpChoices
from lab.workshops.plan.agendas import Block
from lab.workshops.plan.commands import plan_workshop
from lab.workshops.room.commands import begin, end_workshop
from tests.conftest import NOW

DAY = dt.timedelta(days=1)
BEGUN = NOW - 300 * DAY


@dataclass(frozen=True)
class Known:
    """The keys of a project and of what belongs to it."""

    project: uuid.UUID
    people: list[uuid.UUID]
    hopes: list[uuid.UUID]
    asks: list[uuid.UUID]
    prototypes: list[uuid.UUID]


def scribble(session: Session, seed: int) -> None:
    """Three public projects over 300 days."""
    chance = random.Random(seed)
    for number in range(3):
        known = _project(session, chance, number)
        for after in sorted(chance.sample(range(3, 290), 30)):
            _something(session, chance, known, BEGUN + after * DAY)


def _project(session: Session, chance: random.Random, number: int) -> Known:
    project = start_project(
        session, COMMAND_LINE, title=f"Project {number}", challenge="Why?", sponsor="Court Service",
        cadence_days=chance.choice((14, 28, 90)), opened_on=BEGUN.date(), now=BEGUN,
    )  # fmt: skip
    row = session.get_one(Project, project)
    row.is_public, row.slug = True, f"project-{number}"
    sponsor = row.sponsor_id
    assert sponsor is not None
    people = [
        add_stakeholder(
            session, COMMAND_LINE, project, pseudonym=f"P{number}{each}", group="service_user",
            voice_role="voice", people=chance.randint(1, 9), consent_for="this", now=BEGUN,
        )
        for each in range(3)
    ]  # fmt: skip
    hopes = [
        followthrough.record_expectation(
            session, COMMAND_LINE, project, statement=f"Hope {each}", importance=chance.randint(1, 5),
            within_power="yes", stakeholder_id=chance.choice([*people, None]), now=BEGUN + DAY,
        )
        for each in range(3)
    ]  # fmt: skip
    asks = [
        followthrough.draft_recommendation(
            session, COMMAND_LINE, project, title=f"Ask {each}", words="Please.", sponsor_id=sponsor,
            cadence_days=chance.choice((10, 30, 200)), is_public=True, now=BEGUN + 2 * DAY,
            expectation_ids=chance.sample(hopes, chance.randint(0, 3)),
        )
        for each in range(3)
    ]  # fmt: skip
    prototypes = [
        make_prototype(session, COMMAND_LINE, project, title=title, fidelity="paper", now=BEGUN + 2 * DAY)
        for title in ("Letter", "Visit")
    ]
    return Known(project, people, hopes, asks, prototypes)


def _something(session: Session, chance: random.Random, known: Known, now: dt.datetime) -> None:
    project, ask = known.project, chance.choice(known.asks)
    row = session.get_one(Recommendation, ask)
    soon = now.date() + dt.timedelta(days=chance.randint(1, 200))

    def edit() -> object:
        return followthrough.edit_recommendation(
            session, COMMAND_LINE, ask, version=row.version, title=row.title, words=row.text,
            importance=chance.randint(1, 5), cadence_days=chance.choice((10, 30, 200)),
            due=chance.choice((None, soon)), is_public=True, now=now,
            expectation_ids=chance.sample(known.hopes, chance.randint(0, 3)),
        )  # fmt: skip

    steps: dict[str, Callable[[], object]] = {
        "send": lambda: followthrough.send_recommendation(session, COMMAND_LINE, ask, now=now),
        "answer": lambda: followthrough.answer_recommendation(
            session, COMMAND_LINE, ask, answer="accepted", reason="", due=soon, now=now
        ),
        "progress": lambda: followthrough.report_progress(
            session, COMMAND_LINE, ask, what="Going", evidence=chance.choice(("", "Log")), now=now
        ),
        "edit": edit,
        "reply": lambda: followthrough.reply_to_people(
            session, COMMAND_LINE, project, what_happened="News", is_public=chance.random() < 0.5,
            next_news_on=chance.choice((None, soon)), now=now,
        ),
        "workshop": lambda: _workshop(session, chance, known, soon, now),
        "vote": lambda: _vote(session, known, soon, now),
        "count": lambda: count_people(
            session, COMMAND_LINE, chance.choice(known.people), people=chance.randint(1, 9), now=now
        ),
    }  # fmt: skip
    drawn = ("send", "answer", "progress", "edit", "edit", "reply", "workshop", "vote", "count")
    try:
        with session.begin_nested():
            steps[chance.choice(drawn)]()
    except LabError:
        session.expire_all()


def _workshop(
    session: Session, chance: random.Random, known: Known, hear_by: dt.date, now: dt.datetime
) -> None:
    """Held and wrapped up with a promise of news; the register is made, and corrected weeks later."""
    key = plan_workshop(
        session, COMMAND_LINE, known.project, title="Workshop", held_on=now.date(), now=now,
        blocks=[Block("welcome", "Welcome", 10)],
    )  # fmt: skip
    begin(session, COMMAND_LINE, key, now=now)
    end_workshop(session, COMMAND_LINE, key, now=now)
    confirm(session, COMMAND_LINE, key, WrapUpChoices(hear_by=hear_by, heard="Much"), now=now)
    for later in (now, now + 25 * DAY):
        held = session.get_one(Engagement, key)
        edit_engagement(
            session, COMMAND_LINE, key, version=held.version, title=held.title, chaired_by="",
            sponsor_present=None, actual_influence=None, now=min(later, NOW),
            attended={each: chance.random() < 0.5 for each in known.people},
        )  # fmt: skip


def _vote(session: Session, known: Known, hear_by: dt.date, now: dt.datetime) -> None:
    """Counted and shown, with a promise of news."""
    key = make_round(
        session, COMMAND_LINE, known.project, question="Which first?", method="approval", hear_by=hear_by,
        options=[(each, "") for each in known.prototypes], now=now,
    )  # fmt: skip
    open_round(session, COMMAND_LINE, key, now)
    close_round(session, COMMAND_LINE, key, reveal=True, now=now)
