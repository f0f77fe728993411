"""Notes that look alike are suggested for merging, in any language; nothing is merged by itself."""

from __future__ import annotations

import subprocess
import sys
import uuid
from dataclasses import dataclass

import pytest
from sqlalchemy import update

from db.engine import Database
from db.models import Note
from lab.access.rights import Actor
from lab.foundation.beside import ROOT
from lab.foundation.errors import Invalid, NotAllowed
from lab.workshops.board import commands as board
from lab.workshops.board import several
from lab.workshops.board.alike import MOST_OF_A_GROUP, notes_alike
from lab.workshops.board.suggestions import Suggestion, comparable_notes, suggest
from lab.workshops.room.commands import begin
from tests.conftest import NOW
from tests.workshops.conftest import Planned

PAIRS = {
    "English": ("Bills should be in plain language", "Write the bills in plain language please"),
    "French": ("Personne ne répond au téléphone", "Personne répond jamais au téléphone !"),
    "German": ("Das Formular ist zu lang", "FORMULAR ZU LANG!!"),
    "Spanish": ("Nadie contesta el teléfono", "nadie contesta nunca al telefono"),
    "Welsh": ("Mae'r ffurflen yn rhy hir", "Ffurflen rhy hir"),
    "Japanese": ("フォームが長すぎる", "申請フォームが長すぎます"),
    "Arabic": ("النموذج طويل جدا", "النموذج طويل"),
}
UNLIKE = (
    "Children have nowhere to play",
    "A map of who to call",
    "Lights on the stairs at night",
    "Le bus passe trop rarement",
    "Mehr Zeit für Fragen",
    "Dim digon o olau ar y grisiau",
    "駅が遠い",
    "The phone line costs too much",
    "Someone to explain the bill",
    "The doors do not close",
)


@pytest.mark.parametrize("language", PAIRS)
def test_two_ways_of_saying_the_same_look_alike_in_every_language(language: str) -> None:
    texts = [*UNLIKE[:5], *PAIRS[language], *UNLIKE[5:]]
    assert [found.notes for found in notes_alike(texts)] == [(5, 6)]


@pytest.mark.parametrize("texts", [UNLIKE, (), ("Alone",), ("!!!", "???", "…", "★ ★")])
def test_notes_that_are_unlike_are_never_suggested(texts: tuple[str, ...]) -> None:
    assert notes_alike(texts) == []


def test_any_two_notes_of_a_group_look_alike_and_no_note_is_in_two_groups() -> None:
    texts = [text for pair in PAIRS.values() for text in pair] + ["Das Formular ist viel zu lang"]
    groups = [found.notes for found in notes_alike(texts)]
    assert sorted(index for group in groups for index in group) == list(range(len(texts)))
    assert (4, 5, 14) in groups


def test_a_pair_said_to_differ_is_left_out_and_one_said_to_be_the_same_is_suggested() -> None:
    texts = ["Form too long", "The form is too long", "The form is too long!", "Pay by the week"]
    assert [found.notes for found in notes_alike(texts)] == [(0, 1, 2)]
    assert [found.notes for found in notes_alike(texts, apart={(2, 1), (0, 1)})] == [(0, 2)]
    assert (3, 4) in [found.notes for found in notes_alike([*texts, "Invoices"], same={(4, 3)})]


def test_a_hundred_notes_with_the_same_words_come_as_suggestions_of_a_size_that_can_be_read() -> None:
    assert [len(found.notes) for found in notes_alike(["Form too long"] * 100)] == [MOST_OF_A_GROUP]


def test_a_lab_that_suggests_nothing_starts_without_scipy() -> None:
    program = [sys.executable, "-c", "import sys, lab.web.board.routes as _; print('scipy' in sys.modules)"]
    done = subprocess.run(program, capture_output=True, text=True, cwd=ROOT, check=True)
    assert done.stdout.strip() == "False"


@dataclass
class Hosted:
    """A running workshop with its host."""

    database: Database
    actor: Actor
    id: uuid.UUID

    def write(self, words: str) -> uuid.UUID:
        with self.database.writing() as session:
            return board.write_note(session, self.actor, self.id, words=words, now=NOW)

    def suggested(self) -> list[Suggestion]:
        with self.database.reading() as session:
            notes = comparable_notes(session, self.actor, self.id)
        return suggest(notes)

    def lying(self, key: uuid.UUID) -> Note:
        with self.database.reading() as session:
            return session.get_one(Note, key)


@pytest.fixture
def hosted(database: Database, facilitator: Actor, planned: Planned) -> Hosted:
    with database.writing() as session:
        begin(session, facilitator, planned.id, now=NOW)
    return Hosted(database, facilitator, planned.id)


def test_what_is_merged_or_hidden_is_not_suggested_and_a_note_that_waits_does_not_stand_for_one_on_the_wall(
    hosted: Hosted,
) -> None:
    said = ("Form too long", "Form too long!", "form too long")
    first, second, third = (hosted.write(words) for words in said)
    with hosted.database.writing() as session:
        session.execute(update(Note).where(Note.id == first).values(waits=True))
    assert [found.notes for found in hosted.suggested()] == [(second, third, first)]
    with hosted.database.writing() as session:
        board.hide_note(session, hosted.actor, hosted.id, third, now=NOW)
    assert [found.notes for found in hosted.suggested()] == [(second, first)]
    assert hosted.lying(first).merged_into is None, "nothing moves by itself"
    with hosted.database.writing() as session:
        several.merge_several(session, hosted.actor, hosted.id, (second, first), into=second, now=NOW)
    assert hosted.lying(first).merged_into == second
    assert hosted.suggested() == []


def test_a_dismissed_suggestion_stays_away_but_a_new_note_may_be_like_one_of_them(hosted: Hosted) -> None:
    one, other = hosted.write("Nobody answers the phone"), hosted.write("Nobody answers the phone!")
    for _ in range(2):
        with hosted.database.writing() as session:
            several.set_apart(session, hosted.actor, hosted.id, (other, one))
    assert hosted.suggested() == []
    third = hosted.write("nobody answers the phone")
    assert [set(found.notes) for found in hosted.suggested()] in ([{one, third}], [{other, third}])


def test_only_a_host_is_told_which_notes_look_alike(hosted: Hosted) -> None:
    hosted.write("Form too long")
    with hosted.database.reading() as session, pytest.raises(NotAllowed):
        comparable_notes(session, Actor(account_id=None, name="", role="sponsor"), hosted.id)


def test_several_notes_are_merged_moved_and_hidden_in_one_command_or_not_at_all(hosted: Hosted) -> None:
    keys = [hosted.write(words) for words in ("A", "B", "C", "D")]
    with hosted.database.writing() as session:
        cluster = board.add_cluster(session, hosted.actor, hosted.id, title="Money")
    with hosted.database.writing() as session:
        several.move_several(session, hosted.actor, hosted.id, [keys[2], keys[0]], cluster_id=cluster)
    assert [hosted.lying(key).cluster_id for key in keys] == [cluster, None, cluster, None]
    assert hosted.lying(keys[2]).position < hosted.lying(keys[0]).position
    with hosted.database.writing() as session:
        several.merge_several(session, hosted.actor, hosted.id, keys[:2], into=keys[0], now=NOW)
    with pytest.raises(Invalid, match="Part them first"), hosted.database.writing() as session:
        several.move_several(session, hosted.actor, hosted.id, [keys[3], keys[1]], cluster_id=cluster)
    assert hosted.lying(keys[3]).cluster_id is None
    with hosted.database.writing() as session:
        several.hide_several(session, hosted.actor, hosted.id, keys[2:], why="Off topic", now=NOW)
    assert [hosted.lying(key).hidden_why for key in keys] == ["", "", "Off topic", "Off topic"]
    with pytest.raises(Invalid, match="Choose some notes"), hosted.database.writing() as session:
        several.hide_several(session, hosted.actor, hosted.id, [], now=NOW)
