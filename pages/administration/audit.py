"""Who did what when, from the event log."""

from __future__ import annotations

import datetime as dt
import uuid
from typing import Final
from urllib.parse import urlencode

import streamlit as st

from lab.access.audit.queries import PAGE, AuditedActs, acts, kinds_of_acts
from lab.access.audit.words import Act, more_about, what_was_done, who_did
from lab.access.queries import people_with_access
from lab.access.rights import Actor
from lab.projects.queries import find_projects
from pages.parts import shell
from pages.parts.shell import label
from pages.parts.tables import by_heading, text_table

BEFORE: Final = "audit.before"
"""The last event of each page that was left, so that one can go back."""
PROJECTS: Final = 500


def render(actor: Actor) -> None:
    """The acts that are asked for, a page at a time."""
    st.write(
        "Sign-ins and wrong passwords, rights given and taken, exports, and every change of a record. It "
        "tells who did it and what was changed, not what people wrote."
    )
    wanted = _asked(actor)
    if st.session_state.get("audit.asked") != wanted:
        st.session_state["audit.asked"], st.session_state[BEFORE] = wanted, []
    before: list[uuid.UUID] = st.session_state[BEFORE]
    with shell.reading() as session:
        found = acts(session, actor, wanted, before=before[-1] if before else None, limit=PAGE + 1)
    if not found:
        st.info("Nothing is on record for this.")
        return
    zone = shell.zone()
    text_table(
        by_heading(
            [
                {
                    "When": act.at.astimezone(zone).strftime("%Y-%m-%d %H:%M:%S"),
                    "Who": who_did(act),
                    "What": what_was_done(act),
                    "Project": act.project,
                    "More": more_about(act),
                }
                for act in found[:PAGE]
            ]
        )
    )
    _turn(before, found)
    asked = urlencode({name: value for name, value in _plainly(wanted).items() if value})
    with st.container(horizontal=True):
        st.link_button("Download as CSV", f"/audit.csv?{asked}")
        st.link_button("Download as JSON lines", f"/audit.jsonl?{asked}")


def _turn(before: list[uuid.UUID], found: tuple[Act, ...]) -> None:
    with st.container(horizontal=True):
        if before and st.button("Newer", key="audit.newer"):
            before.pop()
            st.rerun()
        if len(found) > PAGE and st.button("Older", key="audit.older"):
            before.append(found[PAGE - 1].id)
            st.rerun()


def _asked(actor: Actor) -> AuditedActs:
    with shell.reading() as session:
        people = {each.id: f"{each.name} ({each.email})" for each in people_with_access(session, actor)}
        kinds = kinds_of_acts(session, actor)
        projects = dict(find_projects(session, actor, limit=PROJECTS))
    person, kind, project = st.columns(3)
    chosen_person = person.selectbox(
        "Person",
        people,
        index=None,
        format_func=people.__getitem__,
        placeholder="Everybody",
        key="audit.person",
    )
    chosen_kind = kind.selectbox(
        "Kind", kinds, index=None, format_func=label, placeholder="All", key="audit.kind"
    )
    chosen_project = project.selectbox(
        "Project",
        projects,
        index=None,
        format_func=projects.__getitem__,
        placeholder="All",
        key="audit.project",
    )
    first, last = st.columns(2)
    since = first.date_input("From", value=None, format="YYYY-MM-DD", key="audit.since")
    until = last.date_input("To", value=None, format="YYYY-MM-DD", key="audit.until")
    return AuditedActs(
        chosen_person,
        chosen_kind,
        chosen_project,
        since if isinstance(since, dt.date) else None,
        until if isinstance(until, dt.date) else None,
    )


def _plainly(wanted: AuditedActs) -> dict[str, str]:
    return {
        name: str(getattr(wanted, name) or "") for name in ("person", "kind", "project", "since", "until")
    }
