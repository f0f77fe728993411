"""Implementation: what became of projects, recommendations and people's words, in numbers you can defend."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import streamlit as st

from lab.foundation.text import quantity
from lab.rates.people import Waiting
from lab.rates.queries import Rates
from pages.implementation import people, projects
from pages.implementation.people import BROKEN
from pages.parts import addresses, charts, forms, numbers, shell
from pages.parts.forms import day
from pages.parts.numbers import share_words
from pages.parts.plain import Markdown, plain


def render() -> None:
    """The story from top to bottom, as of a day."""
    actor = shell.actor()
    st.html(charts.STYLE)
    st.title("Implementation", anchor=False)
    found = numbers.rates_on(actor, numbers.as_of_input("implementation.as_of", shell.today()))
    if not found.running + sum(found.outcomes.values()) + found.stopped:
        st.info("No project was open by this day. Start one on the board; what becomes of it is shown here.")
        return
    _headline(found)
    _chapter("What became of the projects", projects.ENDINGS, found)
    _chapter("What goes with implementation", projects.GROUPS, found)
    _chapter("What became of the recommendations", people.RECOMMENDATIONS, found)
    _chapter("What became of what people said", people.SAID, found)
    _waiting(found)


def _chapter(title: Markdown, parts: Sequence[Callable[[Rates], None]], found: Rates) -> None:
    st.header(title, anchor=False, divider="gray")
    for index in range(0, len(parts), 2):
        for column, part in zip(st.columns(2, gap="large"), parts[index : index + 2], strict=False):
            with column:
                part(found)


def _headline(found: Rates) -> None:
    rate, claims, heard = found.implementation, found.claims, found.heard_back
    if rate.rate is None:
        st.info(f"No project is closed yet; {found.running} running. A rate needs closed projects.")
    else:
        stopped = f" · {found.stopped:,} stopped after discovery" if found.stopped else ""
        st.markdown(
            f"## {rate.count:,} of {rate.total:,} closed projects implemented ({share_words(rate)})\n"
            f"{found.outcomes['partly_implemented']:,} more partly implemented{stopped} · {found.running:,} "
            "still running and not counted"
        )
    if heard.rate is not None:
        st.markdown(
            f"## {heard.in_time_said()}\n"
            f"{heard.otherwise_said()} · of {claims.claimed_met:,} expectations the lab says are met, "
            f"{claims.confirmed:,} are confirmed by the people who asked"
        )


def _waiting(found: Rates) -> None:
    st.header("People waiting", anchor=False, divider="gray")
    if not found.waiting:
        st.success("Nobody is waiting for something that does not move.")
        return
    things = quantity(found.waiting_items, "thing does not move", "things do not move")
    days = quantity(found.waiting_person_days, "person-day")
    st.markdown(
        f"**{things}**, and people have waited **{days}** for it: everybody with something hanging on it, "
        "once in each project, times the days since they last heard or took part. The projects with most "
        "person-days come first."
    )
    for each in found.waiting[:5]:
        with st.container(border=True, horizontal=True, vertical_alignment="center"):
            project = f" · {plain(each.project)}" if each.record_id else ""
            people = quantity(each.people, "person", "people")
            waited = quantity(each.project_person_days, "person-day")
            st.markdown(
                f"**{plain(each.title)}**{project}  \n{BROKEN[each.why].capitalize()}, "
                f"since {day(each.since)} · {people} with something hanging on it · {waited} of waiting "
                "in the project",
                width="stretch",
            )
            if forms.open_button(
                each.title, key=f"implementation.waiting.{each.project_id}.{each.record_id}"
            ):
                tab = "recommendations" if each.record_id else "replies"
                addresses.open_project(each.project_id, tab, each.record_id)
    charts.numbers_table(
        _waiting_table(found.waiting),
        "implementation.waiting",
        found.as_of,
        f"The first {len(found.waiting)} of {found.waiting_items:,}",
    )


def _waiting_table(waiting: Sequence[Waiting]) -> dict[str, list[object]]:
    return {
        "What": [each.title for each in waiting],
        "Project": [each.project for each in waiting],
        "Why": [BROKEN[each.why] for each in waiting],
        "Since": [each.since for each in waiting],
        "People": [each.people for each in waiting],
        "Person-days for it": [each.person_days for each in waiting],
        "Person-days in the project": [each.project_person_days for each in waiting],
    }
