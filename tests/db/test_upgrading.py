"""An earlier release's lab comes through every migration with all its records."""

from __future__ import annotations

import datetime as dt
import sqlite3
import uuid
from pathlib import Path

from alembic.script import ScriptDirectory
from sqlalchemy import Connection, inspect, select, text
from sqlalchemy.orm import Session

import db
from db.engine import Database
from db.keys import new_key
from db.models import Base, Expectation, Recommendation, Stakeholder
from db.upgrade import newest_revision, upgrade
from tests.migrating import upgrade_to

DAY = dt.date(2026, 1, 5)


def test_the_newest_migration_by_its_file_is_the_newest_that_alembic_knows() -> None:
    scripts = ScriptDirectory(str(Path(db.__file__).parent / "migrations"))
    assert scripts.get_heads() == [newest_revision()]


def fill(connection: Connection) -> None:
    """A project with a stakeholder, an expectation, a recommendation and its answer, in plain SQL."""
    names = ("project", "sponsor", "person", "hope", "ask", "answer", "round", "paper")
    keys = {name: new_key().hex for name in names}
    for statement in (
        "INSERT INTO sponsor (id, name) VALUES (:sponsor, 'Council')",
        "INSERT INTO project (id, slug, title, challenge, sponsor_id, place, stage, stage_since, opened_on,"
        " cadence_days, is_public, version) VALUES (:project, 'warm', 'Warm homes', '', :sponsor, '',"
        " 'discovery', '2026-01-05', '2026-01-05', 28, 0, 1)",
        "INSERT INTO stakeholder (id, project_id, pseudonym, group_name, voice_role, expert_by_experience,"
        " people, joined_on, consent_for, status, version) VALUES (:person, :project, 'Bo', 'carer', 'both',"
        " 1, 1, '2026-01-05', '', 'active', 1)",
        "INSERT INTO expectation (id, project_id, stakeholder_id, statement, importance, within_power, state,"
        " recorded_on, is_public, version) VALUES (:hope, :project, :person, 'Warmth', 3, 'partly', 'open',"
        " '2026-01-05', 0, 1)",
        "INSERT INTO recommendation (id, project_id, sponsor_id, title, text, importance, status,"
        " recorded_on, sent_on, response_due, last_news_on, cadence_days, due_moves, is_public, version)"
        " VALUES (:ask, :project, :sponsor, 'Boilers', 'Boilers', 3, 'accepted', '2026-01-05',"
        " '2026-01-05', '2026-03-30',"
        " '2026-01-05', 30, 0, 0, 1)",
        "INSERT INTO recommendation_expectation VALUES (:ask, :hope)",
        "INSERT INTO response (id, recommendation_id, answer, reason, received_on) VALUES (:answer, :ask,"
        " 'accepted', 'Yes', '2026-01-05')",
        "INSERT INTO prototype (id, project_id, title, question, fidelity, iteration, made_on, is_public,"
        " version) VALUES (:paper, :project, 'A letter', '', 'paper', 1, '2026-01-05', 0, 1)",
        "INSERT INTO vote_round (id, project_id, question, method, budget, reveal, option_order, anonymity,"
        " decides_next, code, state, made_at, entries, chain_head, version) VALUES"
        " (:round, :project, 'Which?',"
        " 'score', 5, 'hidden', 'fixed', 'anonymous', '', 'ABCDEF', 'draft',"
        " '2026-01-05 09:00:00', 0, '', 1)",
        "INSERT INTO vote_option (round_id, place, prototype_id, title, summary) VALUES (:round, 0, :paper,"
        " 'A letter', '')",
    ):
        connection.execute(text(statement), {k: v for k, v in keys.items() if f":{k}" in statement})


def test_recorded_values_stay_and_new_records_may_leave_them_unsaid(tmp_path: Path) -> None:
    database = Database(f"sqlite:///{tmp_path / 'lab.db'}")
    with database.engine.begin() as connection:
        upgrade_to(connection, "0007")
        fill(connection)
    upgrade(database.engine)
    with database.writing() as session:
        hope, asked = (
            session.scalars(select(Expectation)).one(),
            session.scalars(select(Recommendation)).one(),
        )
        person = session.scalars(select(Stakeholder)).one()
        assert (hope.importance, hope.within_power, asked.importance) == (3, "partly", 3)
        assert (person.voice_role, person.expert_by_experience) == ("both", True)
        assert served(session) == [(asked.id, hope.id)]
        session.add(Expectation(project_id=hope.project_id, statement="Light", recorded_on=DAY))
    optional = {
        each["name"]: each["nullable"] for each in inspect(database.engine).get_columns("expectation")
    }
    assert optional["importance"]
    assert optional["within_power"]
    assert not optional["statement"]
    database.close()
    with sqlite3.connect(tmp_path / "lab.db") as plain:
        assert plain.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        assert plain.execute("PRAGMA foreign_key_check").fetchall() == []


def test_contributions_of_earlier_workshops_get_the_dots_that_were_put_in_the_room(tmp_path: Path) -> None:
    database = Database(f"sqlite:///{tmp_path / 'lab.db'}")
    with database.engine.begin() as connection:
        upgrade_to(connection, "0019")
    with sqlite3.connect(tmp_path / "lab.db") as plain:  # without foreign keys: the rest is not needed
        for said in ("both", "none"):
            plain.execute(
                "INSERT INTO contribution (id, project_id, text, cluster, chosen, said_on, version)"
                " VALUES (?, 'p', ?, '', 0, '2026-01-05', 1)",
                (said, said),
            )
        for key, merged_into, contribution in (
            ("stands", None, "both"), ("merged", "stands", None), ("bare", None, "none"),
        ):  # fmt: skip
            plain.execute(
                "INSERT INTO note (id, workshop_id, block_id, kind, text, position, source, written_at,"
                " chosen, promised_by, merged_into, hidden_why, contribution_id, revision)"
                " VALUES (?, 'w', 'b', 'idea', '', 1, 'phone', '2026-01-05 09:00:00', 0, '', ?, '', ?, 1)",
                (key, merged_into, contribution),
            )
        for who, note, dots in (("Ada", "stands", 2), ("Bo", "stands", 1), ("Ada", "merged", 1)):
            plain.execute("INSERT INTO note_dots VALUES ('b', ?, ?, ?)", (who, note, dots))
    plain.close()
    with database.engine.begin() as connection:
        upgrade_to(connection, "head")
    database.close()
    with sqlite3.connect(tmp_path / "lab.db") as plain:
        kept = plain.execute("SELECT id, dots FROM contribution ORDER BY id").fetchall()
    plain.close()
    assert kept == [("both", 4), ("none", None)]


def served(session: Session) -> list[tuple[uuid.UUID, uuid.UUID]]:
    links = Base.metadata.tables["recommendation_expectation"]
    return [(row.recommendation_id, row.expectation_id) for row in session.execute(select(links))]
