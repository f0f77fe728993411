"""A lab played day by day through every command that people use, for tests of its past."""

from __future__ import annotations

import datetime as dt
import random
import uuid
from collections.abc import Callable
from typing import Any, Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from db.engine import Database
from db.models import (
    Account,
    Base,
    Engagement,
    Expectation,
    Flag,
    Project,
    Prototype,
    PrototypeTest,
    Recommendation,
    Reply,
    Stakeholder,
    VoteRound,
    Workshop,
    WorkshopBlock,
    WorkshopPhoto,
)
from lab.access import commands as access
from lab.access.passwords import hashed
from lab.access.rights import COMMAND_LINE, Actor
from lab.access.sessions import commands as sessions
from lab.demo.drawing import drawing
from lab.disillusion.upkeep import commands as upkeep
from lab.engagements import commands as engagements
from lab.followthrough import commands as followthrough
from lab.followthrough.addressing import draft_to_sponsor
from lab.lifecycle import commands as lifecycle
from lab.pictures.safe import make_safe
from lab.projects import commands as projects
from lab.prototypes import commands as prototypes
from lab.stakeholders import commands as stakeholders
from lab.voting import commands as voting
from lab.voting import slips
from lab.workshops.board import commands as board
from lab.workshops.plan import commands as planning
from lab.workshops.plan.agendas import Block
from lab.workshops.room import commands as room
from lab.workshops.room import paper, photos, pulse
from lab.workshops.room.handed_in import ChangeIn, JoinIn, NoteIn, PulseIn
from lab.workshops.room.intake import take_in
from lab.workshops.room.rules import token_hash
from tests.accounts import come_and_go, set_up_anew
from tests.conftest import NOW
from tests.replay import desk, wrapping_up
from tests.replay.bursts import answer, burst, look

AGENDA: Final = (
    Block("ideas", "Ideas", 20),
    Block("dots", "Dots", 10),
    Block("vote", "Vote", 10),
    Block("pulse", "Pulse", 5),
)
PASSWORD: Final = "a long enough password"


class Play:
    """One project with everything that can be recorded of it, and what is done to it on which day."""

    def __init__(self, database: Database) -> None:
        self.database, self.keys, self.now = database, dict[str, uuid.UUID](), NOW
        with database.writing() as session:
            self.keys["ada"] = access.add_account(
                session, COMMAND_LINE, name="Ada", email="ada@example.org", role="facilitator",
                password=PASSWORD, now=NOW,
            )  # fmt: skip
            self.actor = Actor(self.keys["ada"], "Ada", "facilitator")
            self._begin(session)
        self.steps: dict[int, Callable[[Session], None]] = {
            1: self.edit_the_project, 2: self._edit_people, 3: self._meet, 4: self._try_out, 5: self._ask,
            6: self._plan, 7: self._change_the_plan, 8: self._hold, 9: self._wrap_up_later, 10: self._keep,
            11: self._answer, 12: self._draw_up_votes, 13: self._vote, 14: self._close_the_vote,
            15: self._reply, 20: self._move_dates, 21: self._go_on, 22: self._pause, 23: self._resume,
            24: self._answer_again, 25: self._end, 26: self._begin_anew, 27: self._accounts, 28: self._leave,
            150: self._upkeep, 200: self._upkeep, 201: self._acknowledge, 202: self._put_aside,
            203: self._clear, 204: self._judge, 205: self._explain, 260: self._upkeep,
        }  # fmt: skip

    def day(self, number: int) -> bool:
        """Play a day; returns whether anything happens on it."""
        if number not in self.steps:
            return number == 0
        self.now = NOW + dt.timedelta(days=number)
        with self.database.writing() as session:
            self.steps[number](session)
        return True

    def row(self, session: Session, model: type[Base], name: str) -> Any:
        return session.get_one(model, self.keys[name], populate_existing=True)

    def days(self, number: int) -> dt.date:
        """So many days from the day that is played."""
        return self.now.date() + dt.timedelta(days=number)

    def _begin(self, session: Session) -> None:
        keys, act = self.keys, self.actor
        keys["project"] = project = projects.start_project(
            session, act, title="Ferry", sponsor="Harbour Board", forms=["co_design"], now=NOW
        )
        keys["sponsor"] = projects.name_sponsor(session, act, "Harbour Board", NOW)
        for name in ("Heron", "Wren", "Owl"):
            keys[name] = stakeholders.add_stakeholder(
                session, act, project, pseudonym=name, group="carer", consent_for="letters", now=NOW
            )
        keys["said"] = engagements.add_contribution(session, act, project, words="Late", now=NOW)
        for name in ("hope", "other hope"):
            keys[name] = followthrough.record_expectation(
                session, act, project, statement=name, importance=3, now=NOW
            )
        for name in ("board", "bell"):
            keys[name] = prototypes.make_prototype(
                session, act, project, title=name, fidelity="paper", expectation_ids=[keys["hope"]], now=NOW
            )
        keys["worry"] = prototypes.foresee_risk(
            session, act, project, prototype_id=keys["board"], statement="Rain", now=NOW
        )
        keys["ask"] = followthrough.draft_recommendation(
            session, act, project, title="Ask", words="Ask", sponsor_id=keys["sponsor"],
            due=self.days(60), expectation_ids=[keys["hope"]], now=NOW,
        )  # fmt: skip
        keys["stalling"] = draft_to_sponsor(
            session, act, project, sponsor="Harbour Board", title="Stall", words="Stall", now=NOW
        )
        keys["told"] = followthrough.reply_to_people(
            session, act, project, what_happened="We began", recommendation_ids=[keys["ask"]], now=NOW
        )

    def edit_the_project(self, session: Session, **named: Any) -> None:
        row = self.row(session, Project, "project")
        given: dict[str, Any] = {
            "title": "Ferries", "challenge": "", "sponsor": "Town Council", "place": "Pier",
            "forms": ("co_design", "co_delivery"), "mode": "consumer", "cycle_phase": "treatment",
            "cadence_days": 14,
        }  # fmt: skip
        projects.edit_project(
            session, self.actor, row.id, version=row.version, now=self.now, **(given | named)
        )

    def _edit_people(self, session: Session) -> None:
        act, keys, now = self.actor, self.keys, self.now
        self.edit_person(session)
        stakeholders.count_people(session, act, keys["Heron"], people=60, now=now)
        stakeholders.keep_contact(session, act, keys["Heron"], name="Mere", email="", phone="", now=now)
        mere = access.add_account(
            session, COMMAND_LINE, name="Mere", email="mere@example.org", role="stakeholder",
            password=None, now=now,
        )  # fmt: skip
        stakeholders.link_account(session, act, keys["Wren"], mere, now=now)
        stakeholders.keep_contact_and_account(
            session, act, keys["Heron"], name="", email="", phone="", account_id=mere, now=now
        )

    def edit_person(self, session: Session, **named: Any) -> None:
        given: dict[str, Any] = {
            "group": "community", "voice_role": "voice", "expert_by_experience": True, "people": 40,
        }  # fmt: skip
        stakeholders.edit_stakeholder(
            session, self.actor, self.keys["Heron"], now=self.now,
            version=self.row(session, Stakeholder, "Heron").version, **(given | named),
        )  # fmt: skip

    def _meet(self, session: Session) -> None:
        act, keys, now, project = self.actor, self.keys, self.now, self.keys["project"]
        keys["met"] = engagements.record_engagement(
            session, act, project, kind="meeting", title="Here", held_on=now.date(),
            attended={keys["Heron"]: True}, people={"carer": 2}, now=now,
        )  # fmt: skip
        engagements.record_pulse(session, act, project, trust=3, difference=2, now=now)
        engagements.edit_contribution(
            session, act, keys["said"], version=1, words="Too late", cluster="", now=now
        )
        engagements.choose_contribution(session, act, keys["said"], chosen=True, now=now)

    def _edit_the_meeting(self, session: Session, **named: Any) -> None:
        row = self.row(session, Engagement, "met")
        given: dict[str, Any] = {
            "chaired_by": "Wren", "sponsor_present": True, "actual_influence": "ask",
            "attended": {self.keys["Heron"]: False, self.keys["Wren"]: True}, "people": {"carer": 3},
        }  # fmt: skip
        engagements.edit_engagement(
            session, self.actor, row.id, version=row.version, title="Here", now=self.now, **(given | named)
        )

    def _try_out(self, session: Session) -> None:
        act, keys, now = self.actor, self.keys, self.now
        self._edit_the_meeting(session)
        engagements.choose_contribution(session, act, keys["said"], chosen=False, now=now)
        prototypes.record_finding(session, act, keys["worry"], finding="occurred_open", note="Wet", now=now)
        keys["test"] = prototypes.record_test(
            session, act, keys["board"], held_on=now.date(), participants=3, findings="Fine",
            sponsor_present=False, decision="iterate", now=now,
        )  # fmt: skip
        prototypes.add_picture(
            session, act, keys["board"], make_safe(drawing(random.Random(1))), description="A letter", now=now
        )

    def edit_prototype(self, session: Session, **named: Any) -> None:
        row = self.row(session, Prototype, "board")
        given: dict[str, Any] = {
            "fidelity": "sketch", "cost_estimate": 9, "is_public": True,
            "expectation_ids": [self.keys["other hope"]],
        }  # fmt: skip
        prototypes.edit_prototype(
            session, self.actor, row.id, version=row.version, title="Board", question="", now=self.now,
            **(given | named),
        )  # fmt: skip

    def _ask(self, session: Session) -> None:
        act, keys, now = self.actor, self.keys, self.now
        self.edit_prototype(session)
        test = self.row(session, PrototypeTest, "test")
        prototypes.edit_test(
            session, act, test.id, version=test.version, participants=4, method="", findings="Fine",
            sponsor_present=True, now=now,
        )  # fmt: skip
        picture = next(iter(session.scalars(select(Base.metadata.tables["picture"].c.id))))
        prototypes.remove_picture(session, act, picture, now)
        self.edit_hope(session)
        self.edit_ask(session)
        for name, answer_by in (("ask", 40), ("stalling", 3)):
            followthrough.send_recommendation(
                session, act, keys[name], response_due=self.days(answer_by),
                is_date_known=name == "ask", now=now,
            )  # fmt: skip

    def edit_hope(self, session: Session, **named: Any) -> None:
        row = self.row(session, Expectation, "hope")
        given: dict[str, Any] = {
            "importance": 5, "within_power": "partly", "said_back": "will_if", "hoped_for": self.days(30),
            "is_public": True,
        }  # fmt: skip
        followthrough.edit_expectation(
            session, self.actor, row.id, version=row.version, statement="A timetable", now=self.now,
            **(given | named),
        )  # fmt: skip

    def edit_ask(self, session: Session, **named: Any) -> None:
        row = self.row(session, Recommendation, "ask")
        given: dict[str, Any] = {
            "importance": 4, "cadence_days": 20, "due": self.days(90), "is_public": True,
            "expectation_ids": [self.keys["hope"], self.keys["other hope"]],
        }  # fmt: skip
        followthrough.edit_recommendation(
            session, self.actor, row.id, version=row.version, title="Ask", words="Ask", now=self.now,
            **(given | named),
        )  # fmt: skip

    def _plan(self, session: Session) -> None:
        act, now, project = self.actor, self.now, self.keys["project"]
        self.keys["workshop"] = planning.plan_workshop(
            session, act, project, title="Together", held_on=self.days(9), blocks=AGENDA,
            invited={"carer": 5}, now=now,
        )  # fmt: skip
        self.keys["second"] = planning.plan_workshop_as(
            session, act, project, start="test", title="Again", held_on=self.days(30), now=now
        )
        desk.plan_another(self, session, AGENDA)

    def _change_the_plan(self, session: Session) -> None:
        act, now = self.actor, self.now
        row = self.row(session, Workshop, "workshop")
        planning.edit_workshop(
            session, act, row.id, version=row.version, title="Together", held_on=self.days(4),
            begins="14:00", place="Library", hosts="Ada", invited={"carer": 8, "community": None},
            agenda_set_by="both", declared_influence="ask", now=now,
        )  # fmt: skip
        planning.set_agenda(session, act, row.id, version=row.version, blocks=AGENDA, now=now)
        planning.drop_workshop(session, act, self.keys["second"], now)

    def _hold(self, session: Session) -> None:
        act, now, key, keys = self.actor, self.now, self.keys["workshop"], self.keys
        room.begin(session, act, key, now=now)
        blocks = dict(
            session.execute(
                select(WorkshopBlock.kind, WorkshopBlock.id).where(WorkshopBlock.workshop_id == key)
            ).all()
        )
        phone = token_hash(key, "a phone")
        written = take_in(
            session,
            [
                JoinIn(workshop_id=key, token_hash=phone, group="carer", says_group=True),
                *(
                    NoteIn(
                        workshop_id=key, token_hash=phone, block_id=blocks["ideas"], form_key=words,
                        words=words,
                    )
                    for words in ("Bells", "Whistles", "A mistake")
                ),
            ],
            now=now,
        )  # fmt: skip
        mistake = uuid.UUID(str(written[3]))
        take_in(session, [ChangeIn(workshop_id=key, token_hash=phone, note_id=mistake, words=None)], now=now)
        for name in ("A", "B", "C", "D", "E"):
            keys[name] = board.write_note(session, act, key, words=name, group="carer", now=now)
        cluster = board.add_cluster(session, act, key, title="Sound")
        board.move_note(session, act, key, keys["A"], cluster_id=cluster, below=None)
        board.edit_note(session, act, key, keys["A"], words="A!", now=now)
        for name in ("B", "C", "D"):
            board.merge_notes(session, act, key, keys[name], into=keys["A"], now=now)
        board.mark_note(session, act, key, keys["E"], {"kind": "expectation", "importance": 2}, now=now)
        photos.add_photos(
            session, act, key, [make_safe(drawing(random.Random(1)))], block_id=blocks["ideas"],
            description="The wall", now=now,
        )  # fmt: skip
        photos.remove_photo(session, act, next(iter(session.scalars(select(WorkshopPhoto.id)))), now)
        room.hold_notes(session, act, key, holds=True, now=now)
        board.let_on_the_wall(session, act, key)
        room.pause(session, act, key, now=now)
        room.resume(session, act, key, now=now)
        room.add_minutes(session, act, key, minutes=5, now=now)
        room.signal_end(session, act, key, signals=True, now=now)
        room.open_phones(session, act, key, are_open=True, now=now)
        room.go_to(session, act, key, place=1, now=now)
        paper.count_in(session, act, key, group="carer", people=3, now=now)
        dots: Any = {"block_id": blocks["dots"]}
        sheet = paper.enter_dots(session, act, key, group="carer", dots={keys["A"]: 1}, now=now, **dots)
        paper.take_back_dots(session, act, key, join_id=sheet, now=now, **dots)
        room.go_to(session, act, key, place=2, now=now)
        keys["room vote"] = desk.vote_in_the_room(self, session)
        room.go_to(session, act, key, place=3, now=now)
        room.blank_wall(session, act, key, is_blank=True, now=now)
        room.show_words(session, act, key, shows=True, now=now)
        paper.enter_pulse(session, act, key, trust=4, difference=4, now=now)
        for trust in (2, 5):
            answer = PulseIn(
                workshop_id=key, token_hash=phone, block_id=blocks["pulse"], trust=trust, difference=trust
            )
            take_in(session, [answer], now=now)
        desk.react(self, session, blocks["pulse"])
        desk.put_up_a_list(self, session, blocks["ideas"])
        desk.poll_the_room(self, session)
        room.end_workshop(session, act, key, now=now)

    def _wrap_up_later(self, session: Session) -> None:
        wrapping_up.later(self, session)

    def _keep(self, session: Session) -> None:
        wrapping_up.keep(self, session)

    def _answer(self, session: Session) -> None:
        act, keys, now = self.actor, self.keys, self.now
        followthrough.answer_recommendation(
            session, act, keys["ask"], answer="accepted", reason="", due=self.days(50), now=now
        )
        followthrough.note_reply(session, act, keys["stalling"], words="Thank you", now=now)
        link = pulse.pulse_link(session, act, keys["project"], now=now)
        self.link = pulse.asked_by(session, link, now=now)
        answer(session, self.link, 2, now=now)

    def _draft_vote(self, session: Session) -> uuid.UUID:
        options = [(self.keys[name], "") for name in ("board", "bell")]
        return voting.make_round(
            session, self.actor, self.keys["project"], question="Which?", method="approval", options=options,
            groups=["carer"], now=self.now,
        )  # fmt: skip

    def _draw_up_votes(self, session: Session) -> None:
        answer(session, self.link, 5, now=self.now)
        burst(session, self.link, "a full room", now=self.now)
        self.keys["vote"], self.keys["no vote"] = self._draft_vote(session), self._draft_vote(session)
        slips.issue_slips(session, self.actor, self.keys["vote"], number=2, now=self.now)

    def _vote(self, session: Session) -> None:
        act, keys, now = self.actor, self.keys, self.now
        look(session, act, self.link, keep=True, now=now)
        slips.withdraw_slips(session, act, keys["vote"], now=now)
        row = self.row(session, VoteRound, "vote")
        voting.edit_round(
            session, act, row.id, version=row.version, question="Which first?", method="approval",
            options=[(keys["bell"], ""), (keys["board"], "")], budget=5, reveal="hidden",
            option_order="shuffled", anonymity="anonymous", groups=(), decides_next="The board",
            hear_by=self.days(12), now=now,
        )  # fmt: skip
        voting.drop_draft(session, act, keys["no vote"], now)
        voting.open_round(session, act, row.id, now)
        ballot = voting.enter_paper_ballot(session, act, row.id, marks=[1, 0], now=now)
        voting.take_back(session, act, row.id, ballot, now=now)
        voting.enter_hands(session, act, row.id, hands=[3, 2], now=now)

    def _close_the_vote(self, session: Session) -> None:
        voting.close_round(session, self.actor, self.keys["vote"], reveal=False, now=self.now)
        burst(session, self.link, "one person", now=self.now)

    def _reply(self, session: Session) -> None:
        act, keys, now = self.actor, self.keys, self.now
        look(session, act, self.link, keep=False, now=now)
        voting.reveal_round(session, act, keys["vote"], now=now)
        row = self.row(session, Reply, "told")
        followthrough.edit_reply(
            session, act, row.id, version=row.version, what_happened="We have begun", why="", what_next="",
            how="", is_public=False, now=now,
        )  # fmt: skip
        for state in ("in_hand", "met"):
            followthrough.claim_expectation(session, act, keys["hope"], state=state, reason="", now=now)
        followthrough.give_verdict(session, act, keys["hope"], verdict="partly", now=now)

    def _move_dates(self, session: Session) -> None:
        self.edit_ask(session, due=self.days(100), cadence_days=60)
        followthrough.claim_expectation(
            session, self.actor, self.keys["hope"], state="in_hand", reason="Not yet", now=self.now
        )

    def _go_on(self, session: Session) -> None:
        self.edit_ask(session, due=self.days(200), expectation_ids=[])
        followthrough.report_progress(
            session, self.actor, self.keys["ask"], what="Signed", evidence="Log", now=self.now
        )
        lifecycle.move_project(
            session, self.actor, self.keys["project"], stage="co_design", reason="Go", now=self.now
        )
        desk.move_and_undo(self, session)

    def _pause(self, session: Session) -> None:
        lifecycle.pause_project(session, self.actor, self.keys["project"], reason="Rain", now=self.now)
        projects.publish_project(session, self.actor, self.keys["project"], now=self.now)

    def _resume(self, session: Session) -> None:
        lifecycle.resume_project(session, self.actor, self.keys["project"], now=self.now)
        projects.unpublish_project(session, self.actor, self.keys["project"], now=self.now)

    def _answer_again(self, session: Session) -> None:
        followthrough.report_progress(
            session, self.actor, self.keys["ask"], what="Done", evidence="See it", status="implemented",
            now=self.now,
        )  # fmt: skip
        lifecycle.pause_project(session, self.actor, self.keys["project"], reason="Ice", now=self.now)

    def _end(self, session: Session) -> None:
        lifecycle.close_project(
            session, self.actor, self.keys["project"], outcome="not_implemented", reason="No", now=self.now
        )

    def _begin_anew(self, session: Session) -> None:
        lifecycle.reopen_project(session, self.actor, self.keys["project"], reason="Yes", now=self.now)
        self.edit_the_project(session, cadence_days=40, forms=())

    def _accounts(self, session: Session) -> None:
        now, key = self.now, self.keys["ada"]
        first, second = hashed(PASSWORD), hashed(PASSWORD + "!")
        access.set_password(session, COMMAND_LINE, key, first, now)
        access.change_own_password(session, self.actor, current=first, password=second, now=now)
        access.disable_account(session, COMMAND_LINE, key, now)
        set_up_anew(session, now)
        upkeep.set_escalation_days(session, COMMAND_LINE, days=(1, 2, 3, 4), now=now)

    def _leave(self, session: Session) -> None:
        act, keys, now = self.actor, self.keys, self.now
        access.enable_account(session, COMMAND_LINE, keys["ada"], now)
        assert self.row(session, Account, "ada").disabled_at is None
        access.change_role(session, COMMAND_LINE, keys["ada"], role="manager", now=now)
        come_and_go(session, keys["ada"], now)
        sessions.sign_out_everywhere(session, COMMAND_LINE, keys["ada"], now)
        stakeholders.withdraw_consent(session, act, keys["Heron"], now)
        stakeholders.withdraw_stakeholder(session, act, keys["Owl"], reason="not_given", now=now)

    def _upkeep(self, session: Session) -> None:
        upkeep.catch_up(session, today=self.now.date(), now=self.now)

    def _flag(self, session: Session) -> uuid.UUID:
        return session.scalars(select(Flag.id).order_by(Flag.raised_on.desc())).first() or uuid.uuid4()

    def _acknowledge(self, session: Session) -> None:
        upkeep.acknowledge_flag(
            session, self.actor, self._flag(session), plan="Call", review_on=self.days(9), now=self.now
        )

    def _put_aside(self, session: Session) -> None:
        upkeep.snooze_flag(
            session, self.actor, self._flag(session), until=self.days(5), reason="Away", now=self.now
        )

    def _clear(self, session: Session) -> None:
        upkeep.clear_flag(
            session, self.actor, self._flag(session), reason="Agreed", outcome="no_action", now=self.now
        )

    def _judge(self, session: Session) -> None:
        upkeep.judge_flag(session, self.actor, self._flag(session), outcome="acted", now=self.now)

    def _explain(self, session: Session) -> None:
        for reason in ("nobody_owns_it", "other"):
            upkeep.give_stall_reason(
                session, self.actor, self.keys["stalling"], reason=reason, note="", now=self.now
            )
