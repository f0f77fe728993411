"""What happened has happened: no command that is given the day of an event takes one still to come, nor today
for a day that nobody said."""

from __future__ import annotations

import datetime as dt
import inspect
import uuid
from collections.abc import Callable
from typing import Any, Final

import pytest

from db.engine import Database
from lab.access.rights import Actor
from lab.engagements import commands as engagements
from lab.followthrough import commands as followthrough
from lab.foundation.clock import TODAY
from lab.foundation.errors import Invalid
from lab.lifecycle import commands as lifecycle
from lab.projects import commands as projects
from lab.prototypes import commands as prototypes
from lab.stakeholders import commands as stakeholders
from tests.conftest import NOW

MODULES: Final = (projects, lifecycle, stakeholders, engagements, prototypes, followthrough)
PROMISED: Final = {"due", "hoped_for", "response_due", "next_news_on"}
"""Days that may be still to come."""
PLANNED: Final = {"record_engagement"}
"""Commands that plan, too."""
TOMORROW: Final = NOW.date() + dt.timedelta(days=1)


def dated() -> dict[str, str]:
    """Every command that takes the day on which something happened, and what it calls that day."""
    found = {}
    for module in MODULES:
        for name, command in inspect.getmembers(module, inspect.isfunction):
            if command.__module__ != module.__name__ or name.startswith("_") or name in PLANNED:
                continue
            for each in inspect.signature(command).parameters.values():
                if each.annotation in ("dt.date | None", "dt.date", "When") and each.name not in PROMISED:
                    found[name] = each.name
    return found


GIVEN: Final[dict[str, tuple[Callable[..., Any], str | None, dict[str, Any]]]] = {
    "start_project": (projects.start_project, None, {"title": "Later"}),
    "move_project": (lifecycle.move_project, "project", {"stage": "co_design", "reason": "Go"}),
    "close_project": (lifecycle.close_project, "project", {"outcome": "not_implemented", "reason": "No"}),
    "add_stakeholder": (
        stakeholders.add_stakeholder, "project", {"pseudonym": "Owl", "group": "carer"},
    ),
    "withdraw_stakeholder": (stakeholders.withdraw_stakeholder, "person", {"reason": "not_given"}),
    "add_contribution": (engagements.add_contribution, "project", {"words": "Later"}),
    "record_pulse": (engagements.record_pulse, "project", {"trust": 3, "difference": 3}),
    "make_prototype": (prototypes.make_prototype, "project", {"title": "Later", "fidelity": "paper"}),
    "foresee_risk": (prototypes.foresee_risk, "project", {"statement": "Rain"}),
    "record_finding": (prototypes.record_finding, "risk", {"finding": "did_not_occur", "note": ""}),
    "record_test": (
        prototypes.record_test, "prototype",
        {"participants": 1, "findings": "Fine", "sponsor_present": None, "decision": "iterate"},
    ),
    "record_expectation": (followthrough.record_expectation, "project", {"statement": "Later"}),
    "claim_expectation": (followthrough.claim_expectation, "hope", {"state": "in_hand", "reason": ""}),
    "give_verdict": (followthrough.give_verdict, "met", {"verdict": "yes"}),
    "draft_recommendation": (
        followthrough.draft_recommendation, "project", {"title": "Ask", "words": "Ask", "sponsor_id": None},
    ),
    "send_recommendation": (followthrough.send_recommendation, "draft", {}),
    "answer_recommendation": (
        followthrough.answer_recommendation, "sent", {"answer": "accepted", "reason": ""},
    ),
    "report_progress": (followthrough.report_progress, "accepted", {"what": "Done", "evidence": ""}),
    "note_reply": (followthrough.note_reply, "sent", {"words": "Thank you"}),
    "reply_to_people": (followthrough.reply_to_people, "project", {"what_happened": "News"}),
}  # fmt: skip
"""Of each such command: what it is done to, and what it is given besides the day."""


@pytest.fixture
def keys(database: Database, facilitator: Actor) -> dict[str, uuid.UUID]:
    """A record of every kind, each in the state in which the command may be used."""
    with database.writing() as session:
        project = projects.start_project(session, facilitator, title="Ferry", now=NOW)
        sponsor = projects.name_sponsor(session, facilitator, "Harbour Board", NOW)
        person = stakeholders.add_stakeholder(
            session, facilitator, project, pseudonym="Heron", group="carer", now=NOW
        )
        made = prototypes.make_prototype(
            session, facilitator, project, title="Board", fidelity="paper", now=NOW
        )
        risk = prototypes.foresee_risk(
            session, facilitator, project, prototype_id=made, statement="Rain", now=NOW
        )
        hope, met = (
            followthrough.record_expectation(session, facilitator, project, statement=each, now=NOW)
            for each in ("A timetable", "A map")
        )
        for state in ("in_hand", "met"):
            followthrough.claim_expectation(session, facilitator, met, state=state, reason="", now=NOW)
        draft, sent, accepted = (
            followthrough.draft_recommendation(
                session, facilitator, project, title=each, words=each, sponsor_id=sponsor, now=NOW
            )
            for each in ("One", "Two", "Three")
        )
        for each in (sent, accepted):
            followthrough.send_recommendation(session, facilitator, each, now=NOW)
        followthrough.answer_recommendation(
            session, facilitator, accepted, answer="accepted", reason="", now=NOW
        )
    return {
        "project": project, "sponsor": sponsor, "person": person, "prototype": made, "risk": risk,
        "hope": hope, "met": met, "draft": draft, "sent": sent, "accepted": accepted,
    }  # fmt: skip


def test_every_command_that_takes_the_day_of_an_event_is_tried_here() -> None:
    assert set(dated()) == set(GIVEN)


def test_no_command_takes_a_day_still_to_come_or_an_unsaid_one_for_what_happened(
    database: Database, facilitator: Actor, keys: dict[str, uuid.UUID]
) -> None:
    days = dated()
    for name, (command, subject, named) in GIVEN.items():
        given = {each: keys["sponsor"] if each == "sponsor_id" else value for each, value in named.items()}
        about = () if subject is None else (keys[subject],)
        with database.writing() as session:
            with pytest.raises(Invalid, match="in the future"):
                command(session, facilitator, *about, **given, **{days[name]: TOMORROW}, now=NOW)
            session.rollback()
        with database.writing() as session:
            with pytest.raises(Invalid, match=r"is missing\. Please choose a day"):
                command(session, facilitator, *about, **given, **{days[name]: None}, now=NOW)
            session.rollback()
        for today in (NOW.date(), TODAY):
            with database.writing() as session:
                command(session, facilitator, *about, **given, **{days[name]: today}, now=NOW)
                session.rollback()
