"""A running workshop with notes on its board, and hosts who are signed in."""

from __future__ import annotations

import random
import uuid
from dataclasses import dataclass

from sqlalchemy import insert, select

from db.engine import Database
from db.keys import new_key
from db.models import Note, Workshop, WorkshopBlock
from db.words import GROUPS, NOTE_KINDS
from lab.access.commands import add_account
from lab.access.rights import COMMAND_LINE
from lab.foundation import clock
from lab.projects.commands import start_project
from lab.workshops.board import changing
from lab.workshops.board import commands as board
from lab.workshops.plan.agendas import TEMPLATES
from lab.workshops.plan.commands import plan_workshop
from lab.workshops.room.commands import begin, go_to
from tests.accounts import session_for

APP = "tests/journeys/note_board_app.py"
PASSWORD = "amber kettle bridge"
SAID = (
    "The heating is off when the children come home from school.",
    "Nobody answers the phone before ten.",
    "My landlord says it is the council, the council says it is my landlord.",
    "A neighbour who knows the forms would help more than another leaflet.",
    "Draught under every door",
    "Pay by the week, not by the quarter: a quarter's bill comes when there is nothing left to pay it with, "
    "and then everything else is late as well.",
    "Ask us before you choose the windows",
)


@dataclass(frozen=True)
class RunningBoard:
    """How to reach a running workshop's board."""

    id: uuid.UUID
    code: str

    @property
    def path(self) -> str:
        """Where `note_board_app` shows it."""
        return f"/?workshop={self.id}"


def run_a_workshop(database: Database) -> RunningBoard:
    """A 90-minute discovery workshop whose room is writing down what it sees."""
    now = clock.now()
    with database.writing() as session:
        project_id = start_project(
            session, COMMAND_LINE, title="Warm homes", challenge="How do we keep homes warm?", now=now
        )
        workshop_id = plan_workshop(
            session, COMMAND_LINE, project_id, title="Warm homes", held_on=now.date(),
            blocks=TEMPLATES["discovery"].blocks, now=now,
        )  # fmt: skip
        begin(session, COMMAND_LINE, workshop_id, now=now)
        go_to(session, COMMAND_LINE, workshop_id, place=2, now=now)
        code = session.scalars(select(Workshop.code).where(Workshop.id == workshop_id)).one()
    return RunningBoard(workshop_id, code)


def put_up(
    database: Database, workshop_id: uuid.UUID, notes: int, cluster_titles: tuple[str, ...] = ()
) -> list[uuid.UUID]:
    """Notes from phones of every group, dealt out to new clusters with these titles and the new notes."""
    chance, now = random.Random(notes), clock.now()
    keys = [new_key() for _ in range(notes)]
    with database.writing() as session:
        columns = [
            None,
            *(board.add_cluster(session, COMMAND_LINE, workshop_id, title=each) for each in cluster_titles),
        ]
        revision = changing.next_revision(session, workshop_id)
        block = session.scalars(
            select(WorkshopBlock.id).where(WorkshopBlock.workshop_id == workshop_id).limit(1)
        ).one()
        rows = [
            {
                "id": key, "workshop_id": workshop_id, "block_id": block, "kind": chance.choice(NOTE_KINDS),
                "text": SAID[place % len(SAID)], "cluster_id": columns[place % len(columns)],
                "position": revision * place / notes, "group_name": chance.choice(GROUPS), "source": "phone",
                "written_at": now, "revision": revision, "chosen": place % 11 == 0,
            }
            for place, key in enumerate(keys)
        ]  # fmt: skip
        if rows:
            session.execute(insert(Note), rows)
    return keys


def signed_in(database: Database, name: str) -> str:
    """The session's token of a new facilitator."""
    email, now = f"{name.lower().replace(' ', '.')}.{new_key().hex}@example.org", clock.now()
    with database.writing() as session:
        account = add_account(
            session,
            COMMAND_LINE,
            name=name,
            email=email,
            role="facilitator",
            password=None,
            now=now,
        )
        return session_for(session, account, now)
