"""A list of ideas is put up at once, nothing twice, and nobody is counted for it."""

from __future__ import annotations

import pytest
from sqlalchemy import func, select

from db.engine import Database
from db.models import Note, WorkshopBlock, WorkshopJoin
from lab.access.rights import Actor
from lab.foundation.errors import Invalid, NotAllowed
from lab.workshops.board.lists import MOST_IN_LIST, columns_of, read_list
from lab.workshops.board.queries import texts_on_board
from lab.workshops.board.rules import LONGEST_NOTE
from lab.workshops.board.several import write_list
from lab.workshops.room.commands import begin
from tests.conftest import NOW
from tests.workshops.conftest import Planned


def test_a_list_is_one_idea_a_line_and_says_what_it_leaves_out() -> None:
    found = read_list(
        ["  A  bench ", "", "STRASSE", "a bench", "Straße", "x" * (LONGEST_NOTE + 1)], ["Lights"]
    )
    assert found.ideas == ("A bench", "STRASSE")
    assert found.repeated == ("a bench", "Straße")
    assert [len(each) for each in found.too_long] == [LONGEST_NOTE + 1]
    assert read_list(["lights"], ["Lights"]).ideas == ()
    with pytest.raises(Invalid, match="in parts"):
        read_list(str(number) for number in range(MOST_IN_LIST + 1))


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_a_column_of_a_csv_file_is_read_whatever_separates_them(delimiter: str) -> None:
    rows = [("no", "Idea"), ("1", '"A bench, by ""us"""'), ("2", "Łódź"), ("", "")]
    content = "\ufeff" + "\r\n".join(delimiter.join(row) for row in rows)
    columns = columns_of(content.encode())
    assert list(columns) == ["Idea", "no"], "the column with most words first"
    assert columns["Idea"] == ['A bench, by "us"', "Łódź"]


@pytest.mark.parametrize(
    ("content", "said"),
    [(b"", "no rows"), (b"Idea\n", "no rows"), (b"Idea\n\xff\xfe", "UTF-8"), (b"a\n" * 300_000, "longer")],
)
def test_a_file_that_cannot_be_taken_says_why(content: bytes, said: str) -> None:
    with pytest.raises(Invalid, match=said):
        columns_of(content)


def test_a_list_lies_among_the_new_notes_in_its_order_and_counts_nobody(
    database: Database, facilitator: Actor, planned: Planned
) -> None:
    with database.writing() as session:
        begin(session, facilitator, planned.id, now=NOW)
        block = session.scalars(select(WorkshopBlock.id).where(WorkshopBlock.place == 0)).one()
        write_list(session, facilitator, planned.id, ideas=["B", "A", "C"], block_id=block, now=NOW)
    with database.reading() as session:
        notes = session.scalars(select(Note).order_by(Note.position)).all()
        assert [(each.text, each.source, each.join_id) for each in notes] == [
            ("B", "list", None), ("A", "list", None), ("C", "list", None),
        ]  # fmt: skip
        assert session.scalar(select(func.count()).select_from(WorkshopJoin)) == 0
        assert sorted(texts_on_board(session, facilitator, planned.id)) == ["A", "B", "C"]
    with pytest.raises(NotAllowed), database.writing() as session:
        write_list(session, Actor(None, "", "sponsor"), planned.id, ideas=["A"], block_id=block, now=NOW)
    with pytest.raises(Invalid, match="1 to"), database.writing() as session:
        write_list(session, facilitator, planned.id, ideas=[], block_id=block, now=NOW)
