"""The demo lab's workshops: one that was wrapped up and kept its promise, one that waits for its wrap-up, and
one that is planned for tomorrow."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Sequence
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from db.models import WorkshopBlock
from lab.access.rights import Actor
from lab.followthrough.commands import reply_to_people
from lab.foundation import clock
from lab.foundation.errors import LabError
from lab.pictures.safe import SafePicture
from lab.workshops.after.commands import confirm
from lab.workshops.after.proposal import Mark, WrapUpChoices, proposal
from lab.workshops.board import commands as board
from lab.workshops.plan import commands as plan_commands
from lab.workshops.plan.agendas import TEMPLATES
from lab.workshops.room import commands as room_commands
from lab.workshops.room import paper, photos
from lab.workshops.room.handed_in import DotsIn, HandedIn, JoinIn, NoteIn, PulseIn
from lab.workshops.room.intake import take_in
from lab.workshops.room.rules import token_hash

AGENDA: Final = TEMPLATES["discovery"]
INVITED: Final = {"service_user": 12, "carer": 6, "front_line": 4}
PHONES: Final = ("service_user", "service_user", "service_user", "service_user", "service_user", "carer",
                 "carer", "front_line", "front_line", None)  # fmt: skip
"""The group that each phone names."""
HOPES: Final = (
    ("Somebody who answers when I call", 5),
    ("That I need not tell my story four times", 4),
    ("A date, even if it is a late one", 5),
    ("Letters my mother understands", 4),
)
SEEN: Final = (
    ("The letter comes after the appointment it is about", "Letters"),
    ("Three pages, and the date is on the last", "Letters"),
    ("Nobody I know has ever read the small print", "Letters"),
    ("At the desk they cannot see what the phone line told me", "Being passed on"),
    ("I was sent from the first floor to the third and back", "Being passed on"),
    ("We type the same address into two systems", "Being passed on"),
    ("Text me the day before", "Ideas"),
    ("One name on every letter", "Ideas"),
    ("A page with every step and where mine is", "Ideas"),
    ("Let us see what the others see", "Ideas"),
    ("I take a morning off for five minutes", ""),
    ("The waiting room is too loud to hear my name", ""),
)
NAMED: Final = "Mrs Ferris at the desk is rude"
PROMISE: Final = "Look at the ten most sent letters with people who get them"


def hold(
    session: Session, actor: Actor, project: uuid.UUID, ending: str, *, now: dt.datetime, chart: SafePicture
) -> None:
    """A workshop that is `planned` for tomorrow, `waiting` for its wrap-up for three days, or `kept` a month
    ago, with the reply that was promised."""
    days = {"planned": -1, "waiting": 3, "kept": 30}[ending]
    then = now - dt.timedelta(days=days)
    workshop = plan_commands.plan_workshop(
        session, actor, project,
        title="What it is like today", held_on=clock.day_of(session, then),
        begins="14:00", place="Saltmarsh library",
        hosts=actor.name, invited=INVITED, declared_influence="work_with", agenda_set_by="both",
        blocks=AGENDA.blocks, now=min(then, now),
    )  # fmt: skip
    if ending == "planned":
        return
    _Room(session, actor, workshop, then).meet(chart)
    if ending == "kept":
        _keep(session, actor, workshop, then + dt.timedelta(days=1))
        reply_to_people(
            session, actor, project,
            what_happened="Eleven people read the ten letters with the court's writers. Four are rewritten.",
            what_next="The new letters are sent from next month; we ask again how they are read.",
            how="Letter and report page", 
            next_news_on=clock.day_of(session, now + dt.timedelta(days=40)),
            now=now - dt.timedelta(days=12),
        )  # fmt: skip


class _Room:
    """One afternoon, from the first phone to the last dot."""

    def __init__(self, session: Session, actor: Actor, workshop: uuid.UUID, then: dt.datetime) -> None:
        self.session, self.actor, self.workshop, self.then = session, actor, workshop, then
        rows = session.execute(
            select(WorkshopBlock.kind, WorkshopBlock.id).where(WorkshopBlock.workshop_id == workshop)
        )
        self.blocks: dict[str, uuid.UUID] = {kind: key for kind, key in rows}

    def meet(self, chart: SafePicture) -> None:
        """Play the agenda, block by block."""
        session, actor, workshop, then = self.session, self.actor, self.workshop, self.then
        room_commands.begin(session, actor, workshop, now=then)
        joins = [
            JoinIn(workshop_id=workshop, token_hash=_token(workshop, index), group=group, says_group=True)
            for index, group in enumerate(PHONES)
        ]
        self._take(joins)
        paper.count_in(session, actor, workshop, group="service_user", people=3, now=then)
        self._go_to("expectations_round")
        self._write("expectations_round", [words for words, _ in HOPES], [weight for _, weight in HOPES])
        self._go_to("ideas")
        notes = self._write("ideas", [words for words, _ in SEEN])
        board.write_note(
            session, actor, workshop, words="Nobody told us that we could bring somebody along",
            group="service_user", is_paper=True, now=then,
        )  # fmt: skip
        (named,) = self._write("ideas", [NAMED])
        photos.add_photos(
            session, actor, workshop, [chart], block_id=self.blocks["ideas"],
            description="The letter as the group redrew it", now=then,
        )  # fmt: skip
        self._go_to("cluster")
        clusters = {
            title: board.add_cluster(session, actor, workshop, title=title)
            for title in dict.fromkeys(title for _, title in SEEN if title)
        }
        for key, (_, title) in zip(notes, SEEN, strict=True):
            if title:
                board.move_note(session, actor, workshop, key, cluster_id=clusters[title], below=None)
        board.merge_notes(session, actor, workshop, notes[1], into=notes[2], now=then)
        board.hide_note(session, actor, workshop, named, why="Names a person", now=then)
        for index in (6, 8):
            board.mark_note(session, actor, workshop, notes[index], {"chosen": True}, now=then)
        self._go_to("dots")
        self._take(
            [
                DotsIn(
                    workshop_id=workshop, token_hash=_token(workshop, index), block_id=self.blocks["dots"],
                    dots={notes[6]: 2, notes[(3, 7, 8)[index % 3]]: 1},
                )
                for index in range(len(PHONES))
            ]
        )  # fmt: skip
        self._go_to("pulse")
        self._take(
            [
                PulseIn(
                    workshop_id=workshop, token_hash=_token(workshop, index), block_id=self.blocks["pulse"],
                    trust=3 + index % 3, difference=2 + index % 4,
                )
                for index in range(len(PHONES))
            ]
        )  # fmt: skip
        self._go_to("wrap_up")
        promise = board.write_note(session, actor, workshop, words=PROMISE, kind="promise", now=then)
        day = clock.day_of(session, then + dt.timedelta(days=70))
        board.mark_note(
            session, actor, workshop, promise,
            {"promised_by": "Eastmere Court Service", "promised_for": day},
            now=then,
        )  # fmt: skip
        board.write_note(
            session, actor, workshop, words="We begin with the letters, not with the desk", kind="decision",
            now=then,
        )  # fmt: skip
        room_commands.end_workshop(session, actor, workshop, now=then)
        session.flush()

    def _go_to(self, kind: str) -> None:
        index = [block.kind for block in AGENDA.blocks].index(kind)
        room_commands.go_to(self.session, self.actor, self.workshop, place=index, now=self.then)

    def _write(
        self, kind: str, words: Sequence[str], importance: Sequence[int | None] | None = None
    ) -> list[uuid.UUID]:
        weights = importance or [None] * len(words)
        sent = [
            NoteIn(
                workshop_id=self.workshop, token_hash=_token(self.workshop, index % len(PHONES)),
                block_id=self.blocks[kind], form_key=said, words=said, importance=weight,
            )
            for index, (said, weight) in enumerate(zip(words, weights, strict=True))
        ]  # fmt: skip
        return [uuid.UUID(key) for key in self._take(sent)]

    def _take(self, sent: Sequence[HandedIn]) -> list[str]:
        keys = []
        for answer in take_in(self.session, sent, now=self.then):
            if isinstance(answer, LabError):
                raise answer
            keys.append(answer)
        return keys


def _token(workshop: uuid.UUID, index: int) -> str:
    return token_hash(workshop, f"demo phone {index}")


def _keep(session: Session, actor: Actor, workshop: uuid.UUID, now: dt.datetime) -> None:
    notes = proposal(session, actor, workshop).notes
    hopes = [each.id for each in notes if each.mark.kind == "expectation"]
    confirm(
        session, actor, workshop,
        WrapUpChoices(
            hear_by=clock.day_of(session, now + dt.timedelta(days=21)),
            heard="People do not mind waiting so much as not knowing. Letters come late, are long, and hide "
            "the one date that matters.",
            what_next="We read the ten most sent letters with eleven of you.",
            marks={
                key: Mark("expectation", importance=5 - index % 2, within_power="partly", said_back="will_if")
                for index, key in enumerate(hopes)
            },
            people={"service_user": 8, "carer": 2, "front_line": 2},
            sponsor_present=True,
            chaired_by=actor.name,
            actual_influence="work_with",
        ),
        now=now,
    )  # fmt: skip
