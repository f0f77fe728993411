"""Importing a register kept elsewhere: upload a file, match its columns, preview, confirm."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import fields
from typing import Any, Final, TypeVar

import streamlit as st

from lab.access.rights import Actor
from lab.exchange.register.columns import Columns, suggest_columns
from lab.exchange.register.intake import COUNTED, Intake, survey_register, take_register
from lab.exchange.register.plan import read_register
from lab.exchange.register.values import (
    PlannedRecommendation,
    RegisterPlan,
    RowProblem,
    in_one_sentence,
    problems_by_kind,
)
from lab.exchange.tables import MAXIMUM_BYTES, MAXIMUM_ROWS, Table, read_table
from lab.foundation.errors import LabError
from lab.foundation.language import NOT_SAID
from lab.foundation.text import quantity
from pages.parts import forms, shell
from pages.parts.forms import day
from pages.parts.shell import label
from pages.parts.tables import by_heading, text_table

ROLES: Final = {
    "text": ("Recommendation", "What was recommended, in full"),
    "project_from": ("Project", "Rows with the same words here belong together"),
    "reference": ("Reference", "Its number in the register"),
    "addressed_to": ("Addressed to", "Who is asked"),
    "sent": ("Sent on", "The day it was made or sent"),
    "reply": ("Reply", "What was answered; dates in the text are found"),
    "status": ("Status", "What became of it, if no reply says so"),
    "due": ("Due", "When it should be done"),
    "title": ("Short title", "Otherwise its first sentence"),
    "project_title": ("Project's title", "Otherwise the words of its column"),
}
NEEDED: Final = ("text", "project_from")
ROWS_SHOWN: Final = 500
Read = TypeVar("Read")


def render(actor: Actor) -> None:
    """Choose a file, match its columns, preview, and import."""
    st.write(
        "A spreadsheet of recommendations that somebody else kept, saved as CSV. Nothing is written before "
        "you have seen what it brings; taking the same file in again adds nothing twice."
    )
    sent = st.file_uploader(
        f"CSV file, up to {MAXIMUM_BYTES // 1024**2} MB and {MAXIMUM_ROWS:,} rows",
        type=["csv", "tsv", "txt"],
        key=forms.file_key(f"register.file.{st.session_state.get('register.turn', 0)}"),
    )
    if sent is None:
        return
    try:
        table = _table(sent)
        columns = _columns(table, sent.file_id)
        with st.spinner("Reading it …"):
            plan = _plan(table, columns, sent.file_id)
            with shell.reading() as session:
                intake = survey_register(session, actor, plan, now=shell.now())
    except LabError as refusal:
        shell.refuse(refusal)
        return
    _preview(intake, plan)
    _confirm(intake, plan)


def _table(sent: Any) -> Table:
    """The file's table, cached while this file is chosen."""
    return _kept("register.table", sent.file_id, lambda: read_table(sent.getvalue()))


def _plan(table: Table, columns: Columns, file: str) -> RegisterPlan:
    today = shell.today()
    return _kept("register.plan", (file, columns, today), lambda: read_register(table, columns, today=today))


def _kept(name: str, key: object, read: Callable[[], Read]) -> Read:
    """A cache for this session until `key` changes, because a large register takes seconds to read."""
    if name not in st.session_state or st.session_state[name][0] != key:
        st.session_state[name] = (key, read())
    kept: Read = st.session_state[name][1]
    return kept


def _columns(table: Table, file: str) -> Columns:
    st.subheader("Which column holds what", anchor=False)
    guess = suggest_columns(table)
    chosen: dict[str, str | None] = {}
    for index, role in enumerate(each.name for each in fields(Columns)):
        name, meaning = ROLES[role]
        options: list[str | None] = list(table.columns) if role in NEEDED else [None, *table.columns]
        suggested = getattr(guess, role)
        if index % 2 == 0:
            sides = st.columns(2)
        chosen[role] = sides[index % 2].selectbox(
            name,
            options,
            options.index(suggested),
            format_func=lambda column: "No column" if column is None else column,
            help=meaning,
            key=f"register.{role}.{file}",
        )
    return Columns(**chosen)  # type: ignore[arg-type]


def _preview(intake: Intake, plan: RegisterPlan) -> None:
    st.subheader("What it brings", anchor=False)
    with st.container(horizontal=True):
        for name in ("projects", "recommendations", "responses", "updates"):
            there = intake.unchanged[name]
            st.metric(
                label(name), f"{intake.added[name]:,}", f"{there:,} already there" if there else None,
                delta_color="off", delta_arrow="off", width=170,
            )  # fmt: skip
    if intake.added["responses"]:
        st.caption(
            f"Responses are answers that say yes, in part or no; {intake.added['dated_responses']:,} of them "
            "say when. Other replies are kept as updates."
        )
    _rejected(intake.rejected)
    _doubtful(intake.warnings)
    with st.expander("The recommendations as they would be recorded"):
        text_table(by_heading([_as_recorded(each) for each in plan.recommendations[:ROWS_SHOWN]]))
        if len(plan.recommendations) > ROWS_SHOWN:
            st.caption(f"The first {ROWS_SHOWN} of {len(plan.recommendations):,}.")


def _rejected(problems: Sequence[RowProblem]) -> None:
    if not problems:
        return
    rows = quantity(len(problems), "row")
    st.warning(f"{rows} cannot be taken. The others come in without.")
    text_table(
        {
            "Row": [each.row for each in problems[:ROWS_SHOWN]],
            "Why": [each.message for each in problems[:ROWS_SHOWN]],
            "What it says": [each.around for each in problems[:ROWS_SHOWN]],
        }
    )


def _doubtful(problems: Sequence[RowProblem]) -> None:
    if not problems:
        return
    with st.expander(f"{quantity(len(problems), 'thing')} to check before you import"):
        for _, alike in problems_by_kind(tuple(problems)):
            st.text(in_one_sentence(alike))
        text_table(
            {
                "Row": [each.row for each in problems[:ROWS_SHOWN]],
                "What": [each.message for each in problems[:ROWS_SHOWN]],
                "It says": [each.around for each in problems[:ROWS_SHOWN]],
            }
        )


def _as_recorded(planned: PlannedRecommendation) -> dict[str, Any]:
    answers = Counter(label(reply.answer) for reply in planned.replies if reply.answer)
    return {
        "Row": planned.row,
        "Project": planned.project_title,
        "Reference": planned.reference,
        "Recommendation": planned.title,
        "Addressed to": planned.addressed_to,
        "Sent": day(planned.sent_on),
        "Answer": ", ".join(answers) or NOT_SAID,
        "Answered": ", ".join(day(reply.received_on) for reply in planned.replies if reply.received_on)
        or NOT_SAID,
    }


def _confirm(intake: Intake, plan: RegisterPlan) -> None:
    if not any(intake.added[name] for name in COUNTED):
        st.success("Everything in this file is in the lab already.")
        return
    count = intake.added["recommendations"]
    words = f"Take in {quantity(count, 'recommendation')}" if count else "Take in what is new"
    if st.button(words, type="primary", key="register.sure"):
        with st.spinner("Taking it in, and working out the risks …"):
            taken = shell.perform(take_register, plan)
        if taken:
            st.session_state["register.turn"] = st.session_state.get("register.turn", 0) + 1
            st.session_state.pop("register.table", None)
            st.session_state.pop("register.plan", None)
            shell.done(f"{quantity(count, 'recommendation')} taken in. The board has the projects.")
