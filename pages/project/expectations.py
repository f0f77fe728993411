"""A project's expectations: what people were led to expect, what the lab claims, and their verdict."""

from __future__ import annotations

import uuid

import streamlit as st

from db.words import SAID_BACK, VERDICTS, WITHIN_POWER
from lab.followthrough import commands
from lab.followthrough.rules import EXPECTATION_STEPS, SETTLED_EXPECTATIONS
from lab.lifecycle.thread.records import ExpectationRecord
from pages.parts import dialogs, fields, forms
from pages.parts.dialogs import dialog
from pages.parts.fields import Buttons, Checkbox, Day, Form, Number, OneOf, OneRecord, Paragraph, Scale
from pages.parts.forms import day
from pages.parts.shell import label
from pages.project import prototypes, recommendations, records, replies
from pages.project.records import Screen

COLOURS = {"met": "green", "partly_met": "green", "not_met": "orange", "withdrawn": "gray"}

FORM = Form(
    "expectation",
    (
        Paragraph("statement", "In their own words", limit=1000),
        OneRecord("stakeholder_id", "Whose", kind="stakeholder", only="making"),
        OneRecord(
            "contribution_id", "Contribution it came from", kind="contribution", nothing="None", only="making"
        ),
        Scale("importance", "Importance"),
        OneOf("within_power", "Within our power", words=WITHIN_POWER),
        OneOf("said_back", "What was said back at the time", words=SAID_BACK, nothing="Nothing yet"),
        Number("confidence", "How sure they were that it would happen, in per cent", high=100, only="making"),
        Day("hoped_for", "Hoped for by", time="promised"),
        Day("recorded_on", "Recorded on (today when empty)", time="act", only="making"),
        Checkbox("is_public", "Show on the public page"),
    ),
)
VERDICT = Form(
    "expectation.verdict",
    (
        Buttons("verdict", "Those who asked say", words=VERDICTS, needed=True),
        Day("on", "Said on", needed=True),
    ),
)


def render(screen: Screen) -> None:
    """What is open, then what is settled; the most important first."""
    if screen.writes and dialogs.button("Record an expectation", type="primary", key="expectation.new"):
        record(screen)
    every = screen.thread.expectations
    parts = (
        ("Open and in hand", "open", [each for each in every if each.state not in SETTLED_EXPECTATIONS]),
        ("Settled", "settled", [each for each in every if each.state in SETTLED_EXPECTATIONS]),
    )
    for heading, key, theirs in sorted(
        parts, key=lambda part: screen.record not in {each.id for each in part[2]}
    ):
        st.subheader(f"{heading} ({len(theirs)})", anchor=False)
        records.listing(screen, theirs, _card, key=f"expectations.{key}", nothing="None.")


def _card(screen: Screen, each: ExpectationRecord) -> None:
    with records.card(screen, each):
        st.text(f"“{each.statement}”")
        claim = f":{COLOURS.get(each.state, 'blue')}-badge[We say: {label(each.state).lower()}]"
        if each.verdict:
            said = f"{label(each.verdict).lower()}, {day(each.verdict_on)}"
            claim += f" :violet-badge[Those who asked say: {said}]"
        elif each.state in ("met", "partly_met", "not_met"):
            claim += " :gray-badge[No verdict yet]"
        if each.hoped_for and each.hoped_for < screen.today and each.state not in SETTLED_EXPECTATIONS:
            claim += f" :red-badge[Hoped for by {day(each.hoped_for)}]"
        st.markdown(claim)
        if each.state_reason:
            st.text(f"Reason: {each.state_reason}")
        facts = [
            forms.of_five(each.importance),
            f"within our power: {label(each.within_power).lower()}",
            f"said back: {label(each.said_back).lower() if each.said_back else 'nothing yet'}",
            f"recorded {day(each.recorded_on)}",
        ]
        if each.hoped_for:
            facts.append(f"hoped for by {day(each.hoped_for)}")
        if each.confidence is not None:
            facts.append(f"{each.confidence} % sure it would happen")
        if each.is_public:
            facts.append("public")
        st.caption(" · ".join(facts))
        if screen.writes:
            _actions(screen, each)


def _actions(screen: Screen, each: ExpectationRecord) -> None:
    with forms.actions():
        if dialogs.button("Edit", key=f"expectation.edit.{each.id}"):
            _edit(screen, each)
        if dialogs.button("Say what became of it", key=f"expectation.claim.{each.id}"):
            _claim(screen, each)
        if each.state in ("met", "partly_met", "not_met") and dialogs.button(
            "Record their verdict", key=f"expectation.verdict.{each.id}"
        ):
            _verdict(screen, each)
        if each.state not in SETTLED_EXPECTATIONS:
            if dialogs.button("Make a prototype", key=f"expectation.prototype.{each.id}"):
                prototypes.make(screen, each.contribution_id, [each.id])
            if dialogs.button("Draft a recommendation", key=f"expectation.recommend.{each.id}"):
                recommendations.draft(screen, None, [each.id])
        if dialogs.button("Tell the people", key=f"expectation.tell.{each.id}"):
            replies.tell(screen, (), [each.id])


@dialog("Record an expectation", width="medium")
def record(
    screen: Screen, contribution_id: uuid.UUID | None = None, stakeholder_id: uuid.UUID | None = None
) -> None:
    """Record what somebody was led to expect."""
    typed = fields.new(FORM, screen.offered, contribution_id=contribution_id, stakeholder_id=stakeholder_id)
    if typed:
        done = "The expectation is recorded."
        records.save(screen, done, commands.record_expectation, screen.head.id, **typed)


@dialog("Edit the expectation", width="medium")
def _edit(screen: Screen, each: ExpectationRecord) -> None:
    typed = fields.edit(FORM, each, screen.offered, version=each.version)
    if typed:
        done = "The expectation is changed."
        records.save(screen, done, commands.edit_expectation, each.id, **typed)


@dialog("Say what became of it")
def _claim(screen: Screen, each: ExpectationRecord) -> None:
    st.text(f"“{each.statement}”")
    typed = fields.new(
        Form(
            "expectation.claim",
            (
                Buttons(
                    "state",
                    f"It is {label(each.state).lower()}; now it is",
                    words=EXPECTATION_STEPS[each.state],
                    needed=True,
                ),
                Paragraph("reason", "Why", limit=1000),
                Day("on", "Since", needed=True),
            ),
        )
    )
    if typed:
        records.save(screen, "Recorded. Tell the people, too.", commands.claim_expectation, each.id, **typed)


@dialog("Record their verdict")
def _verdict(screen: Screen, each: ExpectationRecord) -> None:
    st.text(f"“{each.statement}”")
    st.markdown(f"We say: **{label(each.state).lower()}**. Is this what they meant?")
    typed = fields.new(VERDICT)
    if typed:
        records.save(screen, "The verdict is recorded.", commands.give_verdict, each.id, **typed)
