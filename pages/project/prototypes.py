"""A project's prototypes: what was tried, what people feared, what was found."""

from __future__ import annotations

import uuid
from collections.abc import Sequence

import streamlit as st

from db.words import FIDELITIES, FINDINGS, TEST_DECISIONS
from lab.foundation.errors import LabError
from lab.lifecycle.thread import (
    ForeseenRiskRecord,
    PictureFacts,
    PrototypeRecord,
    TestRecord,
    picture_bytes,
)
from lab.pictures.safe import MAX_BYTES, make_safe
from lab.prototypes import commands
from pages.parts import forms, shell
from pages.parts.forms import day
from pages.parts.plain import plain
from pages.parts.shell import label
from pages.project import recommendations, records
from pages.project.records import Screen

FINDING_WORDS = {
    "untested": "Untested",
    "did_not_occur": "Did not occur",
    "occurred_fixed": "Occurred, and fixed",
    "occurred_open": "Occurred, still open",
    "accepted": "Accepted, with a reason",
}
FINDING_COLOURS = {
    "untested": "orange",
    "occurred_open": "red",
    "did_not_occur": "green",
    "occurred_fixed": "green",
}


def render(screen: Screen) -> None:
    """Every prototype with its foreseen risks and tests, the latest first."""
    if screen.writes and st.button("Make a prototype", type="primary", key="prototype.new"):
        make(screen)
    asked = screen.thread.records.get(screen.record) if screen.record else None
    owner = asked.prototype_id if isinstance(asked, ForeseenRiskRecord | TestRecord) else None
    records.listing(
        screen,
        screen.thread.prototypes,
        _card,
        key="prototypes",
        nothing="Nothing has been tried yet. A prototype can be a sketch on paper.",
        first=owner,
    )


def _card(screen: Screen, each: PrototypeRecord) -> None:
    with records.card(screen, each):
        st.markdown(f"#### {plain(each.title)}")
        facts = [label(each.fidelity), f"iteration {each.iteration}", f"made {day(each.made_on)}"]
        if each.cost_estimate is not None:
            facts.append(f"cost estimate {each.cost_estimate:,}")
        if each.is_public:
            facts.append("public")
        st.caption(" · ".join(facts))
        if each.question:
            st.text(f"Question: {each.question}")
        if each.pictures:
            with st.container(horizontal=True, gap="small"):
                for picture in each.pictures:
                    _thumbnail(screen, picture)
        if screen.writes:
            _actions(screen, each)
        _risks_and_tests(screen, each)


def _risks_and_tests(screen: Screen, each: PrototypeRecord) -> None:
    risks = [risk for risk in screen.thread.foreseen_risks if risk.prototype_id == each.id]
    if risks:
        st.markdown("**Foreseen risks**")
    for risk in risks:
        _risk(screen, risk)
    tests = [test for test in screen.thread.tests if test.prototype_id == each.id]
    if tests:
        st.markdown("**Tests**")
    for test in tests:
        _test(screen, test)


def _thumbnail(screen: Screen, picture: PictureFacts) -> None:
    with st.container(width=max(160, min(picture.thumbnail_width, 320)), key=f"picture-{picture.id}"):
        try:
            with shell.reading() as session:
                content = picture_bytes(session, screen.actor, picture.id, "thumbnail")
            st.image(content, caption=plain(picture.description), alt=picture.description)
        except LabError as gone:
            st.caption(gone.message)
            return
        with forms.actions():
            if st.button("Larger", key=f"picture.larger.{picture.id}"):
                _larger(screen, picture)
            if screen.writes and st.button("Remove", key=f"picture.remove.{picture.id}"):
                _remove(screen, picture)


@st.dialog("Picture", width="large")
def _larger(screen: Screen, picture: PictureFacts) -> None:
    with shell.reading() as session:
        content = picture_bytes(session, screen.actor, picture.id, "screen")
    st.image(content, alt=picture.description)
    st.text(picture.description)


@st.dialog("Remove the picture")
def _remove(screen: Screen, picture: PictureFacts) -> None:
    st.text(picture.description)
    st.write("It is taken away for good.")
    if st.button("Remove for good", type="primary", key="picture.remove.sure"):
        records.save(screen, "The picture is removed.", commands.remove_picture, picture.id)


def _actions(screen: Screen, each: PrototypeRecord) -> None:
    with forms.actions():
        if st.button("Edit", key=f"prototype.edit.{each.id}"):
            _edit(screen, each)
        if st.button("Add a picture", key=f"prototype.picture.{each.id}"):
            _add_picture(screen, each)
        if st.button("Add a foreseen risk", key=f"prototype.risk.{each.id}"):
            _foresee(screen, each)
        if st.button("Record a test", key=f"prototype.test.{each.id}"):
            _record_test(screen, each)
        if st.button("Draft a recommendation", key=f"prototype.recommend.{each.id}"):
            recommendations.draft(screen, each.id, each.expectation_ids)


def _risk(screen: Screen, risk: ForeseenRiskRecord) -> None:
    with records.card(screen, risk):
        colour = FINDING_COLOURS.get(risk.finding, "gray")
        st.markdown(f":{colour}-badge[{FINDING_WORDS[risk.finding]}] raised {day(risk.raised_on)}")
        st.text(risk.statement)
        if risk.finding_note:
            st.text(f"Found: {risk.finding_note}")
        if screen.writes and st.button("Record a finding", key=f"risk.finding.{risk.id}"):
            _finding(screen, risk)


def _test(screen: Screen, test: TestRecord) -> None:
    with records.card(screen, test):
        present = forms.PRESENT[test.sponsor_present]
        method = f" · {plain(test.method)}" if test.method else ""
        st.markdown(
            f":blue-badge[{label(test.decision)}] {day(test.held_on)} · iteration {test.iteration} · "
            f"{test.participants} participants · {present}{method}"
        )
        st.text(test.findings)
        if screen.writes and st.button("Edit", key=f"test.edit.{test.id}"):
            _edit_test(screen, test)


@st.dialog("Make a prototype", width="medium")
def make(
    screen: Screen, contribution_id: uuid.UUID | None = None, expectation_ids: Sequence[uuid.UUID] = ()
) -> None:
    """Record something people can react to."""
    with st.form("prototype.form", border=False):
        title = st.text_input("Title", max_chars=200, key="prototype.title")
        question = st.text_area("The question it is to answer", max_chars=1000, key="prototype.question")
        fidelity = forms.one_word("Fidelity", FIDELITIES, key="prototype.fidelity")
        cost = st.number_input("Cost estimate", 0, 2_000_000_000, None, key="prototype.cost")
        contribution = forms.one_record(
            "Contribution it came from",
            screen.thread.contributions,
            contribution_id,
            key="prototype.contribution",
        )
        expectations = forms.some_records(
            "Expectations it serves",
            screen.thread.expectations,
            expectation_ids,
            key="prototype.expectations",
        )
        made_on = forms.past_day("Made on", key="prototype.made_on")
        is_public = st.checkbox("Show on the public page", key="prototype.is_public")
        sent = forms.submit()
    if sent:
        records.save(
            screen,
            "The prototype is recorded.",
            commands.make_prototype,
            screen.head.id,
            title=title,
            question=question,
            fidelity=fidelity,
            cost_estimate=None if cost is None else int(cost),
            contribution_id=contribution,
            expectation_ids=expectations,
            made_on=made_on,
            is_public=is_public,
        )


@st.dialog("Edit the prototype", width="medium")
def _edit(screen: Screen, each: PrototypeRecord) -> None:
    with st.form("prototype.edit.form", border=False):
        title = st.text_input("Title", each.title, max_chars=200, key="prototype.edit.title")
        question = st.text_area(
            "The question it is to answer", each.question, max_chars=1000, key="prototype.edit.question"
        )
        fidelity = forms.one_word("Fidelity", FIDELITIES, each.fidelity, key="prototype.edit.fidelity")
        cost = st.number_input(
            "Cost estimate", 0, 2_000_000_000, each.cost_estimate, key="prototype.edit.cost"
        )
        expectations = forms.some_records(
            "Expectations it serves",
            screen.thread.expectations,
            each.expectation_ids,
            key="prototype.edit.expectations",
        )
        is_public = st.checkbox("Show on the public page", each.is_public, key="prototype.edit.is_public")
        sent = forms.submit()
    if sent:
        records.save(
            screen,
            "The prototype is changed.",
            commands.edit_prototype,
            each.id,
            version=each.version,
            title=title,
            question=question,
            fidelity=fidelity,
            cost_estimate=None if cost is None else int(cost),
            expectation_ids=expectations,
            is_public=is_public,
        )


@st.dialog("Add a picture")
def _add_picture(screen: Screen, each: PrototypeRecord) -> None:
    with st.form("picture.form", border=False):
        file = st.file_uploader(
            f"Picture (JPEG, PNG or WebP, up to {MAX_BYTES // 1024**2} MB)",
            ["jpg", "jpeg", "png", "webp"],
            key="picture.file",
        )
        description = st.text_input(
            "What it shows, for those who cannot see it", max_chars=200, key="picture.description"
        )
        sent = forms.submit("Add the picture")
    if not sent:
        return
    if file is None:
        st.error("Choose a picture first.")
    elif not description.strip():
        st.error("Say what the picture shows, so that everybody can take part.")
    else:
        try:
            safe = make_safe(file.getvalue(), filename=file.name)
        except LabError as refusal:
            st.error(refusal.message)
            return
        records.save(
            screen, "The picture is added.", commands.add_picture, each.id, safe, description=description
        )


@st.dialog("Add a foreseen risk")
def _foresee(screen: Screen, each: PrototypeRecord) -> None:
    st.text(each.title)
    with st.form("risk.form", border=False):
        statement = st.text_area("What somebody worries about", max_chars=1000, key="risk.statement")
        who = forms.one_record("Raised by", screen.thread.stakeholders, key="risk.who")
        raised_on = forms.past_day("Raised on", key="risk.raised_on")
        sent = forms.submit()
    if sent:
        records.save(
            screen,
            "The foreseen risk is recorded.",
            commands.foresee_risk,
            each.id,
            statement=statement,
            stakeholder_id=who,
            raised_on=raised_on,
        )


@st.dialog("Record a finding")
def _finding(screen: Screen, risk: ForeseenRiskRecord) -> None:
    st.text(risk.statement)
    with st.form("finding.form", border=False):
        finding = st.selectbox(
            "Finding",
            FINDINGS,
            FINDINGS.index(risk.finding),
            format_func=FINDING_WORDS.__getitem__,
            key="finding.finding",
        )
        note = st.text_area(
            "What was seen (accepting a risk needs a reason)",
            risk.finding_note,
            max_chars=1000,
            key="finding.note",
        )
        sent = forms.submit()
    if sent:
        records.save(
            screen, "The finding is recorded.", commands.record_finding, risk.id, finding=finding, note=note
        )


@st.dialog("Edit the test", width="medium")
def _edit_test(screen: Screen, test: TestRecord) -> None:
    st.caption("Its day and its decision stay: later steps rest on them.")
    with st.form("test.edit.form", border=False):
        participants = st.number_input(
            "Participants", 0, 100_000, test.participants, key="test.edit.participants"
        )
        method = st.text_input("Method", test.method, max_chars=200, key="test.edit.method")
        findings = st.text_area("Findings", test.findings, max_chars=4000, key="test.edit.findings")
        present = forms.yes_or_no("Was the sponsor there?", test.sponsor_present, key="test.edit.present")
        sent = forms.submit()
    if sent:
        records.save(
            screen,
            "The test is changed.",
            commands.edit_test,
            test.id,
            version=test.version,
            participants=forms.whole(participants),
            method=method,
            findings=findings,
            sponsor_present=present,
        )


@st.dialog("Record a test", width="medium")
def _record_test(screen: Screen, each: PrototypeRecord) -> None:
    st.text(f"{each.title}, iteration {each.iteration}")
    with st.form("test.form", border=False):
        held_on = forms.past_day("Held on", key="test.held_on", starts_empty=True)
        participants = st.number_input("Participants", 0, 100_000, None, key="test.participants")
        method = st.text_input("Method", max_chars=200, key="test.method")
        findings = st.text_area("Findings", max_chars=4000, key="test.findings")
        present = forms.yes_or_no("Was the sponsor there?", key="test.present")
        decision = st.radio(
            "Decision", TEST_DECISIONS, index=None, format_func=label, key="test.decision"
        )
        sent = forms.submit()
    if sent:
        records.save(
            screen,
            "The test is recorded.",
            commands.record_test,
            each.id,
            held_on=held_on,
            participants=forms.whole(participants),
            method=method,
            findings=findings,
            sponsor_present=present,
            decision=decision,
        )
