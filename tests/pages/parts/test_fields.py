"""A record's form: the same fields for making and editing, nothing invented, nothing forgotten."""

from __future__ import annotations

import datetime as dt
import inspect
from collections.abc import Callable, Iterator
from typing import Any
from unittest.mock import PropertyMock, patch

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from db.engine import Database
from lab.engagements import commands as engagements
from lab.followthrough import commands as followthrough
from lab.foundation.clock import TODAY
from lab.projects import commands as projects
from lab.prototypes import commands as prototypes
from lab.stakeholders import commands as stakeholders
from pages.parts import forms, project_form
from pages.parts.fields import Form
from pages.project import contributions, expectations, recommendations, replies
from pages.project import engagements as engagement_form
from pages.project import prototypes as prototype_form
from pages.project import stakeholders as stakeholder_form
from tests.boards import signed_in

FORMS: dict[str, tuple[Form, Callable[..., Any], Callable[..., Any] | None]] = {
    "project": (project_form.FORM, projects.start_project, projects.edit_project),
    "stakeholder": (stakeholder_form.FORM, stakeholders.add_stakeholder, stakeholders.edit_stakeholder),
    "engagement": (engagement_form.FORM, engagements.record_engagement, engagements.edit_engagement),
    "contribution": (contributions.FORM, engagements.add_contribution, engagements.edit_contribution),
    "pulse": (engagement_form.PULSE, engagements.record_pulse, None),
    "expectation": (expectations.FORM, followthrough.record_expectation, followthrough.edit_expectation),
    "prototype": (prototype_form.FORM, prototypes.make_prototype, prototypes.edit_prototype),
    "foreseen risk": (prototype_form.RISK, prototypes.foresee_risk, None),
    "test": (prototype_form.TEST, prototypes.record_test, prototypes.edit_test),
    "recommendation": (
        recommendations.FORM,
        followthrough.draft_recommendation,
        followthrough.edit_recommendation,
    ),
    "reply": (replies.FORM, followthrough.reply_to_people, followthrough.edit_reply),
}
BESIDES = {"session", "actor", "now", "version", "is_public"}
"""What a command takes that no field fills, or that another button changes."""
NO_FACTS = {"people", "cadence_days", "is_public"}
"""Fields that start filled in: one person, the usual rhythm of news, a reply to be shown."""


@pytest.mark.parametrize("record", FORMS)
def test_every_field_fills_an_argument_of_the_command(record: str) -> None:
    form, make, edit = FORMS[record]
    arguments = {*inspect.signature(make).parameters, "sponsor"}
    assert {field.name for field in form.fields if field.only != "editing"} <= arguments
    if edit:
        asked = {field.name for field in form.fields if field.only != "making"}
        given = set(inspect.signature(edit).parameters)
        assert asked <= given
        assert {each for each in given - asked - BESIDES if not each.endswith("_id")} == set()


@pytest.mark.parametrize("record", FORMS)
def test_a_field_that_a_command_can_do_without_starts_empty(record: str) -> None:
    form, _, _ = FORMS[record]
    assert {field.name for field in form.fields if field.start is not None} <= NO_FACTS


SCREEN = """
import datetime as dt
import streamlit as st
from dataclasses import dataclass
from pages.parts import fields
from pages.parts.fields import Buttons, OneOf, Day, Form, TextLine, Number, Scale, Checkbox, YesOrNo

FORM = Form("thing", (
    TextLine("title", "Title"),
    OneOf("power", "Power", words=("yes", "no")),
    OneOf("group", "Group", words=("carer", "partner"), needed=True),
    Buttons("decision", "Decision", words=("iterate", "drop"), needed=True),
    Scale("importance", "Importance"),
    Number("cost", "Cost", of="estimate"),
    YesOrNo("present", "Present"),
    Day("due", "Due", time="promised"),
    Day("said_on", "Said on", needed=True, only="making"),
    Day("told_on", "Told on", time="act", only="making"),
    Checkbox("is_public", "Public"),
    TextLine("origin", "Origin", only="making"),
))

@dataclass
class Thing:
    title: str = "A shed"
    power: str | None = "no"
    group: str = "partner"
    decision: str = "drop"
    importance: int | None = 4
    estimate: int | None = 12
    present: bool | None = False
    due: dt.date | None = dt.date(2026, 5, 1)
    is_public: bool = True

typed = fields.edit(FORM, Thing()) if st.query_params.get("edit") else fields.new(FORM, origin="a note")
st.code(repr(typed))
"""


@pytest.fixture
def form(database: Database, monkeypatch: pytest.MonkeyPatch) -> Iterator[AppTest]:
    """A form with a field of every kind."""
    monkeypatch.setenv("DATABASE_URL", database.url)
    cookies = PropertyMock(return_value={"lab_session": signed_in(database, "Ines Calder")})
    with patch.object(type(st.context), "cookies", cookies):
        yield AppTest.from_string(SCREEN, default_timeout=60)


def test_a_new_form_invents_nothing_and_asks_again_for_what_is_needed(form: AppTest) -> None:
    form.run()
    form.button[0].click().run()
    assert not form.exception
    assert [each.value for each in form.error] == ["Still to be answered: Group, Decision, Said on."]
    form.selectbox(key="thing.group").select("carer")
    form.radio(key="thing.decision").set_value("iterate")
    form.date_input(key="thing.said_on").set_value(dt.date(2026, 2, 1))
    form.button[0].click().run()
    assert not form.error
    assert form.code[0].value == repr(
        {
            "title": "", "power": None, "group": "carer", "decision": "iterate", "importance": None,
            "cost": None, "present": None, "due": None, "said_on": dt.date(2026, 2, 1), "told_on": TODAY,
            "is_public": False, "origin": "a note",
        }
    )  # fmt: skip


def test_editing_starts_from_what_is_recorded_and_can_take_an_answer_back(form: AppTest) -> None:
    form.query_params["edit"] = "1"
    form.run()
    form.selectbox(key="thing.edit.power").select_index(0)
    form.button[0].click().run()
    assert not form.exception
    assert not form.error
    assert form.code[0].value == (
        "{'title': 'A shed', 'power': None, 'group': 'partner', 'decision': 'drop', 'importance': 4, "
        "'cost': 12, 'present': False, 'due': datetime.date(2026, 5, 1), 'is_public': True}"
    )


def test_records_that_read_alike_are_told_apart() -> None:
    assert forms.told_apart({1: "Letters", 2: "Letters", 3: "Forms", 4: "Letters"}) == {
        1: "Letters",
        2: "Letters (2)",
        3: "Forms",
        4: "Letters (3)",
    }
