"""A project's prototypes: what was tried, what people worried about, what was found."""

from __future__ import annotations

import uuid
from collections.abc import Sequence

import streamlit as st

from db.words import FIDELITIES, FINDINGS, TEST_DECISIONS
from lab.foundation.errors import LabError
from lab.lifecycle.thread.details import picture_bytes
from lab.lifecycle.thread.records import ForeseenRiskRecord, PictureFacts, PrototypeRecord, TestRecord
from lab.pictures.apart import make_safe_apart
from lab.pictures.safe import MAX_BYTES
from lab.prototypes import commands
from pages.parts import dialogs, fields, forms, shell
from pages.parts.dialogs import dialog
from pages.parts.fields import (
    Buttons,
    Checkbox,
    Day,
    Form,
    Number,
    OneOf,
    OneRecord,
    Paragraph,
    SomeRecords,
    TextLine,
    YesOrNo,
)
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

FORM = Form(
    "prototype",
    (
        TextLine("title", "Title"),
        Paragraph("question", "The question it is to answer", limit=1000),
        OneOf("fidelity", "Fidelity", words=FIDELITIES, needed=True),
        Number("cost_estimate", "Cost estimate", high=2_000_000_000),
        OneRecord(
            "contribution_id", "Contribution it came from", kind="contribution", nothing="None", only="making"
        ),
        SomeRecords("expectation_ids", "Expectations it serves", kind="expectation"),
        Day("made_on", "Made on", needed=True, only="making"),
        Checkbox("is_public", "Show on the public page"),
    ),
)
RISK = Form(
    "risk",
    (
        Paragraph("statement", "What somebody worries about", limit=1000),
        OneRecord("stakeholder_id", "Raised by", kind="stakeholder"),
        Day("raised_on", "Raised on", needed=True),
    ),
)
FINDING = Form(
    "finding",
    (
        OneOf("finding", "Finding", words=FINDINGS, spoken=FINDING_WORDS.__getitem__, needed=True),
        Paragraph("note", "What was seen (accepting a risk needs a reason)", of="finding_note", limit=1000),
    ),
)
TEST = Form(
    "test",
    (
        Day("held_on", "Held on", needed=True, only="making"),
        Number("participants", "Participants", needed=True),
        TextLine("method", "Method"),
        Paragraph("findings", "Findings"),
        YesOrNo("sponsor_present", "Was the sponsor there?"),
        Buttons("decision", "Decision", words=TEST_DECISIONS, needed=True, only="making"),
    ),
)


def render(screen: Screen) -> None:
    """Every prototype with its foreseen risks and tests, the latest first; then the risks of the project as a
    whole."""
    if screen.writes:
        with forms.actions():
            if dialogs.button("Make a prototype", type="primary", key="prototype.new"):
                make(screen)
            if dialogs.button("Add a risk of the whole project", key="risk.new"):
                _foresee_of_project(screen)
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
    whole = [risk for risk in screen.thread.foreseen_risks if risk.prototype_id is None]
    if whole:
        st.subheader("Foreseen risks of the project as a whole", anchor=False)
        records.listing(screen, whole, _risk, key="risks", nothing="")


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
            st.caption(plain(gone.message))
            return
        with forms.actions():
            if dialogs.button("Larger", key=f"picture.larger.{picture.id}"):
                _larger(screen, picture)
            if screen.writes and dialogs.button("Remove", key=f"picture.remove.{picture.id}"):
                _remove(screen, picture)


@dialog("Picture", width="large")
def _larger(screen: Screen, picture: PictureFacts) -> None:
    with shell.reading() as session:
        content = picture_bytes(session, screen.actor, picture.id, "screen")
    st.image(content, alt=picture.description)
    st.text(picture.description)


@dialog("Remove the picture")
def _remove(screen: Screen, picture: PictureFacts) -> None:
    st.text(picture.description)
    st.write("It is taken away for good.")
    if st.button("Remove for good", type="primary", key="picture.remove.sure"):
        records.save(screen, "The picture is removed.", commands.remove_picture, picture.id)


def _actions(screen: Screen, each: PrototypeRecord) -> None:
    with forms.actions():
        if dialogs.button("Edit", key=f"prototype.edit.{each.id}"):
            _edit(screen, each)
        if dialogs.button("Add a picture", key=f"prototype.picture.{each.id}"):
            _add_picture(screen, each)
        if dialogs.button("Add a foreseen risk", key=f"prototype.risk.{each.id}"):
            _foresee(screen, each)
        if dialogs.button("Record a test", key=f"prototype.test.{each.id}"):
            _record_test(screen, each)
        if dialogs.button("Draft a recommendation", key=f"prototype.recommend.{each.id}"):
            recommendations.draft(screen, each.id, each.expectation_ids)


def _risk(screen: Screen, risk: ForeseenRiskRecord) -> None:
    with records.card(screen, risk):
        colour = FINDING_COLOURS.get(risk.finding, "gray")
        st.markdown(f":{colour}-badge[{FINDING_WORDS[risk.finding]}] raised {day(risk.raised_on)}")
        st.text(risk.statement)
        if risk.finding_note:
            st.text(f"Found: {risk.finding_note}")
        if screen.writes and dialogs.button("Record a finding", key=f"risk.finding.{risk.id}"):
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
        if screen.writes and dialogs.button("Edit", key=f"test.edit.{test.id}"):
            _edit_test(screen, test)


@dialog("Add a picture")
def _add_picture(screen: Screen, each: PrototypeRecord) -> None:
    with st.form("picture.form", border=False):
        file = st.file_uploader(
            f"Picture (JPEG, PNG, WebP or HEIC, up to {MAX_BYTES // 1024**2} MB)",
            ["jpg", "jpeg", "png", "webp", "heic", "heif"],
            key=forms.file_key("picture.file"),
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
            safe = make_safe_apart(file.getvalue(), filename=file.name)
        except LabError as refusal:
            shell.refuse(refusal)
            return
        records.save(
            screen, "The picture is added.", commands.add_picture, each.id, safe, description=description
        )


@dialog("Make a prototype", width="medium")
def make(
    screen: Screen, contribution_id: uuid.UUID | None = None, expectation_ids: Sequence[uuid.UUID] = ()
) -> None:
    """Record something people can react to."""
    typed = fields.new(FORM, screen.offered, contribution_id=contribution_id, expectation_ids=expectation_ids)
    if typed:
        records.save(screen, "The prototype is recorded.", commands.make_prototype, screen.head.id, **typed)


@dialog("Edit the prototype", width="medium")
def _edit(screen: Screen, each: PrototypeRecord) -> None:
    typed = fields.edit(FORM, each, screen.offered, version=each.version)
    if typed:
        done = "The prototype is changed."
        records.save(screen, done, commands.edit_prototype, each.id, **typed)


@dialog("Add a foreseen risk")
def _foresee(screen: Screen, each: PrototypeRecord) -> None:
    st.text(each.title)
    _foreseen(screen, each.id)


@dialog("Add a risk of the whole project")
def _foresee_of_project(screen: Screen) -> None:
    _foreseen(screen, None)


def _foreseen(screen: Screen, prototype_id: uuid.UUID | None) -> None:
    typed = fields.new(RISK, screen.offered)
    if typed:
        done, key = "The foreseen risk is recorded.", screen.head.id
        records.save(screen, done, commands.foresee_risk, key, prototype_id=prototype_id, **typed)


@dialog("Record a finding")
def _finding(screen: Screen, risk: ForeseenRiskRecord) -> None:
    st.text(risk.statement)
    typed = fields.edit(FINDING, risk)
    if typed:
        records.save(screen, "The finding is recorded.", commands.record_finding, risk.id, **typed)


@dialog("Record a test", width="medium")
def _record_test(screen: Screen, each: PrototypeRecord) -> None:
    st.text(f"{each.title}, iteration {each.iteration}")
    typed = fields.new(TEST)
    if typed:
        records.save(screen, "The test is recorded.", commands.record_test, each.id, **typed)


@dialog("Edit the test", width="medium")
def _edit_test(screen: Screen, test: TestRecord) -> None:
    st.caption("Date and decision can't be changed.")
    typed = fields.edit(TEST, test, version=test.version)
    if typed:
        done = "The test is changed."
        records.save(screen, done, commands.edit_test, test.id, **typed)
