"""A workshop of every kind of block, and what a phone sends to it."""

from __future__ import annotations

import html
import re
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import pytest
from sqlalchemy import select
from starlette.testclient import TestClient

from db.engine import Database
from db.models import Note, Workshop, WorkshopBlock
from lab.access.rights import Actor
from lab.foundation import clock
from lab.projects.commands import start_project
from lab.prototypes.commands import make_prototype
from lab.voting.commands import make_round
from lab.web.door import codes
from lab.workshops.plan import commands as plan_commands
from lab.workshops.plan.agendas import Block
from lab.workshops.room import commands as room_commands
from tests.conftest import NOW

AGENDA = ("welcome", "expectations_round", "ideas", "cluster", "dots", "vote", "worries", "pulse", "wrap_up")


@dataclass
class Workshop_:
    """A workshop of every kind of block, and its hosts' hands."""

    database: Database
    host: Actor
    id: uuid.UUID
    code: str
    round_id: uuid.UUID
    prototypes: list[uuid.UUID]
    blocks: dict[str, uuid.UUID] = field(default_factory=dict)

    def does(self, command: Callable[..., Any], **facts: Any) -> None:
        with self.database.writing() as session:
            command(session, self.host, self.id, now=clock.now(), **facts)
        codes.forget(self.code)

    def goes_to(self, kind: str) -> None:
        with self.database.reading() as session:
            running = session.get_one(Workshop, self.id).state == "running"
        if not running:
            self.does(room_commands.begin)
        self.does(room_commands.go_to, place=AGENDA.index(kind))

    def notes(self) -> list[Note]:
        with self.database.reading() as session:
            return list(session.scalars(select(Note).order_by(Note.position)))


@pytest.fixture
def workshop(database: Database, facilitator: Actor) -> Workshop_:
    with database.writing() as session:
        project = start_project(
            session, facilitator, title="Warm homes", challenge="How do we keep homes warm?", now=NOW
        )
        prototypes = [
            make_prototype(session, facilitator, project, title=title, fidelity="paper", now=NOW)
            for title in ("Letter", "Visit")
        ]
        round_id = make_round(
            session, facilitator, project, question="Which first?", method="approval",
            options=[(each, "") for each in prototypes], now=NOW, groups=("carer", "service_user"),
        )  # fmt: skip
        workshop_id = plan_commands.plan_workshop(
            session, facilitator, project, title="Warm homes, first workshop", held_on=clock.now().date(),
            blocks=[
                Block(kind, f"Part {kind}", 10, f"Question of {kind}?", round_id=round_id) for kind in AGENDA
            ],
            now=clock.now(), invited={"service_user": 12, "carer": 6}, begins="14:30", place="Town hall",
            hosts="Ada and Bo", declared_influence="work_with",
        )  # fmt: skip
        code = session.get_one(Workshop, workshop_id).code
        blocks = session.execute(select(WorkshopBlock.kind, WorkshopBlock.id))
        return Workshop_(
            database,
            facilitator,
            workshop_id,
            code,
            round_id,
            prototypes,
            {kind: key for kind, key in blocks},
        )


def form(page: str, way: str) -> dict[str, str]:
    """The hidden fields of the page's form, and where it goes."""
    found = re.search(rf'action="(/j/[^"]+/{way})".*?</form>', page, re.DOTALL)
    assert found, f"no form for {way}"
    return dict(re.findall(r'type="hidden" name="([^"]+)" value="([^"]*)"', found[0]))


def write(phone: TestClient, code: str, said: str, **more: str) -> Any:
    page = phone.get(f"/j/{code}").text
    return phone.post(f"/j/{code}/note", data=form(page, "note") | {"words": said} | more)


def problem_on(page: str) -> str:
    found = re.search(r'role="alert" id="problem">([^<]*)<', page)
    assert found
    return html.unescape(found[1])
