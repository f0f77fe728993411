"""The implementation screen about projects: how they ended, how long it took, and what is associated with
it."""

from __future__ import annotations

import datetime as dt

import plotly.graph_objects as go
import streamlit as st

from db.words import OUTCOMES, STAGES
from lab.foundation.text import quantity
from lab.rates.queries import Rates, projects_behind
from lab.rates.statistics import BENCHMARK, LEAST, Share, share
from lab.rates.story import LANDMARK, Comparison, Group
from lab.rates.survival import Curve
from pages.parts import addresses, charts, shell
from pages.parts.numbers import share_words
from pages.parts.plain import Markdown, plain
from pages.parts.shell import label

COLOURS = {"Implemented": charts.DEEP, "Ended otherwise": charts.WARM, "Still running": "#5c6b70"}
ENDING = {
    **{outcome: label(outcome) for outcome in OUTCOMES},
    "stopped": "Stopped after discovery",
    "running": "Still running",
}
SMALL = {"form": "No form", "sponsor": "Sponsors with fewer closed", "place": "Places with fewer closed"}
COMPARED = {
    "prototyped": "Prototype tried or not",
    "sponsor_present": "Sponsor mostly there or not",
}
DRAWN = 160
"""Steps of a curve that are drawn; more would not be visible on a screen."""


def _rate(found: Rates) -> None:
    rows = [("This lab", found.implementation), ("Benchmark: 9 of 18", share(*BENCHMARK))]
    shown = [(name, each) for name, each in rows if each.rate is not None]
    few = ""
    if 0 < found.implementation.total < 4 * LEAST:
        few = (
            f" With so few closed, starting from the benchmark counted half gives {found.belief.mean:.0%} "
            f"({found.belief.low:.0%}–{found.belief.high:.0%})."
        )
    charts.show(
        charts.intervals(
            [name for name, _ in shown],
            [_bounds(each) for _, each in shown],
            [charts.DEEP, charts.QUIET][-len(shown) :],
        ),
        "Share of closed projects implemented, with its 95% Wilson interval",
        {
            "": [name for name, _ in rows],
            "Implemented": [each.count for _, each in rows],
            "Closed": [each.total for _, each in rows],
            "From": [_rounded(each.low) for _, each in rows],
            "To": [_rounded(each.high) for _, each in rows],
        },
        key="implementation.rate",
        sentence="Projects still running are not failures, so this rate says nothing about them. The "
        "benchmark is the Northern Ireland Innovation Lab's first two years, another lab in another place."
        + few,
        as_of=found.as_of,
    )


def _outcomes(found: Rates) -> None:
    counts = found.outcomes | {"stopped": found.stopped, "running": found.running}
    counts["not_implemented"] -= found.stopped
    names = [ENDING[each] for each in counts]
    colours = [charts.DEEP, "#4c969b", charts.WARM, charts.QUIET, COLOURS["Still running"]]
    charts.show(
        charts.bars(names, list(counts.values()), colours),
        "How projects ended",
        {"Ending": names, "Projects": list(counts.values())},
        key="implementation.outcomes",
        sentence="Stopped after discovery: closed before co-design began, with the reason kept. That can "
        "be a good result. It counts among the closed in the rate, and is shown apart here.",
        as_of=found.as_of,
    )
    with st.popover("Which projects?"):
        chosen = st.radio(
            "Ending",
            list(counts),
            format_func=lambda each: f"{ENDING[each]} ({counts[each]:,})",
            index=None,
            key="implementation.behind",
            label_visibility="collapsed",
        )
        if chosen:
            _behind(chosen, found.as_of)


def _behind(outcome: str, as_of: dt.date) -> None:
    with shell.reading() as session:
        rows = projects_behind(session, shell.actor(), outcome=outcome, as_of=as_of)
    if not rows:
        st.caption("None.")
    for key, title, opened, ended in rows:
        when = f"{opened} to {ended}" if ended else f"since {opened}"
        if st.button(f"{plain(title)} · {plain(when)}", key=f"behind.{key}", type="tertiary", wrap=True):
            addresses.open_project(key, "overview")


def _incidence(found: Rates) -> None:
    ends = found.incidence
    longest = max(1.0, *ends.implemented.days[-1:].tolist(), 1.0)
    days = _line(ends.implemented, longest)
    implemented = [ends.implemented.at(day) for day in days]
    ended = [ends.implemented.at(day) + ends.otherwise.at(day) for day in days]
    figure = go.Figure()
    for name, values, fill in (
        ("Implemented", implemented, "tozeroy"),
        ("Ended otherwise", ended, "tonexty"),
        ("Still running", [1.0] * len(days), "tonexty"),
    ):
        line = {"shape": "hv", "width": 2, "color": COLOURS[name]}
        figure.add_scatter(name=name, x=days, y=values, fill=fill, mode="lines", line=line, hoverinfo="skip")
    bounds = [ends.implemented.bounds_at(day) for day in days]
    for bound in zip(*bounds, strict=True):
        line = {"shape": "hv", "width": 1, "dash": "dot", "color": COLOURS["Implemented"]}
        figure.add_scatter(x=days, y=list(bound), mode="lines", line=line, hoverinfo="skip", showlegend=False)
    figure.update_yaxes(range=[0, 1], tickformat=".0%")
    figure.update_xaxes(title="Days since a project was opened", rangemode="tozero")
    figure.update_layout(height=320, showlegend=True, legend={"orientation": "h", "y": -0.25})
    last, still = ends.marks[-1], ends.at_risk[-1]
    watched = quantity(still, "project")
    low, high = ends.implemented.bounds_at(last)
    charts.show(
        figure,
        "By when projects were implemented, ended otherwise, or still ran",
        {
            "Days": list(ends.marks),
            "At risk": list(ends.at_risk),
            "Implemented": [_rounded(ends.implemented.at(mark)) for mark in ends.marks],
            "Implemented from": [_rounded(ends.implemented.bounds_at(mark)[0]) for mark in ends.marks],
            "Implemented to": [_rounded(ends.implemented.bounds_at(mark)[1]) for mark in ends.marks],
            "Ended otherwise": [_rounded(ends.otherwise.at(mark)) for mark in ends.marks],
            "Partly implemented": [_rounded(each) for each in ends.apart["partly_implemented"]],
            "Not implemented": [_rounded(each) for each in ends.apart["not_implemented"]],
            "Stopped": [_rounded(each) for each in ends.apart["stopped"]],
            "Still running": [_rounded(each) for each in ends.apart["running"]],
        },
        key="implementation.incidence",
        sentence=f"After {last} days {ends.implemented.at(last):.0%} were implemented (95% interval "
        f"{low:.0%}–{high:.0%}, dotted) and {ends.otherwise.at(last):.0%} had ended otherwise, from "
        f"{watched} watched that long. The further right, the fewer projects the curve "
        "rests on. Aalen–Johansen: what still runs counts until today, and neither end hides the other.",
        as_of=found.as_of,
    )


def _line(curve: Curve, longest: float) -> list[float]:
    """The days on which a curve steps, thinned to `STEPS`."""
    every = max(1, len(curve.days) // DRAWN)
    return [0.0, *curve.days[::every].tolist(), longest]


def _cohorts(found: Rates) -> None:
    cohorts = found.cohorts
    names = [each.name for each in cohorts]
    parts = {
        "Implemented": [each.implemented for each in cohorts],
        "Ended otherwise": [each.otherwise for each in cohorts],
        "Still running": [each.running for each in cohorts],
    }
    reached = {
        f"Reached {label(stage).lower()}": [each.reached[stage] for each in cohorts] for stage in STAGES
    }
    charts.show(
        charts.stacked(names, parts, COLOURS),
        "What became of the projects opened in each period",
        {"Opened in": names, "Opened": [each.opened for each in cohorts], **reached, **parts},
        key="implementation.cohorts",
        sentence="Compare periods only as far as they have had the same time: of younger ones more still "
        "run. The numbers say how many of each period reached each stage.",
        as_of=found.as_of,
    )


def _reached(found: Rates) -> None:
    names = [label(stage) for stage in found.reached]
    values = list(found.reached.values())
    steps = dict(found.steps_on)
    charts.show(
        charts.bars(names, values),
        "Projects that ever reached each stage",
        {
            "Stage": names,
            "Projects": values,
            "Went on from there": [
                f"{steps[stage].count} ({share_words(steps[stage])})" if stage in steps else ""
                for stage in found.reached
            ],
        },
        key="implementation.funnel",
        sentence="A project that still runs may yet go on, so the share that went on can only grow.",
        as_of=found.as_of,
    )


def _stages(found: Rates) -> None:
    stages = found.time_in_stages
    names = [label(each.stage) for each in stages]
    halves = "; ".join(
        f"{label(each.stage).lower()} {each.median:.0f}" for each in stages if each.median is not None
    )
    charts.show(
        charts.bars(names, [round(each.within_a_year) for each in stages]),
        "Days spent in each stage, of the first year there",
        {
            "Stage": names,
            "Entered": [each.entered for each in stages],
            "Left": [each.left for each in stages],
            "Mean days within a year": [round(each.within_a_year, 1) for each in stages],
            "Median days": [each.median for each in stages],
        },
        key="implementation.stages",
        sentence="Restricted means: a project still in a stage counts for as long as it has been there, and "
        "pauses count too." + (f" Days by which half had left: {halves}." if halves else ""),
        as_of=found.as_of,
    )


def _comparisons(found: Rates) -> None:
    rows = [
        (name, rate, colour)
        for each in found.comparisons
        for name, rate, colour in (
            (each.this, each.first, charts.DEEP),
            (each.other, each.second, charts.WARM),
        )
    ]
    shown = [row for row in rows if row[1].total >= LEAST]
    charts.show(
        charts.intervals(
            [charts.words(name, 60) for name, _, _ in shown],
            [_bounds(rate) for _, rate, _ in shown],
            [colour for _, _, colour in shown],
        ),
        "Implemented, by whether people could try a prototype and the sponsor was there",
        {
            "Projects": [name for name, _, _ in rows],
            "Implemented": [_side(rate)[0] for _, rate, _ in rows],
            "Closed": [_side(rate)[1] for _, rate, _ in rows],
            "From": [_rounded(rate.low) if rate.total >= LEAST else None for _, rate, _ in rows],
            "To": [_rounded(rate.high) if rate.total >= LEAST else None for _, rate, _ in rows],
        },
        key="implementation.comparisons",
        sentence=" ".join(_difference(each) for each in found.comparisons)
        + f" Only projects still running {LANDMARK} days after opening count, as they stood on that day: "
        "otherwise those that lived longer would look better for it. Association, not cause.",
        as_of=found.as_of,
    )


def _side(rate: Share) -> tuple[str, str]:
    few = f"fewer than {LEAST}"
    if 0 < rate.total < LEAST:
        return few, few
    hidden = 0 < rate.count < LEAST or 0 < rate.total - rate.count < LEAST
    return ("withheld" if hidden else str(rate.count)), str(rate.total)


def _difference(each: Comparison) -> Markdown:
    what = COMPARED[each.name]
    if each.difference is None or each.p is None:
        return f"{what}: too few to compare (a side has fewer than {LEAST} closed)."
    gap = each.difference
    words = (
        f"{what}: {gap.value * 100:+.0f} percentage points (95% interval {gap.low * 100:+.0f} to "
        f"{gap.high * 100:+.0f}; exact p {_p(each.p)})"
    )
    if each.log_rank_p is not None:
        words += f"; time to implementation differs with p {_p(each.log_rank_p)} (log-rank)"
    return words + "."


def _p(value: float) -> Markdown:
    return "below 0.001" if value < 0.001 else f"{value:.3f}"


def _breakdowns(found: Rates) -> None:
    groups = [(each.by, group) for each in found.breakdowns for group in each.groups]
    shown = [(by, group, group.rate) for by, group in groups if group.rate]
    charts.show(
        charts.intervals(
            [charts.words(_named(by, group)) for by, group, _ in shown],
            [_bounds(rate) for _, _, rate in shown],
        ),
        "Implemented, by form, sponsor and place",
        {
            "By": [label(by) for by, _ in groups],
            "Which": [_named(by, group) for by, group in groups],
            "Implemented": [_count(group.implemented) for _, group in groups],
            "Ended otherwise": [_count(group.otherwise) for _, group in groups],
            "Closed": [_count(group.closed) for _, group in groups],
            "Less all others": [_points(group) for _, group in groups],
        },
        key="implementation.breakdowns",
        sentence="Groups with fewer than 5 closed projects are put together. Where a count of 1 to 4 would "
        "show, or could be worked out, it is withheld. A project may carry several forms. With many "
        "comparisons at once, some look large by chance.",
        as_of=found.as_of,
    )


def _points(group: Group) -> str:
    gap = group.difference
    if gap is None:
        return ""
    return f"{gap.value * 100:+.0f} points ({gap.low * 100:+.0f} to {gap.high * 100:+.0f})"


def _named(by: str, group: Group) -> str:
    if not group.name:
        return SMALL[by]
    return label(group.name) if by == "form" else group.name


def _count(count: int | None) -> str:
    return "withheld" if count is None else f"{count:,}"


def _bounds(rate: Share) -> tuple[float, float, float]:
    return rate.rate or 0.0, rate.low or 0.0, rate.high or 0.0


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 3)


ENDINGS = (_rate, _outcomes, _incidence, _cohorts, _reached, _stages)
GROUPS = (_comparisons, _breakdowns)
