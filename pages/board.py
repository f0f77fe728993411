"""Board: every project in its stage, and the gates between the stages."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

import streamlit as st

from db.words import FORMS, LEVELS, OUTCOMES, STAGES
from lab.access.rights import Actor
from lab.foundation.text import quantity, shortened, spoken
from lab.lifecycle import commands, queries, rules
from lab.past.news import LATELY
from pages.components.board.board import BoardCard, BoardColumn, board
from pages.parts import addresses, dialogs, project_form, shell
from pages.parts.dialogs import dialog
from pages.parts.plain import plain
from pages.parts.shell import label

GOALS = {
    "discovery": "Understand the challenge with those it concerns",
    "co_design": "Find ideas together",
    "prototype": "Try before building",
    "recommend": "Ask those who can act",
    "implement": "See it done",
    "closed": "Ended, with an outcome",
}


def render() -> None:
    """The board, its filters, and the dialogs it opens."""
    actor, today = shell.actor(), shell.today()
    heading, start = st.columns([3, 1], vertical_alignment="bottom")
    heading.title("Board", anchor=False)
    with start:
        if actor.may("project.create") and dialogs.button(
            "Start a project", type="primary", width="stretch", key="board.start"
        ):
            project_form.start()
    with shell.reading() as session:
        choices = queries.board_choices(session, actor)
    chosen, as_of = _filters(choices, today)
    pages = st.session_state.get("board.pages", 1)
    with shell.reading() as session:
        columns = queries.board(session, actor, as_of=as_of, today=today, chosen=chosen, pages=pages)
    if not any(column.total for column in columns):
        st.info(
            "No project matches these filters. Widen them to see more."
            if chosen != queries.BoardFilter() or as_of < today
            else "No project yet. Start the first one."
        )
    past = as_of < today
    if not past and actor.may("project.move"):
        _moves(actor)
    if past:
        st.caption(f"The board as it was on {spoken(as_of)}. Nothing can be moved in the past.")
    action = board([_column(column, as_of) for column in columns], key="board", read_only=past)
    if any(column.total > len(column.cards) for column in columns) and st.button("Show more cards"):
        st.session_state["board.pages"] = pages + 1
        st.rerun()
    if action is None:
        _dialog(columns)
    elif action.kind == "open":
        addresses.go_to("project", project=action.card_id)
    else:
        dialogs.ask_for(f"board.move.{action.column_id}.{action.card_id}")


def _moves(actor: Actor) -> None:
    """The moves of the last ten minutes, each to be taken back."""
    with shell.reading() as session:
        moves = queries.moves_to_undo(session, actor, now=shell.now())
    for move in moves:
        with st.container(horizontal=True, vertical_alignment="center", key=f"board-moved-{move.project_id}"):
            st.markdown(f"**{plain(move.title)}** is at {label(move.after)} now.", width="content")
            if st.button(
                f"Undo *the move of {plain(shortened(move.title, 60))}*", key=f"board.undo.{move.project_id}"
            ):
                project_form.undo(move.project_id, move.before)


def _dialog(columns: Sequence[queries.Column]) -> None:
    """The dialog of the card that is being moved."""
    moved = dialogs.opened_record()
    for card in (card for column in columns for card in column.cards if card.id == moved):
        for stage in (*STAGES, "closed"):
            if dialogs.is_open(f"board.move.{stage}.{card.id}"):
                if card.outcome is not None:
                    _reopen(card)
                elif stage == "closed":
                    _close(card)
                else:
                    _move(card, stage)


def _filters(choices: queries.Choices, today: dt.date) -> tuple[queries.BoardFilter, dt.date]:
    with st.expander("Filter"):
        first, second, third, fourth, fifth = st.columns(5)
        names = dict(choices.sponsors)
        sponsor = first.selectbox(
            "Sponsor", [None, *names], format_func=lambda key: names.get(key, "All"), key="board.sponsor"
        )
        place = second.selectbox(
            "Place", [None, *choices.places], format_func=lambda place: place or "All", key="board.place"
        )
        form = third.selectbox(
            "Form", [None, *FORMS], format_func=lambda form: label(form) if form else "All", key="board.form"
        )
        level = fourth.selectbox(
            "Risk",
            [None, *LEVELS],
            format_func=lambda level: label(level) if level else "All",
            key="board.level",
        )
        as_of = fifth.date_input("As of", today, max_value=today, key="board.as_of")
    return queries.BoardFilter(sponsor, place, form, level), as_of if isinstance(as_of, dt.date) else today


def _column(column: queries.Column, as_of: dt.date) -> BoardColumn:
    return BoardColumn(
        id=column.stage,
        title=label(column.stage),
        goal=GOALS[column.stage],
        total=column.total,
        cards=tuple(_card(card, as_of) for card in column.cards),
    )


def _card(card: queries.Card, as_of: dt.date) -> BoardCard:
    running, by = card.outcome is None, card.news.by
    silent = card.news.days_of_silence(as_of) or 0
    late = running and card.news.is_late(as_of)
    promise = ""
    if by and running:
        days = (as_of - by).days
        promise = f"Promise {quantity(days, 'day')} late" if late else f"Next promise {spoken(by)}"
    return BoardCard(
        id=str(card.id),
        title=card.title,
        sponsor=card.sponsor,
        place=card.place,
        risk_level=card.level if running and card.score is not None else None,  # type: ignore[arg-type]
        risk_word=label(card.level),
        news=card.news.said(as_of) if running else "",
        next_promise=promise,
        next_promise_late=late,
        note=label(card.outcome) if card.outcome else "paused" if card.paused else "",
        ageing="fresh" if silent <= LATELY else "older" if silent <= 84 else "old",
        closed=not running,
    )


@dialog("Begin another stage")
def _move(card: queries.Card, stage: str) -> None:
    actor, project_id = shell.actor(), card.id
    st.text(card.title)
    with shell.reading() as session:
        facts = queries.gate_facts(session, actor, project_id)
        before = queries.stage_of(session, actor, project_id)
    going_back = STAGES.index(stage) < STAGES.index(before)
    if stage == before:
        st.write("The project is already at this stage.")
        return
    missing = False
    for gate, conditions in rules.asked(before, stage, facts):
        st.markdown(f"**Gate into {label(gate)}**")
        for condition in conditions:
            missing = missing or not condition.met
            st.markdown(f"{'✅' if condition.met else '⬜'} {plain(condition.words)}")
    needed = missing or going_back
    if missing:
        st.caption("What is not yet true can be waived. The reason is kept, shown, and counts as a risk.")
    reason = st.text_area(
        "Why go back?" if going_back else "Why go on all the same?" if missing else "Anything to remember?",
        max_chars=1000,
        key=f"board.move.{project_id}.{stage}",
    )
    if st.button("Waive and move" if missing else "Move", type="primary"):
        if needed and not reason.strip():
            st.error("Please give a reason.")
        elif shell.perform(commands.move_project, project_id, stage=stage, reason=reason, refresh=project_id):
            shell.done(f"Moved to {label(stage)}.")


@dialog("Close the project")
def _close(card: queries.Card) -> None:
    project_id = card.id
    st.text(card.title)
    with shell.reading() as session:
        facts = queries.gate_facts(session, shell.actor(), project_id)
        stage = queries.stage_of(session, shell.actor(), project_id)
    outcome = st.radio("Outcome", OUTCOMES, index=None, format_func=label, key=f"board.outcome.{project_id}")
    if outcome == rules.CLOSED:
        ((_, conditions),) = rules.asked(stage, rules.CLOSED, facts)
        for condition in conditions:
            st.markdown(f"{'✅' if condition.met else '⬜'} {plain(condition.words)}")
    reason = st.text_area("Why this outcome?", max_chars=1000, key=f"board.close.{project_id}")
    if st.button("Close the project", type="primary") and shell.perform(
        commands.close_project, project_id, outcome=outcome, reason=reason, refresh=project_id
    ):
        shell.done("The project is closed.")


@dialog("Reopen the project")
def _reopen(card: queries.Card) -> None:
    st.text(f"{card.title} is closed. Reopened, it stands where it was before, and can be moved from there.")
    reason = st.text_area("Why the closing was wrong", max_chars=1000, key=f"board.reopen.{card.id}")
    if st.button("Reopen", type="primary") and shell.perform(
        commands.reopen_project, card.id, reason=reason, refresh=card.id
    ):
        shell.done("The project is open again.")
