"""A project's engagements: when the lab and the people met, who came, and how they felt about it."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import streamlit as st

from db.words import AGENDA_SETTERS, COUNTED_GROUPS, ENGAGEMENT_KINDS, INFLUENCES
from lab.engagements import commands
from lab.engagements.rules import LONGEST_COMMENT
from lab.foundation.language import NOT_SAID
from lab.foundation.text import quantity
from lab.lifecycle.thread.records import EngagementRecord
from lab.workshops.after.queries import Voice, voices
from pages.parts import addresses, dialogs, fields, forms, shell
from pages.parts.dialogs import dialog
from pages.parts.fields import (
    Day,
    Field,
    Form,
    Number,
    Offered,
    OneOf,
    OneRecord,
    Paragraph,
    Scale,
    SomeRecords,
    TextLine,
    YesOrNo,
)
from pages.parts.forms import day
from pages.parts.plain import Markdown, plain
from pages.parts.shell import label
from pages.project import records
from pages.project.records import Screen


@dataclass(frozen=True, slots=True)
class WhoCame(Field):
    """Which stakeholders came, and which were expected but did not."""

    def draw(self, value: Any, key: str, offered: Offered) -> dict[uuid.UUID, bool]:
        """Two lists to choose from."""
        came = [who for who, attended in value or () if attended]
        missed = [who for who, attended in value or () if not attended]
        present = SomeRecords("came", self.label, kind="stakeholder").draw(came, f"{key}.came", offered)
        absent = SomeRecords("missed", "Who was expected and did not come", kind="stakeholder").draw(
            missed, f"{key}.missed", offered
        )
        return {**dict.fromkeys(absent, False), **dict.fromkeys(present, True)}


@dataclass(frozen=True, slots=True)
class PeopleByGroup(Field):
    """How many of each group came, with or without a pseudonym; None if unchanged."""

    def draw(self, value: Any, key: str, offered: Offered) -> dict[str, int] | None:
        """A number for each group, empty where nobody counted."""
        was = {group: number for group, number in value or () if group}
        counted = {}
        with st.expander(self.label, expanded=bool(was)):
            columns = st.columns(2)
            for index, group in enumerate(COUNTED_GROUPS):
                with columns[index % 2]:
                    number = Number(group, label(group)).draw(was.get(group), f"{key}.{group}", offered)
                if number is not None:
                    counted[group] = number
        return None if {group: count for group, count in counted.items() if count} == was else counted


FORM = Form(
    "engagement",
    (
        OneOf("kind", "Kind", words=ENGAGEMENT_KINDS, needed=True, only="making"),
        TextLine("title", "Title"),
        Day("held_on", "Held on, or planned for", time="any", needed=True, only="making"),
        OneOf("agenda_set_by", "Who set the agenda", words=AGENDA_SETTERS, only="making"),
        TextLine("chaired_by", "Who chaired"),
        OneOf(
            "declared_influence",
            "What taking part can change, as declared",
            words=INFLUENCES,
            only="making",
        ),
        OneOf("actual_influence", "Once it was held: what it did change", words=INFLUENCES),
        YesOrNo("sponsor_present", "Was the sponsor there?"),
        WhoCame("attended", "Who came", of="attendance"),
        PeopleByGroup("people", "How many came, by group", of="came"),
    ),
)
PULSE = Form(
    "pulse",
    (
        Scale("trust", "I trust this will lead to something", needed=True),
        Scale("difference", "What I said made a difference", needed=True),
        OneRecord("stakeholder_id", "Who, if they agree", kind="stakeholder", nothing="Anonymous"),
        OneRecord("engagement_id", "After which engagement", kind="engagement", nothing="None"),
        Paragraph("comment", "In their words", limit=LONGEST_COMMENT),
        Day("answered_on", "Answered on", needed=True),
    ),
)


@dataclass(frozen=True, slots=True)
class EngagementInForm:
    """An engagement as its form shows it, with the number of people by group."""

    title: str
    chaired_by: str
    actual_influence: str | None
    sponsor_present: bool | None
    attendance: Sequence[tuple[uuid.UUID, bool]]
    came: Sequence[tuple[str | None, int]]


def render(screen: Screen) -> None:
    """Every engagement with what was said there, and buttons to record one or a pulse answer."""
    st.subheader(f"Engagements ({len(screen.thread.engagements)})", anchor=False)
    if screen.writes:
        with forms.actions():
            if dialogs.button("Record an engagement", key="engagement.new"):
                _record(screen)
            if dialogs.button("Add a pulse answer", key="pulse.new"):
                _pulse(screen)
    with shell.reading() as session:
        heard = voices(session, screen.actor, screen.head.id)
    records.listing(
        screen,
        screen.thread.engagements,
        lambda screen, each: _card(screen, each, heard.get(each.id, Voice())),
        key="engagements",
        nothing="The lab and the people have not met yet.",
    )


def _card(screen: Screen, each: EngagementRecord, voice: Voice) -> None:
    with records.card(screen, each):
        coming = " :blue-badge[Planned]" if each.held_on > screen.today else ""
        st.markdown(f"**{plain(each.title)}** · {label(each.held_as)} · {day(each.held_on)}{coming}")
        facts = [f"agenda set by {label(each.agenda_set_by).lower()}", forms.PRESENT[each.sponsor_present]]
        if each.chaired_by:
            facts.append(f"chaired by {plain(each.chaired_by)}")
        if voice.workshop_state and voice.came:
            facts.append(f"{quantity(sum(number for _, number in voice.came), 'person', 'people')} came")
        elif each.attendance:
            came = sum(attended for _, attended in each.attendance)
            facts.append(f"{came} of {len(each.attendance)} expected came")
        st.caption(" · ".join(facts))
        missing = [screen.thread.records[who].words for who, attended in each.attendance if not attended]
        if missing:
            st.caption(f"Did not come: {plain(', '.join(missing))}")
        if each.declared_influence or each.actual_influence:
            st.markdown(_influence(each.declared_influence, each.actual_influence))
        _voice(voice)
        with forms.actions():
            if (
                screen.writes
                and each.held_on <= screen.today
                and dialogs.button("Complete or edit", key=f"engagement.edit.{each.id}")
            ):
                _complete(screen, each, voice)
            if voice.workshop_state and st.button("The workshop", key=f"engagement.workshop.{each.id}"):
                addresses.open_workshop(each.id)


def _voice(voice: Voice) -> None:
    lines = []
    if voice.came:
        lines.append(f"Came: {_groups_in_words(voice.came)}")
    if voice.words:
        lines.append(f"Notes: {_groups_in_words(voice.words)}")
    if voice.items:
        unknown = f", {voice.raised_by_unknown} {NOT_SAID.lower()}" if voice.raised_by_unknown else ""
        lines.append(
            f"{voice.raised_by_participants} of {voice.items:,} agenda items raised by participants{unknown}"
        )
    for line in lines:
        st.caption(line)


def _groups_in_words(counted: Sequence[tuple[str | None, int]]) -> Markdown:
    return ", ".join(
        f"{number:,} {label(group).lower() if group else 'no group said'}" for group, number in counted
    )


def _influence(declared: str | None, actual: str | None) -> Markdown:
    line = f"Influence declared: {label(declared).lower()} · changed: {label(actual).lower()}"
    if declared and actual:
        distance = INFLUENCES.index(declared) - INFLUENCES.index(actual)
        if distance > 0:
            line += f" :orange-badge[{distance} step{'s' if distance > 1 else ''} less than declared]"
    return line


@dialog("Record an engagement", width="medium")
def _record(screen: Screen) -> None:
    typed = fields.new(FORM, screen.offered)
    if typed:
        records.save(
            screen, "The engagement is recorded.", commands.record_engagement, screen.head.id, **typed
        )


@dialog("Complete the engagement", width="medium")
def _complete(screen: Screen, each: EngagementRecord, voice: Voice) -> None:
    st.text(each.title)
    held = EngagementInForm(
        each.title, each.chaired_by, each.actual_influence, each.sponsor_present, each.attendance, voice.came
    )
    typed = fields.edit(FORM, held, screen.offered, version=each.version)
    if typed:
        done = "The engagement is complete."
        records.save(screen, done, commands.edit_engagement, each.id, **typed)


@dialog("Add a pulse answer")
def _pulse(screen: Screen) -> None:
    st.caption(
        "One person's answers, from 1 (not at all) to 5 (wholly). Shown only once five people answered."
    )
    typed = fields.new(PULSE, screen.offered)
    if typed:
        records.save(screen, "The answer is recorded.", commands.record_pulse, screen.head.id, **typed)
