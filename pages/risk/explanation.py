"""One project's score explained: its drivers, what acting would change, its flag, and its history."""

from __future__ import annotations

import datetime as dt
import uuid

import plotly.graph_objects as go
import streamlit as st

from db.words import STALL_REASONS
from lab.access.rights import Actor
from lab.disillusion import explanation
from lab.disillusion.score.model import WEIGHTS
from lab.disillusion.score.words import DRIVER_TITLE, LEVEL_WORD, STALL_REASON_WORD, STEP_REACHED
from lab.disillusion.upkeep import commands
from lab.foundation.errors import LabError
from lab.foundation.text import quantity
from pages.parts import charts, dialogs, fields, shell
from pages.parts.addresses import TAB_OF
from pages.parts.dialogs import dialog
from pages.parts.fields import Form, OneOf, Paragraph
from pages.parts.forms import day
from pages.parts.plain import plain
from pages.parts.shell import label
from pages.risk import flags
from pages.risk.words import BADGE, band, open_record, printed, score_change
from pages.risk.words import go as turn

COLOURS = dict(
    zip(
        WEIGHTS,
        ("#1d8187", "#c2641d", "#4a6fb5", "#b58900", "#8a4f9e", "#3f7d4f", "#b0455a", "#5c6b70"),
        strict=True,
    )
)
EVIDENCE_SHOWN = 4

REASON = Form(
    "risk.reason",
    (
        OneOf("reason", "Reason", words=STALL_REASONS, spoken=STALL_REASON_WORD.__getitem__, needed=True),
        Paragraph("note", "In other words", limit=1000),
    ),
)


def render(actor: Actor, project_id: uuid.UUID, *, as_of: dt.date, today: dt.date) -> None:
    """Why, what next, and what if; as of a day."""
    if st.button("← All projects", key="risk.back", type="tertiary"):
        turn()
    try:
        with shell.reading() as session:
            found = explanation.explain(session, actor, project_id, as_of=as_of)
    except LabError as refusal:
        shell.refuse(refusal)
        return
    st.title(plain(found.title), anchor=False)
    _standing(found)
    chosen = st.date_input("As of", as_of, max_value=today, key=f"risk.as_of.{as_of}", width=160)
    if isinstance(chosen, dt.date) and chosen != as_of:
        turn(project=str(project_id), as_of=str(chosen) if chosen < today else None)
    left, right = st.columns([3, 2], gap="large")
    with left:
        _contributions(found)
        _drivers(found)
        _notes(found)
    with right:
        if as_of == today:
            _what_if(found)
            flags.render(found, actor, today)
        _stalled(found, may_say=as_of == today and actor.may("project.write"))
        _trend(found)


def _standing(found: explanation.Explanation) -> None:
    score = found.score
    sponsor = f" · {plain(found.sponsor)}" if found.sponsor else ""
    st.markdown(
        f":{BADGE[found.level]}-badge[{LEVEL_WORD[found.level]}] **{score.index:.0f}** of 100 "
        f"({band(score.low, score.high)}) on {day(found.as_of)} · {label(found.stage)}{sponsor}"
    )
    people = "Chance that people" if score.people == 1 else f"Chance that at least one of {score.people:,}"
    st.caption(
        f"{people} will leave disappointed within 12 weeks: {score.probability:.0%}, by assumptions of "
        "our own that no lab's history has tested yet. "
        f"{score.coverage:.0%} of what the score uses is known; the rest widens the band."
        + (f" {quantity(found.people_waiting, 'person-day')} of waiting." if found.people_waiting else "")
    )


def _contributions(found: explanation.Explanation) -> None:
    points = {name: 0.0 for name in WEIGHTS}
    for line in found.score.lines:
        points[line.driver] += line.points
    shown = {name: value for name, value in points.items() if value > 0}
    if not shown:
        st.success("Nothing raises the score.")
        return
    figure = go.Figure()
    for name, value in shown.items():
        figure.add_bar(
            y=[""],
            x=[value],
            orientation="h",
            name=DRIVER_TITLE[name],
            marker={"color": COLOURS[name], "line": {"width": 2, "color": "rgba(255,255,255,0.9)"}},
            text=[f"{value:.0f}" if value >= 3 else ""],
            textposition="inside",
            insidetextfont={"color": "#ffffff"},
            hovertemplate=f"{DRIVER_TITLE[name]}: %{{x:.1f}}<extra></extra>",
        )
    figure.update_layout(
        barmode="stack",
        height=170 + 20 * len(shown),
        showlegend=True,
        legend={"orientation": "h", "y": -0.25, "yanchor": "top", "traceorder": "normal"},
    )
    figure.update_xaxes(range=[0, 104], tickvals=[0, 20, 40, 60, 80, 100])
    charts.show(
        figure,
        "What the score is made of",
        {
            "Driver": [DRIVER_TITLE[name] for name in shown],
            "Points": [round(value, 2) for value in shown.values()],
            "At most": [WEIGHTS[name] for name in shown],
        },
        key="risk.points",
        sentence="The points add up to the score; they are means over the people of the project. A driver "
        "without data is left out and the others count for more, even beyond their usual maximum.",
        as_of=found.as_of,
    )


def _drivers(found: explanation.Explanation) -> None:
    st.subheader("Why", anchor=False)
    for index, driver in enumerate(found.drivers):
        with st.container(border=True, key=f"risk-driver-{index}"):
            st.markdown(f"**{plain(driver.title)}** · {plain(driver.sentence)}")
            with st.container(horizontal=True, gap="small"):
                words = plain(driver.action) + score_change(found.score.index, driver.after, " · today: ")
                printed(f"Next: {words}", f"act-{index}")
                if st.button(
                    words, key=f"risk.act.{index}", type="secondary" if index else "primary", wrap=True
                ):
                    open_record(found.project_id, driver.tab, driver.subject_kind, driver.subject_id)
                for number, each in enumerate(driver.evidence[:EVIDENCE_SHOWN]):
                    named = (
                        "See the project" if each.kind == "project" else f"See the {label(each.kind).lower()}"
                    )
                    if st.button(named, key=f"risk.see.{index}.{number}", type="tertiary"):
                        open_record(
                            found.project_id, TAB_OF.get(each.kind, "overview"), each.kind, str(each.id)
                        )


def _notes(found: explanation.Explanation) -> None:
    if not found.notes:
        return
    st.subheader("Beside the score", anchor=False)
    st.caption(
        "These have no weight in the score. Most may get one once this lab's history shows that they "
        "predict something."
    )
    for index, note in enumerate(found.notes):
        with st.container(horizontal=True, vertical_alignment="center", gap="small"):
            st.markdown(f"- {plain(note.words)}", width="content")
            if st.button("See", key=f"risk.note.{index}", type="tertiary"):
                first = note.evidence[0]
                open_record(found.project_id, note.tab, first.kind, str(first.id))


def _what_if(found: explanation.Explanation) -> None:
    if not found.choices:
        return
    with st.container(border=True, key="risk-what-if"):
        st.subheader("What if, today …", anchor=False)
        with st.container(key="risk-if-choices"):
            ticked = [
                choice
                for index, choice in enumerate(found.choices[:12])
                if st.checkbox(plain(choice.words), key=f"risk.if.{found.project_id}.{index}")
            ]
        if not ticked:
            st.caption(
                "Tick what you could do. Trust and turnout stay as they are: only people can change them."
            )
            return
        after = found.if_done([choice.action for choice in ticked])
        printed("\n".join(f"- {plain(choice.words)}" for choice in ticked), "what-if")
        st.markdown(
            f"### {found.score.index:.0f} → {after.index:.0f}\n"
            f"band {band(after.low, after.high)} · "
            f"chance {found.score.probability:.0%} → {after.probability:.0%}"
        )
        if st.button("Do the first of these", key="risk.if.do", type="primary"):
            first = ticked[0]
            kind = first.tab.removesuffix("s") if first.action.subject_id else "project"
            open_record(found.project_id, first.tab, kind, first.action.subject_id)


def _stalled(found: explanation.Explanation, *, may_say: bool) -> None:
    if not found.stalled:
        return
    st.subheader("What is stalled", anchor=False)
    for each in found.stalled:
        with st.container(border=True, key=f"risk-stalled-{each.id}"):
            st.markdown(
                f"**{plain(each.title)}** · {quantity(each.days, 'day')}, since {day(each.since)}: "
                f"{plain(each.why)}. Cleared by {plain(each.cleared_by)}."
            )
            for name, reached in each.steps:
                st.caption(f"{day(reached)}: {STEP_REACHED[name]}")
            if each.reason:
                note = f" ({plain(each.note)})" if each.note else ""
                st.markdown(f":gray-badge[Why] {STALL_REASON_WORD[each.reason]}{note}")
            if may_say and dialogs.button("Say why it does not move", key=f"risk.reason.{each.id}"):
                _say_why(found.project_id, each)


@dialog("Why does it not move?")
def _say_why(project_id: uuid.UUID, each: explanation.StalledItem) -> None:
    st.text(each.title)
    st.caption("This explains the stall. It does not end it: only news, or a decision with its reason, does.")
    typed = fields.edit(REASON, each, submit="Keep the reason")
    if typed and shell.perform(commands.give_stall_reason, each.id, refresh=project_id, **typed):
        shell.done("The reason is recorded.")


def _trend(found: explanation.Explanation) -> None:
    if len(found.trend) < 2:
        return
    days = [each.on for each in found.trend]
    figure = go.Figure()
    figure.add_scatter(
        x=days + days[::-1],
        y=[each.high for each in found.trend] + [each.low for each in found.trend][::-1],
        fill="toself",
        line={"width": 0},
        fillcolor="rgba(29,129,135,0.18)",
        hoverinfo="skip",
        mode="lines",
    )
    figure.add_scatter(
        x=days,
        y=[each.score for each in found.trend],
        line={"color": charts.DEEP, "width": 3},
        mode="lines",
        hovertemplate="%{x|%d %b %Y}: %{y:.0f}<extra></extra>",
    )
    for flag in found.flags:
        figure.add_vline(x=str(flag.raised_on), line_dash="dot", line_color=charts.LEVEL_COLOUR["critical"])
    figure.update_yaxes(range=[0, 100], title="Score")
    charts.show(
        figure,
        "How it came there",
        {
            "Date": days,
            "Score": [round(each.score, 1) for each in found.trend],
            "From": [round(each.low, 1) for each in found.trend],
            "To": [round(each.high, 1) for each in found.trend],
            "Level": [LEVEL_WORD.get(each.level, "") for each in found.trend],
        },
        key="risk.trend",
        sentence="A point every fortnight, with its band, using only what was known by then. "
        + ("Dotted lines: a flag was raised." if found.flags else ""),
        as_of=found.as_of,
    )
