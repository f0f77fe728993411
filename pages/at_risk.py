"""At risk: which projects are about to disappoint the people who took part, why, and what to do next."""

from __future__ import annotations

import datetime as dt

import plotly.graph_objects as go
import streamlit as st

from db.words import LEVELS
from lab.disillusion import commands, queries
from lab.disillusion.words import LEVEL_WORD
from pages.parts import charts, shell
from pages.parts.plain import plain
from pages.parts.shell import label

BADGE = {"calm": "green", "watch": "yellow", "at_risk": "orange", "critical": "red"}


def render() -> None:
    """The list, each project with its drivers, its flag and its history."""
    actor = shell.actor()
    st.title("At risk", anchor=False)
    st.caption(
        "An attention list about projects, not evidence about people. Worst first, then by people waiting."
    )
    with shell.reading() as session:
        counts = queries.level_counts(session, actor)
    level = st.segmented_control(
        "Level",
        LEVELS[::-1],
        format_func=lambda each: f"{LEVEL_WORD[each]} {counts.get(each, 0)}",
        key="at_risk.level",
        label_visibility="collapsed",
    )
    offset = st.session_state.get("at_risk.offset", 0) if st.session_state.get("at_risk.of") == level else 0
    with shell.reading() as session:
        total, projects = queries.at_risk(session, actor, level=level, offset=offset)
    if not projects:
        st.info("No running project has a score here. Scores appear as soon as a project has records.")
    for project in projects:
        _project(project)
    if total > len(projects) + offset or offset:
        st.caption(f"Showing {offset + 1}–{offset + len(projects)} of {total}")
        back, on = st.columns(2)
        st.session_state["at_risk.of"] = level
        if offset and back.button("Earlier"):
            st.session_state["at_risk.offset"] = max(0, offset - queries.SHOWN)
            st.rerun()
        if total > offset + len(projects) and on.button("Further"):
            st.session_state["at_risk.offset"] = offset + queries.SHOWN
            st.rerun()


def _project(project: queries.AtRisk) -> None:
    with st.container(border=True, key=f"at_risk-{project.project_id}"):
        st.markdown(f"### {plain(project.title)}")
        st.markdown(
            f":{BADGE[project.level]}-badge[{LEVEL_WORD[project.level]}] **{project.score:.0f}** of 100 "
            f"({project.low:.0f}–{project.high:.0f}) · {label(project.stage)} · {plain(project.sponsor)}"
        )
        if project.people_waiting:
            st.caption(f"{project.people_waiting:,} person-days of waiting for something that does not move")
        for driver in project.drivers[:4]:
            st.markdown(f"- {plain(driver.sentence)}")
        if len(project.drivers) > 4:
            with st.expander(f"All {len(project.drivers)} drivers"):
                for driver in project.drivers[4:]:
                    st.markdown(f"- {plain(driver.sentence)}")
        buttons = st.container(horizontal=True)
        if project.drivers:
            first = project.drivers[0]
            if buttons.button(
                f"Next: {first.action}", key=f"at_risk.act.{project.project_id}", type="primary"
            ):
                _open(project, first)
        if project.flag:
            _flag(project, project.flag, buttons)
        if buttons.button("History", key=f"at_risk.history.{project.project_id}"):
            _history(project)


def _open(project: queries.AtRisk, driver: queries.Driver) -> None:
    from pages import project as screen

    page = st.Page(screen.render, title="Project", url_path="project")
    chosen = {"project": str(project.project_id), "tab": driver.tab}
    if driver.subject_kind != "project":
        chosen["record"] = driver.subject_id
    st.switch_page(page, query_params=chosen)


def _flag(
    project: queries.AtRisk, flag: queries.OpenFlag, buttons: st.delta_generator.DeltaGenerator
) -> None:
    if flag.state == "raised":
        st.markdown(f":red-badge[Flag] raised {flag.raised_on}, not yet taken on")
        if buttons.button("Acknowledge", key=f"at_risk.take.{flag.id}"):
            _acknowledge(project, flag)
    else:
        st.markdown(
            f":blue-badge[Flag] {plain(flag.acknowledged_by)} is on it: {plain(flag.plan)} "
            f"· review by {flag.review_on}"
        )
        if buttons.button("Change plan", key=f"at_risk.take.{flag.id}"):
            _acknowledge(project, flag)
    if buttons.button("Clear", key=f"at_risk.clear.{flag.id}"):
        _clear(flag)


@st.dialog("Take the flag on")
def _acknowledge(project: queries.AtRisk, flag: queries.OpenFlag) -> None:
    today = shell.today()
    st.text(project.title)
    plan = st.text_area("What will you do?", flag.plan, key=f"flag.plan.{flag.id}", max_chars=2000)
    review = st.date_input(
        "Look at it again by",
        today + dt.timedelta(days=14),
        min_value=today,
        max_value=today + dt.timedelta(days=28),
        key=f"flag.review.{flag.id}",
    )
    if st.button("Acknowledge", type="primary") and shell.perform(
        commands.acknowledge_flag, flag.id, plan=plan, review_on=review
    ):
        shell.done("The flag is yours.")


@st.dialog("Clear the flag")
def _clear(flag: queries.OpenFlag) -> None:
    st.write("The facts clear a flag by themselves. To clear it by hand, say why; the reason is kept.")
    reason = st.text_area("Reason", key=f"flag.reason.{flag.id}", max_chars=2000)
    if st.button("Clear", type="primary") and shell.perform(commands.clear_flag, flag.id, reason=reason):
        shell.done("The flag is cleared.")


@st.dialog("How the risk went", width="large")
def _history(project: queries.AtRisk) -> None:
    with shell.reading() as session:
        evaluations, flags = queries.history_of(session, shell.actor(), project.project_id)
    st.text(project.title)
    if not evaluations:
        st.info("Not evaluated yet: that happens every fortnight.")
        return
    days = [each.on for each in evaluations]
    figure = go.Figure()
    figure.add_scatter(
        x=days + days[::-1],
        y=[each.high for each in evaluations] + [each.low for each in evaluations][::-1],
        fill="toself",
        line={"width": 0},
        fillcolor="rgba(29,129,135,0.18)",
        hoverinfo="skip",
    )
    figure.add_scatter(
        x=days, y=[each.score for each in evaluations], line={"color": charts.DEEP, "width": 3}, mode="lines"
    )
    figure.update_yaxes(range=[0, 100], title="Score, 0–100")
    charts.show(
        figure,
        "Disillusion risk, every fortnight, with its band",
        {
            "Date": days,
            "Score": [round(each.score, 1) for each in evaluations],
            "From": [round(each.low, 1) for each in evaluations],
            "To": [round(each.high, 1) for each in evaluations],
            "Level": [LEVEL_WORD[each.level] for each in evaluations],
        },
        key=f"history.{project.project_id}",
    )
    for flag in flags:
        ended = f"cleared {flag.cleared_on}: {plain(flag.cleared_reason)}" if flag.cleared_on else "open"
        st.markdown(
            f"- Flag raised {flag.raised_on}, {ended}" + (f" · plan: {plain(flag.plan)}" if flag.plan else "")
        )
