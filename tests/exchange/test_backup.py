"""A backup holds everything that was acknowledged, leads to nobody's ballot, and comes back elsewhere."""

from __future__ import annotations

import json
import secrets
import uuid
import zipfile
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, make_url, select

from db.engine import Database
from db.lock import hold
from db.models import Account, Ballot, BallotEntry, Base, Session, VoteJoin, VoteRound
from lab.access.rights import COMMAND_LINE
from lab.access.sessions.commands import open_session
from lab.exchange.backup import keys
from lab.exchange.backup.commands import make_backup
from lab.exchange.backup.queries import last_backup
from lab.exchange.scope import LEFT_OUT
from lab.foundation.errors import NotAllowed, WrongTransition
from lab.voting import rules
from lab.voting.commands import close_round, enter_paper_ballot, take_back
from lab.voting.intake.ballots import BallotIn, take_ballots
from lab.voting.integrity import damaged_rounds
from tests.accounts import BROWSER
from tests.cli.running import lab
from tests.conftest import NOW, person
from tests.postgres import beside
from tests.served import open_a_round


def cast(database: Database, round_id: uuid.UUID, voters: int) -> list[tuple[str, tuple[int, ...]]]:
    """Ballots by phone: the hash of each token, and the marks."""
    sent = [
        (rules.token_hash(round_id, secrets.token_urlsafe()), tuple(secrets.randbelow(2) for _ in range(12)))
        for _ in range(voters)
    ]
    assert all(isinstance(each, str) for each in hand_in(database, round_id, sent))
    return sent


def hand_in(database: Database, round_id: uuid.UUID, sent: list[tuple[str, tuple[int, ...]]]) -> list[Any]:
    with database.writing() as session:
        return take_ballots(session, [BallotIn(round_id, token, marks) for token, marks in sent], now=NOW)


def back_up(database: Database, directory: Path, *options: str) -> Path:
    done = lab(database.url, "backup", str(directory), *options, "--format", "json")
    assert done.returncode == 0, done.stderr
    return Path(json.loads(done.stdout)["path"])


def restored(backup: Path, path: Path) -> Database:
    done = lab(path, "restore", str(backup))
    assert done.returncode == 0, done.stderr
    return Database(f"sqlite:///{path}")


OF_OPEN_VOTES = ("vote_round", "vote_join", "ballot", "ballot_entry")
"""Tables in which a backup of an open vote differs: a demo lab has one."""


def everything(database: Database) -> dict[str, list[str]]:
    """All rows but those that no backup holds, and the log, which tells of the backup itself."""
    left_out = (*LEFT_OUT, *OF_OPEN_VOTES, "event")
    with database.reading() as session:
        rows = {
            table.name: sorted(map(repr, session.execute(select(table))))
            for table in Base.metadata.sorted_tables
            if table.name not in left_out
        }
        rows["marks"] = sorted(map(repr, session.execute(select(Ballot.round_id, Ballot.marks))))
        rows["receipts"] = sorted(map(repr, session.execute(select(VoteJoin.round_id, VoteJoin.receipt))))
        return rows


@pytest.mark.slow
def test_a_backup_of_the_demo_lab_comes_back_with_every_row(demo_lab: Database, tmp_path: Path) -> None:
    with demo_lab.writing() as session:
        person_there = session.scalars(select(Account.id)).first()
        assert person_there
        open_session(session, person_there, BROWSER, NOW, how="demo")
    backup = back_up(demo_lab, tmp_path / "out")
    assert lab(demo_lab.url, "check", "--backup", str(backup)).returncode == 0
    back = restored(backup, tmp_path / "elsewhere" / "lab.db")
    assert everything(back) == everything(demo_lab)
    with back.reading() as session:
        assert session.scalar(select(func.count()).select_from(Session)) == 0
    back.close()
    assert lab(tmp_path / "elsewhere" / "lab.db", "check").stdout == "All is well.\n"


@pytest.mark.postgres
@pytest.mark.slow
def test_a_backup_goes_into_an_empty_postgresql_and_into_no_other(
    demo_file: Path, tmp_path: Path, postgres_url: str
) -> None:
    source = Database(f"sqlite:///{demo_file}")
    made = make_backup(source.url, COMMAND_LINE, tmp_path / "out", key=None, clock=lambda: NOW)
    url = beside(postgres_url, "restored")
    assert lab(url, "restore", str(made.path)).returncode == 0
    target = Database(url)
    assert everything(target) == everything(source)
    target.close()
    source.close()
    again = lab(url, "restore", str(made.path))
    assert (again.returncode, "holds a lab already" in again.stderr) == (2, True)


def test_a_backup_of_an_open_vote_has_every_ballot_and_leads_to_nobody(
    database: Database, tmp_path: Path
) -> None:
    found = open_a_round(database)
    voted = cast(database, found.id, 30)
    hand_in(database, found.id, [(voted[0][0], voted[1][1])])
    waiting = rules.token_hash(found.id, "has joined and not voted")
    with database.writing() as session:
        take_ballots(session, [BallotIn(found.id, waiting)], now=NOW)
        paper = enter_paper_ballot(session, COMMAND_LINE, found.id, marks=(1,) * 12, now=NOW)
        enter_paper_ballot(session, COMMAND_LINE, found.id, marks=(0,) * 12, now=NOW)
    with database.reading() as session:
        voters = session.scalars(select(VoteJoin.voter_id).where(VoteJoin.receipt.is_not(None))).all()
        before = sorted(map(tuple, session.scalars(select(Ballot.marks))))
    backup = back_up(database, tmp_path / "out")
    said = lab(database.url, "backup", str(tmp_path / "second")).stdout
    assert "A vote is open: its ballots are in it, and who cast which is not." in said

    content = zipfile.ZipFile(backup).read("lab.db")
    assert len(voters) == 30
    for voter in voters:
        assert voter
        assert voter.bytes not in content
        assert voter.hex.encode() not in content
    back = restored(backup, tmp_path / "elsewhere.db")
    with back.reading() as session:
        assert sorted(map(tuple, session.scalars(select(Ballot.marks)))) == before
        linked = select(VoteJoin.voter_id).where(VoteJoin.voter_id.is_not(None))
        assert session.scalars(select(Ballot.voter_id).where(Ballot.voter_id.in_(linked))).all() == []
        named = select(BallotEntry.voter_id).where(BallotEntry.voter_id.in_(voters))
        assert session.scalars(named).all() == []
        assert damaged_rounds(session, COMMAND_LINE) == []

    again, first = hand_in(back, found.id, [voted[3], (waiting, (1,) * 12)])
    assert isinstance(again, WrongTransition)
    assert "in the count" in again.message
    assert isinstance(first, str)
    with back.writing() as session:
        take_back(session, COMMAND_LINE, found.id, paper, now=NOW)
        assert damaged_rounds(session, COMMAND_LINE) == []
    twice = restored(back_up(back, tmp_path / "third"), tmp_path / "twice.db")
    back.close()
    with twice.writing() as session:
        assert damaged_rounds(session, COMMAND_LINE) == []
        close_round(session, COMMAND_LINE, found.id, now=NOW)
    with twice.reading() as session:
        assert damaged_rounds(session, COMMAND_LINE) == []
        assert session.scalar(select(func.count()).select_from(Ballot)) == 32
    twice.close()


@pytest.mark.parametrize("place", ["in the middle", "where the compressed bytes begin", "at the end"])
def test_a_backup_with_a_changed_byte_is_called_damaged_wherever_it_is(
    place: str, database: Database, tmp_path: Path
) -> None:
    backup = back_up(database, tmp_path / "out")
    with zipfile.ZipFile(backup) as archive:
        packed = archive.getinfo("lab.db")
    content = bytearray(backup.read_bytes())
    begins = packed.header_offset + 30 + len(packed.filename)
    changed = {
        "in the middle": begins + packed.compress_size // 2,
        "where the compressed bytes begin": begins,
        "at the end": len(content) - 20,
    }[place]
    content[changed] ^= 0xFF
    backup.write_bytes(content)
    for command in (("check", "--backup"), ("restore",)):
        said = lab(tmp_path / "elsewhere.db", *command, str(backup))
        assert said.returncode == 2
        assert "damaged" in said.stderr
        assert len(said.stderr.splitlines()) == 1, said.stderr
    assert not (tmp_path / "elsewhere.db").exists()


def test_a_ballot_altered_after_a_restore_is_noticed(database: Database, tmp_path: Path) -> None:
    found = open_a_round(database)
    cast(database, found.id, 5)
    back = restored(back_up(database, tmp_path / "out"), tmp_path / "elsewhere.db")
    with back.writing() as session:
        ballot = session.scalars(select(Ballot)).first()
        assert ballot
        ballot.marks = [1 - each for each in ballot.marks]
    with back.reading() as session:
        assert "without passing the intake" in damaged_rounds(session, COMMAND_LINE)[0]
        assert session.scalars(select(VoteRound.state)).one() == "open"
    back.close()


def test_an_encrypted_backup_opens_with_its_key_alone(
    database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    recipient = keys.make_key(tmp_path / "key")
    keys.make_key(tmp_path / "another")
    monkeypatch.setenv("LAB_BACKUP_KEY", recipient)
    backup = back_up(database, tmp_path / "out")
    assert backup.name.endswith(".zip.age")
    assert b"SQLite format 3" not in backup.read_bytes()

    def check(*options: str) -> tuple[int, str]:
        done = lab(database.url, "check", "--backup", str(backup), *options)
        return done.returncode, done.stdout + done.stderr

    assert check("--key-file", str(tmp_path / "key"))[0] == 0
    assert "another key" in check("--key-file", str(tmp_path / "another"))[1]
    assert "needs the secret key" in check()[1]
    monkeypatch.delenv("LAB_BACKUP_KEY")
    assert check()[0] == 2
    assert (tmp_path / "key").stat().st_mode & 0o077 == 0


def test_backups_are_private_whole_or_absent_and_the_oldest_go(database: Database, tmp_path: Path) -> None:
    out = tmp_path / "out"
    (tmp_path / "out").mkdir()
    (out / "another-20200101T000000Z.zip").touch()
    for day in range(1, 4):
        (out / f"lab-2020010{day}T000000Z.zip").touch()
    stem = make_url(database.url).database or ""
    stem = Path(stem).stem
    for path in sorted(out.glob("lab-*")):
        path.rename(out / path.name.replace("lab", stem, 1))
    backup = back_up(database, out, "--keep", "2")
    left = sorted(each.name for each in out.iterdir())
    assert left == sorted(["another-20200101T000000Z.zip", f"{stem}-20200103T000000Z.zip", backup.name])
    assert backup.stat().st_mode & 0o077 == 0
    assert [each.name for each in tmp_path.glob(".backup-*")] == []


def test_a_damaged_backup_is_refused_and_changes_nothing(database: Database, tmp_path: Path) -> None:
    backup = back_up(database, tmp_path / "out")
    path = tmp_path / "lab.db"
    before = path.read_bytes() if path.exists() else b""
    whole = backup.read_bytes()
    damaged = {
        "cut.zip": whole[: len(whole) // 2],
        "flipped.zip": whole[:3000] + bytes([whole[3000] ^ 1]) + whole[3001:],
        "poem.zip": b"Shall I compare thee",
    }
    for name, content in damaged.items():
        (tmp_path / name).write_bytes(content)
        for done in (
            lab(tmp_path / "new.db", "restore", str(tmp_path / name)),
            lab(path, "check", "--backup", str(tmp_path / name)),
        ):
            assert done.returncode == 2, done
            assert "damaged" in done.stderr
            assert len(done.stderr.splitlines()) == 1
    assert not (tmp_path / "new.db").exists()
    assert (path.read_bytes() if path.exists() else b"") == before


def test_a_restore_is_refused_under_a_server_and_keeps_what_was_there(
    empty_sqlite: Path, tmp_path: Path
) -> None:
    made = make_backup(f"sqlite:///{empty_sqlite}", COMMAND_LINE, tmp_path, key=None, clock=lambda: NOW)
    path = tmp_path / "there.db"
    begun = lab(
        path, "init", "--lab-name", "Quay Lab", "--name", "Ada", "--email", "ada@example.org",
        "--password-stdin", given="amber kettle bridge\n",
    )  # fmt: skip
    assert begun.returncode == 0, begun.stderr
    with hold(path):
        refused = lab(path, "restore", str(made.path))
    assert refused.returncode == 2
    assert "already using" in refused.stderr
    assert lab(path, "account", "list").returncode == 0
    (tmp_path / "link.db").symlink_to(path)
    done = lab(tmp_path / "link.db", "restore", str(made.path), "--format", "json")
    assert done.returncode == 0, done.stderr
    assert lab(path, "account", "list", "--format", "json").stdout.strip() == "[]"
    kept = Path(json.loads(done.stdout)["kept"])
    (there,) = json.loads(lab(kept, "account", "list", "--format", "json").stdout)
    assert there["name"] == "Ada"


def test_a_backup_is_on_record_and_for_administrators_alone(database: Database, tmp_path: Path) -> None:
    actor = person(database, "manager")
    with database.reading() as session:
        assert last_backup(session, COMMAND_LINE) is None
        with pytest.raises(NotAllowed):
            last_backup(session, actor)
    with pytest.raises(NotAllowed):
        make_backup(database.url, actor, tmp_path / "out", key=None, clock=lambda: NOW)
    backup = back_up(database, tmp_path / "out")
    with database.reading() as session:
        found = last_backup(session, COMMAND_LINE)
    assert found
    assert (found.place, found.is_encrypted) == (str(backup), False)
