"""One project of the demo lab, from its opening to its end or to today."""

from __future__ import annotations

import datetime as dt
import random
import uuid
from typing import Final

from lab.demo import workshops as demo_workshops
from lab.demo.drawing import drawing
from lab.demo.script import (
    ASKS,
    BLOCK,
    GROUPS,
    GROUPS_ASKED,
    HOPES,
    IDEAS,
    NAMES,
    PLACES,
    RIVALS,
    SPONSORS,
    TITLES,
    WORRIES,
    Plot,
)
from lab.demo.theatre import Theatre
from lab.engagements import commands as engagements
from lab.followthrough import commands as followthrough
from lab.foundation import clock
from lab.foundation.errors import LabError
from lab.lifecycle import commands as lifecycle
from lab.pictures.safe import make_safe
from lab.projects import commands as projects
from lab.prototypes import commands as prototypes
from lab.stakeholders import commands as stakeholders
from lab.voting import commands as voting
from lab.voting.intake.ballots import BallotIn, take_ballots
from lab.voting.methods.registry import method_named, method_names
from lab.voting.rules import token_hash

PICTURES: Final = 6
"""How many prototypes get a picture."""
DOTS: Final = 5
"""Dots per voter."""


class Story:
    """One project and how it goes. Days count back from today: 300 is 300 days ago."""

    def __init__(self, theatre: Theatre, number: int, plot: Plot) -> None:
        self.theatre, self.number, self.plot = theatre, number, plot
        self.session, self.chance, self.now, self.today = (
            theatre.session, theatre.chance, theatre.now, theatre.today,
        )  # fmt: skip
        self.actor = theatre.facilitators[number % 2]
        self.sponsor = number % len(SPONSORS)
        self.age = plot.age or self.chance.randint(420, 1000)
        self.ends = 0 if plot.outcome is None else max(20, self.age - self.chance.randint(260, 400))
        self.span = self.age - self.ends

    def play(self) -> None:
        """Play it through the commands, stage after stage."""
        age, span, plot = self.age, self.span, self.plot
        self.project = self._open()
        self.people = self._gather()
        self._meet(age - span // 8, "First workshop")
        self.hopes = self._hear(age - span // 8)
        if plot.reaches != "discovery":
            self._move("co_design", age - span // 6)
        prototype = self._prototype() if plot.reaches in ("prototype", "recommend", "implement") else None
        if plot.reaches in ("recommend", "implement"):
            reason = "The minister wants it before the summer" if plot.waives else ""
            self._move("recommend", age - span // 2, reason)
            self._recommend(prototype, age - span // 2)
        if plot.talkative:
            for days in range(age - span // 4, self.ends, -45):
                self._reply(days)
        self._turn()
        if plot.outcome:
            self._end()
        self._publish()

    def _ago(self, days: int) -> dt.datetime:
        return self.now - dt.timedelta(days=max(0, days))

    def _day_ago(self, days: int) -> dt.date:
        return clock.day_of(self.session, self._ago(days))

    def _open(self) -> uuid.UUID:
        number = self.number
        title, challenge = TITLES[number % len(TITLES)]
        place = PLACES[number % len(PLACES)]
        suffix = f", {place}" if number >= len(TITLES) else ""
        if number >= BLOCK * 3:
            suffix += f" {number // BLOCK}"
        return projects.start_project(
            self.session,
            self.actor,
            title=title + suffix,
            challenge=challenge,
            sponsor=SPONSORS[self.sponsor],
            place=place,
            forms=self.chance.sample(
                ["co_commissioning", "co_design", "co_delivery", "co_assessment"], k=number % 2 + 1
            ),
            mode=("consumer", "participative", "enhanced")[number % 3],
            cycle_phase=("prevention", "detection", "treatment", "recovery")[number % 4],
            now=self._ago(self.age),
        )

    def _prototype(self) -> uuid.UUID:
        """The stage Prototype: trying something out, and voting about it unless the lab is in a hurry."""
        days = self.age - self.span // 3
        self._move("prototype", self.age - self.span // 4)
        prototype = self._try(days)
        if not self.plot.waives:
            self._vote(prototype, days)
        self._meet(days, "Trying it out")
        return prototype

    def _turn(self) -> None:
        """What happens to some projects alone: people leave, work pauses, a workshop is held."""
        session, actor = self.session, self.actor
        if self.plot.loses_people:
            reasons = ("disappointed", "disappointed", "no_time")
            for stakeholder, reason in zip(self.people[:-1], reasons, strict=False):
                stakeholders.withdraw_stakeholder(
                    session, actor, stakeholder, reason=reason, now=self._ago(self.chance.randint(5, 25))
                )
        if self.plot.paused:
            lifecycle.pause_project(
                session, actor, self.project, reason="Waiting for the new contract", now=self._ago(30)
            )
        if self.plot.workshop:
            chart = make_safe(drawing(self.theatre.voters))
            demo_workshops.hold(session, actor, self.project, self.plot.workshop, now=self.now, chart=chart)

    def _gather(self) -> list[uuid.UUID]:
        people = []
        for index in range(self.chance.randint(3, 7)):
            account = None
            if index == 0 and (self.number % 4 == 3 or self.plot.reaches == "prototype"):
                account = self.theatre.residents[self.number // 4 % 2].account_id
            people.append(
                stakeholders.add_stakeholder(
                    self.session,
                    self.actor,
                    self.project,
                    pseudonym=f"{NAMES[index]} {self.number + 1}",
                    group=GROUPS[index],
                    voice_role=("voice", "both", "action")[index % 3],
                    expert_by_experience=index < 2,
                    people=1 if index < 4 else self.chance.randint(2, 30),
                    consent_for="taking part and being told what became of it",
                    account_id=account,
                    now=self._ago(self.age - 2),
                )
            )
        return people

    def _meet(self, days: int, title: str) -> None:
        came = {
            each: self.chance.random() < (0.55 if self.plot.loses_people or not self.plot.talkative else 0.85)
            for each in self.people
        }
        engagement = engagements.record_engagement(
            self.session,
            self.actor,
            self.project,
            kind="test" if title.startswith("Trying") else "workshop",
            title=title,
            held_on=self._day_ago(days),
            agenda_set_by=self.chance.choice(["lab", "both", "participants"]),
            sponsor_present=self.plot.talkative or self.chance.random() < 0.3,
            declared_influence="work_with",
            actual_influence="work_with" if self.plot.talkative else "ask",
            attended=came,
            now=self._ago(days),
        )
        low = 2 if not self.plot.talkative else 3
        for each in [person for person, here in came.items() if here]:
            engagements.record_pulse(
                self.session,
                self.actor,
                self.project,
                trust=self.chance.randint(low, 5 if self.plot.talkative else 4),
                difference=self.chance.randint(low, 5 if self.plot.talkative else 4),
                stakeholder_id=each,
                engagement_id=engagement,
                now=self._ago(days),
            )

    def _hear(self, days: int) -> list[uuid.UUID]:
        hopes = []
        for index, stakeholder in enumerate(self.people[:4]):
            contribution = engagements.add_contribution(
                self.session,
                self.actor,
                self.project,
                words=self.chance.choice(IDEAS),
                stakeholder_id=stakeholder,
                now=self._ago(days),
            )
            if index == 0:
                engagements.choose_contribution(
                    self.session, self.actor, contribution, chosen=True, now=self._ago(days - 1)
                )
            hopes.append(
                followthrough.record_expectation(
                    self.session,
                    self.actor,
                    self.project,
                    statement=self.chance.choice(HOPES),
                    importance=self.chance.randint(2, 5),
                    within_power=self.chance.choice(["yes", "partly", "partly", "no"]),
                    said_back=self.chance.choice(["will", "will_if", "cannot_promise", None]),
                    stakeholder_id=stakeholder,
                    contribution_id=contribution,
                    hoped_for=self._day_ago(days - self.chance.randint(120, 300))
                    if days > 300
                    else self.today + dt.timedelta(days=self.chance.randint(30, 200)),
                    is_public=index < 2,
                    now=self._ago(days),
                )
            )
        return hopes

    def _try(self, days: int) -> uuid.UUID:
        prototype = prototypes.make_prototype(
            self.session,
            self.actor,
            self.project,
            title=self.chance.choice(["Paper letter", "Role play at the desk", "Mock-up of a message"]),
            fidelity=self.chance.choice(["paper", "role_play", "mock_up", "storyboard"]),
            question="Does it tell people what to do next?",
            cost_estimate=self.chance.randrange(200, 9000, 100),
            expectation_ids=self.hopes[:2],
            is_public=True,
            now=self._ago(days + 3),
        )
        if self.theatre.pictured < PICTURES:
            self.theatre.pictured += 1
            picture = make_safe(drawing(self.chance), filename="sketch.png")
            prototypes.add_picture(
                self.session,
                self.actor,
                prototype,
                picture,
                description="A sketch of the letter: a date in large letters above three short lines",
                now=self._ago(days),
            )
        worry = prototypes.foresee_risk(
            self.session,
            self.actor,
            self.project,
            prototype_id=prototype,
            statement=self.chance.choice(WORRIES),
            stakeholder_id=self.people[0],
            now=self._ago(days + 2),
        )
        if not self.plot.waives:
            prototypes.record_test(
                self.session,
                self.actor,
                prototype,
                held_on=self._day_ago(days),
                participants=self.chance.randint(4, 14),
                method="think aloud",
                findings="Most knew what to do; the second paragraph was skipped.",
                sponsor_present=self.plot.talkative,
                decision="recommend",
                now=self._ago(days),
            )
            prototypes.record_finding(
                self.session,
                self.actor,
                worry,
                finding=self.chance.choice(["did_not_occur", "occurred_fixed"]),
                note="Seen in the test",
                now=self._ago(days),
            )
        return prototype

    def _vote(self, prototype: uuid.UUID, days: int) -> None:
        """People choose between the prototype and its rivals: another method in each project. Where the
        prototype is still fresh the vote is open now."""
        session, voters = self.session, self.theatre.voters
        is_fresh = self.plot.reaches == "prototype"
        now = self.now if is_fresh else self._ago(days)
        rivals = [
            prototypes.make_prototype(
                session, self.actor, self.project, title=title, fidelity="sketch", question=question, now=now
            )
            for title, question in RIVALS[: 1 + self.number % 3]
        ]
        method = method_names()[self.number % len(method_names())]
        groups = GROUPS_ASKED if self.number % 2 else ()
        round_id = voting.make_round(
            session,
            self.actor,
            self.project,
            question="Which of these should we try first?",
            method=method,
            budget=DOTS,
            options=[(prototype, "The one we tried together"), *((each, "A sketch") for each in rivals)],
            groups=groups,
            decides_next="The sponsor's service board",
            hear_by=clock.day_of(session, now + dt.timedelta(days=28)),
            now=now,
        )
        voting.open_round(session, self.actor, round_id, now)
        ballots = [
            BallotIn(
                round_id,
                token_hash(round_id, f"voter {index}"),
                _marks(method, len(rivals) + 1, voters),
                group=voters.choice(groups) if groups else None,
                worries={0: voters.choice(WORRIES)} if index == 0 and is_fresh else {},
            )
            for index in range(voters.randint(9, 40))
        ]
        refused = [each for each in take_ballots(session, ballots, now=now) if isinstance(each, LabError)]
        if refused:
            raise refused[0]
        for _ in range(self.number % 3):
            marks = _marks(method, len(rivals) + 1, voters)
            voting.enter_paper_ballot(
                session, self.actor, round_id, marks=marks, group=groups[0] if groups else None, now=now
            )
        if not is_fresh:
            voting.close_round(session, self.actor, round_id, now=now)

    def _recommend(self, prototype: uuid.UUID | None, days: int) -> None:
        asked = []
        for index, title in enumerate(
            self.chance.sample(ASKS, k=3 if self.plot.reaches == "implement" else 2)
        ):
            recommendation = followthrough.draft_recommendation(
                self.session,
                self.actor,
                self.project,
                title=title,
                words=f"{title}. This is what people tried and asked for.",
                sponsor_id=self.theatre.sponsors[self.sponsor],
                importance=self.chance.randint(2, 5),
                prototype_id=prototype,
                expectation_ids=self.hopes[index : index + 2],
                is_public=True,
                now=self._ago(days),
            )
            followthrough.send_recommendation(
                self.session, self.actor, recommendation, now=self._ago(days - 2)
            )
            asked.append(recommendation)
        if self.plot.answered:
            for index, recommendation in enumerate(asked):
                self._answer(recommendation, index, days)

    def _answer(self, recommendation: uuid.UUID, index: int, days: int) -> None:
        answered = max(self.ends + 2, days - 10 - self.chance.randint(5, 80))
        no = self.plot.outcome == "not_implemented" or (index == 2 and self.plot.outcome != "implemented")
        followthrough.answer_recommendation(
            self.session,
            self.actor,
            recommendation,
            answer="declined" if no else self.chance.choice(["accepted", "accepted", "partly_accepted"]),
            reason="The law asks for a letter; we will raise it."
            if no
            else "We agree with what people found.",
            now=self._ago(answered),
        )
        if no:
            return
        if index == 0 and self.plot.reaches == "implement":
            self._move("implement", answered)
        if self.plot.talkative or self.plot.outcome:
            self._carry_out(recommendation, index, max(self.ends + 1, answered - 20))

    def _carry_out(self, recommendation: uuid.UUID, index: int, begun: int) -> None:
        followthrough.report_progress(
            self.session,
            self.actor,
            recommendation,
            what="Work has begun",
            evidence=f"Order {self.chance.randint(100, 999)}",
            status="in_progress",
            now=self._ago(begun),
        )
        if self.plot.outcome:
            done = self.plot.outcome == "implemented" or index == 0
            followthrough.report_progress(
                self.session,
                self.actor,
                recommendation,
                what="In use everywhere" if done else "Dropped: the money ran out",
                evidence="Seen at the front desk" if done else "",
                status="implemented" if done else "dropped",
                now=self._ago(max(self.ends, begun - 40)),
            )
        else:
            followthrough.report_progress(
                self.session,
                self.actor,
                recommendation,
                what="The first two offices use it",
                evidence="Log of the offices",
                now=self._ago(self.chance.randint(3, 20)),
            )

    def _reply(self, days: int) -> None:
        when = self._ago(days)
        followthrough.reply_to_people(
            self.session,
            self.actor,
            self.project,
            what_happened=self.chance.choice(
                [
                    "We sorted what you said and chose two ideas to try.",
                    "The sponsor has your recommendations.",
                ]
            ),
            what_next="We try it with eight of you.",
            how="letter and message",
            next_news_on=clock.day_of(self.session, when + dt.timedelta(days=42)),
            expectation_ids=self.hopes[:2],
            now=when,
        )

    def _end(self) -> None:
        when = self._ago(self.ends)
        followthrough.reply_to_people(
            self.session,
            self.actor,
            self.project,
            what_happened=f"The project has ended. {self.plot.reason}",
            why=self.plot.reason,
            expectation_ids=self.hopes,
            now=when,
        )
        states = {
            "implemented": ["met", "met", "partly_met"],
            "partly_implemented": ["met", "partly_met", "not_met"],
        }
        for hope in self.hopes:
            state = self.chance.choice(states.get(self.plot.outcome or "", ["not_met"]))
            followthrough.claim_expectation(
                self.session, self.actor, hope, state=state, reason=self.plot.reason, now=when
            )
            if self.chance.random() < 0.6:
                followthrough.give_verdict(
                    self.session,
                    self.actor,
                    hope,
                    verdict={"met": "yes", "partly_met": "partly"}.get(state, "no")
                    if self.chance.random() < 0.8
                    else "partly",
                    now=when + dt.timedelta(days=min(self.ends, 10)),
                )
        lifecycle.close_project(
            self.session,
            self.actor,
            self.project,
            outcome=self.plot.outcome or "",
            reason=self.plot.reason,
            now=when,
        )

    def _move(self, stage: str, days: int, reason: str = "") -> None:
        lifecycle.move_project(
            self.session, self.actor, self.project, stage=stage, reason=reason, now=self._ago(days)
        )

    def _publish(self) -> None:
        if self.plot.outcome is not None or self.number % 2 == 0:
            projects.publish_project(self.session, self.actor, self.project, now=self._ago(self.ends))


def _marks(method: str, options: int, voters: random.Random) -> tuple[int, ...]:
    """A random ballot that prefers the first options a little."""
    liking = [voters.gauss(1 - index / 2, 1) for index in range(options)]
    return method_named(method).ballot_of(liking, DOTS)
