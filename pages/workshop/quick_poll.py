"""Ask the room a quick poll: question and answers in one step."""

from __future__ import annotations

from typing import Final

import streamlit as st

from lab.voting.commands import LONGEST_ANSWER
from lab.workshops.plan.queries import Plan
from lab.workshops.room.quick_poll import MOST_ANSWERS, YES_NO, ask_quick_poll
from pages.parts import shell
from pages.parts.dialogs import dialog

OWN: Final = "Own answers"


@dialog("Quick poll")
def ask(plan: Plan) -> None:
    """The form of a poll, which phones show as soon as it is sent."""
    question = st.text_input("Question to the room", max_chars=200, key="poll.question")
    yes_no = " · ".join(YES_NO)
    kind = st.segmented_control("Answers", [yes_no, OWN], default=yes_no, required=True, key="poll.kind")
    answers = list(YES_NO)
    if kind == OWN:
        typed = st.text_area(
            f"One answer a line, 2 to {MOST_ANSWERS}, each up to {LONGEST_ANSWER} characters",
            height=150, key="poll.answers",
        )  # fmt: skip
        answers = [line for line in typed.splitlines() if line.strip()]
    st.caption("Phones show it at once, as a part of its own. The result is hidden until you close it.")
    if st.button("Ask now", type="primary", key="poll.ask") and shell.perform(
        ask_quick_poll, plan.id, question=question, answers=answers
    ):
        shell.done("The phones show the question.")
