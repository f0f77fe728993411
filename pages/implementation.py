"""Implementation: what became of the lab's projects and recommendations, in numbers that can be defended."""

from __future__ import annotations

import datetime as dt

import plotly.graph_objects as go
import streamlit as st

from lab.rates.queries import Rates, rates
from lab.rates.statistics import BENCHMARK, Share, share
from pages.parts import charts, shell
from pages.parts.shell import label


def render() -> None:
    """The story from top to bottom, as of a day."""
    actor, today = shell.actor(), shell.today()
    st.title("Implementation", anchor=False)
    as_of = st.date_input("As of", today, max_value=today, key="implementation.as_of", width=200)
    with shell.reading() as session:
        found = rates(session, actor, as_of=as_of if isinstance(as_of, dt.date) else today)
    _headline(found)
    left, right = st.columns(2, gap="large")
    with left:
        _rate(found)
        _funnel(found)
    with right:
        _recommendations(found)
        _response_time(found)


def _headline(found: Rates) -> None:
    rate = found.implementation
    if rate.rate is None:
        st.info(f"No project is closed yet; {found.running} running. A rate needs closed projects.")
        return
    partly = found.outcomes["partly_implemented"]
    st.markdown(
        f"## {rate.count} of {rate.total} closed projects implemented ({_percent(rate)})\n"
        f"{partly} more in part · {found.running} still running and not counted · of {found.claimed} "
        f"expectations the lab says are met, {found.confirmed} are confirmed by the people who asked"
    )


def _percent(rate: Share) -> str:
    if rate.rate is None or rate.low is None or rate.high is None or rate.total < 5:
        return "too few for a percentage"
    return f"{rate.rate:.0%}, 95 % interval {rate.low:.0%}–{rate.high:.0%}"


def _rate(found: Rates) -> None:
    bench = share(*BENCHMARK)
    rows = [("This lab", found.implementation), ("Benchmark: 9 of 18", bench)]
    shown = [(name, each) for name, each in rows if each.rate is not None]
    figure = go.Figure()
    for (name, each), colour in zip(shown, (charts.DEEP, charts.QUIET), strict=False):
        figure.add_scatter(
            x=[each.rate],
            y=[name],
            mode="markers+text",
            text=[f"{each.rate:.0%}"],
            textposition="top center",
            marker={"size": 14, "color": colour},
            error_x={
                "type": "data",
                "symmetric": False,
                "array": [(each.high or 0) - (each.rate or 0)],
                "arrayminus": [(each.rate or 0) - (each.low or 0)],
                "thickness": 4,
                "color": colour,
            },
            hoverinfo="skip",
        )
    figure.update_xaxes(range=[0, 1], tickformat=".0%")
    figure.update_yaxes(ticksuffix="  ", range=[len(shown) - 0.4, -0.7])
    figure.update_layout(height=200)
    charts.show(
        figure,
        "Share of closed projects implemented, with its 95 % Wilson interval",
        {
            "": [name for name, _ in rows],
            "Implemented": [each.count for _, each in rows],
            "Closed": [each.total for _, each in rows],
            "From": [None if each.low is None else round(each.low, 3) for _, each in rows],
            "To": [None if each.high is None else round(each.high, 3) for _, each in rows],
        },
        key="implementation.rate",
    )
    st.caption(
        "The benchmark is the Northern Ireland Innovation Lab's first two years. Projects still running are "
        "not failures, so this rate says nothing about them."
    )


def _funnel(found: Rates) -> None:
    names = [label(stage) for stage in found.reached]
    values = list(found.reached.values())
    charts.show(
        charts.bars(names, values),
        "Projects that ever reached each stage",
        {"Stage": names, "Projects": values},
        key="implementation.funnel",
    )


def _recommendations(found: Rates) -> None:
    names = [label(status) for status in found.recommendations]
    values = list(found.recommendations.values())
    charts.show(
        charts.bars(names, values),
        "Recommendations by where they stand",
        {"Status": names, "Recommendations": values},
        key="implementation.recommendations",
    )


def _response_time(found: Rates) -> None:
    responses = found.responses
    weeks = [week for week, _ in responses.by_week]
    counts = [count for _, count in responses.by_week]
    figure = go.Figure(
        go.Bar(
            x=weeks,
            y=counts,
            marker_color=[charts.DEEP if week < 12 else charts.LEVEL_COLOUR["at_risk"] for week in weeks],
            hoverinfo="skip",
        )
    )
    figure.add_vline(x=11.5, line_dash="dot", line_color=charts.QUIET, annotation_text="12 weeks")
    figure.update_xaxes(title="Weeks from sending to answer", rangemode="tozero")
    figure.update_yaxes(title="Answers")
    charts.show(
        figure,
        "How long sponsors took to answer, against 12 weeks",
        {"Weeks": weeks, "Answers": counts},
        key="implementation.responses",
    )
    middle = (
        "" if responses.median_days is None else f" Half answered within {responses.median_days:.0f} days."
    )
    st.caption(
        f"{responses.answered} of {responses.sent} answered ({responses.undated} on an unknown day), "
        f"{responses.within_12_weeks} of them within 12 "
        f"weeks; {responses.not_yet_due} of the others are not yet due.{middle}"
    )
