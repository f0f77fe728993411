"""Put up a list of ideas: pasted, or a column of a CSV file, with a preview of what would be put up."""

from __future__ import annotations

from typing import Any

import streamlit as st

from lab.foundation.errors import LabError
from lab.foundation.text import quantity, shortened
from lab.workshops.board.lists import LONGEST_LIST, columns_of, read_list
from lab.workshops.board.queries import texts_on_board
from lab.workshops.board.rules import LONGEST_NOTE
from lab.workshops.board.several import write_list
from lab.workshops.plan.queries import Plan, PlannedBlock
from pages.parts import forms, shell
from pages.parts.dialogs import dialog
from pages.parts.plain import Markdown, plain


@dialog("Put up a list")
def put_up(plan: Plan, block: PlannedBlock) -> None:
    """The form of a list, its preview, and the button that puts it up."""
    how = st.segmented_control(
        "From", ["Pasted", "CSV file"], default="Pasted", required=True, key="list.how"
    )
    try:
        lines = _pasted() if how == "Pasted" else _column()
        with shell.reading() as session:
            known = texts_on_board(session, shell.actor(), plan.id)
        found = read_list(lines, known)
    except LabError as refusal:
        shell.refuse(refusal)
        return
    said = [f"**{quantity(len(found.ideas), 'note')}** would be put up"]
    if found.repeated:
        example = _short(found.repeated)
        said.append(f"{len(found.repeated)} left out that are there already, such as “{example}”")
    if found.too_long:
        said.append(f"{len(found.too_long)} left out that are longer than {LONGEST_NOTE} characters")
    st.markdown(". ".join(said) + ".")
    for idea in found.ideas[:5]:
        st.text(f"• {shortened(idea, 90)}")
    if st.button("Put it up", type="primary", disabled=not found.ideas, key="list.put") and shell.perform(
        write_list, plan.id, ideas=found.ideas, block_id=block.id
    ):
        shell.done(f"{quantity(len(found.ideas), 'note')} from the list.")


def _short(lines: Any) -> Markdown:
    return plain(shortened(lines[0], 60))


def _pasted() -> list[str]:
    typed = st.text_area("One idea a line", max_chars=LONGEST_LIST, height=180, key="list.lines")
    return list(typed.splitlines())


def _column() -> list[str]:
    file = st.file_uploader("CSV file with a line of headings", ["csv"], key=forms.file_key("list.file"))
    if file is None:
        return []
    columns = columns_of(file.getvalue())
    heading = st.selectbox("Column with the ideas", list(columns), format_func=plain, key="list.column")
    return columns[heading]
