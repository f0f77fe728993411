"""A project's stakeholders: who takes part, how to reach them, and who has left."""

from __future__ import annotations

import streamlit as st

from db.words import GROUPS, VOICE_ROLES, WITHDRAWAL_REASONS
from lab.access.queries import accounts_of_stakeholders
from lab.foundation.text import quantity
from lab.lifecycle.thread.details import contact_of
from lab.lifecycle.thread.records import StakeholderRecord
from lab.stakeholders import commands
from pages.parts import dialogs, fields, forms, shell
from pages.parts.dialogs import dialog
from pages.parts.fields import (
    Day,
    Form,
    Number,
    OneOf,
    TextLine,
    YesOrNo,
)
from pages.parts.forms import day
from pages.parts.plain import plain
from pages.parts.shell import label
from pages.project import records
from pages.project.records import Screen

FORM = Form(
    "stakeholder",
    (
        TextLine("pseudonym", "Pseudonym, never a real name", limit=80, only="making"),
        OneOf("group", "Group", words=GROUPS, needed=True),
        OneOf("voice_role", "Voice or action", words=VOICE_ROLES),
        YesOrNo("expert_by_experience", "Expert by experience"),
        Number("people", "How many people it stands for", low=1, start=1, needed=True),
        TextLine("consent_for", "Consent: what for", only="making"),
        Day("joined_on", "Joined on", needed=True, only="making"),
    ),
)
WITHDRAWAL = Form(
    "withdraw",
    (
        OneOf("reason", "Why", words=WITHDRAWAL_REASONS, start="not_given", needed=True),
        Day("on", "When", needed=True),
    ),
)


def render(screen: Screen) -> None:
    """Everybody who has a stake, and a button to add somebody."""
    st.subheader(f"Stakeholders ({len(screen.thread.stakeholders)})", anchor=False)
    if screen.writes and dialogs.button("Add a stakeholder", key="stakeholder.new"):
        _add(screen)
    records.listing(
        screen,
        screen.thread.stakeholders,
        _card,
        key="stakeholders",
        nothing="Nobody yet. Begin with those who use the service.",
    )


def _card(screen: Screen, each: StakeholderRecord) -> None:
    with records.card(screen, each):
        line = f"**{plain(each.pseudonym)}** · {label(each.group)}"
        if each.voice_role:
            line += f" · {label(each.voice_role)}"
        if each.expert_by_experience:
            line += " :green-badge[Expert by experience]"
        if each.status == "withdrawn":
            reason = label(each.withdrawn_reason).lower()
            line += f" :orange-badge[Withdrew {day(each.withdrawn_on)}: {reason}]"
        st.markdown(line)
        facts = [
            quantity(each.people, "person", "people"),
            f"joined {day(each.joined_on)}",
        ]
        if each.consent_withdrawn_on:
            facts.append(f"consent withdrawn {day(each.consent_withdrawn_on)}")
        elif each.consent_for:
            facts.append(f"consent for {plain(each.consent_for)}, {day(each.consent_on)}")
        else:
            facts.append("no consent recorded")
        st.caption(" · ".join(facts))
        with forms.actions():
            if screen.writes and dialogs.button("Edit", key=f"stakeholder.edit.{each.id}"):
                _edit(screen, each)
            if screen.actor.may("contact.read") and dialogs.button(
                "Contact", key=f"stakeholder.contact.{each.id}"
            ):
                _contact(screen, each)
            if (
                screen.writes
                and each.status == "active"
                and dialogs.button("Has withdrawn", key=f"stakeholder.leave.{each.id}")
            ):
                _withdraw(screen, each)
            if (
                screen.writes
                and each.consent_withdrawn_on is None
                and dialogs.button("Takes consent back", key=f"stakeholder.consent.{each.id}")
            ):
                _consent(screen, each)


@dialog("Takes consent back")
def _consent(screen: Screen, each: StakeholderRecord) -> None:
    st.text(each.pseudonym)
    st.write(
        "Contact data are erased for good. The record under the pseudonym stays, so that counts stay true."
    )
    if st.button("Record it and erase", type="primary", key="consent.sure"):
        records.save(screen, "Consent is withdrawn.", commands.withdraw_consent, each.id)


@dialog("Add a stakeholder", width="medium")
def _add(screen: Screen) -> None:
    typed = fields.new(FORM)
    if typed:
        records.save(screen, "The stakeholder is added.", commands.add_stakeholder, screen.head.id, **typed)


@dialog("Edit the stakeholder")
def _edit(screen: Screen, each: StakeholderRecord) -> None:
    st.text(each.pseudonym)
    typed = fields.edit(FORM, each, version=each.version)
    if typed:
        done = "The stakeholder is changed."
        records.save(screen, done, commands.edit_stakeholder, each.id, **typed)


@dialog("How to reach them")
def _contact(screen: Screen, each: StakeholderRecord) -> None:
    with shell.reading() as session:
        kept = contact_of(session, shell.actor(), each.id)
        accounts = dict(accounts_of_stakeholders(session, shell.actor()))
    st.text(each.pseudonym)
    st.caption("Kept apart from the record. Empty all three to erase it.")
    form = Form(
        "contact",
        (
            TextLine("name", "Name"),
            TextLine("email", "E-mail"),
            TextLine("phone", "Telephone", limit=40),
            OneOf(
                "account_id",
                "Signs in as",
                words=list(accounts),
                spoken=accounts.__getitem__,
                nothing="Nobody",
                help="An account with the role stakeholder then sees what became of what they said.",
            ),
        ),
    )
    typed = fields.edit(form, kept)
    if typed:
        records.save(screen, "Saved.", commands.keep_contact_and_account, each.id, **typed)


@dialog("Has withdrawn")
def _withdraw(screen: Screen, each: StakeholderRecord) -> None:
    st.text(each.pseudonym)
    typed = fields.new(WITHDRAWAL, submit="Record it")
    if typed:
        records.save(screen, "Recorded.", commands.withdraw_stakeholder, each.id, **typed)
