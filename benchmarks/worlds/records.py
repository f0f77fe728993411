"""The behavioural lab as records: the same rows and events that the lab's commands would have written,
in bulk."""

from __future__ import annotations

import datetime as dt
import uuid
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
from numpy.random import Generator, SeedSequence, default_rng
from sqlalchemy import Table, insert
from sqlalchemy.orm import Session

from benchmarks.worlds.nature import AFTERMATH, WOUND_UP, Nature
from benchmarks.worlds.play import play
from benchmarks.worlds.recorded import WEEK, Floats, Played, Sponsor
from db.keys import keys_from, new_key
from db.models import Base
from lab.access.commands import add_account, make_lab
from lab.access.rights import COMMAND_LINE
from lab.demo.commands import guard_empty
from lab.demo.script import ASKS, HOPES, NAMES, PLACES, SPONSORS, TITLES
from lab.followthrough.rules import RESPONSE_DAYS
from lab.foundation import clock
from lab.foundation.folding import fold

OLDEST, YOUNGEST = 1100, 30
"""Days ago at which the first and the last project of a lab that still runs were opened."""
COMPLETE = (WOUND_UP + 60 + 2 * AFTERMATH + 365, WOUND_UP + 60 + 2 * AFTERMATH)
"""`oldest` and `youngest` for a lab whose every project has run its course: what a validation needs."""
GROUPS = ("service_user", "service_user", "carer", "front_line", "community", "public_manager", "partner")
SMALLEST_STAFF, PROJECTS_A_TEAM, PROJECTS_A_SPONSOR = 2, 25, 15


@dataclass(frozen=True, slots=True)
class Truth:
    """The ground truth, which is not in the records: for each project, the first days of its weeks, and each
    week's total daily rate of people leaving and being recorded as disappointed. For comparison with the best
    possible prediction; never stored."""

    opened: dict[uuid.UUID, dt.date] = field(default_factory=dict)
    rates: dict[uuid.UUID, Floats] = field(default_factory=dict)

    def rate(self, project_id: uuid.UUID, day: dt.date) -> float:
        """The true rate per day in the week that ended by that day; 0 outside the project's life."""
        rates = self.rates[project_id]
        week = (day - self.opened[project_id]).days // WEEK - 1
        return float(rates[week]) if 0 <= week < len(rates) else 0.0


def fill_behaviour(
    session: Session,
    *,
    seed: int,
    now: dt.datetime,
    projects: int = 28,
    oldest: int = OLDEST,
    youngest: int = YOUNGEST,
    nature: Nature | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> Truth:
    """Fill a database that holds no project with a lab that behaves, the same for the same seed.

    Its projects were opened between `oldest` and `youngest` days ago.

    Raises:
        Conflict: there are projects already, or it is somebody's own lab.
        Invalid: fewer than 1 or more than 100,000 projects are asked for.
    """
    is_named = guard_empty(session, projects)
    chance = default_rng(SeedSequence(seed))
    moment = [int(dt.datetime(2024, 1, 1, tzinfo=dt.UTC).timestamp() * 1000)]

    def key() -> tuple[int, int]:
        moment[0] += 1
        high, low = chance.integers(1 << 37, size=2)
        return moment[0], int(high) << 37 | int(low)

    with keys_from(key):
        if not is_named:
            make_lab(session, name="Tideway Lab (demo)", now=now, is_demo=True)
        register = _Register(now, clock.zone(session), _cast(session, now))
        truth = _live(register, SeedSequence(seed), nature or Nature(), projects, oldest, youngest, progress)
        session.flush()
        register.write(session)
    return truth


def _cast(session: Session, now: dt.datetime) -> list[uuid.UUID]:
    people = (
        ("Edda Morrow", "facilitator"),
        ("Rafael Stone", "facilitator"),
        ("Lena Whitby", "manager"),
        ("Oskar Penn", "administrator"),
    )
    return [
        add_account(
            session,
            COMMAND_LINE,
            name=name,
            email=f"{name.lower().replace(' ', '.')}@tideway.example",
            role=role,
            password=None,
            now=now,
            is_demo=True,
        )
        for name, role in people
    ]


def _live(
    register: _Register,
    seed: SeedSequence,
    nature: Nature,
    projects: int,
    oldest: int,
    youngest: int,
    progress: Callable[[int, int], None] | None,
) -> Truth:
    """Play every project, each with its own random numbers, and add it to the register."""
    shared, *own = (default_rng(child) for child in seed.spawn(projects + 1))
    teams = max(SMALLEST_STAFF, projects // PROJECTS_A_TEAM)
    team = nature.team
    readiness = shared.normal(0, team.lab_spread) + shared.normal(0, team.team_spread, teams)
    load = _load(shared, teams, oldest // WEEK + 2, team.load_memory)
    sponsors = [
        Sponsor(float(shared.normal()), float(shared.normal()), float(shared.beta(*nature.sponsor.shelving)))
        for _ in range(max(len(SPONSORS), projects // PROJECTS_A_SPONSOR))
    ]
    register.name_sponsors(len(sponsors), oldest)
    ages = np.sort(shared.integers(min(youngest, oldest), oldest + 1, projects))[::-1]
    truth = Truth()
    for number, chance in enumerate(own):
        age, place = int(ages[number]), int(chance.integers(len(sponsors)))
        crew = int(chance.integers(teams))
        weeks = load[crew, (oldest - age) // WEEK :]
        played = play(chance, nature, float(readiness[crew]), weeks, sponsors[place], age)
        key = register.take(chance, number, place, age, played)
        truth.opened[key] = register.day(age, 0)
        truth.rates[key] = np.array([rates.sum() for rates in played.hazards])
        if progress:
            progress(number + 1, projects)
    return truth


def _load(chance: Generator, teams: int, weeks: int, memory: float) -> Floats:
    """How overloaded each team is in each week: a spell of work outlasts the week it began in."""
    load = np.empty((teams, weeks))
    load[:, 0] = chance.normal(0, 1, teams)
    for week in range(1, weeks):
        load[:, week] = memory * load[:, week - 1] + chance.normal(0, (1 - memory**2) ** 0.5, teams)
    return load


class _Register:
    """Rows by table, written together at the end."""

    def __init__(self, now: dt.datetime, zone: ZoneInfo, accounts: Sequence[uuid.UUID]) -> None:
        self.now, self.zone, self.today = now, zone, clock.day_in(zone, now)
        self.accounts = accounts
        self.rows: dict[str, list[dict[str, Any]]] = defaultdict(list)
        self.sponsors: list[uuid.UUID] = []

    def day(self, age: int, days: int) -> dt.date:
        """The date `days` after the opening of a project opened `age` days ago."""
        return self.today - dt.timedelta(days=age - days)

    def write(self, session: Session) -> None:
        """Insert everything, parents first, events in chronological order."""
        self.rows["event"].sort(key=lambda row: row["at"])
        for table in Base.metadata.sorted_tables:
            self._insert(session, table, self.rows[table.name])

    @staticmethod
    def _insert(session: Session, table: Table, rows: list[dict[str, Any]]) -> None:
        for start in range(0, len(rows), 5000):
            session.execute(insert(table), rows[start : start + 5000])

    def name_sponsors(self, number: int, oldest: int) -> None:
        """Sponsors with names, the well-known ones first."""
        for place in range(number):
            round_ = place // len(SPONSORS)
            name = SPONSORS[place % len(SPONSORS)] + (f", district {round_ + 1}" if round_ else "")
            key = self._add("sponsor", name=name, name_folded=fold(name))
            self.sponsors.append(key)
            self._event(None, ("sponsor", key), "named", self.today - dt.timedelta(days=oldest + 1))

    def _add(self, table: str, **values: Any) -> uuid.UUID:
        key = new_key()
        self.rows[table].append({"id": key} | values)
        return key

    def _event(
        self,
        project: uuid.UUID | None,
        subject: tuple[str, uuid.UUID],
        verb: str,
        on: dt.date,
        from_state: str | None = None,
        to_state: str | None = None,
        reason: str = "",
        **detail: Any,
    ) -> None:
        at = min(clock.instant_on(on, self.now, self.zone), self.now)
        self._add(
            "event", at=at, day=clock.day_in(self.zone, at), recorded_at=at, actor_id=self.accounts[0],
            project_id=project, subject_type=subject[0], subject_id=subject[1], verb=verb,
            from_state=from_state, to_state=to_state, reason=reason or None, detail=detail,
        )  # fmt: skip

    def take(self, chance: Generator, number: int, sponsor: int, age: int, played: Played) -> uuid.UUID:
        """Add a project; returns its key."""
        return _Writing(self, chance, number, sponsor, age, played).write()


class _Writing:
    """One project being written into the register."""

    def __init__(
        self, register: _Register, chance: Generator, number: int, sponsor: int, age: int, played: Played
    ) -> None:
        self.register, self.chance, self.played = register, chance, played
        self.number, self.age = number, age
        self.sponsor = register.sponsors[sponsor]
        self.project = new_key()
        self.people: list[uuid.UUID] = []
        self.matters: list[uuid.UUID | None] = []
        self.asks: list[uuid.UUID] = []
        self.meetings: list[uuid.UUID] = []

    def write(self) -> uuid.UUID:
        """Add all records of the project, in the order of the thread."""
        self._project()
        self._people()
        self._meetings()
        self._expectations()
        prototype = self._prototype()
        self._recommendations(prototype)
        self._replies()
        self._pulses()
        return self.project

    def _on(self, days: int) -> dt.date:
        return self.register.day(self.age, days)

    def _log(self, kind: str, key: uuid.UUID, verb: str, days: int, *rest: Any, **detail: Any) -> None:
        self.register._event(self.project, (kind, key), verb, self._on(days), *rest, **detail)

    def _project(self) -> None:
        played, number = self.played, self.number
        title, challenge = TITLES[number % len(TITLES)]
        place = PLACES[number % len(PLACES)]
        closed = played.closed
        self.register.rows["project"].append(
            {
                "id": self.project, "slug": f"lived-{number + 1}", "title": f"{title}, {place} {number + 1}",
                "challenge": challenge, "sponsor_id": self.sponsor,
                "owner_id": self.register.accounts[number % 2], "place": place, "place_folded": fold(place),
                "title_folded": fold(f"{title}, {place} {number + 1}"),
                "stage": played.stages[-1][1], "stage_since": self._on(played.stages[-1][0]),
                "opened_on": self._on(0), "cadence_days": played.cadence,
                "outcome": closed[1] if closed else None, "outcome_reason": closed[2] if closed else None,
                "closed_on": self._on(closed[0]) if closed else None,
            }
        )  # fmt: skip
        before = None
        for day, stage in played.stages:
            verb = "moved" if before else "started"
            self._log("project", self.project, verb, day, before, stage)
            before = stage
        if closed:
            self._log("project", self.project, "closed", closed[0], before, closed[1], closed[2])

    def _people(self) -> None:
        for place, person in enumerate(self.played.people):
            left = person.left is not None and person.reason
            key = self.register._add(
                "stakeholder", project_id=self.project,
                pseudonym=f"{NAMES[place % len(NAMES)]} {self.number + 1}-{place + 1}",
                group_name=GROUPS[place % len(GROUPS)],
                voice_role=("voice", "both", "action")[place % 3], expert_by_experience=place % 7 < 2,
                joined_on=self._on(person.joined),
                consent_for="taking part and being told what became of it",
                consent_on=self._on(person.joined), status="withdrawn" if left else "active",
                withdrawn_on=self._on(person.left or 0) if left else None,
                withdrawn_reason=person.reason if left else None,
            )  # fmt: skip
            self.people.append(key)
            self._log("stakeholder", key, "joined", person.joined, None, "active")
            if left:
                self._log(
                    "stakeholder", key, "withdrew", person.left or 0, "active", "withdrawn", person.reason
                )

    def _meetings(self) -> None:
        titles = {"workshop": "Workshop", "test": "Trying it out", "meeting": "Where things stand"}
        for met in self.played.meetings:
            key = self.register._add(
                "engagement", project_id=self.project, kind=met.kind, title=titles[met.kind],
                held_on=self._on(met.day), sponsor_present=met.sponsor_present,
                declared_influence="work_with",
            )  # fmt: skip
            self.meetings.append(key)
            self._log("engagement", key, "recorded", met.day)
            for place, came in met.came.items():
                self.register.rows["attendance"].append(
                    {"engagement_id": key, "stakeholder_id": self.people[place], "attended": came}
                )

    def _expectations(self) -> None:
        chosen = False
        for matter in self.played.matters:
            if not matter.kept:
                self.matters.append(None)
                continue
            owner = self.people[matter.person] if matter.owner_kept else None
            said = self.register._add(
                "contribution", project_id=self.project, stakeholder_id=owner,
                text=HOPES[int(self.chance.integers(len(HOPES)))], chosen=not chosen,
                said_on=self._on(matter.recorded),
            )  # fmt: skip
            chosen = True
            self._log("contribution", said, "said", matter.recorded)
            key = self.register._add(
                "expectation", project_id=self.project, stakeholder_id=owner, contribution_id=said,
                statement=HOPES[int(self.chance.integers(len(HOPES)))], importance=matter.importance,
                confidence=matter.confidence,
                within_power=("yes", "partly", "partly", "no")[int(self.chance.integers(4))],
                said_back=matter.said_back,
                hoped_for=None if matter.hoped_for is None else self._on(matter.hoped_for),
                state=matter.steps[-1][1], recorded_on=self._on(matter.recorded),
            )  # fmt: skip
            self.matters.append(key)
            before = None
            for day, state, reason in matter.steps:
                verb = "claimed" if before else "recorded"
                self._log("expectation", key, verb, day, before, state, reason)
                before = state

    def _prototype(self) -> uuid.UUID | None:
        if not self.played.tests:
            return None
        first = self.played.tests[0][0]
        key = self.register._add(
            "prototype", project_id=self.project, title="Mock-up", fidelity="mock_up",
            question="Does it tell people what to do next?", iteration=len(self.played.tests),
            made_on=self._on(first - 3),
        )  # fmt: skip
        self._log("prototype", key, "made", first - 3)
        for number, (day, participants, present) in enumerate(self.played.tests):
            last = number == len(self.played.tests) - 1
            test = self.register._add(
                "test", project_id=self.project, prototype_id=key, iteration=number + 1,
                held_on=self._on(day), participants=participants, method="think aloud",
                findings="Most knew what to do.", sponsor_present=present,
                decision="recommend" if last else "iterate",
            )  # fmt: skip
            self._log("test", test, "tested", day)
        return key

    def _recommendations(self, prototype: uuid.UUID | None) -> None:
        for number, ask in enumerate(self.played.asks):
            last_step = ask.steps[-1]
            news = [last_step[0], *(day for day, proved in ask.updates if proved)]
            first = None if ask.due is None else min([ask.due, *(was for _, was in ask.moves)])
            key = self.register._add(
                "recommendation", project_id=self.project, prototype_id=prototype, sponsor_id=self.sponsor,
                title=ASKS[number % len(ASKS)], text=f"{ASKS[number % len(ASKS)]}.",
                importance=ask.importance, status=last_step[1], recorded_on=self._on(ask.sent),
                sent_on=self._on(ask.sent), response_due=self._on(ask.sent + RESPONSE_DAYS),
                due=None if ask.due is None else self._on(ask.due), due_moves=len(ask.moves),
                promised_due=None if first is None else self._on(first),
                moved_twice_on=self._on(ask.moves[1][0]) if len(ask.moves) > 1 else None,
                last_news_on=self._on(max(news)),
            )  # fmt: skip
            self.asks.append(key)
            self._log("recommendation", key, "drafted", ask.sent, None, "draft")
            before = "draft"
            for day, status, reason in ask.steps:
                changed = {"due": None} if before == "sent" and ask.due else {}
                self._log("recommendation", key, status, day, before, status, reason, before=changed)
                if before == "sent":
                    self.register._add(
                        "response", recommendation_id=key, answer=status, reason=reason,
                        received_on=self._on(day) if ask.answer_dated else None,
                    )  # fmt: skip
                before = status
            for day, was in ask.moves:
                self._log("recommendation", key, "edited", day, before={"due": str(self._on(was))})
            for day, proved in ask.updates:
                update = self.register._add(
                    "progress_update", recommendation_id=key, what="Work goes on",
                    evidence="Seen at the front desk" if proved else "", done_on=self._on(day),
                )  # fmt: skip
                self._log(
                    "progress_update", update, "reported", day, recommendation=str(key), evidence=proved
                )
            for matter in ask.links:
                self.register.rows["recommendation_expectation"].append(
                    {"recommendation_id": key, "expectation_id": self.matters[matter]}
                )

    def _replies(self) -> None:
        for told in self.played.replies:
            key = self.register._add(
                "reply", project_id=self.project, told_on=self._on(told.day), how="letter",
                what_happened="Where things stand.", why="The sponsor's reason." if told.with_reasons else "",
                next_news_on=self._on(told.day + self.played.cadence),
            )  # fmt: skip
            self._log("reply", key, "told", told.day)
            self.register.rows["reply_expectation"] += [
                {"reply_id": key, "expectation_id": self.matters[matter]} for matter in told.matters
            ]
            self.register.rows["reply_recommendation"] += [
                {"reply_id": key, "recommendation_id": self.asks[ask]} for ask in told.asks
            ]

    def _pulses(self) -> None:
        for felt in self.played.pulses:
            key = self.register._add(
                "pulse", project_id=self.project,
                engagement_id=None if felt.meeting is None else self.meetings[felt.meeting],
                stakeholder_id=None if felt.person is None else self.people[felt.person],
                trust=felt.trust, difference=felt.difference, answered_on=self._on(felt.day),
            )  # fmt: skip
            self._log("pulse", key, "answered", felt.day)
