"""What is said stays on the board: moved, merged, hidden or marked, by several hosts at once, never lost."""

from __future__ import annotations

import datetime as dt
import threading
import uuid
from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import Any

import pytest
from sqlalchemy import insert, select, update
from sqlalchemy.orm import Session

from db.engine import Database
from db.keys import new_key
from db.models import Event, Note, NoteDots, Workshop, WorkshopBlock, WorkshopJoin
from lab.access.rights import Actor
from lab.foundation.errors import Invalid, LabError, NotAllowed, NotFound, TooMany, WrongTransition
from lab.workshops.board import changing
from lab.workshops.board import commands as board
from lab.workshops.board import queries as board_queries
from lab.workshops.board.rules import FINEST, MOST_NOTES, NO_REASON_YET
from lab.workshops.plan.agendas import TEMPLATES
from lab.workshops.room.commands import begin, end_workshop, go_to
from lab.workshops.room.handed_in import DotsIn
from lab.workshops.room.intake import take_in
from lab.workshops.room.seen import standing_notes
from tests.conftest import NOW, person
from tests.test_screens_stay_bounded import counted
from tests.workshops.conftest import Planned


class Hosted:
    """A running workshop and what a host does to its board, each in a transaction of its own."""

    def __init__(self, database: Database, actor: Actor, workshop_id: uuid.UUID) -> None:
        self.database, self.actor, self.id = database, actor, workshop_id

    def do(self, command: Callable[..., Any], *arguments: Any, **named: Any) -> Any:
        with self.database.writing() as session:
            return command(session, self.actor, self.id, *arguments, **named)

    def write(self, words: str, **named: Any) -> uuid.UUID:
        note: uuid.UUID = self.do(board.write_note, words=words, now=NOW, **named)
        return note

    def move(self, note: uuid.UUID, cluster: uuid.UUID | None, below: uuid.UUID | None = None) -> None:
        self.do(board.move_note, note, cluster_id=cluster, below=below)

    def seen(self, after: int = 0) -> board_queries.Board:
        with self.database.reading() as session:
            return board_queries.board(session, self.actor, self.id, after=after)

    def public(self, after: int = 0) -> board_queries.PublicBoard:
        with self.database.reading() as session:
            return board_queries.public_board(session, self.id, after=after)

    def column(self, cluster: uuid.UUID | None = None) -> list[str]:
        """What lies in a column, from the top."""
        lying = [each for each in self.seen().notes if each.cluster == cluster and not each.merged_into]
        return [each.text for each in sorted(lying, key=lambda each: (each.position, each.id.hex))]

    def note(self, key: uuid.UUID) -> board_queries.BoardNote:
        return next(each for each in self.seen().notes if each.id == key)

    def remembered(self, key: uuid.UUID) -> list[Event]:
        with self.database.reading() as session:
            return list(session.scalars(select(Event).where(Event.subject_id == key).order_by(Event.id)))


@pytest.fixture
def hosted(database: Database, facilitator: Actor, planned: Planned) -> Hosted:
    with database.writing() as session:
        begin(session, facilitator, planned.id, now=NOW)
    return Hosted(database, facilitator, planned.id)


def test_a_note_lies_where_it_was_put_below_another_or_at_the_top(hosted: Hosted) -> None:
    cluster = hosted.do(board.add_cluster, title="Money")
    first, second, third = (hosted.write(words) for words in ("first", "second", "third"))
    for note in (first, second):
        hosted.move(note, cluster)
    assert hosted.column(cluster) == ["second", "first"]
    hosted.move(third, cluster, below=second)
    assert hosted.column(cluster) == ["second", "third", "first"]
    hosted.move(first, None, below=None)
    assert (hosted.column(), hosted.column(cluster)) == (["first"], ["second", "third"])


def test_a_note_put_below_one_that_has_gone_elsewhere_lies_at_the_end(hosted: Hosted) -> None:
    cluster = hosted.do(board.add_cluster, title="Money")
    gone, stays, moved = (hosted.write(words) for words in ("gone", "stays", "moved"))
    hosted.move(stays, cluster)
    hosted.move(moved, cluster, below=gone)
    assert hosted.column(cluster) == ["stays", "moved"]


def test_positions_are_spread_again_before_they_become_too_fine(hosted: Hosted) -> None:
    top, *others = (hosted.write(f"note {number}") for number in range(4))
    for turn in range(70):  # each halves the gap below the top: without new numbers doubles end at 53
        hosted.move(others[turn % 3], None, below=top)
    positions = sorted(each.position for each in hosted.seen().notes)
    assert min(b - a for a, b in pairwise(positions)) > FINEST / 2
    assert hosted.column() == ["note 0", "note 1", "note 3", "note 2"]


def together(tasks: Sequence[Callable[[], object]]) -> list[BaseException]:
    """Run all at once, and tell what went wrong."""
    failed: list[BaseException] = []

    def run(task: Callable[[], object]) -> None:
        try:
            task()
        except Exception as error:
            failed.append(error)

    threads = [threading.Thread(target=run, args=(task,)) for task in tasks]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    return failed


def test_of_two_hosts_who_move_at_once_the_last_wins_and_no_note_is_lost(
    hosted: Hosted, database: Database
) -> None:
    other = Hosted(database, person(database, "facilitator"), hosted.id)
    notes = [hosted.write(f"note {number}") for number in range(12)]
    left, right = (hosted.do(board.add_cluster, title=title) for title in ("Left", "Right"))
    before = hosted.seen().revision
    failed = together(
        [lambda note=note: hosted.move(note, left) for note in notes]
        + [lambda note=note: other.move(note, right) for note in notes]
    )
    assert failed == []
    now = hosted.seen()
    assert now.revision == before + 24
    assert {each.id for each in now.notes} == set(notes)
    with database.reading() as session:
        revisions = session.scalars(select(Note.revision).where(Note.workshop_id == hosted.id)).all()
    assert len(set(revisions)) == 12
    assert min(revisions) > before + 1
    for note in notes:
        other.move(note, right)
    assert len(hosted.column(right)) == 12


def test_whoever_has_seen_a_revision_is_told_only_what_came_after(hosted: Hosted) -> None:
    first, second = hosted.write("first"), hosted.write("second")
    seen = hosted.seen().revision
    assert hosted.seen(seen).notes == ()
    hosted.move(second, None, below=None)
    assert [each.id for each in hosted.seen(seen).notes] == [second]
    assert {each.id for each in hosted.seen(seen + 1_000).notes} == {first, second}


def test_merged_notes_keep_both_voices_move_together_and_can_be_parted(hosted: Hosted) -> None:
    cluster = hosted.do(board.add_cluster, title="Money")
    stands, says_the_same, too = (hosted.write(words) for words in ("It is cold", "Too cold", "Freezing"))
    hosted.do(board.merge_notes, too, into=says_the_same, now=NOW)
    hosted.do(board.merge_notes, says_the_same, into=stands, now=NOW)
    assert {hosted.note(each).merged_into for each in (says_the_same, too)} == {stands}
    hosted.move(stands, cluster)
    assert {each.cluster for each in hosted.seen().notes} == {cluster}
    assert hosted.public().notes[0].voices == 3
    with pytest.raises(Invalid, match="already lie together"):
        hosted.do(board.merge_notes, stands, into=too, now=NOW)
    with pytest.raises(Invalid, match="part them first"):
        hosted.move(too, None)
    hosted.do(board.part_note, says_the_same, now=NOW)
    assert hosted.column(cluster) == ["It is cold", "Too cold"]
    assert [each.verb for each in hosted.remembered(says_the_same)] == ["merged", "parted"]


def test_a_hidden_note_is_kept_with_who_and_why_and_leaves_the_other_voices(hosted: Hosted) -> None:
    rude, fair, other = (hosted.write(words) for words in ("An insult", "A fair point", "The same"))
    for voice in (fair, other):
        hosted.do(board.merge_notes, voice, into=rude, now=NOW)
    hosted.do(board.hide_note, rude, why="Names a neighbour", now=NOW)
    hidden = hosted.note(rude)
    assert (hidden.text, hidden.hidden_by, hidden.hidden_why) == (
        "An insult",
        hosted.actor.name,
        "Names a neighbour",
    )
    assert (hosted.note(fair).merged_into, hosted.note(other).merged_into) == (None, fair)
    hosted.do(board.show_note, rude, now=NOW)
    assert hosted.note(rude).hidden_at is None
    assert [(each.verb, each.reason) for each in hosted.remembered(rude)] == [
        ("hidden", "Names a neighbour"),
        ("shown_again", None),
    ]


def test_a_note_is_hidden_at_once_and_why_is_said_afterwards(hosted: Hosted) -> None:
    rude = hosted.write("An insult")
    hosted.do(board.hide_note, rude, now=NOW)
    assert hosted.public().notes == ()
    assert hosted.note(rude).hidden_why == NO_REASON_YET
    hosted.do(board.hide_note, rude, why="Names a neighbour", now=NOW)
    hosted.do(board.hide_note, rude, now=NOW)
    assert hosted.note(rude).hidden_why == "Names a neighbour"


def test_a_note_that_waits_is_on_the_wall_once_a_host_lets_it(hosted: Hosted, database: Database) -> None:
    first, second = hosted.write("One"), hosted.write("Two")
    with database.writing() as session:
        session.execute(update(Note).values(waits=True))
        assert standing_notes(session, hosted.id) == ()
    assert hosted.public().notes == ()
    assert [each.waits for each in hosted.seen().notes] == [True, True]
    hosted.do(board.let_on_the_wall, first)
    assert [each.text for each in hosted.public().notes] == ["One"]
    hosted.do(board.let_on_the_wall)
    assert {each.id for each in hosted.public().notes} == {first, second}


def test_a_note_is_marked_to_be_what_the_wrap_up_makes_of_it(hosted: Hosted) -> None:
    note = hosted.write("The council repairs the windows")
    until = NOW.date() + dt.timedelta(days=30)
    marks = {"kind": "promise", "promised_by": "Ms Low", "promised_for": until}
    hosted.do(board.mark_note, note, marks, now=NOW)
    hosted.do(board.mark_note, note, {"chosen": True}, now=NOW)
    marked = hosted.note(note)
    assert (marked.kind, marked.promised_by, marked.promised_for, marked.chosen) == (
        "promise",
        "Ms Low",
        until,
        True,
    )
    assert hosted.remembered(note)[0].detail["before"] == {
        "kind": "idea",
        "promised_by": "",
        "promised_for": None,
    }
    for wrong in (
        {"importance": 6},
        {"kind": "joke"},
        {"prototype_id": new_key()},
        {"text": "x"},
        {"chosen": 1},
    ):
        with pytest.raises(Invalid):
            hosted.do(board.mark_note, note, wrong, now=NOW)


def test_the_log_keeps_what_a_note_said_before_it_was_corrected(hosted: Hosted) -> None:
    note = hosted.write("The boler is old")
    hosted.do(board.edit_note, note, words="The boiler is old", now=NOW)
    assert hosted.note(note).text == "The boiler is old"
    assert [each.detail for each in hosted.remembered(note)] == [{"before": {"text": "The boler is old"}}]


def test_the_notes_of_a_dropped_cluster_come_after_the_new_ones_in_their_order(hosted: Hosted) -> None:
    cluster = hosted.do(board.add_cluster, title="Money")
    a, b, c = (hosted.write(words) for words in "abc")
    hosted.move(b, cluster)
    hosted.move(a, cluster, below=b)
    hosted.do(board.drop_cluster, cluster)
    hosted.write("d")
    assert hosted.column() == ["c", "b", "a", "d"]
    with pytest.raises(NotFound):
        hosted.move(c, cluster)
    assert [each.dropped for each in hosted.seen().clusters] == [True]


def test_clusters_keep_the_order_hosts_give_them(hosted: Hosted) -> None:
    keys = [hosted.do(board.add_cluster, title=title) for title in ("One", "Two", "Three")]
    hosted.do(board.place_cluster, keys[2], place=0)
    hosted.do(board.rename_cluster, keys[0], title="  First\nof all ")
    assert [each.title for each in hosted.seen().clusters] == ["Three", "First of all", "Two"]
    assert hosted.do(board.add_cluster, title="Again", cluster_id=keys[1]) == keys[1]
    assert len(hosted.seen().clusters) == 3


def test_what_was_sent_twice_is_one_note(hosted: Hosted) -> None:
    key = new_key()
    assert hosted.write("Once", note_id=key) == hosted.write("Once", note_id=key) == key
    assert hosted.column() == ["Once"]


def test_a_board_stays_open_until_the_wrap_up_and_not_before_it_begins(
    database: Database, facilitator: Actor, planned: Planned
) -> None:
    hosted = Hosted(database, facilitator, planned.id)
    with pytest.raises(WrongTransition, match="not begun"):
        hosted.write("Too early")
    hosted.do(begin, now=NOW)
    note = hosted.write("In time")
    hosted.do(end_workshop, now=NOW)
    hosted.write("From the flipchart", is_paper=True)
    with database.writing() as session:
        workshop = session.get_one(Workshop, planned.id)
        workshop.state, workshop.wrapped_up_at, workshop.wrapped_up_on = "wrapped_up", NOW, NOW.date()
    with pytest.raises(WrongTransition, match="records stand"):
        hosted.move(note, None)
    assert len(hosted.seen().notes) == 2


def test_nobody_but_hosts_sees_or_changes_the_hosts_board(hosted: Hosted, database: Database) -> None:
    stranger = Hosted(database, person(database, "stakeholder"), hosted.id)
    for attempt in (stranger.seen, lambda: stranger.write("Me too")):
        with pytest.raises(NotAllowed):
            attempt()


def join(session: Session, workshop_id: uuid.UUID) -> uuid.UUID:
    key = new_key()
    session.add(
        WorkshopJoin(
            id=key,
            workshop_id=workshop_id,
            token_hash=str(key),
            group_name="carer",
            source="phone",
            joined_at=NOW,
        )
    )
    session.flush()
    return key


def fill(database: Database, workshop_id: uuid.UUID, notes: int) -> list[uuid.UUID]:
    """Notes from phones, a third of them with a dot."""
    keys = [new_key() for _ in range(notes)]
    with database.writing() as session:
        revision = changing.next_revision(session, workshop_id)
        block = session.scalars(
            select(WorkshopBlock.id).where(WorkshopBlock.workshop_id == workshop_id).limit(1)
        ).one()
        joined = join(session, workshop_id)
        session.execute(
            insert(Note),
            [
                {
                    "id": key, "workshop_id": workshop_id, "block_id": block, "kind": "idea",
                    "text": f"Phone {key}", "position": float(revision), "join_id": joined,
                    "group_name": "carer", "source": "phone", "written_at": NOW, "revision": revision,
                }
                for key in keys
            ],
        )  # fmt: skip
        session.execute(
            insert(NoteDots),
            [{"block_id": block, "join_id": joined, "note_id": key, "dots": 2} for key in keys[::3]],
        )
    return keys


def test_the_public_board_tells_nothing_of_who_wrote_or_of_what_is_no_longer_there(
    hosted: Hosted, database: Database
) -> None:
    keys = fill(database, hosted.id, 4)
    secret = hosted.write("SECRET words")
    hosted.do(board.mark_note, keys[0], {"kind": "promise", "promised_by": "SECRET name"}, now=NOW)
    seen = hosted.public().revision
    assert "SECRET words" in str(hosted.public())
    hosted.do(board.hide_note, secret, why="SECRET reason", now=NOW)
    hosted.do(board.merge_notes, keys[3], into=keys[0], now=NOW)
    hosted.do(board.edit_note, keys[3], words="SECRET voice", now=NOW)
    with database.reading() as session:
        joined = session.scalars(select(WorkshopJoin.id)).one()
    for told in (hosted.public(), hosted.public(seen)):
        for kept in ("SECRET", str(joined), joined.hex, hosted.actor.name):
            assert kept not in str(told)
    assert set(hosted.public(seen).gone) == {secret, keys[3]}
    stands = next(each for each in hosted.public(seen).notes if each.id == keys[0])
    assert (stands.voices, stands.dots) == (2, 4)


def test_a_host_who_follows_the_board_sees_the_dots_that_phones_put_and_take_back(
    hosted: Hosted, database: Database
) -> None:
    note = hosted.write("Draught")
    place, block = next(
        (place, block) for place, block in enumerate(TEMPLATES["discovery"].blocks) if block.kind == "dots"
    )
    hosted.do(go_to, place=place, now=NOW)
    with database.reading() as session:
        block_id = session.scalars(
            select(WorkshopBlock.id).where(
                WorkshopBlock.workshop_id == hosted.id, WorkshopBlock.place == place
            )
        ).one()
    for dots in (block.dots, 0):
        seen = hosted.seen().revision
        handed_in = DotsIn(workshop_id=hosted.id, token_hash="phone", block_id=block_id, dots={note: dots})
        with database.writing() as session:
            assert take_in(session, [handed_in], now=NOW) == [""]
        assert [(each.id, each.dots) for each in hosted.seen(seen).notes] == [(note, dots)]


def test_notes_of_a_phone_are_never_more_than_a_board_can_hold(hosted: Hosted, database: Database) -> None:
    fill(database, hosted.id, MOST_NOTES)
    with pytest.raises(TooMany):
        hosted.write("One too many")


def test_statements_do_not_grow_with_the_notes(hosted: Hosted, database: Database) -> None:
    def sent() -> list[int]:
        with database.reading() as session:
            key = session.scalars(select(Note.id).where(Note.workshop_id == hosted.id).limit(1)).one()
        asked: list[Callable[[], object]] = [
            hosted.seen,
            hosted.public,
            lambda: hosted.seen(hosted_at),
            lambda: hosted.move(key, None),
        ]
        numbers = []
        for ask in asked:
            hosted_at = hosted.seen().revision
            with counted(database) as statements:
                ask()
            numbers.append(len(statements))
        return numbers  # SQLite's BEGIN is one of them

    fill(database, hosted.id, 3)
    few = sent()
    fill(database, hosted.id, 500)
    many = sent()
    assert few == many
    assert max(many[:2]) <= 6
    assert many[2] <= 2
    assert many[3] <= 10


def test_a_refused_change_leaves_no_trace(hosted: Hosted) -> None:
    note = hosted.write("Here")
    before = hosted.seen()
    with pytest.raises(LabError):
        hosted.move(note, new_key())
    assert hosted.seen() == before
