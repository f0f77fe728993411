"""A project's expectations: what people were led to expect, what the lab claims, what they say of it."""

from __future__ import annotations

import uuid

import streamlit as st

from db.words import SAID_BACK, VERDICTS, WITHIN_POWER
from lab.followthrough import commands
from lab.followthrough.rules import EXPECTATION_STEPS, SETTLED_EXPECTATIONS
from lab.lifecycle.thread import ExpectationRecord
from pages.parts import forms
from pages.parts.forms import day
from pages.parts.shell import label
from pages.project import prototypes, recommendations, records, replies
from pages.project.records import Screen

COLOURS = {"met": "green", "partly_met": "green", "not_met": "orange", "withdrawn": "gray"}


def render(screen: Screen) -> None:
    """What is open, then what is settled; the most important first."""
    if screen.writes and st.button("Record an expectation", type="primary", key="expectation.new"):
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
            claim += f" :violet-badge[Those who asked say: {each.verdict}, {day(each.verdict_on)}]"
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
        if st.button("Edit", key=f"expectation.edit.{each.id}"):
            _edit(screen, each)
        if st.button("Say what became of it", key=f"expectation.claim.{each.id}"):
            _claim(screen, each)
        if each.state in ("met", "partly_met", "not_met") and st.button(
            "Record their verdict", key=f"expectation.verdict.{each.id}"
        ):
            _verdict(screen, each)
        if each.state not in SETTLED_EXPECTATIONS:
            if st.button("Make a prototype", key=f"expectation.prototype.{each.id}"):
                prototypes.make(screen, each.contribution_id, [each.id])
            if st.button("Draft a recommendation", key=f"expectation.recommend.{each.id}"):
                recommendations.draft(screen, None, [each.id])
        if st.button("Tell the people", key=f"expectation.tell.{each.id}"):
            replies.tell(screen, (), [each.id])


@st.dialog("Record an expectation", width="medium")
def record(
    screen: Screen, contribution_id: uuid.UUID | None = None, stakeholder_id: uuid.UUID | None = None
) -> None:
    """Record what somebody was led to expect."""
    with st.form("expectation.form", border=False):
        statement = st.text_area("In their own words", max_chars=1000, key="expectation.statement")
        who = forms.one_record("Whose", screen.thread.stakeholders, stakeholder_id, key="expectation.who")
        contribution = forms.one_record(
            "Contribution it came from",
            screen.thread.contributions,
            contribution_id,
            key="expectation.contribution",
        )
        importance = forms.one_to_five("Importance", key="expectation.importance")
        within = forms.one_word(
            "Within our power", WITHIN_POWER, optional=True, key="expectation.within"
        )
        said_back = forms.one_word(
            "What was said back at the time", SAID_BACK, optional=True, key="expectation.said_back"
        )
        confidence = st.number_input(
            "How sure they were that it would happen, in per cent", 0, 100, None, key="expectation.confidence"
        )
        hoped_for = forms.future_day("Hoped for by", key="expectation.hoped_for")
        recorded_on = forms.past_day("Recorded on", key="expectation.recorded_on")
        is_public = st.checkbox("Show on the public page", key="expectation.is_public")
        sent = forms.submit()
    if sent:
        records.save(
            screen,
            "The expectation is recorded.",
            commands.record_expectation,
            screen.head.id,
            statement=statement,
            importance=importance,
            within_power=within,
            stakeholder_id=who,
            contribution_id=contribution,
            said_back=said_back,
            confidence=None if confidence is None else int(confidence),
            hoped_for=hoped_for,
            recorded_on=recorded_on,
            is_public=is_public,
        )


@st.dialog("Edit the expectation", width="medium")
def _edit(screen: Screen, each: ExpectationRecord) -> None:
    with st.form("expectation.edit.form", border=False):
        statement = st.text_area(
            "In their own words", each.statement, max_chars=1000, key="expectation.edit.statement"
        )
        importance = forms.one_to_five("Importance", each.importance, key="expectation.edit.importance")
        within = forms.one_word(
            "Within our power", WITHIN_POWER, each.within_power, optional=True, key="expectation.edit.within"
        )
        said_back = forms.one_word(
            "What was said back at the time",
            SAID_BACK,
            each.said_back,
            optional=True,
            key="expectation.edit.said_back",
        )
        hoped_for = forms.future_day("Hoped for by", each.hoped_for, key="expectation.edit.hoped_for")
        is_public = st.checkbox("Show on the public page", each.is_public, key="expectation.edit.is_public")
        sent = forms.submit()
    if sent:
        records.save(
            screen,
            "The expectation is changed.",
            commands.edit_expectation,
            each.id,
            version=each.version,
            statement=statement,
            importance=importance,
            within_power=within,
            said_back=said_back,
            hoped_for=hoped_for,
            is_public=is_public,
        )


@st.dialog("Say what became of it")
def _claim(screen: Screen, each: ExpectationRecord) -> None:
    st.text(f"“{each.statement}”")
    with st.form("expectation.claim.form", border=False):
        state = st.radio(
            f"It is {label(each.state).lower()}; now it is",
            EXPECTATION_STEPS[each.state],
            index=None,
            format_func=label,
            key="expectation.claim.state",
        )
        reason = st.text_area("Why", max_chars=1000, key="expectation.claim.reason")
        on = forms.past_day("Since", key="expectation.claim.on")
        sent = forms.submit()
    if sent:
        records.save(
            screen,
            "Recorded. Tell the people, too.",
            commands.claim_expectation,
            each.id,
            state=state,
            reason=reason,
            on=on,
        )


@st.dialog("Record their verdict")
def _verdict(screen: Screen, each: ExpectationRecord) -> None:
    st.text(f"“{each.statement}”")
    st.markdown(f"We say: **{label(each.state).lower()}**. Is this what they meant?")
    with st.form("expectation.verdict.form", border=False):
        verdict = st.radio(
            "Those who asked say", VERDICTS, index=None, format_func=label, key="expectation.verdict.verdict"
        )
        on = forms.past_day("Said on", key="expectation.verdict.on")
        sent = forms.submit()
    if sent:
        records.save(
            screen, "The verdict is recorded.", commands.give_verdict, each.id, verdict=verdict, on=on
        )
