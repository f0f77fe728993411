"""A Polis conversation comes into a project once, and a round goes out as one."""

from __future__ import annotations

import datetime as dt
import unicodedata
import uuid
from pathlib import Path

import pytest
from sqlalchemy import select

from db.engine import Database
from db.models import Contribution, Engagement
from lab.access.rights import Actor
from lab.exchange.conversations import (
    conversation_in,
    export_conversation,
    statements,
    take_conversation,
)
from lab.foundation.errors import Invalid, NotFound
from lab.projects.commands import start_project
from lab.voting.commands import close_round
from lab.voting.counting.sums import NO_MARK
from lab.voting.polis import approvals
from lab.voting.queries import result_for_lab
from tests.cli.running import lab
from tests.conftest import NOW
from tests.voting.conftest import TITLES, ballot, cast, opened
from tests.voting.conftest import prototypes as prototypes

INVENTED = Path(__file__).parents[1] / "voting" / "invented-conversation"


def files(directory: Path = INVENTED) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in directory.glob("*.csv")}


def project(database: Database, actor: Actor) -> uuid.UUID:
    with database.writing() as session:
        return start_project(session, actor, title="Evening buses", now=NOW)


def test_the_statements_come_in_once_however_the_files_were_saved(
    database: Database, facilitator: Actor
) -> None:
    key = project(database, facilitator)
    conversation = conversation_in(files())
    with database.writing() as session:
        first = take_conversation(session, facilitator, key, conversation, title="Online", now=NOW)
    again = {
        name: unicodedata.normalize("NFD", content.decode()).encode() for name, content in files().items()
    }
    with database.writing() as session:
        second = take_conversation(session, facilitator, key, conversation_in(again), title="Online", now=NOW)
    assert first.added == len(statements(conversation)) > 0
    assert (second.engagement_id, second.added, second.unchanged) == (None, 0, first.added)
    with database.reading() as session:
        engagement = session.scalars(select(Engagement)).one()
        assert (engagement.id, engagement.kind) == (first.engagement_id, "online_round")
        assert engagement.agenda_set_by is None, "an export does not say who set the agenda"
        texts = session.scalars(select(Contribution.text)).all()
    assert sorted(texts) == sorted(each.text for each in statements(conversation))


def test_a_conversation_without_timestamps_needs_a_day_and_has_no_other(
    database: Database, facilitator: Actor
) -> None:
    key = project(database, facilitator)
    untimed = conversation_in(
        {"comments.csv": b"comment-id,comment-body\n1,Benches\n", "votes.csv": b"comment-id,voter-id,vote\n"}
    )
    with database.writing() as session, pytest.raises(Invalid, match="Please say its last day"):
        take_conversation(session, facilitator, key, untimed, title="Online", now=NOW)
    day = NOW.date() - dt.timedelta(days=40)
    with database.writing() as session:
        take_conversation(session, facilitator, key, untimed, title="Online", held_on=day, now=NOW)
        assert session.scalars(select(Engagement.held_on)).one() == day
        assert session.scalars(select(Contribution.said_on)).one() == day


def test_a_conversation_without_its_votes_or_for_no_project_is_refused(
    database: Database, facilitator: Actor
) -> None:
    with pytest.raises(Invalid, match=r"votes\.csv is missing"):
        conversation_in({"comments.csv": b"x"})
    with database.writing() as session, pytest.raises(NotFound):
        take_conversation(
            session, facilitator, uuid.uuid4(), conversation_in(files()), title="Online", now=NOW
        )


def test_a_round_written_as_a_conversation_counts_to_the_same_result(
    database: Database, facilitator: Actor, prototypes: tuple[uuid.UUID, list[uuid.UUID]]
) -> None:
    round_id = opened(database, facilitator, prototypes, groups=("carer", "elected"))
    votes = [(1, 0, NO_MARK)] * 6 + [(0, 1, 1)] * 2 + [(NO_MARK,) * 3]
    cast(
        database,
        *(
            ballot(round_id, f"voter {number}", marks, group="carer" if number < 6 else "elected")
            for number, marks in enumerate(votes)
        ),
    )
    with database.reading() as session, pytest.raises(NotFound):
        export_conversation(session, facilitator, round_id)
    with database.writing() as session:
        close_round(session, facilitator, round_id, now=NOW)
    with database.reading() as session:
        written = export_conversation(session, facilitator, round_id)
        result = result_for_lab(session, facilitator, round_id)
    assert result is not None
    conversation = conversation_in(written)
    ballots = approvals(conversation)
    assert ballots.options == TITLES
    assert {each.text: each.agree for each in statements(conversation)} == {
        TITLES[place]: support for place, support in enumerate(result.count.support)
    }
    assert all(b"elected" not in content for content in written.values())


def test_a_round_by_another_method_is_no_conversation(
    database: Database, facilitator: Actor, prototypes: tuple[uuid.UUID, list[uuid.UUID]]
) -> None:
    round_id = opened(database, facilitator, prototypes, "score")
    cast(database, ballot(round_id, "one", (5, 0, 0)))
    with database.writing() as session:
        close_round(session, facilitator, round_id, now=NOW)
    with database.reading() as session, pytest.raises(Invalid, match="approval"):
        export_conversation(session, facilitator, round_id)


def test_the_command_line_takes_a_conversation_in_and_writes_a_round(
    database: Database,
    facilitator: Actor,
    prototypes: tuple[uuid.UUID, list[uuid.UUID]],
    tmp_path: Path,
) -> None:
    round_id = opened(database, facilitator, prototypes)
    cast(database, ballot(round_id, "one", (1, 0, 0)))
    with database.writing() as session:
        close_round(session, facilitator, round_id, now=NOW)

    def polis(*arguments: str) -> str:
        done = lab(database.url, "polis", *arguments)
        assert done.returncode == 0, done.stderr
        return done.stdout

    assert "statements taken into “Letters”; 0 were there" in polis(
        "import", str(INVENTED), "--project", "LETTERS"
    )
    assert "0 statements taken" in polis("import", str(INVENTED), "--project", "letters")
    out = tmp_path / "out"
    assert "3 files" in polis("export", str(round_id), str(out))
    assert TITLES[0] in polis("show", str(out))
