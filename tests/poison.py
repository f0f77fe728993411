"""A lab in which people have typed two hundred payloads into every field."""

from __future__ import annotations

import datetime as dt
import io
import uuid
from dataclasses import dataclass
from typing import Final

from PIL import Image
from sqlalchemy import select
from sqlalchemy.orm import Session

from db.engine import Database
from db.models import Flag, Project, VoteRound, Workshop, WorkshopBlock
from db.words import STALL_REASONS
from lab.access.commands import add_account
from lab.access.rights import COMMAND_LINE, Actor
from lab.disillusion.upkeep.commands import acknowledge_flag, give_stall_reason, refresh_risk
from lab.engagements.commands import add_contribution, record_engagement, record_pulse
from lab.followthrough import commands as followthrough
from lab.foundation import clock
from lab.lifecycle import commands as lifecycle
from lab.pictures.safe import make_safe
from lab.projects.commands import name_sponsor, publish_project, start_project
from lab.prototypes import commands as prototypes
from lab.stakeholders.commands import add_stakeholder, keep_contact
from lab.voting import commands as votes
from lab.workshops.after.commands import confirm
from lab.workshops.after.proposal import WrapUpChoices
from lab.workshops.board import commands as board
from lab.workshops.plan.agendas import Block
from lab.workshops.plan.commands import plan_workshop
from lab.workshops.room import commands as room
from lab.workshops.room.photos import add_photos
from tests.payloads import Mouth


@dataclass(frozen=True)
class Poisoned:
    """Where what was typed is shown."""

    project: uuid.UUID
    slug: str
    draft: uuid.UUID
    open: uuid.UUID
    open_code: str
    revealed: uuid.UUID
    planned: uuid.UUID
    planned_code: str
    running: uuid.UUID
    running_code: str
    over: uuid.UUID
    over_code: str

    def screens(self) -> list[str]:
        """The addresses of screens, for a facilitator."""
        tabs = (
            "overview",
            "people",
            "expectations",
            "prototypes",
            "votes",
            "workshops",
            "recommendations",
            "replies",
        )
        return [
            *(f"/project?project={self.project}&tab={tab}" for tab in tabs),
            *(f"/vote?round={each}" for each in (self.draft, self.open, self.revealed)),
            *(f"/workshop?workshop={each}" for each in (self.planned, self.running, self.over)),
            f"/at-risk?project={self.project}",
        ]

    def pages(self) -> list[str]:
        """The addresses of pages for phones, walls and the public."""
        codes = (self.open_code, self.planned_code, self.running_code, self.over_code)
        return [
            f"/p/{self.slug}",
            f"/v/{self.revealed}",
            *(f"/j/{code}" for code in codes),
            *(f"/j/{code}/wall" for code in codes),
            f"/j/{self.over_code}/report",
            *(f"/w/{each}/run-sheet" for each in (self.planned, self.running, self.over)),
        ]

    def files(self) -> list[str]:
        """The addresses of what is no page."""
        return [
            f"/j/{self.planned_code}/calendar.ics",
            f"/j/{self.over_code}/report.md",
            f"/v/{self.revealed}/record.json",
            f"/j/{self.running_code}/board.json",
            f"/w/{self.running}/board.json",
        ]


LISTS: Final = (
    "/",
    "/board",
    "/project",
    "/vote",
    "/workshop",
    "/at-risk",
    "/at-risk?view=week",
    "/portfolio",
    "/implementation",
)
"""Screens that show many projects."""


def poison(database: Database, mouth: Mouth) -> Poisoned:
    """A project whose every text is what the mouth says, through the commands that people use."""
    now = clock.now()
    with database.writing() as session:
        return _poison(session, COMMAND_LINE, mouth, now)


def _picture() -> bytes:
    file = io.BytesIO()
    Image.new("RGB", (12, 8), "teal").save(file, format="PNG")
    return file.getvalue()


def _poison(session: Session, actor: Actor, mouth: Mouth, now: dt.datetime) -> Poisoned:
    today = now.date()
    begun = today - dt.timedelta(days=300)
    sponsor = name_sponsor(session, actor, mouth.line(), now)
    project = start_project(
        session,
        actor,
        title=mouth.line(),
        challenge=mouth.paragraph(),
        sponsor=mouth.line(),
        place=mouth.line(),
        opened_on=begun,
        now=now,
    )
    add_account(
        session,
        actor,
        name=mouth.line(),
        email=f"{uuid.uuid4().hex}@example.org",
        role="facilitator",
        password=None,
        now=now,
    )
    _thread(session, actor, project, sponsor, mouth, now)
    rounds = [_round(session, actor, project, mouth, now) for _ in range(3)]
    for each in rounds[1:]:
        votes.open_round(session, actor, each, now)
    votes.enter_paper_ballot(session, actor, rounds[2], marks=(1, 0), now=now)
    votes.close_round(session, actor, rounds[2], reveal=True, now=now)
    workshops = [_workshop(session, actor, project, mouth, now, step) for step in range(3)]
    lifecycle.move_project(session, actor, project, stage="prototype", reason=mouth.paragraph(), now=now)
    publish_project(session, actor, project, now=now)
    refresh_risk(session, [project], as_of=today, now=now)
    flag = session.scalars(select(Flag).where(Flag.project_id == project)).first()
    assert flag is not None, "the project has been silent for long enough"
    review = today + dt.timedelta(days=7)
    acknowledge_flag(session, actor, flag.id, plan=mouth.paragraph(), review_on=review, now=now)
    slug = session.get_one(Project, project).slug
    codes = [session.get_one(VoteRound, each).code for each in rounds]
    ways = [session.get_one(Workshop, each).code for each in workshops]
    return Poisoned(
        project,
        slug,
        rounds[0],
        rounds[1],
        codes[1],
        rounds[2],
        workshops[0],
        ways[0],
        workshops[1],
        ways[1],
        workshops[2],
        ways[2],
    )


def _thread(
    session: Session, actor: Actor, project: uuid.UUID, sponsor: uuid.UUID, mouth: Mouth, now: dt.datetime
) -> None:
    today = now.date()
    long_ago = today - dt.timedelta(days=200)
    who = add_stakeholder(
        session,
        actor,
        project,
        pseudonym=mouth.line(80),
        group="service_user",
        consent_for=mouth.line(),
        joined_on=long_ago,
        now=now,
    )
    keep_contact(session, actor, who, name=mouth.line(), email="a@example.org", phone=mouth.line(40), now=now)
    met = record_engagement(
        session,
        actor,
        project,
        kind="meeting",
        title=mouth.line(),
        chaired_by=mouth.line(),
        held_on=long_ago,
        attended={who: True},
        now=now,
    )
    record_engagement(
        session,
        actor,
        project,
        kind="meeting",
        title=mouth.line(),
        held_on=today + dt.timedelta(days=2),
        now=now,
    )
    said = add_contribution(
        session,
        actor,
        project,
        words=mouth.paragraph(),
        cluster=mouth.line(),
        stakeholder_id=who,
        engagement_id=met,
        said_on=long_ago,
        now=now,
    )
    expected = followthrough.record_expectation(
        session,
        actor,
        project,
        statement=mouth.paragraph(),
        importance=5,
        stakeholder_id=who,
        contribution_id=said,
        recorded_on=long_ago,
        is_public=True,
        now=now,
    )
    followthrough.claim_expectation(
        session, actor, expected, state="not_met", reason=mouth.paragraph(), now=now
    )
    for _ in range(5):
        record_pulse(session, actor, project, trust=1, difference=1, comment=mouth.line(), now=now)
    tried = prototypes.make_prototype(
        session,
        actor,
        project,
        title=mouth.line(),
        question=mouth.paragraph(),
        fidelity="paper",
        contribution_id=said,
        expectation_ids=[expected],
        is_public=True,
        now=now,
    )
    prototypes.add_picture(session, actor, tried, make_safe(_picture()), description=mouth.line(), now=now)
    risk = prototypes.foresee_risk(
        session, actor, project, prototype_id=tried, statement=mouth.paragraph(), stakeholder_id=who, now=now
    )
    prototypes.record_finding(session, actor, risk, finding="accepted", note=mouth.paragraph(), now=now)
    prototypes.record_test(
        session,
        actor,
        tried,
        held_on=today,
        participants=4,
        findings=mouth.paragraph(),
        method=mouth.line(),
        sponsor_present=False,
        decision="recommend",
        now=now,
    )
    asked = [
        followthrough.draft_recommendation(
            session,
            actor,
            project,
            title=mouth.line(),
            words=mouth.paragraph(),
            sponsor_id=sponsor,
            prototype_id=tried,
            expectation_ids=[expected],
            is_public=True,
            recorded_on=long_ago,
            now=now,
        )
        for _ in range(2)
    ]
    for each in asked:
        followthrough.send_recommendation(session, actor, each, on=long_ago, now=now)
    answered = long_ago + dt.timedelta(days=9)
    followthrough.answer_recommendation(
        session, actor, asked[0], answer="accepted", reason=mouth.paragraph(), on=answered, now=now
    )
    followthrough.report_progress(
        session, actor, asked[0], what=mouth.paragraph(), evidence=mouth.line(), on=answered, now=now
    )
    give_stall_reason(session, actor, asked[1], reason=STALL_REASONS[0], note=mouth.paragraph(), now=now)
    followthrough.reply_to_people(
        session,
        actor,
        project,
        what_happened=mouth.paragraph(),
        why=mouth.paragraph(),
        what_next=mouth.paragraph(),
        how=mouth.line(),
        told_on=answered,
        recommendation_ids=asked,
        expectation_ids=[expected],
        now=now,
    )


def _round(session: Session, actor: Actor, project: uuid.UUID, mouth: Mouth, now: dt.datetime) -> uuid.UUID:
    options = [
        (
            prototypes.make_prototype(session, actor, project, title=mouth.line(), fidelity="paper", now=now),
            mouth.line(),
        )
        for _ in range(2)
    ]
    return votes.make_round(
        session,
        actor,
        project,
        question=mouth.line(),
        method="approval",
        options=options,
        decides_next=mouth.line(),
        hear_by=now.date() + dt.timedelta(days=30),
        now=now,
    )


def _workshop(
    session: Session, actor: Actor, project: uuid.UUID, mouth: Mouth, now: dt.datetime, step: int
) -> uuid.UUID:
    """Planned, running, or over and wrapped up."""
    blocks = [Block("ideas", mouth.line(), 20, mouth.line()), Block("dots", mouth.line(), 10, mouth.line())]
    key = plan_workshop(
        session,
        actor,
        project,
        title=mouth.line(),
        place=mouth.line(),
        hosts=mouth.line(),
        begins="14:00",
        held_on=now.date() + dt.timedelta(days=0 if step else 5),
        blocks=blocks,
        now=now,
    )
    if step == 0:
        return key
    room.begin(session, actor, key, now=now)
    cluster = board.add_cluster(session, actor, key, title=mouth.line(80))
    for _ in range(3):
        board.write_note(session, actor, key, words=mouth.line(), cluster_id=cluster, is_paper=True, now=now)
    hidden = board.write_note(session, actor, key, words=mouth.line(), now=now)
    board.hide_note(session, actor, key, hidden, why=mouth.line(), now=now)
    block = session.scalars(select(WorkshopBlock.id).where(WorkshopBlock.workshop_id == key)).first()
    assert block is not None
    add_photos(
        session, actor, key, [make_safe(_picture())], block_id=block, description=mouth.line(180), now=now
    )
    if step == 2:
        room.end_workshop(session, actor, key, now=now)
        choices = WrapUpChoices(
            hear_by=now.date() + dt.timedelta(days=20),
            heard=mouth.paragraph(),
            what_next=mouth.paragraph(),
            chaired_by=mouth.line(),
        )
        confirm(session, actor, key, choices, now=now)
    return key
