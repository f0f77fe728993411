"""Who heard back, who waits, what was confirmed and what was foreseen, told from a small lab."""

from __future__ import annotations

import datetime as dt
import uuid

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from db.engine import Database
from db.models import Engagement, Project
from lab.access.rights import Actor
from lab.engagements.commands import edit_engagement, record_engagement
from lab.followthrough import commands as followthrough
from lab.lifecycle.commands import close_project, reopen_project
from lab.projects.commands import edit_project, name_sponsor, start_project
from lab.prototypes import commands as prototypes
from lab.rates.queries import Rates, rates
from lab.stakeholders.commands import add_stakeholder, count_people, withdraw_consent, withdraw_stakeholder
from tests.conftest import NOW

TODAY = NOW.date()


def ago(days: int) -> dt.datetime:
    return NOW - dt.timedelta(days=days)


class Lab:
    """One project, opened 200 days ago, whose people were promised news every 28 days."""

    def __init__(self, session: Session, actor: Actor, title: str = "Letters") -> None:
        self.session, self.actor = session, actor
        self.project = start_project(session, actor, title=title, cadence_days=28, now=ago(200))

    def people(self, count: int, name: str = "Group") -> uuid.UUID:
        return add_stakeholder(
            self.session, self.actor, self.project, pseudonym=name, group="carer", people=count, now=ago(190)
        )

    def met(self, days: int, *people: uuid.UUID) -> None:
        record_engagement(
            self.session, self.actor, self.project, kind="workshop", title="Workshop",
            held_on=ago(days).date(), attended=dict.fromkeys(people, True), now=ago(days),
        )  # fmt: skip

    def told(self, days: int, next_news_in: int | None = None) -> None:
        next_news = ago(days - next_news_in).date() if next_news_in else None
        followthrough.reply_to_people(
            self.session,
            self.actor,
            self.project,
            what_happened="Chosen",
            next_news_on=next_news,
            now=ago(days),
        )

    def expects(self, days: int, stakeholder: uuid.UUID | None = None) -> uuid.UUID:
        return followthrough.record_expectation(
            self.session, self.actor, self.project, statement="An answer", importance=4, within_power="yes",
            stakeholder_id=stakeholder, now=ago(days),
        )  # fmt: skip

    def asks(self, days: int, *expectations: uuid.UUID) -> uuid.UUID:
        sponsor = name_sponsor(self.session, self.actor, "Harbour Office", ago(days))
        key = followthrough.draft_recommendation(
            self.session, self.actor, self.project, title="Write plainly", words="Write plainly",
            sponsor_id=sponsor, expectation_ids=expectations, now=ago(days),
        )  # fmt: skip
        followthrough.send_recommendation(self.session, self.actor, key, now=ago(days))
        return key


def numbers(database: Database, actor: Actor, as_of: dt.date = TODAY) -> Rates:
    with database.reading() as session:
        return rates(session, actor, as_of=as_of)


@pytest.mark.parametrize(
    ("told_after", "expected"),
    [
        (0, (7, 7, 0, 0)),
        (28, (7, 7, 0, 0)),
        (29, (0, 7, 7, 0)),
        (None, (0, 7, 0, 7)),
    ],
)
def test_people_heard_in_time_if_a_reply_came_within_the_cadence(
    database: Database, facilitator: Actor, told_after: int | None, expected: tuple[int, ...]
) -> None:
    with database.writing() as session:
        lab = Lab(session, facilitator)
        lab.met(100, lab.people(7))
        if told_after is not None:
            lab.told(100 - told_after)
    heard = numbers(database, facilitator).heard_back
    assert (heard.told, heard.due, heard.late, heard.never) == expected


def test_a_later_date_that_was_promised_counts_and_what_is_not_yet_due_does_not(
    database: Database, facilitator: Actor
) -> None:
    with database.writing() as session:
        lab = Lab(session, facilitator)
        lab.told(101, next_news_in=50)  # before they met: news in 50 days
        lab.met(100, lab.people(7))
        lab.told(55)
        young = Lab(session, facilitator, "Young")
        young.met(20, young.people(3))
    heard = numbers(database, facilitator).heard_back
    assert (heard.told, heard.due, heard.not_yet_due, heard.projects) == (7, 7, 3, 1)


def test_somebody_seen_again_and_again_must_still_have_heard_in_time(
    database: Database, facilitator: Actor
) -> None:
    with database.writing() as session:
        lab = Lab(session, facilitator)
        group = lab.people(7)
        lab.met(60, group)
        lab.met(10, group)
    heard = numbers(database, facilitator).heard_back
    assert (heard.told, heard.due, heard.never) == (0, 7, 7)


def test_those_who_never_came_or_took_their_consent_back_are_not_counted(
    database: Database, facilitator: Actor
) -> None:
    with database.writing() as session:
        lab = Lab(session, facilitator)
        gone = lab.people(5, "Gone")
        lab.people(9, "Never came")
        lab.met(100, gone)
        withdraw_consent(session, facilitator, gone, ago(5))
    assert numbers(database, facilitator).heard_back.due == 0
    assert numbers(database, facilitator, ago(6).date()).heard_back.due == 5


def _attended(session: Session, actor: Actor, lab: Lab, who: uuid.UUID, came: bool, days: int) -> None:
    """Correct who came to the lab's one workshop."""
    held = session.scalars(select(Engagement).where(Engagement.project_id == lab.project)).one()
    edit_engagement(
        session, actor, held.id, version=held.version, title=held.title, chaired_by="", sponsor_present=None,
        actual_influence=None, attended={who: came}, now=ago(days),
    )  # fmt: skip


@pytest.mark.parametrize("came_first", [True, False])
def test_a_register_corrected_today_changes_who_heard_from_today_on(
    database: Database, facilitator: Actor, came_first: bool
) -> None:
    with database.writing() as session:
        lab = Lab(session, facilitator)
        who = lab.people(7)
        lab.met(100, who)
        if not came_first:
            _attended(session, facilitator, lab, who, False, 90)
        _attended(session, facilitator, lab, who, not came_first, 0)
    then, now = numbers(database, facilitator, ago(1).date()), numbers(database, facilitator)
    assert (then.heard_back.due, now.heard_back.due) == ((7, 0) if came_first else (0, 7))


def test_a_head_count_corrected_today_counts_from_today_on(database: Database, facilitator: Actor) -> None:
    with database.writing() as session:
        lab = Lab(session, facilitator)
        who = lab.people(7)
        lab.met(100, who)
        count_people(session, facilitator, who, people=40, now=ago(0))
    then, now = numbers(database, facilitator, ago(1).date()), numbers(database, facilitator)
    assert (then.heard_back.due, now.heard_back.due) == (7, 40)
    assert (then.heard_back.never, now.heard_back.never) == (7, 40)


def test_a_cadence_made_longer_afterwards_takes_nobody_out_of_those_who_had_to_hear(
    database: Database, facilitator: Actor
) -> None:
    with database.writing() as session:
        lab = Lab(session, facilitator)
        lab.met(100, lab.people(7))
        project = session.get_one(Project, lab.project)
        edit_project(
            session, facilitator, lab.project, version=project.version, title="Letters", challenge="",
            sponsor="", place="", forms=(), mode=None, cycle_phase=None, cadence_days=180,
            now=ago(50),
        )  # fmt: skip
    heard = numbers(database, facilitator).heard_back
    assert (heard.due, heard.never, heard.not_yet_due) == (7, 7, 0)


def test_the_longest_silence_for_the_most_people_comes_first(database: Database, facilitator: Actor) -> None:
    with database.writing() as session:
        small = Lab(session, facilitator, "Small")
        few = small.people(2)
        stalled = small.asks(100, small.expects(120, few))
        large = Lab(session, facilitator, "Large")
        large.expects(130, large.people(40))
        left = large.people(6, "Left")
        asked = large.asks(100, large.expects(120, left))
        large.told(60)
        withdraw_stakeholder(session, facilitator, left, reason="moved", now=ago(50))
    found = numbers(database, facilitator)
    listed = [
        (each.project, each.record_id, each.why, each.people, each.person_days, each.project_person_days)
        for each in found.waiting
    ]
    of_large, of_small = 40 * 60, 2 * 120
    assert listed == [
        ("Large", None, "silent", 40, of_large, of_large),
        ("Large", asked, "unanswered", 0, 0, of_large),
        ("Small", None, "silent", 2, of_small, of_small),
        ("Small", stalled, "unanswered", 2, of_small, of_small),
    ]
    assert (found.waiting_items, found.waiting_person_days) == (4, of_large + of_small)
    assert found.stalled == {"unanswered": 2, "no_news": 0, "past_due": 0, "moved_twice": 0}


def test_claimed_and_confirmed_stand_side_by_side(database: Database, facilitator: Actor) -> None:
    with database.writing() as session:
        lab = Lab(session, facilitator)
        keys = [lab.expects(100) for _ in range(5)]
        for key, state in zip(keys, ["met", "met", "met", "partly_met", "not_met"], strict=True):
            followthrough.claim_expectation(
                session, facilitator, key, state=state, reason="done", now=ago(50)
            )
        for key, verdict in zip(keys, ["yes", "no"], strict=False):
            followthrough.give_verdict(session, facilitator, key, verdict=verdict, now=ago(40))
        followthrough.claim_expectation(
            session, facilitator, keys[1], state="in_hand", reason="they said no", now=ago(30)
        )
    now, before = numbers(database, facilitator).claims, numbers(database, facilitator, ago(35).date()).claims
    assert (now.claimed_met, now.confirmed, now.contradicted, now.unasked, now.claimed_partly) == (
        2,
        1,
        0,
        1,
        1,
    )
    assert (before.claimed_met, before.confirmed, before.contradicted, before.unasked) == (3, 1, 1, 1)


def test_a_risk_written_down_after_the_test_was_not_foreseen(database: Database, facilitator: Actor) -> None:
    with database.writing() as session:
        lab = Lab(session, facilitator)
        prototype = prototypes.make_prototype(
            session, facilitator, lab.project, title="Letter", fidelity="paper", now=ago(90)
        )
        before = prototypes.foresee_risk(
            session, facilitator, lab.project, prototype_id=prototype, statement="Lost", now=ago(80)
        )
        prototypes.record_test(
            session, facilitator, prototype, held_on=ago(70).date(), participants=5, findings="Lost",
            sponsor_present=True, decision="recommend", now=ago(70),
        )  # fmt: skip
        after = prototypes.foresee_risk(
            session, facilitator, lab.project, prototype_id=prototype, statement="Late", now=ago(60)
        )
        for key in (before, after):
            prototypes.record_finding(
                session, facilitator, key, finding="occurred_fixed", note="seen", now=ago(50)
            )
    found = numbers(database, facilitator).foreseen
    assert (found.hits.count, found.hits.total) == (2, 2)
    assert (found.before_the_test.count, found.before_the_test.total) == (1, 2)
    assert numbers(database, facilitator, ago(55).date()).foreseen.findings["untested"] == 2


def test_a_project_stopped_after_discovery_is_apart_and_a_reopened_one_runs(
    database: Database, facilitator: Actor
) -> None:
    with database.writing() as session:
        for title in ("Stopped", "Reopened"):
            lab = Lab(session, facilitator, title)
            close_project(
                session,
                facilitator,
                lab.project,
                outcome="not_implemented",
                reason="solved elsewhere",
                now=ago(90),
            )
        reopen_project(session, facilitator, lab.project, reason="it was not", now=ago(40))
    found, before = numbers(database, facilitator), numbers(database, facilitator, ago(60).date())
    assert (found.stopped, found.implementation.total, found.running) == (1, 1, 1)
    assert (before.stopped, before.implementation.total, before.running) == (2, 2, 0)
    assert found.time_in_stages[0].left == 1
