"""Slips of a vote leave as numbers: how many were used, and on what."""

from __future__ import annotations

import shutil
import uuid
from pathlib import Path

import pytest
from sqlalchemy import select

from db.engine import Database
from db.models import VoteSlip
from lab.access.rights import COMMAND_LINE, Actor
from lab.exchange.arriving.take import import_lab
from lab.exchange.whole import export_lab
from lab.voting import rules
from lab.voting.commands import close_round, enter_paper_ballot, make_round, open_round
from lab.voting.slips import SlipCount, issue_slips, slips_of
from tests.conftest import NOW
from tests.voting.conftest import ballot, cast
from tests.voting.conftest import prototypes as prototypes

Prototypes = tuple[uuid.UUID, list[uuid.UUID]]


@pytest.mark.parametrize("empty_database", ["sqlite"], indirect=True)
def test_an_export_adds_slips_up_and_leads_from_none_to_a_ballot(
    database: Database, facilitator: Actor, prototypes: Prototypes, empty_sqlite: Path, tmp_path: Path
) -> None:
    project, made = prototypes
    rounds, secrets = [], set()
    for _ in ("revealed", "open"):
        with database.writing() as session:
            round_id = make_round(
                session, facilitator, project, question="Which first?", method="approval",
                options=[(each, "") for each in made], now=NOW,
            )  # fmt: skip
            codes = issue_slips(session, facilitator, round_id, number=4, now=NOW)
            open_round(session, facilitator, round_id, NOW)
            enter_paper_ballot(session, facilitator, round_id, marks=(0, 1, 0), slip=codes[0], now=NOW)
        hashes = [rules.slip_hash(round_id, code) for code in codes]
        assert isinstance(cast(database, ballot(round_id, "Ada", (1, 0, 0), slip=hashes[1]))[0], str)
        with database.reading() as session:
            used = session.scalars(select(VoteSlip.used_by).where(VoteSlip.used_by.is_not(None))).all()
        assert len(used) == 2
        secrets |= {*codes, *hashes, *used}
        rounds.append(round_id)
        if len(rounds) == 1:
            with database.writing() as session:
                close_round(session, facilitator, round_id, now=NOW)
    with database.reading() as session:
        export_lab(session, COMMAND_LINE, tmp_path / "out")
    written = "".join(path.read_text(encoding="utf-8") for path in (tmp_path / "out").glob("*.*"))
    assert not [secret for secret in secrets if secret in written]
    shutil.copy(empty_sqlite, tmp_path / "other.db")
    (tmp_path / "other.db").chmod(0o600)
    other = Database(f"sqlite:///{tmp_path / 'other.db'}")
    with other.writing() as session:
        import_lab(session, COMMAND_LINE, tmp_path / "out")
    with other.reading() as session:
        assert slips_of(session, COMMAND_LINE, rounds[0]) == SlipCount(issued=4, by_phone=1, on_paper=1)
        assert slips_of(session, COMMAND_LINE, rounds[1]) == SlipCount(0, 0, 0), (
            "an open vote is a draft there"
        )
    other.close()
