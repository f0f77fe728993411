"""The one door for rights: every command and query names the permission it needs.

Facilitators, managers and administrators work on every project; sponsors on what is addressed to them;
stakeholders see what is theirs.
"""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from typing import Final

from lab.foundation.errors import NotAllowed

PERMISSIONS: Final = {
    "lab.administer": "give and take access, import, export",
    "project.create": "start a project",
    "project.read": "see the whole record of every project",
    "project.write": "record what happens in a project",
    "project.move": "move a project between stages, close, pause, publish it",
    "contact.read": "see how to reach a stakeholder",
    "recommendation.answer": "answer a recommendation and report progress on it",
    "vote.run": "make, open, close and reveal votes, and enter paper ballots",
    "workshop.run": "plan, run and wrap up workshops",
    "vote.cast": "vote in one's own projects",
    "risk.read": "see disillusion risk and its drivers",
    "flag.acknowledge": "acknowledge or clear a flag",
    "rates.read": "see implementation numbers",
    "own.read": "see what became of one's own contributions and expectations",
    "own.verdict": "say whether one's own expectation was met",
}

_LAB_WORK = frozenset(
    {
        "project.create",
        "project.read",
        "project.write",
        "project.move",
        "contact.read",
        "recommendation.answer",
        "vote.run",
        "workshop.run",
        "risk.read",
        "flag.acknowledge",
        "rates.read",
    }
)

RIGHTS: Final[dict[str, frozenset[str]]] = {
    "facilitator": _LAB_WORK,
    "manager": _LAB_WORK,
    "administrator": _LAB_WORK | {"lab.administer"},
    "sponsor": frozenset({"recommendation.answer"}),
    "stakeholder": frozenset({"own.read", "own.verdict", "vote.cast"}),
}


@dataclass(frozen=True, slots=True)
class Actor:
    """The account of a session, or the command line."""

    account_id: uuid.UUID | None
    name: str
    role: str
    sponsor_id: uuid.UUID | None = None
    """The sponsor that a person with role sponsor answers for."""

    def may(self, permission: str) -> bool:
        """Whether the role grants the permission."""
        if permission not in PERMISSIONS:
            raise KeyError(permission)
        return permission in RIGHTS[self.role]

    def answers_for(self, sponsor_id: uuid.UUID) -> bool:
        """Whether this person may answer what is addressed to that sponsor."""
        if not self.may("recommendation.answer"):
            return False
        return self.role != "sponsor" or self.sponsor_id == sponsor_id


COMMAND_LINE: Final = Actor(account_id=None, name="command line", role="administrator")
"""No further check: people who can run commands on the server own the database file anyway."""


def require(actor: Actor, permission: str) -> None:
    """Refuse unless the actor holds the permission.

    Raises:
        NotAllowed: the role does not grant it.
    """
    if not actor.may(permission):
        raise NotAllowed(f"Your role ({actor.role}) does not allow this: {PERMISSIONS[permission]}.")
