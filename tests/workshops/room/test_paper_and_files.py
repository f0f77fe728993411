"""People without a phone count like anybody else; what a workshop hands out can be read elsewhere."""

from __future__ import annotations

import datetime as dt
import uuid
from io import BytesIO
from zoneinfo import ZoneInfo

import pytest
from icalendar import Calendar
from PIL import Image
from sqlalchemy import insert

from db.engine import Database
from db.models import Note, NoteDots, WorkshopBlock, WorkshopJoin
from lab.access.rights import Actor
from lab.foundation import clock
from lab.foundation.errors import Invalid, WrongTransition
from lab.pictures.safe import make_safe
from lab.workshops.after import queries as after_queries
from lab.workshops.board import commands as board
from lab.workshops.board.queries import public_board
from lab.workshops.plan.calendar import entry
from lab.workshops.plan.rules import running_time
from lab.workshops.room import commands as room_commands
from lab.workshops.room import paper, photos
from lab.workshops.room import queries as room_queries
from tests.conftest import NOW
from tests.test_screens_stay_bounded import counted
from tests.workshops.conftest import Planned


def block_of(database: Database, planned: Planned, kind: str) -> tuple[uuid.UUID, int]:
    with database.reading() as session:
        block = session.query(WorkshopBlock).filter_by(workshop_id=planned.id, kind=kind).first()
        assert block is not None
        return block.id, block.place


def selects(sent: list[str]) -> list[str]:
    """The statements that ask for something."""
    return [each for each in sent if each.startswith("SELECT")]


def test_a_sheet_of_dots_is_one_of_the_people_already_counted(
    database: Database, facilitator: Actor, planned: Planned
) -> None:
    block, place = block_of(database, planned, "dots")
    with database.writing() as session:
        room_commands.begin(session, facilitator, planned.id, now=NOW)
        room_commands.go_to(session, facilitator, planned.id, place=place, now=NOW)
        note = board.write_note(session, facilitator, planned.id, block_id=block, words="Warm", now=NOW)
        paper.count_in(session, facilitator, planned.id, group="carer", people=3, now=NOW)
        for _ in range(2):
            paper.enter_dots(
                session, facilitator, planned.id, block_id=block, group="carer", dots={note: 2}, now=NOW
            )
        with pytest.raises(Invalid, match="3 dots; this sheet has 4"):
            paper.enter_dots(
                session, facilitator, planned.id, block_id=block, group="carer", dots={note: 4}, now=NOW
            )
        with pytest.raises(Invalid, match="2 sheets"):
            paper.count_in(session, facilitator, planned.id, group="carer", people=1, now=NOW)
        assert sum(each.people for each in session.query(WorkshopJoin)) == 3
        room_commands.open_phones(session, facilitator, planned.id, are_open=False, now=NOW)
        session.flush()
        now = room_queries.standing(session, facilitator, planned.id)
    assert now.dots == (("Warm", 4),)
    assert (now.of("carer"), now.by("paper")) == (3, 3)


def test_whoever_follows_the_board_hears_of_a_sheet_that_is_taken_back(
    database: Database, facilitator: Actor, planned: Planned
) -> None:
    block, place = block_of(database, planned, "dots")
    with database.writing() as session:
        room_commands.begin(session, facilitator, planned.id, now=NOW)
        room_commands.go_to(session, facilitator, planned.id, place=place, now=NOW)
        note = board.write_note(session, facilitator, planned.id, words="Warm", now=NOW)
        sheet = paper.enter_dots(
            session, facilitator, planned.id, block_id=block, group=None, dots={note: 2}, now=NOW
        )
        assert [each.dots for each in public_board(session, planned.id).notes] == [0], "not before the close"
        room_commands.open_phones(session, facilitator, planned.id, are_open=False, now=NOW)
    with database.reading() as session:
        with_dots = public_board(session, planned.id)
    with database.writing() as session:
        paper.take_back_dots(session, facilitator, planned.id, block_id=block, join_id=sheet, now=NOW)
    with database.reading() as session:
        since = public_board(session, planned.id, after=with_dots.revision)
    assert [each.dots for each in with_dots.notes] == [2]
    assert [(each.id, each.dots) for each in since.notes] == [(note, 0)]


def test_the_photos_of_a_workshop_come_with_one_statement(
    database: Database, facilitator: Actor, planned: Planned
) -> None:
    taken = BytesIO()
    Image.new("RGB", (64, 48), "#dfeeee").save(taken, "PNG")
    block, _ = block_of(database, planned, "ideas")
    with database.writing() as session:
        room_commands.begin(session, facilitator, planned.id, now=NOW)
        photos.add_photos(
            session, facilitator, planned.id, [make_safe(taken.getvalue())] * 3, block_id=block,
            description="Circles", now=NOW,
        )  # fmt: skip
    with counted(database) as sent, database.reading() as session:
        found = photos.photos_of(session, facilitator, planned.id)
    assert [each.description for each in found] == [f"Circles ({number} of 3)" for number in (1, 2, 3)]
    assert all(each.thumbnail.startswith(b"RIFF") for each in found)
    assert len(selects(sent)) == 1


def test_nobody_is_counted_before_the_workshop_begins(
    database: Database, facilitator: Actor, planned: Planned
) -> None:
    with database.writing() as session, pytest.raises(WrongTransition):
        paper.count_in(session, facilitator, planned.id, group=None, people=3, now=NOW)


@pytest.mark.parametrize("kind", ["ideas", "dots", "pulse"])
def test_the_console_sends_as_many_statements_for_500_phones_as_for_one(
    database: Database, facilitator: Actor, planned: Planned, kind: str
) -> None:
    block, place = block_of(database, planned, kind)
    with database.writing() as session:
        room_commands.begin(session, facilitator, planned.id, now=NOW)
        room_commands.go_to(session, facilitator, planned.id, place=place, now=NOW)
        room_commands.open_phones(session, facilitator, planned.id, are_open=False, now=NOW)
    few = many = 0
    for phones in (1, 500):
        fill(database, planned, block, phones)
        with counted(database) as sent, database.reading() as session:
            now = room_queries.standing(session, facilitator, planned.id)
        few, many = many, len(selects(sent))
    assert few == many <= 5
    assert (now.people, now.notes) == (501, 501)


def fill(database: Database, planned: Planned, block: uuid.UUID, phones: int) -> None:
    """Phones of carers, each with a note and a dot on it."""
    joins, notes = ([uuid.uuid4() for _ in range(phones)] for _ in range(2))
    with database.writing() as session:
        session.execute(
            insert(WorkshopJoin),
            [
                {
                    "id": join, "workshop_id": planned.id, "token_hash": join.hex, "group_name": "carer",
                    "source": "phone", "people": 1, "joined_at": NOW,
                }
                for join in joins
            ],
        )  # fmt: skip
        session.execute(
            insert(Note),
            [
                {
                    "id": note, "workshop_id": planned.id, "block_id": block, "kind": "idea", "text": "Warm",
                    "position": 1.0, "group_name": "carer", "source": "phone", "written_at": NOW,
                    "revision": 1, "chosen": False, "promised_by": "", "hidden_why": "",
                }
                for note in notes
            ],
        )  # fmt: skip
        session.execute(
            insert(NoteDots),
            [
                {"block_id": block, "join_id": join, "note_id": note, "dots": 1}
                for join, note in zip(joins, notes, strict=True)
            ],
        )


def test_voice_says_who_came_and_whose_notes(
    database: Database, facilitator: Actor, planned: Planned
) -> None:
    block, _ = block_of(database, planned, "ideas")
    with database.writing() as session:
        room_commands.begin(session, facilitator, planned.id, now=NOW)
    fill(database, planned, block, 2)
    with database.reading() as session:
        voice = after_queries.voices(session, facilitator, planned.project_id)[planned.id]
    assert (voice.came, voice.words) == ((("carer", 2),), (("carer", 2),))
    assert (voice.items, voice.raised_by_participants) == (7, 0)


def test_the_calendar_entry_says_what_was_planned_however_it_is_written(planned: Planned) -> None:
    title = "Wärme; für alle, überall – " + "lang " * 30
    facts = {"project": "Homes", "place": "Hall, 2; north", "hosts": "Ines", "held_on": NOW.date()}
    raw = entry(
        planned.id, title=title.strip(), begins="14:30", minutes=90, version=3,
        link="https://lab.example/j/ABC123", zone=clock.UTC, now=NOW, **facts,
    )  # fmt: skip
    assert max(len(line) for line in raw.split(b"\r\n")) <= 75
    (event,) = Calendar.from_ical(raw).walk("VEVENT")
    assert (str(event["summary"]), str(event["location"])) == (title.strip(), "Hall, 2; north")
    assert "https://lab.example/j/ABC123" in str(event["description"])
    assert b"DTSTART:20260302T143000\r\n" in raw
    assert b"DTEND:20260302T160000\r\n" in raw
    assert str(event["uid"]) == f"{planned.id}@followthrough"


@pytest.mark.parametrize(
    ("zone", "held_on", "begins", "starts_at", "ends_at"),
    [
        ("Pacific/Auckland", dt.date(2026, 11, 28), "10:00", "2026-11-27T21:00", "2026-11-27T22:30"),
        ("America/Los_Angeles", dt.date(2026, 11, 27), "20:00", "2026-11-28T04:00", "2026-11-28T05:30"),
        # the night in which Berlin puts its clocks forward: half past one, and half past three by the clock
        ("Europe/Berlin", dt.date(2026, 3, 29), "01:30", "2026-03-29T00:30", "2026-03-29T02:00"),
        ("Europe/Berlin", dt.date(2026, 10, 25), "14:00", "2026-10-25T13:00", "2026-10-25T14:30"),
    ],
)
def test_the_calendar_entry_names_the_labs_time_zone_and_brings_its_rules(
    planned: Planned, zone: str, held_on: dt.date, begins: str, starts_at: str, ends_at: str
) -> None:
    raw = entry(
        planned.id, title="Ideas", project="Ferry", place="", hosts="", held_on=held_on, begins=begins,
        minutes=90, version=1, link="https://lab.example/j/ABC123", zone=ZoneInfo(zone), now=NOW,
    )  # fmt: skip
    assert f"DTSTART;TZID={zone}:{held_on:%Y%m%d}T{begins.replace(':', '')}00".encode() in raw
    (rules,) = Calendar.from_ical(raw).walk("VTIMEZONE")
    assert str(rules["tzid"]) == zone
    (event,) = Calendar.from_ical(raw).walk("VEVENT")
    for name, instant in (("dtstart", starts_at), ("dtend", ends_at)):
        expected = dt.datetime.fromisoformat(instant).replace(tzinfo=dt.UTC)
        assert event[name].dt.astimezone(dt.UTC) == expected


def test_running_times_go_on_past_midnight() -> None:
    assert running_time("23:50", 0, 20) == "23:50–00:10"
    assert running_time("", 20, 15) == "20–35 min"
