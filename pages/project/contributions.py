"""A project's contributions: what people said."""

from __future__ import annotations

import streamlit as st

from lab.engagements import commands
from lab.foundation.text import quantity
from lab.lifecycle.thread.records import ContributionRecord
from pages.parts import dialogs, fields, forms
from pages.parts.dialogs import dialog
from pages.parts.fields import (
    Day,
    Form,
    OneRecord,
    Paragraph,
    TextLine,
)
from pages.parts.forms import day
from pages.parts.plain import plain
from pages.project import expectations, prototypes, records
from pages.project.records import Screen

FORM = Form(
    "contribution",
    (
        Paragraph("words", "What somebody said, in their words", of="text"),
        OneRecord("stakeholder_id", "Who", kind="stakeholder", nothing="Anonymous", only="making"),
        OneRecord(
            "engagement_id",
            "At which engagement",
            kind="engagement",
            nothing="At none, or not said",
            only="making",
        ),
        TextLine("cluster", "Cluster"),
        Day("said_on", "Said on", needed=True, only="making"),
    ),
)


def render(screen: Screen) -> None:
    """Everything people said, and a button to add to it."""
    st.subheader(f"Contributions ({len(screen.thread.contributions)})", anchor=False)
    if screen.writes and dialogs.button("Add a contribution", key="contribution.new"):
        _add(screen)
    records.listing(
        screen,
        screen.thread.contributions,
        _card,
        key="contributions",
        nothing="Nobody has said anything yet. Every thread begins with what somebody said.",
    )


def _card(screen: Screen, each: ContributionRecord) -> None:
    with records.card(screen, each):
        st.text(f"“{each.text}”")
        line = f"said {day(each.said_on)}"
        if each.stakeholder_id is None:
            line += " · anonymous"
        if each.cluster:
            line += f" · cluster {plain(each.cluster)}"
        if each.dots:
            line += f" · {quantity(each.dots, 'dot')}"
        st.markdown(line + (" :green-badge[Chosen to be prototyped]" if each.chosen else ""))
        if screen.writes:
            with forms.actions():
                choose = "Take the choice back" if each.chosen else "Choose this idea"
                if st.button(choose, key=f"contribution.choose.{each.id}"):
                    records.save(
                        screen,
                        "Recorded.",
                        commands.choose_contribution,
                        each.id,
                        chosen=not each.chosen,
                    )
                if dialogs.button("Edit", key=f"contribution.edit.{each.id}"):
                    _edit(screen, each)
                if dialogs.button("Record an expectation", key=f"contribution.expectation.{each.id}"):
                    expectations.record(screen, each.id, each.stakeholder_id)
                if dialogs.button("Make a prototype", key=f"contribution.prototype.{each.id}"):
                    prototypes.make(screen, each.id)


@dialog("Edit the contribution", width="medium")
def _edit(screen: Screen, each: ContributionRecord) -> None:
    typed = fields.edit(FORM, each, screen.offered, version=each.version)
    if typed:
        done = "The contribution is changed."
        records.save(screen, done, commands.edit_contribution, each.id, **typed)


@dialog("Add a contribution", width="medium")
def _add(screen: Screen) -> None:
    typed = fields.new(FORM, screen.offered)
    if typed:
        records.save(
            screen, "The contribution is recorded.", commands.add_contribution, screen.head.id, **typed
        )
