"""Where each dialog of the screens is opened, in a lab that has a reason for every one of them."""

from __future__ import annotations

import datetime as dt
import uuid
from dataclasses import dataclass
from typing import Final

from sqlalchemy import select

from db.engine import Database
from db.models import Flag
from lab.access.rights import COMMAND_LINE
from lab.disillusion.upkeep.commands import clear_flag
from lab.followthrough.commands import draft_recommendation, record_expectation
from lab.foundation import clock
from lab.lifecycle.commands import close_project, pause_project
from lab.projects.commands import name_sponsor, start_project
from lab.workshops.plan.agendas import Block
from lab.workshops.plan.commands import plan_workshop
from tests.payloads import INNOCENT, Mouth
from tests.poison import poison

PROJECT: Final = "/project?project={project}&tab="
BOARD: Final = "board-move-"
DOORS: Final[dict[tuple[str, str], tuple[str, str]]] = {
    ("administration/access.py", "_change"): ("/administration", "administration-change-"),
    ("administration/access.py", "_give"): ("/administration", "administration-give-open"),
    ("administration/access.py", "_take_away"): ("/administration", "administration-disable-"),
    ("board.py", "_close"): ("/board", f"{BOARD}Closed:{{project}}"),
    ("board.py", "_move"): ("/board", f"{BOARD}Recommend:{{project}}"),
    ("board.py", "_reopen"): ("/board", f"{BOARD}Recommend:{{closed}}"),
    ("frame/own_password.py", "change"): ("/", "own_password-change"),
    ("frame/own_sessions.py", "show"): ("/", "own_sessions-show"),
    ("parts/project_form.py", "start"): ("/board", "board-start"),
    ("parts/vote_rounds.py", "edit"): ("/vote?round={draft}", "vote-edit"),
    ("parts/vote_rounds.py", "make"): (f"{PROJECT}votes", "votes-new"),
    ("parts/workshop_list.py", "make"): ("/workshop", "workshops-plan"),
    ("project/contributions.py", "_add"): (f"{PROJECT}people", "contribution-new"),
    ("project/contributions.py", "_edit"): (f"{PROJECT}people", "contribution-edit-"),
    ("project/engagements.py", "_complete"): (f"{PROJECT}people", "engagement-edit-"),
    ("project/engagements.py", "_pulse"): (f"{PROJECT}people", "pulse-new"),
    ("project/engagements.py", "_record"): (f"{PROJECT}people", "engagement-new"),
    ("project/expectations.py", "_claim"): (f"{PROJECT}expectations", "expectation-claim-"),
    ("project/expectations.py", "_edit"): (f"{PROJECT}expectations", "expectation-edit-"),
    ("project/expectations.py", "_verdict"): (f"{PROJECT}expectations", "expectation-verdict-"),
    ("project/expectations.py", "record"): (f"{PROJECT}expectations", "expectation-new"),
    ("project/pulse.py", "_end"): ("/project?project={project}", "overview-pulse-end"),
    ("project/prototypes.py", "_add_picture"): (f"{PROJECT}prototypes", "prototype-picture-"),
    ("project/prototypes.py", "_edit"): (f"{PROJECT}prototypes", "prototype-edit-"),
    ("project/prototypes.py", "_edit_test"): (f"{PROJECT}prototypes", "test-edit-"),
    ("project/prototypes.py", "_finding"): (f"{PROJECT}prototypes", "risk-finding-"),
    ("project/prototypes.py", "_foresee"): (f"{PROJECT}prototypes", "prototype-risk-"),
    ("project/prototypes.py", "_foresee_of_project"): (f"{PROJECT}prototypes", "risk-new"),
    ("project/prototypes.py", "_larger"): (f"{PROJECT}prototypes", "picture-larger-"),
    ("project/prototypes.py", "_record_test"): (f"{PROJECT}prototypes", "prototype-test-"),
    ("project/prototypes.py", "_remove"): (f"{PROJECT}prototypes", "picture-remove-"),
    ("project/prototypes.py", "make"): (f"{PROJECT}prototypes", "prototype-new"),
    ("project/recommendations.py", "_answer"): (f"{PROJECT}recommendations", "recommendation-answer-"),
    ("project/recommendations.py", "_edit"): (f"{PROJECT}recommendations", "recommendation-edit-"),
    ("project/recommendations.py", "_progress"): (f"{PROJECT}recommendations", "recommendation-progress-"),
    ("project/recommendations.py", "_send"): (f"{PROJECT}recommendations", "recommendation-send-"),
    ("project/recommendations.py", "draft"): (f"{PROJECT}recommendations", "recommendation-new"),
    ("project/replies.py", "_edit"): (f"{PROJECT}replies", "reply-edit-"),
    ("project/replies.py", "tell"): (f"{PROJECT}replies", "reply-new"),
    ("project/screen.py", "_close"): (f"{PROJECT}overview", "project-close"),
    ("project/screen.py", "_edit"): (f"{PROJECT}overview", "project-edit"),
    ("project/screen.py", "_move"): (f"{PROJECT}overview", "project-move"),
    ("project/screen.py", "_pause"): (f"{PROJECT}overview", "project-pause"),
    ("project/screen.py", "_publish"): (f"{PROJECT}overview", "project-publish"),
    ("project/screen.py", "_reopen"): ("/project?project={closed}", "project-reopen"),
    ("project/screen.py", "_resume"): ("/project?project={paused}", "project-resume"),
    ("project/stakeholders.py", "_add"): (f"{PROJECT}people", "stakeholder-new"),
    ("project/stakeholders.py", "_consent"): (f"{PROJECT}people", "stakeholder-consent-"),
    ("project/stakeholders.py", "_contact"): (f"{PROJECT}people", "stakeholder-contact-"),
    ("project/stakeholders.py", "_edit"): (f"{PROJECT}people", "stakeholder-edit-"),
    ("project/stakeholders.py", "_withdraw"): (f"{PROJECT}people", "stakeholder-leave-"),
    ("risk/explanation.py", "_say_why"): ("/at-risk?project={project}", "risk-reason-"),
    ("risk/flags.py", "_acknowledge"): ("/at-risk?project={project}", "risk-take-"),
    ("risk/flags.py", "_clear"): ("/at-risk?project={project}", "risk-clear-"),
    ("risk/flags.py", "_judge"): ("/at-risk?project={cleared}", "risk-judge-"),
    ("risk/flags.py", "_snooze"): ("/at-risk?project={project}", "risk-snooze-"),
    ("vote/screen.py", "_close"): ("/vote?round={open}", "vote-close"),
    ("workshop/console.py", "_end"): ("/workshop?workshop={running}", "console-end"),
    ("workshop/console.py", "_photograph"): ("/workshop?workshop={running}", "console-photo"),
    ("workshop/console.py", "_remove"): ("/workshop?workshop={running}", "photo-remove-"),
    ("workshop/planning.py", "_begin"): ("/workshop?workshop={planned}", "plan-begin"),
    ("workshop/planning.py", "_drop"): ("/workshop?workshop={planned}", "plan-drop"),
    ("workshop/planning.py", "_edit"): ("/workshop?workshop={planned}", "plan-edit"),
    ("workshop/list_of_ideas.py", "put_up"): ("/workshop?workshop={running}", "console-list"),
    ("workshop/quick_poll.py", "ask"): ("/workshop?workshop={running}", "console-poll"),
    ("workshop/planning.py", "_say_when"): ("/workshop?workshop={without_begin}", "plan-calendar"),
}
"""Of each dialog, by its file and function: the address, and how the class of its button begins; on the
board, the stage and the card instead."""


@dataclass(frozen=True)
class Door:
    """One dialog's way in."""

    name: str
    address: str
    button: str

    @property
    def move(self) -> tuple[str, str] | None:
        """The stage and the card, where a card of the board is moved."""
        if not self.button.startswith(BOARD):
            return None
        stage, card = self.button.removeprefix(BOARD).split(":")
        return stage, card


def doors(database: Database) -> list[Door]:
    """Every dialog, in a project of its own."""
    facts = _facts(database)
    return [
        Door(f"{file}: {function}", address.format(**facts), button.format(**facts))
        for (file, function), (address, button) in DOORS.items()
    ]


def _facts(database: Database) -> dict[str, uuid.UUID]:
    kept, other = poison(database, Mouth(0, INNOCENT)), poison(database, Mouth(0, INNOCENT))
    now = clock.now()
    with database.writing() as session:
        record_expectation(session, COMMAND_LINE, kept.project, statement="To be told", now=now)
        draft_recommendation(
            session,
            COMMAND_LINE,
            kept.project,
            title="Write shorter letters",
            words="Half a page",
            sponsor_id=name_sponsor(session, COMMAND_LINE, "Court", now),
            recorded_on=now.date() - dt.timedelta(days=3),
            now=now,
        )
        flag = session.scalars(select(Flag).where(Flag.project_id == other.project)).one()
        clear_flag(session, COMMAND_LINE, flag.id, reason="It was late post", now=now)
        paused = start_project(session, COMMAND_LINE, title="Warm homes", now=now)
        pause_project(session, COMMAND_LINE, paused, reason="A long winter", now=now)
        closed = start_project(session, COMMAND_LINE, title="Cold homes", now=now)
        close_project(
            session, COMMAND_LINE, closed, outcome="not_implemented", reason="Nobody asked", now=now
        )
        without_begin = plan_workshop(
            session, COMMAND_LINE, kept.project, title="Some day", held_on=now.date(),
            blocks=[Block("ideas", "Ideas", 10)], now=now,
        )  # fmt: skip
    return {
        **vars(kept),
        "cleared": other.project,
        "paused": paused,
        "closed": closed,
        "without_begin": without_begin,
    }
