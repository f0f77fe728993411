"""The migration to signed tokens: accounts get keys that nobody can compute, phones keep theirs."""

from __future__ import annotations

import datetime as dt
import hashlib
import uuid
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from sqlalchemy import select, text

from db.engine import Database
from db.keys import new_key
from db.models import Event, Pulse, SigningKey, VoteJoin, WorkshopJoin
from db.upgrade import upgrade
from lab.access.keys import account_voter, signing_secret
from lab.access.rights import Actor
from lab.voting import rules
from lab.workshops.room import rules as room
from tests.db.test_upgrading import fill, upgrade_to

LINK_KEY = "5f" * 32
PHONE = "p" * 32


def before(connection: Any) -> Mapping[str, uuid.UUID]:
    """Sam's ballot, a phone's, and Sam in a workshop with two pulses, as the version before kept them."""
    fill(connection)
    keys = {name: new_key() for name in ("sam", "workshop", "block", "join")}
    rows = connection.execute(text("SELECT s.id, s.project_id, r.id FROM stakeholder s, vote_round r")).one()
    keys |= dict(zip(("person", "project", "round"), (uuid.UUID(each) for each in rows), strict=True))
    account = f"account:{keys['sam']}"
    ballot = hashlib.sha256(f"{keys['round']}:{account}".encode()).hexdigest()
    here = hashlib.sha256(f"workshop:{keys['workshop']}:{account}".encode()).hexdigest()
    keys |= {"pulse": room.pulse_key(here, str(keys["block"])), "after": room.pulse_key(here, "after")}
    facts = {name: key.hex for name, key in keys.items()}
    facts |= {"ballot": ballot, "here": here, "phone": rules.token_hash(keys["round"], PHONE)}
    for statement in (
        "INSERT INTO lab (id, name, is_demo, created_at, time_zone, link_key, escalation_days) VALUES"
        f" (1, 'Lab', 0, '2026-01-05', 'UTC', '{LINK_KEY}', '[7, 28, 56, 84]')",
        "INSERT INTO account (id, email, email_folded, name, role, is_demo, created_at) VALUES"
        " (:sam, 'sam@example.org', 'sam@example.org', 'Sam', 'stakeholder', 0, '2026-01-05')",
        "UPDATE stakeholder SET account_id = :sam",
        "INSERT INTO vote_join (round_id, token_hash, stakeholder_id) VALUES (:round, :ballot, :person)",
        "INSERT INTO vote_join (round_id, token_hash) VALUES (:round, :phone)",
        "INSERT INTO engagement (id, project_id, kind, title, held_on, chaired_by, version) VALUES"
        " (:workshop, :project, 'workshop', 'First', '2026-01-05', '', 1)",
        "INSERT INTO workshop (id, code, begins, place, hosts, state, extra_seconds, phones_open, revision,"
        " board_revision, heard, what_next, version) VALUES"
        " (:workshop, 'BCDEFG', '', '', '', 'planned', 0, 1, 0, 0, '', '', 1)",
        "INSERT INTO workshop_block (id, workshop_id, place, kind, title, prompt, minutes, dots) VALUES"
        " (:block, :workshop, 0, 'pulse', 'Pulse', '', 5, 3)",
        "INSERT INTO workshop_join (id, workshop_id, token_hash, stakeholder_id, people, source, joined_at)"
        " VALUES (:join, :workshop, :here, :person, 1, 'account', '2026-01-05')",
        *(
            "INSERT INTO pulse (id, project_id, trust, difference, comment, answered_on) VALUES"
            f" (:{name}, :project, 4, 4, '', '2026-01-05')"
            for name in ("pulse", "after")
        ),
        "INSERT INTO event (id, at, day, recorded_at, subject_type, subject_id, verb, detail) VALUES"
        " (:join, '2026-01-05', '2026-01-05', '2026-01-05', 'pulse', :pulse, 'answered', '{}')",
    ):
        connection.execute(
            text(statement), {name: each for name, each in facts.items() if f":{name}" in statement}
        )
    return keys


def test_accounts_and_phones_find_what_they_handed_in_before(tmp_path: Path) -> None:
    database = Database(f"sqlite:///{tmp_path / 'lab.db'}")
    with database.engine.begin() as connection:
        upgrade_to(connection, "0013")
        keys = before(connection)
    upgrade(database.engine)
    with database.reading() as session:
        made = session.get_one(SigningKey, 1)
        assert dt.datetime.now(dt.UTC) - made.made_at < dt.timedelta(minutes=5)
        assert signing_secret(session).hex() == LINK_KEY, "links that are out stay good"
        sam = account_voter(session, Actor(keys["sam"], "Sam", "stakeholder"))
        joined = {row.token_hash: row.stakeholder_id for row in session.scalars(select(VoteJoin))}
        assert joined == {
            rules.token_hash(keys["round"], sam): keys["person"],
            rules.token_hash(keys["round"], PHONE): None,
        }
        here = room.token_hash(keys["workshop"], sam)
        assert session.scalars(select(WorkshopJoin.token_hash)).all() == [here]
        pulses = {room.pulse_key(here, str(keys["block"])), room.pulse_key(here, "after")}
        assert set(session.scalars(select(Pulse.id))) == pulses
        assert session.scalars(select(Event.subject_id)).one() in pulses
    database.close()
