"""The demo lab: clearly fictional, the same for the same seed, played through the commands people use.

Its shape is the benchmark's: of 28 projects 18 are closed and 9 of those implemented; 10 run, at every stage,
some stalled, one paused, one that lost its people.
"""

from __future__ import annotations

import datetime as dt
import io
import random
import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final

from PIL import Image, ImageDraw
from sqlalchemy import Table, func, insert, select
from sqlalchemy.orm import Session

from db.keys import keys_from, new_key
from db.models import Base, Lab, Project
from lab.access.commands import add_account, make_lab
from lab.access.rights import COMMAND_LINE, Actor
from lab.engagements import commands as engagements
from lab.exchange import demo_workshops
from lab.followthrough import commands as followthrough
from lab.foundation import clock
from lab.foundation.chance import chance_from
from lab.foundation.errors import Conflict, Invalid, LabError
from lab.lifecycle import commands as lifecycle
from lab.pictures.safe import make_safe
from lab.projects import commands as projects
from lab.prototypes import commands as prototypes
from lab.stakeholders import commands as stakeholders
from lab.voting import commands as voting
from lab.voting.intake.ballots import HandedIn, take_ballots
from lab.voting.methods.registry import method_named, method_names
from lab.voting.rules import token_hash

BLOCK: Final = 28
PLAYED: Final = 280
"""Projects played through the commands; a larger lab repeats their history under other names."""
LARGEST: Final = 100_000
DOTS: Final = 5
"""Of each voter, where a vote is by dots."""

SPONSORS = (
    "Eastmere Court Service",
    "Borough of Tallow Bridge",
    "Northfold Health Board",
    "Harrowgate Transport Office",
    "Ministry for Plain Dealing",
)
PLACES = ("Eastmere", "Tallow Bridge", "Northfold", "Little Harrow", "Saltmarsh", "Greywater")
TITLES = (
    ("Court letters people understand", "Why do people miss their hearing?"),
    ("Waiting less at the front desk", "What makes a visit to the office take a morning?"),
    ("Medicines after hospital", "How do people know what to take once they are home?"),
    ("A bus that comes", "Which journeys can nobody make without a car?"),
    ("Business rates on one page", "What stops small shops from paying on time?"),
    ("Home adaptations in weeks", "Why does a handrail take nine months?"),
    ("School places without the worry", "When do families need to know what?"),
    ("Repairs reported once", "Why do tenants report the same repair three times?"),
    ("Care plans families can read", "What do carers need at two in the morning?"),
    ("Safer crossings by the market", "Where do people cross, and why there?"),
    ("Bills in hard times", "How can owing money be talked about early?"),
    ("Leaving care with a key", "What makes a first home last?"),
    ("Allotments for everyone", "Who never gets to the top of the list?"),
    ("Death registered with dignity", "How many offices must a widow visit?"),
)
IDEAS = (
    "Send a text message the day before",
    "Write the date and place first, in large letters",
    "One name and number to call",
    "A drawing of who does what, on the wall",
    "Ask once, and pass it on yourselves",
    "Somebody who has been through it sits with you",
)
HOPES = (
    "I will be told what happens next without having to ask",
    "Letters will say in plain words what I have to do",
    "Somebody will answer within a week",
    "It will take weeks and not months",
    "My mother will be able to use it too",
)
WORRIES = (
    "People change their numbers",
    "It will be dropped when the money ends",
    "Nobody will have read what we wrote",
    "It helps only those who speak up",
)
ASKS = (
    "Send a reminder in plain words before the date",
    "Give every case one named contact",
    "Publish how long each step takes",
    "Train front-line staff with people who use the service",
)
NAMES = ("Heron", "Wren", "Otter", "Badger", "Linnet", "Marten", "Plover", "Stoat")
GROUPS = ("service_user", "service_user", "carer", "front_line", "community", "public_manager", "partner")
RIVALS = (
    ("A call from a person", "Do people pick up, and remember?"),
    ("A card that fits the wallet", "Is it kept where it is needed?"),
    ("A notice at the bus stop", "Does it reach those no letter reaches?"),
)
GROUPS_ASKED = ("service_user", "carer", "front_line")
WHAT_WENT_WRONG = (
    "The budget was moved elsewhere before the trial ended.",
    "The law leaves no room for it; the sponsor will raise it with the ministry.",
    "The trial helped nobody; the people who tried it said so.",
    "Two other programmes took it over.",
)


@dataclass(frozen=True, slots=True)
class _Plot:
    """How one project goes: the stage it reaches, how it ends, and how well people are told on the way."""

    reaches: str
    outcome: str | None = None
    reason: str = ""
    talkative: bool = True
    answered: bool = True
    paused: bool = False
    loses_people: bool = False
    waives: bool = False
    workshop: str = ""
    """How a workshop of it went, beside its other meetings: `planned`, `waiting` or `kept`."""
    age: int = 0
    """Days since it was opened; 0 for chance to decide."""


CLOSED = (
    *(_Plot("implement", "implemented", "Everything accepted has been carried out.") for _ in range(9)),
    *(
        _Plot("implement", "partly_implemented", "Part was carried out; the rest was dropped.")
        for _ in range(4)
    ),
    *(_Plot("recommend", "not_implemented", reason, talkative=False) for reason in WHAT_WENT_WRONG),
    _Plot(
        "discovery", "not_implemented", "Stopped after discovery: another office already solves this well."
    ),
)
RUNNING = (
    _Plot("discovery", age=30, workshop="planned"),
    _Plot("discovery", talkative=False, age=150),
    _Plot("co_design", age=90, workshop="kept"),
    _Plot("co_design", paused=True, age=200),
    _Plot("prototype", age=140, workshop="waiting"),
    _Plot("prototype", waives=True, talkative=False, age=240),
    _Plot("recommend", answered=False, talkative=False, age=450),
    _Plot("recommend", answered=False, talkative=False, age=330),
    _Plot("implement", age=320),
    _Plot("implement", talkative=False, loses_people=True, age=460),
)
_PLOTS = (*CLOSED, *RUNNING)


def guard_empty(session: Session, projects: int) -> bool:
    """Refuse to put a demo lab of so many projects where there is a lab at work; returns whether the demo
    lab has been named already.

    Raises:
        Conflict: there are projects already, or it is somebody's own lab.
        Invalid: fewer than 1 or more than 100,000 projects are asked for.
    """
    if not 1 <= projects <= LARGEST:
        raise Invalid(f"A demo lab can have 1 to {LARGEST:,} projects.")
    lab = session.get(Lab, 1)
    if session.scalar(select(func.count()).select_from(Project)) or (lab is not None and not lab.is_demo):
        raise Conflict("This database is already in use. A demo lab needs an empty one.")
    return lab is not None


def fill_demo(
    session: Session,
    *,
    seed: int,
    now: dt.datetime,
    projects: int = BLOCK,
    plots: Sequence[_Plot] = _PLOTS,
    progress: Callable[[int, int], None] | None = None,
) -> None:
    """Fill a database that holds no project with the demo lab of that seed, whose projects take the plots
    in turn.

    Raises:
        Conflict: there are projects already, or it is somebody's own lab.
        Invalid: fewer than 1 or more than 100,000 projects are asked for.
    """
    is_named = guard_empty(session, projects)
    chance, key_chance = random.Random(seed), random.Random(f"{seed} keys")
    moment = [int(dt.datetime(2024, 1, 1, tzinfo=dt.UTC).timestamp() * 1000)]

    def key() -> tuple[int, int]:
        moment[0] += 1
        return moment[0], key_chance.getrandbits(74)

    with keys_from(key), chance_from(random.Random(f"{seed} votes")):
        if not is_named:
            make_lab(session, name="Lantern Lab (demo)", now=now, is_demo=True)
        theatre = _Theatre(session, chance, now, random.Random(f"{seed} voters"))
        for number in range(min(projects, PLAYED)):
            theatre.play(number, plots[number % len(plots)])
            if progress:
                progress(number + 1, projects)
        session.flush()
        if projects > PLAYED:
            _repeat(session, projects, progress)


class _Theatre:
    """Plays projects one after the other with the same cast."""

    def __init__(
        self, session: Session, chance: random.Random, now: dt.datetime, voters: random.Random
    ) -> None:
        self.session, self.chance, self.now, self.voters = session, chance, now, voters
        self.today = clock.today(session, now)
        self.pictured = 0
        began = now - dt.timedelta(days=1200)
        self.sponsors = [projects.name_sponsor(session, COMMAND_LINE, name, began) for name in SPONSORS]
        self.facilitators = [self._person(name, "facilitator") for name in ("Ines Calder", "Tomas Rudd")]
        self._person("Maren Holt", "manager")
        self._person("Piet Arkwright", "administrator")
        self._person("Dorothea Finch", "sponsor", self.sponsors[0])
        self._person("Samuel Oakes", "sponsor", self.sponsors[1])
        self.residents = [self._person(name, "stakeholder") for name in ("Amina Reyes", "Jon Batt")]

    def _person(self, name: str, role: str, sponsor: uuid.UUID | None = None) -> Actor:
        account = add_account(
            self.session,
            COMMAND_LINE,
            name=name,
            email=f"{name.lower().replace(' ', '.')}@lantern.example",
            role=role,
            password=None,
            now=self.now,
            sponsor_id=sponsor,
            is_demo=True,
        )
        return Actor(account, name, role, sponsor)

    def _ago(self, days: int) -> dt.datetime:
        return self.now - dt.timedelta(days=max(0, days))

    def _day_ago(self, days: int) -> dt.date:
        return clock.day_of(self.session, self._ago(days))

    def play(self, number: int, plot: _Plot) -> None:
        """One project from its opening to its end, or to today."""
        session, chance = self.session, self.chance
        actor = self.facilitators[number % 2]
        age = plot.age or chance.randint(420, 1000)
        ends = 0 if plot.outcome is None else max(20, age - chance.randint(260, 400))
        span = age - ends
        title, challenge = TITLES[number % len(TITLES)]
        place = PLACES[number % len(PLACES)]
        suffix = f", {place}" if number >= len(TITLES) else ""
        if number >= BLOCK * 3:
            suffix += f" {number // BLOCK}"
        sponsor = number % len(SPONSORS)
        project = projects.start_project(
            session,
            actor,
            title=title + suffix,
            challenge=challenge,
            sponsor=SPONSORS[sponsor],
            place=place,
            forms=chance.sample(
                ["co_commissioning", "co_design", "co_delivery", "co_assessment"], k=number % 2 + 1
            ),
            mode=("consumer", "participative", "enhanced")[number % 3],
            cycle_phase=("prevention", "detection", "treatment", "recovery")[number % 4],
            now=self._ago(age),
        )
        people = self._gather(actor, project, number, age, plot)
        self._meet(actor, project, people, age - span // 8, plot, "First workshop")
        hopes = self._hear(actor, project, people, age - span // 8)
        if plot.reaches != "discovery":
            self._move(actor, project, "co_design", age - span // 6)
        prototype = None
        if plot.reaches in ("prototype", "recommend", "implement"):
            self._move(actor, project, "prototype", age - span // 4)
            prototype = self._try(actor, project, hopes, people, age - span // 3, plot)
            if not plot.waives:
                self._vote(actor, project, prototype, age - span // 3, number, plot.reaches == "prototype")
            self._meet(actor, project, people, age - span // 3, plot, "Trying it out")
        if plot.reaches in ("recommend", "implement"):
            reason = "The minister wants it before the summer" if plot.waives else ""
            self._move(actor, project, "recommend", age - span // 2, reason)
            self._recommend(actor, project, hopes, prototype, age - span // 2, ends, plot, sponsor)
        if plot.talkative:
            for days in range(age - span // 4, ends, -45):
                self._tell(actor, project, days, hopes)
        if plot.loses_people:
            for stakeholder, reason in zip(
                people[:-1], ("disappointed", "disappointed", "no_time"), strict=False
            ):
                stakeholders.withdraw_stakeholder(
                    session, actor, stakeholder, reason=reason, now=self._ago(chance.randint(5, 25))
                )
        if plot.paused:
            lifecycle.pause_project(
                session, actor, project, reason="Waiting for the new contract", now=self._ago(30)
            )
        if plot.workshop:
            chart = make_safe(_drawing(self.voters))
            demo_workshops.hold(session, actor, project, plot.workshop, now=self.now, chart=chart)
        if plot.outcome:
            self._end(actor, project, hopes, ends, plot)
        self._publish(actor, project, public=plot.outcome is not None or number % 2 == 0)

    def _gather(
        self, actor: Actor, project: uuid.UUID, number: int, age: int, plot: _Plot
    ) -> list[uuid.UUID]:
        people = []
        for place in range(self.chance.randint(3, 7)):
            account = None
            if place == 0 and (number % 4 == 3 or plot.reaches == "prototype"):
                account = self.residents[number // 4 % 2].account_id
            people.append(
                stakeholders.add_stakeholder(
                    self.session,
                    actor,
                    project,
                    pseudonym=f"{NAMES[place]} {number + 1}",
                    group=GROUPS[place],
                    voice_role=("voice", "both", "action")[place % 3],
                    expert_by_experience=place < 2,
                    people=1 if place < 4 else self.chance.randint(2, 30),
                    consent_for="taking part and being told what became of it",
                    account_id=account,
                    now=self._ago(age - 2),
                )
            )
        return people

    def _meet(
        self, actor: Actor, project: uuid.UUID, people: list[uuid.UUID], days: int, plot: _Plot, title: str
    ) -> None:
        came = {
            each: self.chance.random() < (0.55 if plot.loses_people or not plot.talkative else 0.85)
            for each in people
        }
        engagement = engagements.record_engagement(
            self.session,
            actor,
            project,
            kind="test" if title.startswith("Trying") else "workshop",
            title=title,
            held_on=self._day_ago(days),
            agenda_set_by=self.chance.choice(["lab", "both", "participants"]),
            sponsor_present=plot.talkative or self.chance.random() < 0.3,
            declared_influence="work_with",
            actual_influence="work_with" if plot.talkative else "ask",
            attended=came,
            now=self._ago(days),
        )
        low = 2 if not plot.talkative else 3
        for each in [person for person, here in came.items() if here]:
            engagements.record_pulse(
                self.session,
                actor,
                project,
                trust=self.chance.randint(low, 5 if plot.talkative else 4),
                difference=self.chance.randint(low, 5 if plot.talkative else 4),
                stakeholder_id=each,
                engagement_id=engagement,
                now=self._ago(days),
            )

    def _hear(self, actor: Actor, project: uuid.UUID, people: list[uuid.UUID], days: int) -> list[uuid.UUID]:
        hopes = []
        for place, stakeholder in enumerate(people[:4]):
            said = engagements.add_contribution(
                self.session,
                actor,
                project,
                words=self.chance.choice(IDEAS),
                stakeholder_id=stakeholder,
                now=self._ago(days),
            )
            if place == 0:
                engagements.choose_contribution(
                    self.session, actor, said, chosen=True, now=self._ago(days - 1)
                )
            hopes.append(
                followthrough.record_expectation(
                    self.session,
                    actor,
                    project,
                    statement=self.chance.choice(HOPES),
                    importance=self.chance.randint(2, 5),
                    within_power=self.chance.choice(["yes", "partly", "partly", "no"]),
                    said_back=self.chance.choice(["will", "will_if", "cannot_promise", None]),
                    stakeholder_id=stakeholder,
                    contribution_id=said,
                    hoped_for=self._day_ago(days - self.chance.randint(120, 300))
                    if days > 300
                    else self.today + dt.timedelta(days=self.chance.randint(30, 200)),
                    is_public=place < 2,
                    now=self._ago(days),
                )
            )
        return hopes

    def _try(
        self,
        actor: Actor,
        project: uuid.UUID,
        hopes: list[uuid.UUID],
        people: list[uuid.UUID],
        days: int,
        plot: _Plot,
    ) -> uuid.UUID:
        prototype = prototypes.make_prototype(
            self.session,
            actor,
            project,
            title=self.chance.choice(["Paper letter", "Role play at the desk", "Mock-up of a message"]),
            fidelity=self.chance.choice(["paper", "role_play", "mock_up", "storyboard"]),
            question="Does it tell people what to do next?",
            cost_estimate=self.chance.randrange(200, 9000, 100),
            expectation_ids=hopes[:2],
            is_public=True,
            now=self._ago(days + 3),
        )
        if self.pictured < 6:
            self.pictured += 1
            picture = make_safe(_drawing(self.chance), filename="sketch.png")
            prototypes.add_picture(
                self.session,
                actor,
                prototype,
                picture,
                description="A sketch of the letter: a date in large letters above three short lines",
                now=self._ago(days),
            )
        worry = prototypes.foresee_risk(
            self.session,
            actor,
            prototype,
            statement=self.chance.choice(WORRIES),
            stakeholder_id=people[0],
            now=self._ago(days + 2),
        )
        if not plot.waives:
            prototypes.record_test(
                self.session,
                actor,
                prototype,
                held_on=self._day_ago(days),
                participants=self.chance.randint(4, 14),
                method="think aloud",
                findings="Most knew what to do; the second paragraph was skipped.",
                sponsor_present=plot.talkative,
                decision="recommend",
                now=self._ago(days),
            )
            prototypes.record_finding(
                self.session,
                actor,
                worry,
                finding=self.chance.choice(["did_not_occur", "occurred_fixed"]),
                note="Seen in the test",
                now=self._ago(days),
            )
        return prototype

    def _vote(
        self,
        actor: Actor,
        project: uuid.UUID,
        prototype: uuid.UUID,
        days: int,
        number: int,
        is_fresh: bool,
    ) -> None:
        """The people choose between the prototype and its rivals: another method in each project. Where the
        prototype is still fresh the vote is open now."""
        session, voters = self.session, self.voters
        now = self.now if is_fresh else self._ago(days)
        rivals = [
            prototypes.make_prototype(
                session, actor, project, title=title, fidelity="sketch", question=question, now=now
            )
            for title, question in RIVALS[: 1 + number % 3]
        ]
        method = method_names()[number % len(method_names())]
        groups = GROUPS_ASKED if number % 2 else ()
        round_id = voting.make_round(
            session,
            actor,
            project,
            question="Which of these should we try first?",
            method=method,
            budget=DOTS,
            options=[(prototype, "The one we tried together"), *((each, "A sketch") for each in rivals)],
            groups=groups,
            decides_next="The sponsor's service board",
            hear_by=clock.day_of(self.session, now + dt.timedelta(days=28)),
            now=now,
        )
        voting.open_round(session, actor, round_id, now)
        ballots = [
            HandedIn(
                round_id,
                token_hash(round_id, f"voter {place}"),
                _marks(method, len(rivals) + 1, voters),
                group=voters.choice(groups) if groups else None,
                worries={0: voters.choice(WORRIES)} if place == 0 and is_fresh else {},
            )
            for place in range(voters.randint(9, 40))
        ]
        refused = [each for each in take_ballots(session, ballots, now=now) if isinstance(each, LabError)]
        if refused:
            raise refused[0]
        for _ in range(number % 3):
            marks = _marks(method, len(rivals) + 1, voters)
            voting.enter_paper_ballot(
                session, actor, round_id, marks=marks, group=groups[0] if groups else None, now=now
            )
        if not is_fresh:
            voting.close_round(session, actor, round_id, now=now)

    def _recommend(
        self,
        actor: Actor,
        project: uuid.UUID,
        hopes: list[uuid.UUID],
        prototype: uuid.UUID | None,
        days: int,
        ends: int,
        plot: _Plot,
        sponsor: int,
    ) -> None:
        asked = []
        for place, title in enumerate(self.chance.sample(ASKS, k=3 if plot.reaches == "implement" else 2)):
            recommendation = followthrough.draft_recommendation(
                self.session,
                actor,
                project,
                title=title,
                words=f"{title}. This is what people tried and asked for.",
                sponsor_id=self.sponsors[sponsor],
                importance=self.chance.randint(2, 5),
                prototype_id=prototype,
                expectation_ids=hopes[place : place + 2],
                is_public=True,
                now=self._ago(days),
            )
            followthrough.send_recommendation(self.session, actor, recommendation, now=self._ago(days - 2))
            asked.append(recommendation)
        if not plot.answered:
            return
        for place, recommendation in enumerate(asked):
            answered = max(ends + 2, days - 10 - self.chance.randint(5, 80))
            no = plot.outcome == "not_implemented" or (place == 2 and plot.outcome != "implemented")
            followthrough.answer_recommendation(
                self.session,
                actor,
                recommendation,
                answer="declined" if no else self.chance.choice(["accepted", "accepted", "partly_accepted"]),
                reason="The law asks for a letter; we will raise it."
                if no
                else "We agree with what people found.",
                now=self._ago(answered),
            )
            if no:
                continue
            if place == 0 and plot.reaches == "implement":
                self._move(actor, project, "implement", answered)
            if not plot.talkative and plot.outcome is None:
                continue
            begun = max(ends + 1, answered - 20)
            followthrough.report_progress(
                self.session,
                actor,
                recommendation,
                what="Work has begun",
                evidence=f"Order {self.chance.randint(100, 999)}",
                status="in_progress",
                now=self._ago(begun),
            )
            if plot.outcome:
                done = plot.outcome == "implemented" or place == 0
                followthrough.report_progress(
                    self.session,
                    actor,
                    recommendation,
                    what="In use everywhere" if done else "Dropped: the money ran out",
                    evidence="Seen at the front desk" if done else "",
                    status="implemented" if done else "dropped",
                    now=self._ago(max(ends, begun - 40)),
                )
            else:
                followthrough.report_progress(
                    self.session,
                    actor,
                    recommendation,
                    what="The first two offices use it",
                    evidence="Log of the offices",
                    now=self._ago(self.chance.randint(3, 20)),
                )

    def _tell(self, actor: Actor, project: uuid.UUID, days: int, hopes: list[uuid.UUID]) -> None:
        told = self._ago(days)
        followthrough.reply_to_people(
            self.session,
            actor,
            project,
            what_happened=self.chance.choice(
                [
                    "We sorted what you said and chose two ideas to try.",
                    "The sponsor has your recommendations.",
                ]
            ),
            what_next="We try it with eight of you.",
            how="letter and message",
            next_news_on=clock.day_of(self.session, told + dt.timedelta(days=42)),
            expectation_ids=hopes[:2],
            now=told,
        )

    def _end(self, actor: Actor, project: uuid.UUID, hopes: list[uuid.UUID], ends: int, plot: _Plot) -> None:
        when = self._ago(ends)
        followthrough.reply_to_people(
            self.session,
            actor,
            project,
            what_happened=f"The project has ended. {plot.reason}",
            why=plot.reason,
            expectation_ids=hopes,
            now=when,
        )
        states = {
            "implemented": ["met", "met", "partly_met"],
            "partly_implemented": ["met", "partly_met", "not_met"],
        }
        for hope in hopes:
            state = self.chance.choice(states.get(plot.outcome or "", ["not_met"]))
            followthrough.claim_expectation(
                self.session, actor, hope, state=state, reason=plot.reason, now=when
            )
            if self.chance.random() < 0.6:
                followthrough.give_verdict(
                    self.session,
                    actor,
                    hope,
                    verdict={"met": "yes", "partly_met": "partly"}.get(state, "no")
                    if self.chance.random() < 0.8
                    else "partly",
                    now=when + dt.timedelta(days=min(ends, 10)),
                )
        lifecycle.close_project(
            self.session, actor, project, outcome=plot.outcome or "", reason=plot.reason, now=when
        )

    def _move(self, actor: Actor, project: uuid.UUID, stage: str, days: int, reason: str = "") -> None:
        lifecycle.move_project(self.session, actor, project, stage=stage, reason=reason, now=self._ago(days))

    def _publish(self, actor: Actor, project_id: uuid.UUID, *, public: bool) -> None:
        row = self.session.get(Project, project_id)
        if row is not None:
            row.is_public = public


def _marks(method: str, options: int, voters: random.Random) -> tuple[int, ...]:
    """A ballot of somebody who likes the first options a little better, as a rule."""
    liking = [voters.gauss(1 - place / 2, 1) for place in range(options)]
    return method_named(method).ballot_of(liking, DOTS)


def _drawing(chance: random.Random) -> bytes:
    """A sketch of a letter, as somebody might have drawn it."""
    image = Image.new("RGB", (900, 640), "#f6f1e4")
    draw = ImageDraw.Draw(image)
    draw.rounded_rectangle((180, 40, 720, 600), 12, fill="white", outline="#4a4a4a", width=3)
    draw.rectangle((230, 100, 560, 160), fill=chance.choice(["#0b5f66", "#7a3b1d", "#3b4a7a"]))
    for line in range(3):
        top = 220 + 60 * line
        draw.line(
            (230, top, 480 + chance.randint(0, 180), top + chance.randint(-4, 4)), fill="#777", width=10
        )
    draw.ellipse((560, 470, 660, 570), outline="#b3261e", width=8)
    content = io.BytesIO()
    image.save(content, "PNG")
    return content.getvalue()


def _repeat(session: Session, wanted: int, progress: Callable[[int, int], None] | None) -> None:
    """Copy the history of the played projects under new keys and names until there are `wanted`. Votes
    are not copied: their records are sealed under the round's own key. Nor are boards: a code has one."""
    played = list(session.scalars(select(Project.id).order_by(Project.id)))
    tables = [table for table in Base.metadata.sorted_tables if _belongs_to_projects(table)]
    rows = {table: [dict(row) for row in session.execute(select(table)).mappings()] for table in tables}
    own = {row["id"] for table in tables if "id" in table.c for row in rows[table]}
    project_of = _owners(tables, rows)
    made = len(played)
    turn = 0
    while made < wanted:
        turn += 1
        copied = set(played[: wanted - made])
        renamed = {key: new_key() for key in sorted(own) if project_of.get(key) in copied}
        for table in tables:
            copies = [
                _copy(table, row, renamed, turn) for row in rows[table] if _is_copied(row, project_of, copied)
            ]
            for start in range(0, len(copies), 5000):
                session.execute(insert(table), copies[start : start + 5000])
        made += len(copied)
        if progress:
            progress(made, wanted)


def _belongs_to_projects(table: Table) -> bool:
    if table.name.startswith(("vote_", "ballot", "workshop", "note", "cluster", "stale_project")):
        return False
    if table.name in ("project", "event") or "project_id" in table.c:
        return True
    owners = {"engagement", "prototype", "recommendation", "reply", "stakeholder"}
    return any(key.column.table.name in owners for key in table.foreign_keys)


def _owners(tables: list[Table], rows: dict[Table, list[dict[str, Any]]]) -> dict[uuid.UUID, uuid.UUID]:
    owner: dict[uuid.UUID, uuid.UUID] = {}
    for table in tables:
        for row in rows[table]:
            if table.name == "project":
                owner[row["id"]] = row["id"]
            elif "id" in row:
                parent = row.get("project_id") or row.get("recommendation_id") or row.get("prototype_id")
                if parent is not None:
                    owner[row["id"]] = owner.get(parent, parent)
    return owner


def _is_copied(row: dict[str, Any], project_of: dict[uuid.UUID, uuid.UUID], copied: set[uuid.UUID]) -> bool:
    if row.get("subject_type") in ("vote_round", "workshop", "note"):
        return False
    for name, value in row.items():
        if isinstance(value, uuid.UUID) and (name == "id" or name.endswith("_id")) and value in project_of:
            return project_of[value] in copied
    return False


def _copy(
    table: Table, row: dict[str, Any], renamed: dict[uuid.UUID, uuid.UUID], turn: int
) -> dict[str, Any]:
    copy = {
        name: renamed.get(value, value) if isinstance(value, uuid.UUID) else value
        for name, value in row.items()
    }
    if table.name == "project":
        copy["slug"] = f"{row['slug']}-again-{turn}"
        copy["title"] = f"{row['title']} · {turn + 1}"
    if table.name == "foreseen_risk":
        copy["round_id"] = None
    if table.name == "event" and "recommendation" in row["detail"]:
        key = uuid.UUID(row["detail"]["recommendation"])
        copy["detail"] = row["detail"] | {"recommendation": str(renamed.get(key, key))}
    return copy
