"""At risk: which projects are about to disappoint the people who took part, why, and what to do next."""

from __future__ import annotations

import datetime as dt
import uuid

import streamlit as st

from db.words import LEVELS
from lab.access.rights import Actor
from lab.disillusion import lists
from lab.disillusion.score.words import LEVEL_WORD
from lab.foundation.text import quantity
from pages.parts import addresses, charts, shell
from pages.parts.forms import day
from pages.parts.plain import plain
from pages.parts.shell import label
from pages.risk import explanation, week
from pages.risk.words import BADGE, STYLE, band, go, open_record, printed, score_change


def render() -> None:
    """The list, one project's explanation, or the week, depending on the address."""
    actor, today = shell.actor(), shell.today()
    st.html(charts.STYLE)
    st.html(STYLE)
    project_id = addresses.key_in("project")
    if project_id is not None:
        explanation.render(actor, project_id, as_of=_as_of(today), today=today)
    elif st.query_params.get("view") == "week":
        week.render(actor, today)
    else:
        _list(actor, today)


def _as_of(today: dt.date) -> dt.date:
    """The day in the address, today at the latest."""
    try:
        return min(dt.date.fromisoformat(st.query_params.get("as_of", "")), today)
    except ValueError:
        return today


def _list(actor: Actor, today: dt.date) -> None:
    st.title("At risk", anchor=False)
    st.caption(
        "An attention list about projects, not evidence about people. Worst first, then by people waiting."
    )
    with st.container(horizontal=True, vertical_alignment="bottom"):
        chosen = st.date_input("As of", _as_of(today), max_value=today, key="at_risk.as_of", width=160)
        if st.button("This week", key="at_risk.week"):
            go(view="week")
    as_of = chosen if isinstance(chosen, dt.date) else today
    level = st.session_state.get("at_risk.level")
    offset = st.session_state.get("at_risk.offset", 0) if st.session_state.get("at_risk.of") == level else 0
    if as_of < today:
        _past(actor, as_of, level, offset)
        return
    with shell.reading() as session:
        counts = lists.level_counts(session, actor)
        total, projects = lists.at_risk(session, actor, level=level, offset=offset)
    _levels(counts)
    if not projects:
        st.info("No running project has a score here. Scores appear as soon as a project has records.")
    for project in projects:
        _card(project, today)
    _pages(level, offset, len(projects), total)


def _levels(counts: dict[str, int]) -> None:
    st.segmented_control(
        "Level",
        LEVELS[::-1],
        format_func=lambda each: f"{LEVEL_WORD[each]} {counts.get(each, 0):,}",
        key="at_risk.level",
        label_visibility="collapsed",
    )


def _pages(level: str | None, offset: int, shown: int, total: int) -> None:
    if total <= shown and not offset:
        return
    st.caption(f"Showing {offset + 1}–{offset + shown} of {total:,}")

    def turn(to: int) -> None:
        st.session_state["at_risk.of"], st.session_state["at_risk.offset"] = level, to

    with st.container(horizontal=True):
        if offset:
            st.button("Earlier", on_click=turn, args=(max(0, offset - lists.SHOWN),))
        if total > offset + shown:
            st.button("Further", on_click=turn, args=(offset + lists.SHOWN,))


def _card(project: lists.AtRisk, today: dt.date) -> None:
    with st.container(border=True, key=f"at_risk-{project.project_id}"):
        _title(project.project_id, project.title)
        facts = [f"**{project.score:.0f}** of 100 ({band(project.low, project.high)})", label(project.stage)]
        if project.sponsor:
            facts.append(plain(project.sponsor))
        st.markdown(f":{BADGE[project.level]}-badge[{LEVEL_WORD[project.level]}] " + " · ".join(facts))
        _waiting(project, today)
        shown = 1 if project.level == "calm" else 3
        st.markdown("\n".join(f"- {plain(driver.sentence)}" for driver in project.drivers[:shown]))
        if len(project.drivers) > shown:
            rest = sum(driver.points for driver in project.drivers[shown:])
            st.caption(f"and {len(project.drivers) - shown} more, together +{rest:.1f}")
        if project.flag:
            _flag(project.flag, today)
        if project.drivers and project.level != "calm":
            first = project.drivers[0]
            words = f"Next: {plain(first.action)}" + score_change(
                project.score, first.after, " · if you do it today: "
            )
            printed(words, f"act-{project.project_id}")
            if st.button(words, key=f"at_risk.act.{project.project_id}", type="primary", wrap=True):
                open_record(project.project_id, first.tab, first.subject_kind, first.subject_id)


def _title(project_id: uuid.UUID, title: str, as_of: dt.date | None = None) -> None:
    if st.button(plain(title), key=f"at_risk.why.{project_id}", type="tertiary", wrap=True):
        go(project=str(project_id), as_of=str(as_of) if as_of else None)
    printed(f"#### {plain(title)}", f"title-{project_id}")


def _waiting(project: lists.AtRisk, today: dt.date) -> None:
    facts = []
    if project.people_waiting:
        facts.append(f"{quantity(project.people_waiting, 'person-day')} of waiting")
    if project.stalled_after and project.stalled_after < today:
        facts.append(f"Something has been stalled since {day(project.stalled_after)}")
    facts.append(plain(project.news.said(today)))
    st.caption(" · ".join(facts))


def _flag(flag: lists.OpenFlag, today: dt.date) -> None:
    if flag.snoozed_until and flag.snoozed_until >= today:
        st.markdown(
            f":gray-badge[Flag put aside] until {day(flag.snoozed_until)}: {plain(flag.snooze_reason)}"
        )
    elif flag.state == "raised":
        st.markdown(f":red-badge[Flag] raised {day(flag.raised_on)}, not yet taken on")
    else:
        st.markdown(
            f":blue-badge[Flag] {plain(flag.acknowledged_by)} is on it: {plain(flag.plan)} "
            f"· review by {day(flag.review_on)}"
        )


def _past(actor: Actor, as_of: dt.date, level: str | None, offset: int) -> None:
    with shell.reading() as session:
        counts, rows = lists.evaluated(session, actor, as_of=as_of, level=level, offset=offset)
    _levels(counts)
    total = counts.get(level, 0) if level else sum(counts.values())
    st.caption(f"As projects were found at the last evaluation up to {day(as_of)}.")
    if not rows:
        st.info("No project was evaluated around that day.")
    for project_id, title, each in rows:
        with st.container(border=True, key=f"at_risk-{project_id}"):
            _title(project_id, title, as_of)
            st.markdown(
                f":{BADGE[each.level]}-badge[{LEVEL_WORD[each.level]}] **{each.score:.0f}** of 100 "
                f"({band(each.low, each.high)}) on {day(each.on)}"
            )
    _pages(level, offset, len(rows), total)
