"""What blocks show on the wall and ask on phones, beside notes, dots, votes and the pulse."""

from __future__ import annotations

import datetime as dt
import re

import pytest
from sqlalchemy import select
from starlette.testclient import TestClient

from db.models import BlockReaction, Note, VoteRound
from lab.foundation import clock
from lab.voting.commands import close_round
from lab.web.door import codes, limits
from lab.workshops.board.commands import hide_note
from lab.workshops.room import commands as room_commands
from lab.workshops.room.quick_poll import ask_quick_poll
from lab.workshops.room.reactions import RECENT, recent_reactions
from tests.web.phones.workshop import Workshop_, form, problem_on, write
from tests.web.phones.workshop import workshop as workshop

pytestmark = pytest.mark.parametrize("empty_database", ["sqlite"], indirect=True)


def test_the_wall_shows_a_block_s_words_as_cloud_and_list_without_hidden_and_waiting_notes(
    phone: TestClient, workshop: Workshop_
) -> None:
    workshop.goes_to("ideas")
    for said in (
        "Bills in plain words",
        "Plain bills",
        "<b>Landlords</b>",
        "Secret name",
        "Waiting",
        "Secret name",
    ):
        write(phone, workshop.code, said)
    for note in workshop.notes():
        if note.text == "Secret name":
            workshop.does(hide_note, note_id=note.id, why="Names somebody")
        if note.text == "Waiting":
            with workshop.database.writing() as session:
                session.get_one(Note, note.id).waits = True
    assert 'class="cloud"' not in phone.get(f"/j/{workshop.code}/wall").text
    workshop.does(room_commands.show_words, shows=True)
    page = phone.get(f"/j/{workshop.code}/wall").text
    cloud = page.partition('class="cloud" aria-hidden="true"')[2].partition("</p>")[0]
    assert re.findall(r'class="size1">(\w+)<', cloud) == ["bills", "plain"]
    listed = page.partition("<ol>")[2].partition("</ol>")[0]
    assert re.findall(r">(\w+)</span> <strong>(\d)<", listed) == [
        ("bills", "2"), ("plain", "2"), ("Landlords", "1"), ("words", "1"),
    ]  # fmt: skip
    assert re.search(r'id="noteboard" data-code="\w+" hidden', page)
    workshop.goes_to("worries")
    assert 'class="list"' not in phone.get(f"/j/{workshop.code}/wall").text, (
        "the next block begins with its notes"
    )


def test_a_quick_poll_is_on_the_phones_at_once_and_its_result_after_the_close(
    phone: TestClient, workshop: Workshop_
) -> None:
    workshop.goes_to("ideas")
    workshop.does(ask_quick_poll, question="Shall we go on?")
    page = phone.get(f"/j/{workshop.code}").text
    assert "Shall we go on?" in page
    assert re.findall(r'type="checkbox" name="mark-\d" value="1"> <span dir="auto">(\w+)<', page) == [
        "Yes", "No", "Unsure",
    ]  # fmt: skip
    assert "I have a worry about this" not in page
    fields = dict(re.findall(r'type="hidden" name="([^"]+)" value="([^"]*)"', page))
    assert phone.post(f"/j/{workshop.code}", data=fields | {"mark-0": "1"}).status_code == 200
    wall = phone.get(f"/j/{workshop.code}/wall").text
    assert "1 of 1" not in wall
    with workshop.database.writing() as session:
        poll = session.scalars(select(VoteRound.id).where(VoteRound.state == "open")).one()
        close_round(session, workshop.host, poll, now=clock.now())
    codes.forget(workshop.code)
    assert "“Yes” leads with 1 of 1 ballots" in phone.get(f"/j/{workshop.code}/wall").text


def test_reactions_are_counted_for_console_and_wall_and_never_by_whom(
    phone: TestClient, workshop: Workshop_, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(limits, "reactions", limits.Patience())
    workshop.goes_to("ideas")
    page = phone.get(f"/j/{workshop.code}").text
    assert [word in page for word in ("Agree", "Unclear", "Too fast", "Thanks")] == [True] * 4
    sent = form(page, "react")
    assert phone.post(f"/j/{workshop.code}/react", data=sent | {"word": "unclear"}).status_code == 200
    again = phone.post(f"/j/{workshop.code}/react", data=sent | {"word": "agree"})
    assert problem_on(again.text) == "The hosts have your last reaction. You can send another in a moment."
    phone.cookies.clear()
    other = form(phone.get(f"/j/{workshop.code}").text, "react")
    assert phone.post(f"/j/{workshop.code}/react", data=other | {"word": "unclear"}).status_code == 200
    assert '<p id="reactions">Unclear 2</p>' in phone.get(f"/j/{workshop.code}/wall").text
    assert phone.get(f"/j/{workshop.code}/state").json()["reactions"] == "Unclear 2"
    with workshop.database.reading() as session:
        kept = session.scalars(select(BlockReaction)).all()
        assert [(each.block_id, each.word) for each in kept] == [(workshop.blocks["ideas"], "unclear")]
        assert {column.name for column in BlockReaction.__table__.columns} == {
            "block_id", "word", "minute", "number",
        }  # fmt: skip
        later = clock.now() + RECENT + dt.timedelta(minutes=1)
        assert recent_reactions(session, workshop.blocks["ideas"], later) == ()


@pytest.mark.parametrize(
    ("kind", "word", "said"),
    [("worries", "agree", "The room has moved on"), ("ideas", "boo", "Reaction"), ("ideas", "", "Reaction")],
)
def test_a_reaction_to_what_is_over_or_of_no_known_word_is_refused(
    phone: TestClient, workshop: Workshop_, monkeypatch: pytest.MonkeyPatch, kind: str, word: str, said: str
) -> None:
    monkeypatch.setattr(limits, "reactions", limits.Patience())
    workshop.goes_to("ideas")
    sent = form(phone.get(f"/j/{workshop.code}").text, "react")
    workshop.goes_to(kind)
    answer = phone.post(f"/j/{workshop.code}/react", data=sent | {"word": word})
    assert said in problem_on(answer.text)
    with workshop.database.reading() as session:
        assert session.scalars(select(BlockReaction)).all() == []
