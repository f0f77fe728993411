"""A workshop that has ended, with something of each kind on its board."""

from __future__ import annotations

import datetime as dt
import uuid
from dataclasses import dataclass

import pytest
from sqlalchemy import select

from db.engine import Database
from db.models import WorkshopBlock
from lab.access.rights import Actor
from lab.prototypes.commands import make_prototype
from lab.workshops.after.proposal import Mark, WrapUpChoices
from lab.workshops.board import commands as board
from lab.workshops.room import commands as room_commands
from tests.conftest import NOW
from tests.workshops.conftest import Planned, plan

HEAR_BY = NOW.date() + dt.timedelta(days=21)


@dataclass(frozen=True)
class Held:
    """A workshop that has ended, and its notes by their words."""

    planned: Planned
    notes: dict[str, uuid.UUID]
    prototype_id: uuid.UUID

    @property
    def choices(self) -> WrapUpChoices:
        return WrapUpChoices(
            hear_by=HEAR_BY,
            heard="Homes are cold, and people do not know whom to ask.",
            what_next="We try two prototypes.",
            marks={
                self.notes["Heating before winter"]: Mark(
                    "expectation", importance=5, within_power="partly", said_back="will_if"
                ),
                self.notes["A loan for boilers"]: Mark("idea", chosen=True),
                self.notes["Damp behind the panels"]: Mark("worry", prototype_id=self.prototype_id),
                self.notes["Call every landlord"]: Mark("promise", promised_by="Housing office", day=HEAR_BY),
                self.notes["Pay for ten trials"]: Mark("promise", promised_by="City council"),
            },
            people={"service_user": 7, "carer": 2},
            chaired_by="Ines",
            sponsor_present=True,
            actual_influence="ask",
        )


@pytest.fixture
def held(database: Database, facilitator: Actor) -> Held:
    """A workshop that waits for its wrap-up."""
    planned = plan(database, facilitator)
    said = {
        "Heating before winter": ("expectation", "service_user"),
        "Warm before Christmas": ("expectation", "carer"),
        "A loan for boilers": ("idea", "carer"),
        "Damp behind the panels": ("worry", "service_user"),
        "Call every landlord": ("promise", None),
        "Pay for ten trials": ("promise", None),
        "Somebody's name": ("idea", "service_user"),
    }
    with database.writing() as session:
        prototype_id = make_prototype(
            session, facilitator, planned.project_id, title="Panels", fidelity="paper", now=NOW
        )
        room_commands.begin(session, facilitator, planned.id, now=NOW)
        block = session.scalars(select(WorkshopBlock.id).order_by(WorkshopBlock.place)).first()
        assert block
        cluster = board.add_cluster(session, facilitator, planned.id, title="Winter")
        notes = {
            words: board.write_note(
                session, facilitator, planned.id, block_id=block, words=words, kind=kind, group=group,
                cluster_id=cluster, now=NOW,
            )
            for words, (kind, group) in said.items()
        }  # fmt: skip
        board.merge_notes(
            session, facilitator, planned.id, notes["Warm before Christmas"],
            into=notes["Heating before winter"], now=NOW,
        )  # fmt: skip
        board.hide_note(
            session, facilitator, planned.id, notes["Somebody's name"], why="Names a person", now=NOW
        )
        room_commands.end_workshop(session, facilitator, planned.id, now=NOW)
    return Held(planned, notes, prototype_id)
