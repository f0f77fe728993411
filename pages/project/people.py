"""A project's people: who takes part, when they met the lab, and what they said."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Mapping, Sequence
from typing import Any

import streamlit as st

from db.words import AGENDA_SETTERS, ENGAGEMENT_KINDS, GROUPS, INFLUENCES, VOICE_ROLES, WITHDRAWAL_REASONS
from lab.access.queries import accounts_of_stakeholders
from lab.access.rights import Actor
from lab.engagements import commands as engagements
from lab.engagements.rules import LONGEST_COMMENT
from lab.foundation.language import NOT_SAID
from lab.lifecycle.thread import ContributionRecord, EngagementRecord, StakeholderRecord, contact_of
from lab.stakeholders import commands as stakeholders
from lab.workshops.after.queries import Voice, voices
from pages.parts import addresses, forms, shell
from pages.parts.forms import day
from pages.parts.plain import plain
from pages.parts.shell import label
from pages.project import expectations, prototypes, records
from pages.project.records import Screen


def render(screen: Screen) -> None:
    """Stakeholders, engagements and contributions; the part somebody asked for first."""
    asked = screen.thread.records.get(screen.record) if screen.record else None
    first = asked.kind if asked else screen.section
    parts = {"stakeholder": _stakeholders, "engagement": _engagements, "contribution": _contributions}
    for kind in sorted(parts, key=lambda kind: kind != first):
        parts[kind](screen)


def _stakeholders(screen: Screen) -> None:
    st.subheader(f"Stakeholders ({len(screen.thread.stakeholders)})", anchor=False)
    if screen.writes and st.button("Add a stakeholder", key="stakeholder.new"):
        _add_stakeholder(screen)
    records.listing(
        screen,
        screen.thread.stakeholders,
        _stakeholder,
        key="stakeholders",
        nothing="Nobody yet. Begin with those who use the service.",
    )


def _stakeholder(screen: Screen, each: StakeholderRecord) -> None:
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
            f"{each.people:,} people" if each.people > 1 else "one person",
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
            if screen.writes and st.button("Edit", key=f"stakeholder.edit.{each.id}"):
                _edit_stakeholder(screen, each)
            if screen.actor.may("contact.read") and st.button(
                "Contact", key=f"stakeholder.contact.{each.id}"
            ):
                _contact(screen, each)
            if (
                screen.writes
                and each.status == "active"
                and st.button("Has withdrawn", key=f"stakeholder.leave.{each.id}")
            ):
                _withdraw(screen, each)
            if (
                screen.writes
                and each.consent_withdrawn_on is None
                and st.button("Takes consent back", key=f"stakeholder.consent.{each.id}")
            ):
                _consent(screen, each)


@st.dialog("Add a stakeholder", width="medium")
def _add_stakeholder(screen: Screen) -> None:
    with st.form("stakeholder.form", border=False):
        pseudonym = st.text_input("Pseudonym, never a real name", max_chars=80, key="stakeholder.pseudonym")
        group = forms.one_word("Group", GROUPS, key="stakeholder.group")
        voice_role = forms.one_word(
            "Voice or action", VOICE_ROLES, optional=True, key="stakeholder.voice_role"
        )
        expert = forms.yes_or_no("Expert by experience", key="stakeholder.expert")
        people = st.number_input("How many people it stands for", 1, 100_000, 1, key="stakeholder.people")
        consent_for = st.text_input("Consent: what for", max_chars=200, key="stakeholder.consent_for")
        joined_on = forms.past_day("Joined on", key="stakeholder.joined_on")
        sent = forms.submit()
    if sent:
        records.save(
            screen,
            "The stakeholder is added.",
            stakeholders.add_stakeholder,
            screen.head.id,
            pseudonym=pseudonym,
            group=group,
            voice_role=voice_role,
            expert_by_experience=expert,
            people=int(people),
            consent_for=consent_for,
            joined_on=joined_on,
        )


@st.dialog("Edit the stakeholder")
def _edit_stakeholder(screen: Screen, each: StakeholderRecord) -> None:
    st.text(each.pseudonym)
    with st.form("stakeholder.edit.form", border=False):
        group = forms.one_word("Group", GROUPS, each.group, key="stakeholder.edit.group")
        voice_role = forms.one_word(
            "Voice or action", VOICE_ROLES, each.voice_role, optional=True, key="stakeholder.edit.voice_role"
        )
        expert = forms.yes_or_no(
            "Expert by experience", each.expert_by_experience, key="stakeholder.edit.expert"
        )
        people = st.number_input(
            "How many people it stands for", 1, 100_000, each.people, key="stakeholder.edit.people"
        )
        sent = forms.submit()
    if sent:
        records.save(
            screen,
            "The stakeholder is changed.",
            stakeholders.edit_stakeholder,
            each.id,
            version=each.version,
            group=group,
            voice_role=voice_role,
            expert_by_experience=expert,
            people=int(people),
        )


@st.dialog("How to reach them")
def _contact(screen: Screen, each: StakeholderRecord) -> None:
    with shell.reading() as session:
        kept = contact_of(session, shell.actor(), each.id)
        accounts = dict(accounts_of_stakeholders(session, shell.actor()))
    st.text(each.pseudonym)
    st.caption("Kept apart from the record. Empty all three to erase it.")
    with st.form("contact.form", border=False):
        name = st.text_input("Name", kept.name, max_chars=200, key="contact.name")
        email = st.text_input("E-mail", kept.email, max_chars=200, key="contact.email")
        phone = st.text_input("Telephone", kept.phone, max_chars=40, key="contact.phone")
        options = [None, *accounts]
        account = st.selectbox(
            "Signs in as",
            options,
            options.index(kept.account_id) if kept.account_id in accounts else 0,
            format_func=lambda key: accounts[key] if key else "— nobody —",
            help="An account with the role stakeholder then sees what became of what they said.",
            key="contact.account",
        )
        sent = forms.submit()
    if sent:
        records.save(screen, "Saved.", _keep_contact, each.id, account, name=name, email=email, phone=phone)


def _keep_contact(
    session: Any,
    actor: Actor,
    stakeholder_id: uuid.UUID,
    account_id: uuid.UUID | None,
    *,
    now: dt.datetime,
    **words: str,
) -> None:
    stakeholders.keep_contact(session, actor, stakeholder_id, now=now, **words)
    stakeholders.link_account(session, actor, stakeholder_id, account_id, now=now)


@st.dialog("Has withdrawn")
def _withdraw(screen: Screen, each: StakeholderRecord) -> None:
    st.text(each.pseudonym)
    with st.form("withdraw.form", border=False):
        reason = forms.one_word("Why", WITHDRAWAL_REASONS, "not_given", key="withdraw.reason")
        on = forms.past_day("When", key="withdraw.on")
        sent = forms.submit("Record it")
    if sent:
        records.save(screen, "Recorded.", stakeholders.withdraw_stakeholder, each.id, reason=reason, on=on)


@st.dialog("Takes consent back")
def _consent(screen: Screen, each: StakeholderRecord) -> None:
    st.text(each.pseudonym)
    st.write(
        "Contact data are erased for good. The record under the pseudonym stays, so that counts stay true."
    )
    if st.button("Record it and erase", type="primary", key="consent.sure"):
        records.save(screen, "Consent is withdrawn.", stakeholders.withdraw_consent, each.id)


def _engagements(screen: Screen) -> None:
    st.subheader(f"Engagements ({len(screen.thread.engagements)})", anchor=False)
    if screen.writes:
        with forms.actions():
            if st.button("Record an engagement", key="engagement.new"):
                _record_engagement(screen)
            if st.button("Add a pulse answer", key="pulse.new"):
                _pulse(screen)
    with shell.reading() as session:
        heard = voices(session, screen.actor, screen.head.id)
    records.listing(
        screen,
        screen.thread.engagements,
        lambda screen, each: _engagement(screen, each, heard.get(each.id, Voice())),
        key="engagements",
        nothing="The lab and the people have not met yet.",
    )


def _engagement(screen: Screen, each: EngagementRecord, voice: Voice) -> None:
    with records.card(screen, each):
        coming = " :blue-badge[Planned]" if each.held_on > screen.today else ""
        st.markdown(f"**{plain(each.title)}** · {label(each.held_as)} · {day(each.held_on)}{coming}")
        facts = [f"agenda set by {label(each.agenda_set_by).lower()}", forms.PRESENT[each.sponsor_present]]
        if each.chaired_by:
            facts.append(f"chaired by {plain(each.chaired_by)}")
        if each.attendance:
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
                and st.button("Complete or edit", key=f"engagement.edit.{each.id}")
            ):
                _complete(screen, each, voice)
            if voice.workshop_state and st.button("The workshop", key=f"engagement.workshop.{each.id}"):
                addresses.open_workshop(each.id)


def _voice(voice: Voice) -> None:
    lines = []
    if voice.came:
        lines.append(f"Came: {_by_group(voice.came)}")
    if voice.words:
        lines.append(f"Notes: {_by_group(voice.words)}")
    if voice.items:
        unknown = f", {voice.raised_by_unknown} {NOT_SAID.lower()}" if voice.raised_by_unknown else ""
        lines.append(
            f"{voice.raised_by_participants} of {voice.items} agenda items raised by participants{unknown}"
        )
    for line in lines:
        st.caption(line)


def _by_group(counted: Sequence[tuple[str | None, int]]) -> str:
    return ", ".join(
        f"{number:,} {label(group).lower() if group else 'no group said'}" for group, number in counted
    )


def _influence(declared: str | None, actual: str | None) -> str:
    line = f"Influence declared: {label(declared).lower()} · changed: {label(actual).lower()}"
    if declared and actual:
        distance = INFLUENCES.index(declared) - INFLUENCES.index(actual)
        if distance > 0:
            line += f" :orange-badge[{distance} step{'s' if distance > 1 else ''} less than declared]"
    return line


def _who_came(
    screen: Screen, came: list[uuid.UUID], missed: list[uuid.UUID], key: str
) -> Mapping[uuid.UUID, bool]:
    present = forms.some_records("Who came", screen.thread.stakeholders, came, key=f"{key}.came")
    absent = forms.some_records(
        "Who was expected and did not come", screen.thread.stakeholders, missed, key=f"{key}.missed"
    )
    return {**dict.fromkeys(absent, False), **dict.fromkeys(present, True)}


def _people_by_group(key: str, came: Mapping[str, int]) -> Mapping[str, int]:
    """How many came, known by pseudonym or not."""
    people = {}
    with st.expander("How many came, by group", expanded=bool(came)):
        columns = st.columns(2)
        for place, group in enumerate(GROUPS):
            number = columns[place % 2].number_input(
                label(group), 0, 100_000, came.get(group), key=f"{key}.people.{group}"
            )
            if number is not None:
                people[group] = int(number)
    return people


@st.dialog("Record an engagement", width="medium")
def _record_engagement(screen: Screen) -> None:
    with st.form("engagement.form", border=False):
        kind = forms.one_word("Kind", ENGAGEMENT_KINDS, key="engagement.kind")
        title = st.text_input("Title", max_chars=200, key="engagement.title")
        held_on = st.date_input("Held on, or planned for", None, key="engagement.held_on")
        agenda = forms.one_word(
            "Who set the agenda", AGENDA_SETTERS, optional=True, key="engagement.agenda"
        )
        chair = st.text_input("Who chaired", max_chars=200, key="engagement.chair")
        declared = forms.one_word(
            "What taking part can change, as declared", INFLUENCES, optional=True, key="engagement.declared"
        )
        st.caption("Once it was held:")
        actual = forms.one_word("What it did change", INFLUENCES, optional=True, key="engagement.actual")
        present = forms.yes_or_no("Was the sponsor there?", key="engagement.present")
        attended = _who_came(screen, [], [], "engagement")
        people = _people_by_group("engagement", {})
        sent = forms.submit()
    if sent:
        records.save(
            screen,
            "The engagement is recorded.",
            engagements.record_engagement,
            screen.head.id,
            people=people,
            kind=kind,
            title=title,
            held_on=held_on,
            agenda_set_by=agenda,
            chaired_by=chair,
            sponsor_present=present,
            declared_influence=declared,
            actual_influence=actual,
            attended=attended,
        )


@st.dialog("Complete the engagement", width="medium")
def _complete(screen: Screen, each: EngagementRecord, voice: Voice) -> None:
    st.text(each.title)
    with st.form("engagement.edit.form", border=False):
        title = st.text_input("Title", each.title, max_chars=200, key="engagement.edit.title")
        chair = st.text_input("Who chaired", each.chaired_by, max_chars=200, key="engagement.edit.chair")
        actual = forms.one_word(
            "What it did change",
            INFLUENCES,
            each.actual_influence,
            optional=True,
            key="engagement.edit.actual",
        )
        present = forms.yes_or_no(
            "Was the sponsor there?", each.sponsor_present, key="engagement.edit.present"
        )
        attended = _who_came(
            screen,
            [who for who, came in each.attendance if came],
            [who for who, came in each.attendance if not came],
            "engagement.edit",
        )
        came = {group: number for group, number in voice.came if group}
        people = _people_by_group("engagement.edit", came)
        sent = forms.submit()
    if sent:
        records.save(
            screen,
            "The engagement is complete.",
            engagements.edit_engagement,
            each.id,
            people=None if {group: number for group, number in people.items() if number} == came else people,
            version=each.version,
            title=title,
            chaired_by=chair,
            sponsor_present=present,
            actual_influence=actual,
            attended=attended,
        )


@st.dialog("Add a pulse answer")
def _pulse(screen: Screen) -> None:
    st.caption(
        "One person's answers, from 1 (not at all) to 5 (wholly). Shown only once five people answered."
    )
    with st.form("pulse.form", border=False):
        trust = forms.one_to_five("I trust this will lead to something", key="pulse.trust")
        difference = forms.one_to_five("What I said made a difference", key="pulse.difference")
        who = forms.one_record(
            "Who, if they agree; else anonymous", screen.thread.stakeholders, key="pulse.who"
        )
        occasion = forms.one_record(
            "After which engagement", screen.thread.engagements, key="pulse.engagement"
        )
        comment = st.text_area("In their words", max_chars=LONGEST_COMMENT, key="pulse.comment")
        on = forms.past_day("Answered on", key="pulse.on")
        sent = forms.submit()
    if sent:
        records.save(
            screen,
            "The answer is kept.",
            engagements.record_pulse,
            screen.head.id,
            trust=trust,
            difference=difference,
            stakeholder_id=who,
            engagement_id=occasion,
            comment=comment,
            answered_on=on,
        )


def _contributions(screen: Screen) -> None:
    st.subheader(f"Contributions ({len(screen.thread.contributions)})", anchor=False)
    if screen.writes and st.button("Add a contribution", key="contribution.new"):
        _add_contribution(screen)
    records.listing(
        screen,
        screen.thread.contributions,
        _contribution,
        key="contributions",
        nothing="Nobody has said anything yet. Every thread begins with what somebody said.",
    )


def _contribution(screen: Screen, each: ContributionRecord) -> None:
    with records.card(screen, each):
        st.text(f"“{each.text}”")
        line = f"said {day(each.said_on)}"
        if each.stakeholder_id is None:
            line += " · anonymous"
        if each.cluster:
            line += f" · cluster {plain(each.cluster)}"
        st.markdown(line + (" :green-badge[Chosen to be prototyped]" if each.chosen else ""))
        if screen.writes:
            with forms.actions():
                choose = "Take the choice back" if each.chosen else "Choose this idea"
                if st.button(choose, key=f"contribution.choose.{each.id}"):
                    records.save(
                        screen,
                        "Recorded.",
                        engagements.choose_contribution,
                        each.id,
                        chosen=not each.chosen,
                    )
                if st.button("Edit", key=f"contribution.edit.{each.id}"):
                    _edit_contribution(screen, each)
                if st.button("Record an expectation", key=f"contribution.expectation.{each.id}"):
                    expectations.record(screen, each.id, each.stakeholder_id)
                if st.button("Make a prototype", key=f"contribution.prototype.{each.id}"):
                    prototypes.make(screen, each.id)


@st.dialog("Edit the contribution", width="medium")
def _edit_contribution(screen: Screen, each: ContributionRecord) -> None:
    with st.form("contribution.edit.form", border=False):
        words = st.text_area(
            "What somebody said, in their words", each.text, max_chars=4000, key="contribution.edit.words"
        )
        cluster = st.text_input("Cluster", each.cluster, max_chars=200, key="contribution.edit.cluster")
        sent = forms.submit()
    if sent:
        records.save(
            screen,
            "The contribution is changed.",
            engagements.edit_contribution,
            each.id,
            version=each.version,
            words=words,
            cluster=cluster,
        )


@st.dialog("Add a contribution", width="medium")
def _add_contribution(screen: Screen) -> None:
    with st.form("contribution.form", border=False):
        words = st.text_area("What somebody said, in their words", max_chars=4000, key="contribution.words")
        who = forms.one_record("Who; empty is anonymous", screen.thread.stakeholders, key="contribution.who")
        occasion = forms.one_record(
            "At which engagement", screen.thread.engagements, key="contribution.where"
        )
        cluster = st.text_input("Cluster", max_chars=200, key="contribution.cluster")
        on = forms.past_day("Said on", key="contribution.on")
        sent = forms.submit()
    if sent:
        records.save(
            screen,
            "The contribution is kept.",
            engagements.add_contribution,
            screen.head.id,
            words=words,
            stakeholder_id=who,
            engagement_id=occasion,
            cluster=cluster,
            said_on=on,
        )
