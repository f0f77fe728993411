"""The cast of the demo lab: its people and sponsors."""

from __future__ import annotations

import datetime as dt
import random
import uuid

from sqlalchemy.orm import Session

from lab.access.commands import add_account
from lab.access.rights import COMMAND_LINE, Actor
from lab.demo.script import SPONSORS
from lab.foundation import clock
from lab.projects import commands as projects


class Theatre:
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
