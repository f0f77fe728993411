"""A workshop's phones and its wall, from before it begins until after, and what strangers may send."""

from __future__ import annotations

import gzip
import html
import re
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from sqlalchemy import event, insert, select
from starlette.testclient import TestClient

from db.engine import Database
from db.keys import new_key
from db.models import Ballot, Engagement, Note, NoteDots, Pulse, Workshop, WorkshopJoin
from lab.access.commands import add_account
from lab.access.queries import lab_facts
from lab.access.rights import COMMAND_LINE
from lab.foundation import clock
from lab.foundation.place import lab_database
from lab.stakeholders.commands import add_stakeholder
from lab.voting.commands import close_round, open_round
from lab.web.door import codes, limits
from lab.web.door.limits import Guesses
from lab.web.phones import votes, workshops
from lab.web.wall import pages as wall
from lab.workshops.board.commands import hide_note
from lab.workshops.room import commands as room_commands
from tests.accounts import session_for
from tests.conftest import NOW
from tests.web.phones.workshop import AGENDA, Workshop_, form, problem_on, write
from tests.web.phones.workshop import workshop as workshop

pytestmark = pytest.mark.parametrize("empty_database", ["sqlite"], indirect=True)
FIRST_PAGE = 14_000
"""Bytes, compressed, of any page with its styles and its script."""
SCRIPT = "<script>alert('me')</script><img src=x onerror=alert(1)>"


def test_a_phone_is_led_through_the_whole_workshop_by_one_code(
    phone: TestClient, workshop: Workshop_
) -> None:
    page = phone.get(f"/j/{workshop.code}").text
    for words in ("Town hall", "14:30", "Ada and Bo", "shapes what is tried", "I am here as"):
        assert words in page
    phone.post(f"/j/{workshop.code}/join", data=form(page, "join") | {"group": "carer"})

    workshop.goes_to("expectations_round")
    page = write(phone, workshop.code, "A boiler that works", importance="5").text
    assert "A boiler that works" in page
    workshop.goes_to("ideas")
    assert "Question of ideas?" in write(phone, workshop.code, "A neighbour who knows").text
    workshop.goes_to("worries")
    write(phone, workshop.code, "Nobody reads it", prototype=str(workshop.prototypes[0]))
    hope, idea, worry = workshop.notes()
    assert [each.kind for each in (hope, idea, worry)] == ["expectation", "idea", "worry"]
    assert {each.group_name for each in (hope, idea, worry)} == {"carer"}
    assert (hope.importance, worry.prototype_id) == (5, workshop.prototypes[0])

    workshop.goes_to("dots")
    sent = form(phone.get(f"/j/{workshop.code}").text, "dots")
    answer = phone.post(f"/j/{workshop.code}/dots", data=sent | {f"dots-{idea.id.hex}": "2"})
    assert "Your dots are in" in answer.text
    workshop.goes_to("pulse")
    sent = form(phone.get(f"/j/{workshop.code}").text, "pulse")
    for trust in ("4", "2"):
        answer = phone.post(f"/j/{workshop.code}/pulse", data=sent | {"trust": trust, "difference": "3"})
        assert "Your answers are in" in answer.text
    with workshop.database.reading() as session:
        assert [(each.note_id, each.dots) for each in session.scalars(select(NoteDots))] == [(idea.id, 2)]
        assert [(each.trust, each.difference) for each in session.scalars(select(Pulse))] == [(2, 3)]
        assert len(session.scalars(select(WorkshopJoin)).all()) == 1

    workshop.goes_to("wrap_up")
    assert "when you will hear from them" in phone.get(f"/j/{workshop.code}").text
    workshop.does(room_commands.end_workshop)
    page = phone.get(f"/j/{workshop.code}").text
    assert "Thank you for taking part" in page
    phone.post(f"/j/{workshop.code}/pulse", data=form(page, "pulse") | {"trust": "5", "difference": "5"})
    with workshop.database.reading() as session:
        assert len(session.scalars(select(Pulse)).all()) == 2


@pytest.mark.parametrize("kind", ["welcome", "ideas", "vote"])
def test_a_blank_wall_shows_the_labs_name_and_nothing_else(
    phone: TestClient, workshop: Workshop_, kind: str
) -> None:
    with workshop.database.reading() as session:
        lab = lab_facts(session)
    assert lab
    workshop.goes_to(kind)
    shown = phone.get(f"/j/{workshop.code}/wall").text.partition("<main")[2]
    workshop.does(room_commands.blank_wall, is_blank=True)
    blank = phone.get(f"/j/{workshop.code}/wall").text
    said = re.sub(r"<[^>]+>", " ", blank.partition("<body")[2].partition(">")[2]).split()
    assert said == lab.name.split()
    assert phone.get(f"/j/{workshop.code}/state").json()["blank"] is True, "a wall that is open follows"
    workshop.does(room_commands.blank_wall, is_blank=False)
    assert phone.get(f"/j/{workshop.code}/wall").text.partition("<main")[2] == shown


def test_an_author_reads_on_the_phone_that_a_note_waits_and_why_it_was_taken_off(
    phone: TestClient, workshop: Workshop_
) -> None:
    workshop.goes_to("ideas")
    workshop.does(room_commands.hold_notes, holds=True)
    write(phone, workshop.code, "An insult")
    own = phone.get(f"/j/{workshop.code}").text
    assert "on the wall once they let it up" in own
    assert "An insult" not in phone.get(f"/j/{workshop.code}/board.json").text
    [note] = workshop.notes()
    with workshop.database.writing() as session:
        before = session.get_one(Workshop, workshop.id).revision
        hide_note(session, workshop.host, workshop.id, note.id, why="Names a neighbour", now=NOW)
        session.flush()
        assert session.get_one(Workshop, workshop.id, populate_existing=True).revision > before
    codes.forget(workshop.code)
    own = phone.get(f"/j/{workshop.code}").text
    assert "A host took this off the wall. Names a neighbour" in own


def test_a_vote_is_held_under_the_workshops_own_code(phone: TestClient, workshop: Workshop_) -> None:
    page = phone.get(f"/j/{workshop.code}").text
    phone.post(f"/j/{workshop.code}/join", data=form(page, "join") | {"group": "carer"})
    workshop.goes_to("vote")
    assert "has not opened yet" in phone.get(f"/j/{workshop.code}").text
    with workshop.database.writing() as session:
        open_round(session, workshop.host, workshop.round_id, NOW)
    codes.forget(workshop.code)
    page = phone.get(f"/j/{workshop.code}").text
    assert re.search(r'value="carer" required checked', page), "who said it once is not asked again"
    voter = re.search(r'name="voter" value="([^"]+)"', page)
    action = re.search(r'<form method="post" action="([^"]+)"', page)
    assert voter
    assert action
    state = phone.get(f"/j/{workshop.code}/state").json()
    assert (state["state"], state["block"]) == ("open", AGENDA.index("vote"))
    assert "Which first?" in phone.get(f"/j/{workshop.code}/wall").text

    workshop.goes_to("worries")
    ballot = {"voter": voter[1], "mark-0": "1", "group": "carer"}
    answer = phone.post(html.unescape(action[1]), data=ballot)
    assert "Question of worries?" in answer.text, "the answer to a late ballot is where the room is"
    with workshop.database.reading() as session:
        assert [list(marks) for marks in session.scalars(select(Ballot.marks))] == [[1, 0]]
    workshop.goes_to("vote")
    assert "Your vote is in" in phone.get(f"/j/{workshop.code}").text
    with workshop.database.writing() as session:
        close_round(session, workshop.host, workshop.round_id, now=NOW)
    codes.forget(workshop.code)
    assert "Check the count" in phone.get(f"/j/{workshop.code}").text


@contextmanager
def statements(database: Database) -> Iterator[list[str]]:
    seen: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        seen.append(statement)

    event.listen(lab_database().engine, "before_cursor_execute", note)
    yield seen
    event.remove(lab_database().engine, "before_cursor_execute", note)


def crowd(workshop: Workshop_, phones: int, notes_each: int, own: str = "") -> None:
    """Many phones, with notes that hardly compress."""
    rows, notes = [], []
    with workshop.database.writing() as session:
        for number in range(phones):
            join = new_key()
            rows.append(
                {"id": join, "workshop_id": workshop.id, "token_hash": f"{number}-{join}", "people": 1,
                 "source": "phone", "joined_at": NOW}
            )  # fmt: skip
            notes += [
                {"id": uuid.uuid4(), "workshop_id": workshop.id, "block_id": workshop.blocks["ideas"],
                 "kind": "idea", "text": f"{uuid.uuid4()} " * 13, "position": float(place), "join_id": join,
                 "source": "phone", "written_at": NOW, "revision": 1}
                for place in range(notes_each)
            ]  # fmt: skip
        session.execute(insert(WorkshopJoin), rows)
        session.execute(insert(Note), notes)


def until_fresh() -> None:
    """As if the time had passed for which answers are handed out again."""
    of_votes = (codes._behind, votes.turnouts, votes.results)
    for kept in (
        *of_votes,
        workshops.turnouts,
        workshops._standing,
        workshops._reactions,
        wall.dotted,
        wall._words,
    ):
        kept._kept.clear()


@pytest.mark.parametrize("kind", [*AGENDA, "over"])
def test_every_page_is_small_and_asks_no_more_of_the_database_when_the_board_is_full(
    phone: TestClient, workshop: Workshop_, kind: str
) -> None:
    workshop.goes_to("ideas")
    for number in range(8):
        write(phone, workshop.code, f"{uuid.uuid4()} " * 13, key=f"key {number}")
    if kind == "over":
        workshop.does(room_commands.end_workshop)
    else:
        workshop.goes_to(kind)

    def asked() -> dict[str, int]:
        numbers = {}
        for path in ("", "/state", "/wall"):
            until_fresh()
            with statements(workshop.database) as seen:
                assert phone.get(f"/j/{workshop.code}{path}").status_code == 200
            numbers[path] = len([each for each in seen if each.lstrip().startswith(("SELECT", "UPDATE"))])
        return numbers

    asked()  # whoever comes back has joined
    before = asked()
    crowd(workshop, phones=40, notes_each=12)
    assert asked() == before
    assert max(before.values()) <= 14

    page = phone.get(f"/j/{workshop.code}")
    parts = [f"/j/{workshop.code}", *re.findall(r'(?:href|src)="(/assets/[^"]+)"', page.text)]
    total = 0
    for part in parts:
        with phone.stream("GET", part, headers={"Accept-Encoding": "gzip"}) as answer:
            sent = b"".join(answer.iter_raw())
        assert len(sent) < 1000 or gzip.decompress(sent)
        total += len(sent)
    print(f"{kind}: {total:,} bytes, {before} statements")
    assert len(parts) == 5
    assert total <= FIRST_PAGE


MISTAKES = {
    "a note of 10,000 characters": ({"words": "Nobody reads it. " * 600}, 422, "at most 500 fit"),
    "a note of nothing": ({"words": "\u200b\u2060 \u200d"}, 422, "Your note is missing"),
    "a body of 200 kB": ({"words": "x" * 200_000}, 422, "too long"),
    "no block": ({"block": "?"}, 422, "another agenda"),
    "a block of another workshop": ({"block": str(uuid.uuid4())}, 422, "another agenda"),
    "an importance that is no number": ({"importance": "very"}, 422, "from 1 to 5"),
    "an importance out of range": ({"importance": "9"}, 422, "between 1 and 5"),
    "another phone's token": ({"voter": "x" * 32}, 403, "open for too long"),
}


@pytest.mark.parametrize("mistake", MISTAKES)
def test_a_mistake_is_named_and_what_was_typed_is_still_there(
    phone: TestClient, workshop: Workshop_, mistake: str
) -> None:
    changed, status, message = MISTAKES[mistake]
    workshop.goes_to("expectations_round")
    words = "Who “answers” at night & on Sundays?"
    answer = write(phone, workshop.code, words, **changed)
    assert answer.status_code == status
    assert message in problem_on(answer.text)
    typed = changed.get("words", words)
    if mistake != "a note of nothing":
        assert typed[:150_000] in html.unescape(answer.text)
    sent = form(phone.get(f"/j/{workshop.code}").text, "note") | {"words": words} | changed
    told = phone.post(f"/j/{workshop.code}/note", data=sent, headers={"Accept": "application/json"})
    assert (told.status_code, message in told.json()["problem"]) == (status, True)
    assert workshop.notes() == []


def test_words_in_every_script_are_kept_and_none_of_them_is_markup(
    phone: TestClient, workshop: Workshop_
) -> None:
    workshop.goes_to("ideas")
    family = "👩‍👩‍👧 אין לי טלפון"
    for number, words in enumerate((family, "\u202eevil\u202c words", SCRIPT)):
        page = write(phone, workshop.code, words, key=f"key {number}")
    assert [each.text for each in workshop.notes()] == [family, "evil words", SCRIPT]
    refused = write(phone, workshop.code, SCRIPT * 20)
    workshop.goes_to("dots")
    until_fresh()
    for each in (page.text, refused.text, phone.get(f"/j/{workshop.code}").text):
        assert "<script>" not in each
        assert "<img src=x" not in each
        assert "&lt;script&gt;" in each
    policy = page.headers["content-security-policy"]
    assert "script-src 'self';" in policy
    assert "unsafe" not in policy


def test_a_phone_that_floods_the_room_is_slowed_and_no_other_is(
    phone: TestClient, workshop: Workshop_
) -> None:
    workshop.goes_to("ideas")
    sent = form(phone.get(f"/j/{workshop.code}").text, "note")
    answers = [
        phone.post(
            f"/j/{workshop.code}/note", data=sent | {"words": f"Note {number}", "key": f"key {number}"},
            headers={"Accept": "application/json"},
        )
        for number in range(100)
    ]  # fmt: skip
    taken = [answer for answer in answers if answer.status_code == 200]
    slowed = [answer for answer in answers if answer.status_code == 429]
    assert 10 <= len(taken) <= 15
    assert len(taken) + len(slowed) == 100
    assert {answer.headers["retry-after"] for answer in slowed} == {"1"}
    page = phone.post(f"/j/{workshop.code}/note", data=sent | {"words": "And another", "key": "one more"})
    assert page.status_code == 429
    assert "And another" in page.text
    assert len(workshop.notes()) == len(taken)
    phone.cookies.clear()
    assert write(phone, workshop.code, "From another phone").status_code == 200


def test_ten_thousand_wrong_codes_do_not_lock_out_a_phone_with_the_right_one(
    phone: TestClient, workshop: Workshop_, monkeypatch: pytest.MonkeyPatch
) -> None:
    workshop.goes_to("ideas")
    monkeypatch.setattr(limits, "guesses", Guesses(pause=0.3))
    for _ in range(10_000):
        limits.guesses.wrong("testclient")
    assert phone.get("/j/WRNG22").status_code == 429
    assert phone.post("/j/WRNG22/note", data={"words": "?"}).status_code == 429
    assert phone.get("/j/WRNG22/events").status_code == 404
    assert write(phone, workshop.code, "A note").status_code == 200


def test_late_words_are_taken_until_the_phones_close_and_never_lost(
    phone: TestClient, workshop: Workshop_
) -> None:
    workshop.goes_to("ideas")
    sent = form(phone.get(f"/j/{workshop.code}").text, "note") | {"words": "Late but here"}
    workshop.goes_to("dots")
    answer = phone.post(f"/j/{workshop.code}/note", data=sent)
    assert "Question of dots?" in answer.text
    assert [each.block_id for each in workshop.notes()] == [workshop.blocks["ideas"]]

    workshop.does(room_commands.open_phones, are_open=False)
    late = sent | {"words": "Too late by now", "key": "other"}
    answer = phone.post(f"/j/{workshop.code}/note", data=late)
    assert answer.status_code == 409
    assert "closed the phones" in problem_on(answer.text)
    again = form(answer.text, "note") | {"words": "Too late by now"}
    assert "Too late by now</textarea>" in answer.text
    assert "Part ideas" in answer.text
    workshop.does(room_commands.open_phones, are_open=True)
    assert phone.post(f"/j/{workshop.code}/note", data=again).status_code == 200
    workshop.does(room_commands.end_workshop)
    answer = phone.post(f"/j/{workshop.code}/note", data=sent | {"words": "Much too late", "key": "third"})
    assert answer.status_code == 409
    assert "Much too late</textarea>" in answer.text
    assert [each.text for each in workshop.notes()] == ["Late but here", "Too late by now"]


def test_a_note_sent_twice_is_one_and_its_writer_can_change_it_until_a_host_uses_it(
    phone: TestClient, workshop: Workshop_
) -> None:
    workshop.goes_to("ideas")
    sent = form(phone.get(f"/j/{workshop.code}").text, "note") | {"words": "First thought"}
    for _ in range(2):
        phone.post(f"/j/{workshop.code}/note", data=sent)
    (note,) = workshop.notes()
    link = f"/j/{workshop.code}?note={note.id}"
    assert f"?note={note.id}" in phone.get(f"/j/{workshop.code}").text
    change = form(phone.get(link).text, "change")
    phone.post(f"/j/{workshop.code}/change", data=change | {"words": "Second thought"})
    assert [(each.text, each.revision > note.revision) for each in workshop.notes()] == [
        ("Second thought", True)
    ]
    mine = dict(phone.cookies)
    phone.cookies.clear()
    voter = form(phone.get(f"/j/{workshop.code}").text, "note")["voter"]
    stolen = change | {"words": "Not mine", "voter": voter}
    assert phone.post(f"/j/{workshop.code}/change", data=stolen).status_code == 403
    phone.cookies.update(mine)
    with workshop.database.writing() as session:
        session.get_one(Note, note.id).chosen = True
    answer = phone.post(f"/j/{workshop.code}/change", data=change | {"words": "Third thought"})
    assert answer.status_code == 409
    assert "working with this note" in problem_on(answer.text)
    with workshop.database.writing() as session:
        session.get_one(Note, note.id).chosen = False
    phone.post(f"/j/{workshop.code}/change", data=change | {"back": "1"})
    (gone,) = workshop.notes()
    assert (gone.text, gone.hidden_why != "") == ("", True)
    assert "Second thought" not in phone.get(f"/j/{workshop.code}").text


def test_nobody_has_more_dots_than_they_were_given(phone: TestClient, workshop: Workshop_) -> None:
    workshop.goes_to("ideas")
    write(phone, workshop.code, "One")
    (note,) = workshop.notes()
    workshop.goes_to("dots")
    sent = form(phone.get(f"/j/{workshop.code}").text, "dots")
    for dots in ({f"dots-{note.id.hex}": "4"}, {f"dots-{uuid.uuid4().hex}": "1"}, {"dots-x": "1"}):
        assert phone.post(f"/j/{workshop.code}/dots", data=sent | dots).status_code == 422
    for number in ("3", "1", "0"):
        phone.post(f"/j/{workshop.code}/dots", data=sent | {f"dots-{note.id.hex}": number})
        with workshop.database.reading() as session:
            assert session.scalars(select(NoteDots.dots)).all() == [int(number)] * (number != "0")


def test_dots_put_on_one_page_of_notes_are_kept_on_the_next(phone: TestClient, workshop: Workshop_) -> None:
    workshop.goes_to("ideas")
    crowd(workshop, phones=10, notes_each=5)
    workshop.goes_to("dots")
    page = phone.get(f"/j/{workshop.code}").text
    first = re.findall(r'type="number"[^>]* name="(dots-[0-9a-f]+)"', page)
    page = phone.post(f"/j/{workshop.code}/dots", data=form(page, "dots") | {first[0]: "2", "page": "2"}).text
    second = re.findall(r'type="number"[^>]* name="(dots-[0-9a-f]+)"', page)
    assert (len(first), len(second), set(first) & set(second)) == (30, 20, set())
    phone.post(f"/j/{workshop.code}/dots", data=form(page, "dots") | {second[0]: "1"})
    with workshop.database.reading() as session:
        assert sorted(session.scalars(select(NoteDots.dots))) == [1, 2]


def test_the_wall_says_how_to_join_and_shows_the_dots_once_they_are_counted(
    phone: TestClient, workshop: Workshop_
) -> None:
    assert "qr.svg" in phone.get(f"/j/{workshop.code}/wall").text
    assert phone.get(f"/j/{workshop.code}/qr.svg").status_code == 200
    workshop.goes_to("ideas")
    write(phone, workshop.code, "A neighbour who knows")
    (note,) = workshop.notes()
    wall = phone.get(f"/j/{workshop.code}/wall").text
    assert 'id="noteboard"' in wall
    assert "A neighbour" not in wall
    workshop.goes_to("dots")
    until_fresh()
    sent = form(phone.get(f"/j/{workshop.code}").text, "dots")
    phone.post(f"/j/{workshop.code}/dots", data=sent | {f"dots-{note.id.hex}": "2"})
    assert "2 dots" not in phone.get(f"/j/{workshop.code}/wall").text
    workshop.does(room_commands.open_phones, are_open=False)
    wall = phone.get(f"/j/{workshop.code}/wall").text
    assert "2 dots" in wall
    assert "A neighbour who knows" in wall


def test_a_full_queue_asks_phones_to_come_back(
    phone: TestClient, workshop: Workshop_, monkeypatch: pytest.MonkeyPatch
) -> None:
    workshop.goes_to("ideas")
    sent = form(phone.get(f"/j/{workshop.code}").text, "note") | {"words": "Please wait"}
    monkeypatch.setattr(workshops.intake(), "_capacity", 0)
    answer = phone.post(f"/j/{workshop.code}/note", data=sent)
    assert answer.status_code == 503
    assert int(answer.headers["retry-after"]) > 0
    assert "Please wait</textarea>" in answer.text
    assert workshop.notes() == []


def test_a_stakeholder_who_is_signed_in_takes_part_as_themselves(
    phone: TestClient, workshop: Workshop_
) -> None:
    with workshop.database.writing() as session:
        account = add_account(
            session, COMMAND_LINE, name="Sam Reed", email="sam@example.org", role="stakeholder",
            password=None, now=clock.now(),
        )  # fmt: skip
        project = session.get_one(Engagement, workshop.id).project_id
        stakeholder = add_stakeholder(
            session, workshop.host, project, pseudonym="Heron", group="carer", account_id=account, now=NOW
        )
        token = session_for(session, account, clock.now())
    workshop.goes_to("ideas")
    phone.cookies.set("lab_session", token)
    page = write(phone, workshop.code, "As myself").text
    assert "As myself" in page
    assert "I am here as" not in page
    with workshop.database.reading() as session:
        (join,) = session.scalars(select(WorkshopJoin))
        assert (join.stakeholder_id, join.group_name, join.source) == (stakeholder, "carer", "account")
    assert [(each.group_name, each.source) for each in workshop.notes()] == [("carer", "account")]


def test_the_wall_shows_the_clock_of_the_block_while_people_vote(
    phone: TestClient, workshop: Workshop_
) -> None:
    workshop.goes_to("vote")
    with workshop.database.writing() as session:
        open_round(session, workshop.host, workshop.round_id, clock.now())
    codes.forget(workshop.code)
    wall = phone.get(f"/j/{workshop.code}/wall").text
    assert "Which first?" in wall
    assert wall.index("Letter") < wall.index("Visit")
    assert "0</strong> of" in wall
    left = re.search(r'class="clock" data-left="(\d+)"', wall)
    assert left
    assert 590 <= int(left[1]) <= 600
    workshop.does(room_commands.pause)
    state = phone.get(f"/j/{workshop.code}/state").json()
    assert (state["paused"], state["left"]) == (True, pytest.approx(int(left[1]), abs=5))
