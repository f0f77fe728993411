"""What the board tells anybody who has the code: never who of a small group wrote a note."""

from __future__ import annotations

import pytest
from starlette.testclient import TestClient

from lab.foundation import clock
from lab.web.board import routes as board_routes
from lab.workshops.board.commands import hide_note
from lab.workshops.room import commands as room_commands
from lab.workshops.room import seen
from tests.web.phones.workshop import Workshop_, form, write
from tests.web.phones.workshop import workshop as workshop

pytestmark = pytest.mark.parametrize("empty_database", ["sqlite"], indirect=True)


def come(phone: TestClient, workshop: Workshop_, group: str, people: int = 1) -> None:
    """So many people of a group join; the phone is the last one's."""
    for _ in range(people):
        phone.cookies.clear()
        page = phone.get(f"/j/{workshop.code}").text
        phone.post(f"/j/{workshop.code}/join", data=form(page, "join") | {"group": group})


def groups_on_the_board(phone: TestClient, workshop: Workshop_) -> dict[str, str | None]:
    board_routes._public.forget((workshop.code, 0, 0))
    board = phone.get(f"/j/{workshop.code}/board.json").json()
    return {note["text"]: note["group"] for note in board["notes"]}


def test_the_one_person_of_a_group_is_not_named_on_the_public_board(
    phone: TestClient, workshop: Workshop_
) -> None:
    workshop.goes_to("ideas")
    come(phone, workshop, "carer")
    write(phone, workshop.code, "By the only carer")
    come(phone, workshop, "service_user", people=5)
    write(phone, workshop.code, "By one of five")
    assert [note.group_name for note in workshop.notes()] == ["carer", "service_user"]
    # were the five named, whoever is without a group would be the carer
    assert set(groups_on_the_board(phone, workshop).values()) == {None}
    come(phone, workshop, "", people=4)
    assert groups_on_the_board(phone, workshop) == {
        "By the only carer": None,
        "By one of five": "service_user",
    }
    come(phone, workshop, "carer", people=4)
    come(phone, workshop, "", people=1)
    assert groups_on_the_board(phone, workshop) == {
        "By the only carer": "carer", "By one of five": "service_user",
    }  # fmt: skip


def test_a_wall_that_has_heard_of_a_hidden_note_is_not_given_the_board_from_before(
    phone: TestClient, workshop: Workshop_
) -> None:
    workshop.goes_to("ideas")
    come(phone, workshop, "carer")
    write(phone, workshop.code, "Names a neighbour")
    (note,) = workshop.notes()

    def heard() -> int:
        with workshop.database.reading() as session:
            return int(seen.wall_stamp_of(session, workshop.id).split()[1])

    before = heard()
    address = f"/j/{workshop.code}/board.json?after=0&heard="
    assert [each["text"] for each in phone.get(f"{address}{before}").json()["notes"]] == ["Names a neighbour"]
    with workshop.database.writing() as session:
        hide_note(session, workshop.host, workshop.id, note.id, why="A name", now=clock.now())
    assert heard() > before, "the wall's stream tells that the board has changed"
    assert phone.get(f"{address}{heard()}").json()["notes"] == []


def test_a_note_that_is_hidden_leaves_the_ranked_dots_of_the_wall_too(
    phone: TestClient, workshop: Workshop_
) -> None:
    workshop.goes_to("ideas")
    come(phone, workshop, "carer")
    write(phone, workshop.code, "Names a neighbour")
    (note,) = workshop.notes()
    workshop.goes_to("dots")
    page = phone.get(f"/j/{workshop.code}").text
    phone.post(f"/j/{workshop.code}/dots", data=form(page, "dots") | {f"dots-{note.id.hex}": "1"})
    workshop.does(room_commands.open_phones, are_open=False)
    assert "Names a neighbour" in phone.get(f"/j/{workshop.code}/wall?heard=1").text
    with workshop.database.writing() as session:
        hide_note(session, workshop.host, workshop.id, note.id, why="A name", now=clock.now())
    assert "Names a neighbour" not in phone.get(f"/j/{workshop.code}/wall?heard=2").text
