"""A past day's numbers never change, whatever happens after it."""

from __future__ import annotations

import datetime as dt
import random
import uuid
from collections import defaultdict

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from db.engine import Database
from db.models import (
    Engagement,
    Expectation,
    ForeseenRisk,
    Project,
    ProjectForm,
    Recommendation,
    Sponsor,
    Stakeholder,
    recommendation_expectation,
)
from db.words import OUTCOMES, STAGES
from lab.access.rights import Actor
from lab.engagements import commands as engagements
from lab.followthrough import commands as followthrough
from lab.followthrough.rules import EXPECTATION_STEPS, RECOMMENDATION_STEPS
from lab.lifecycle import commands as lifecycle
from lab.projects.commands import edit_project, start_project
from lab.prototypes import commands as prototypes
from lab.rates.queries import rates_report
from lab.stakeholders import commands as stakeholders
from tests.conftest import NOW

pytestmark = pytest.mark.slow

WEEKS = 75


class Life:
    """A lab to which something happens every few days, chosen by chance among all that can."""

    def __init__(self, session: Session, actor: Actor, seed: int) -> None:
        self.session, self.actor, self.chance = session, actor, random.Random(seed)
        self.now = NOW - dt.timedelta(weeks=WEEKS)
        self.keys: dict[str, list[uuid.UUID]] = defaultdict(list)

    def until(self, day: dt.date) -> None:
        """Live until that day, the day included."""
        while True:
            later = self.now + dt.timedelta(hours=self.chance.randint(4, 60))
            if later.date() > day:
                self.now = dt.datetime.combine(day + dt.timedelta(days=1), dt.time(), tzinfo=dt.UTC)
                return
            self.now = later
            self._something()

    def _something(self) -> None:
        if (len(self.keys["project"]) < 14 and self.chance.random() < 0.12) or not self.keys["project"]:
            key = start_project(
                self.session,
                self.actor,
                title=f"Project {len(self.keys['project'])}",
                sponsor=self.chance.choice(["Harbour Office", "Mill Board"]),
                place=self.chance.choice(["Quay", "Hill"]),
                forms=[self.chance.choice(["co_design", "co_delivery"])],
                cadence_days=self.chance.choice([14, 28, 60]),
                now=self.now,
            )
            self.keys["project"].append(key)
            return
        project = self.session.get(Project, self.chance.choice(self.keys["project"]))
        assert project is not None
        acts = [self._join, self._meet, self._expect, self._try, self._recommend, self._tell, self._edit]
        acts += [
            self._correct,
            self._step,
            self._step,
            self._claim,
            self._judge,
            self._find,
            self._leave,
            self._move,
        ]
        self.chance.choice(acts)(project)

    def _of(self, kind: str, model: type, project: Project) -> list:
        found = [self.session.get(model, key) for key in self.keys[kind]]
        return [each for each in found if each.project_id == project.id]

    def _join(self, project: Project) -> None:
        key = stakeholders.add_stakeholder(
            self.session, self.actor, project.id, pseudonym=f"Person {uuid.uuid4().hex[:8]}",
            group="service_user", people=self.chance.randint(1, 9), now=self.now,
        )  # fmt: skip
        self.keys["person"].append(key)

    def _leave(self, project: Project) -> None:
        here = [each for each in self._of("person", Stakeholder, project) if each.status == "active"]
        if here and self.chance.random() < 0.4:
            stakeholders.withdraw_stakeholder(
                self.session, self.actor, self.chance.choice(here).id, reason="no_time", now=self.now
            )

    def _meet(self, project: Project) -> None:
        people = self._of("person", Stakeholder, project)
        engagements.record_engagement(
            self.session, self.actor, project.id, kind="workshop", title="Workshop", held_on=self.now.date(),
            sponsor_present=self.chance.choice([True, False, None]), declared_influence="ask",
            actual_influence=self.chance.choice(["tell", "ask"]),
            attended={each.id: self.chance.random() < 0.7 for each in people}, now=self.now,
        )  # fmt: skip

    def _correct(self, project: Project) -> None:
        """Who came to the last workshop, how many a group stands for, and how often people hear."""
        people = self._of("person", Stakeholder, project)
        held = self.session.scalars(
            select(Engagement).where(Engagement.project_id == project.id).order_by(Engagement.held_on.desc())
        ).first()
        if held is not None:
            engagements.edit_engagement(
                self.session, self.actor, held.id, version=held.version, title=held.title, chaired_by="",
                sponsor_present=held.sponsor_present, actual_influence=held.actual_influence,
                attended={each.id: self.chance.random() < 0.5 for each in people}, now=self.now,
            )  # fmt: skip
        if people:
            stakeholders.count_people(
                self.session, self.actor, self.chance.choice(people).id,
                people=self.chance.randint(1, 9), now=self.now,
            )  # fmt: skip
        edit_project(
            self.session, self.actor, project.id, version=project.version, title=project.title,
            challenge=project.challenge, sponsor=self.session.get_one(Sponsor, project.sponsor_id).name,
            place=project.place, forms=self._forms(project), mode=project.mode, cycle_phase=None,
            cadence_days=self.chance.choice([14, 28, 60, 90]), now=self.now,
        )  # fmt: skip

    def _forms(self, project: Project) -> list[str]:
        carried = select(ProjectForm.form).where(ProjectForm.project_id == project.id)
        return list(self.session.scalars(carried))

    def _expect(self, project: Project) -> None:
        people = [None, *self._of("person", Stakeholder, project)]
        person = self.chance.choice(people)
        key = followthrough.record_expectation(
            self.session, self.actor, project.id, statement="To be told", importance=3, within_power="yes",
            stakeholder_id=person.id if person else None, now=self.now,
        )  # fmt: skip
        self.keys["expectation"].append(key)

    def _claim(self, project: Project) -> None:
        for each in self._of("expectation", Expectation, project)[:2]:
            state = self.chance.choice(EXPECTATION_STEPS[each.state])
            followthrough.claim_expectation(
                self.session, self.actor, each.id, state=state, reason="as agreed", now=self.now
            )

    def _judge(self, project: Project) -> None:
        for each in self._of("expectation", Expectation, project):
            if each.state in ("met", "partly_met", "not_met"):
                verdict = self.chance.choice(["yes", "partly", "no"])
                followthrough.give_verdict(self.session, self.actor, each.id, verdict=verdict, now=self.now)

    def _try(self, project: Project) -> None:
        prototype = prototypes.make_prototype(
            self.session, self.actor, project.id, title="Letter", fidelity="paper", now=self.now
        )
        people = self._of("person", Stakeholder, project)
        self.keys["risk"].append(
            prototypes.foresee_risk(
                self.session, self.actor, project.id, prototype_id=prototype, statement="Lost in the post",
                now=self.now, stakeholder_id=self.chance.choice(people).id if people else None,
            )
        )  # fmt: skip
        if self.chance.random() < 0.5:
            prototypes.record_test(
                self.session, self.actor, prototype, held_on=self.now.date(), participants=6, findings="Read",
                sponsor_present=self.chance.random() < 0.5, decision="recommend", now=self.now,
            )  # fmt: skip

    def _find(self, project: Project) -> None:
        for each in self._of("risk", ForeseenRisk, project)[-2:]:
            finding = self.chance.choice(["did_not_occur", "occurred_fixed", "occurred_open", "accepted"])
            prototypes.record_finding(
                self.session, self.actor, each.id, finding=finding, note="Seen", now=self.now
            )

    def _recommend(self, project: Project) -> None:
        served = [each.id for each in self._of("expectation", Expectation, project)][:2]
        key = followthrough.draft_recommendation(
            self.session, self.actor, project.id, title="Say it plainly", words="Say it plainly",
            sponsor_id=project.sponsor_id, expectation_ids=served, cadence_days=14, now=self.now,
            due=self.now.date() + dt.timedelta(days=60) if self.chance.random() < 0.5 else None,
        )  # fmt: skip
        self.keys["recommendation"].append(key)

    def _step(self, project: Project) -> None:
        asked = self._of("recommendation", Recommendation, project)
        for each in asked[-2:]:
            status = self.chance.choice(RECOMMENDATION_STEPS[each.status])
            if status == "sent":
                followthrough.send_recommendation(self.session, self.actor, each.id, now=self.now)
            elif each.status in ("sent", "declined"):
                followthrough.answer_recommendation(
                    self.session, self.actor, each.id, answer=status, reason="because", now=self.now,
                    is_date_known=self.chance.random() < 0.9,
                )  # fmt: skip
            else:
                moved = status if self.chance.random() < 0.5 else None
                if moved is None and each.status in ("declined", "dropped"):
                    continue
                followthrough.report_progress(
                    self.session,
                    self.actor,
                    each.id,
                    what="Begun",
                    evidence="Log",
                    status=moved,
                    now=self.now,
                )

    def _edit(self, project: Project) -> None:
        for each in self._of("recommendation", Recommendation, project)[:1]:
            links = recommendation_expectation.c
            served = self.session.scalars(
                select(links.expectation_id).where(links.recommendation_id == each.id)
            ).all()
            followthrough.edit_recommendation(
                self.session, self.actor, each.id, version=each.version, title=each.title, words=each.text,
                importance=each.importance, cadence_days=each.cadence_days, is_public=False, now=self.now,
                due=self.now.date() + dt.timedelta(days=self.chance.randint(1, 90)) if each.due else None,
                expectation_ids=served,
            )  # fmt: skip

    def _tell(self, project: Project) -> None:
        next_news = self.now.date() + dt.timedelta(days=40) if self.chance.random() < 0.5 else None
        followthrough.reply_to_people(
            self.session,
            self.actor,
            project.id,
            what_happened="We chose",
            next_news_on=next_news,
            now=self.now,
        )

    def _move(self, project: Project) -> None:
        if project.outcome:
            if self.chance.random() < 0.3:
                lifecycle.reopen_project(
                    self.session, self.actor, project.id, reason="too early", now=self.now
                )
        elif project.paused_on:
            lifecycle.resume_project(self.session, self.actor, project.id, now=self.now)
        elif (drawn := self.chance.random()) < 0.15:
            outcome = self.chance.choice(OUTCOMES)
            lifecycle.close_project(
                self.session, self.actor, project.id, outcome=outcome, reason="as it was", now=self.now
            )
        elif drawn < 0.25:
            lifecycle.pause_project(self.session, self.actor, project.id, reason="summer", now=self.now)
        else:
            stage = self.chance.choice([each for each in STAGES if each != project.stage])
            lifecycle.move_project(
                self.session, self.actor, project.id, stage=stage, reason="as agreed", now=self.now
            )


def _differences(again: dict, then: dict) -> str:
    return "\n".join(
        f"{day} {name}\n  was {was}\n  now {again[day][name]}"
        for day, report in then.items()
        for name, was in report.items()
        if again[day][name] != was
    )


@pytest.mark.parametrize(
    ("empty_database", "seed"),
    [("sqlite", 0), pytest.param("postgres", 1, marks=pytest.mark.postgres)],
    indirect=["empty_database"],
)
def test_what_happens_later_never_changes_the_numbers_of_a_day(
    database: Database, facilitator: Actor, seed: int
) -> None:
    days = [NOW.date() - dt.timedelta(weeks=each) for each in (60, 40, 20)]
    then: dict[dt.date, dict[str, object]] = {}
    with database.writing() as session:
        life = Life(session, facilitator, seed)
        for day in days:
            life.until(day)
            session.flush()
            then[day] = rates_report(session, facilitator, day)
        life.until(NOW.date())
        session.flush()
        now = rates_report(session, facilitator, NOW.date())
        again = {day: rates_report(session, facilitator, day) for day in days}
    assert again == then, _differences(again, then)
    # And there was something to leak.
    assert now["recommendations"] != then[days[0]]["recommendations"]
    assert now["heard_back"] != then[days[0]]["heard_back"]
    assert sum(now["outcomes"].values()) > 0
