"""A project's workshops: those to come, those waiting for their wrap-up, and the past ones."""

from __future__ import annotations

import streamlit as st

from lab.workshops.plan.queries import workshops_of
from pages.parts import dialogs, shell, workshop_list
from pages.project.records import Screen


def render(screen: Screen) -> None:
    """Every workshop of the project, and planning the next."""
    if screen.actor.may("workshop.run") and dialogs.button(
        "Plan a workshop", type="primary", key="workshop.new"
    ):
        workshop_list.make(screen.actor, screen.head.id)
    with shell.reading() as session:
        workshops = workshops_of(session, screen.actor, screen.head.id)
    if not workshops:
        st.caption("No workshop yet. What people say in one becomes part of the project, typed once.")
    workshop_list.listed(workshops, with_project=False)
