"""Backtest: would the score have predicted, in this lab's own history, who would leave disappointed?"""

from __future__ import annotations

import datetime as dt
import uuid

import plotly.graph_objects as go
import streamlit as st

from lab.access.rights import Actor
from lab.disillusion.hindsight import conclusion, replay
from lab.disillusion.hindsight.backtest import BURDEN, HORIZON, Alarms, Backtest, Interval
from lab.disillusion.upkeep import model
from pages.parts import charts, shell
from pages.parts.plain import plain
from pages.parts.tables import text_table

LARGEST = 300
"""Projects replayed for the screen; the command line replays them all."""
LOOKS = {"works": st.success, "no_better": st.info, "no_evidence": st.warning, "too_short": st.info}


def render() -> None:
    """The verdict, the figures behind it, and every model that was ever in use."""
    actor, today = shell.actor(), shell.today()
    st.title("Backtest", anchor=False)
    st.caption(
        "The lab's history, replayed every fortnight with only what was known by then. Did the score see "
        "it coming when somebody left disappointed within the next 12 weeks?"
    )
    with shell.reading() as session:
        span = replay.span(session, actor)
        kept = model.models(session, actor)
    if span.first is None:
        st.info("There is no project yet whose history could be replayed.")
        return
    start, end = _period(span.first, today)
    if start >= end:
        st.warning("The period must end after it begins.")
        return
    in_use = next((each.id for each in kept if each.in_use), None)
    found = _replayed(span.newest, in_use, actor, start, end)
    LOOKS[found.verdict](conclusion.headline(found))
    for remark in conclusion.remarks(found):
        st.markdown(f"- {plain(remark)}")
    if span.projects > LARGEST:
        st.caption(
            f"{found.projects} of {span.projects:,} projects, spread evenly over the years, to keep this "
            "quick. `python -m lab backtest` replays all of them."
        )
    if found.by:
        _figures(found, end)
    _models(kept)


def _period(first: dt.date, today: dt.date) -> tuple[dt.date, dt.date]:
    left, right = st.columns(2, width=420)
    start = left.date_input("From", first, min_value=first, max_value=today, key="backtest.from")
    end = right.date_input("To", today, min_value=first, max_value=today, key="backtest.to")
    return (
        start if isinstance(start, dt.date) else first,
        end if isinstance(end, dt.date) else today,
    )


@st.cache_data(max_entries=8, show_spinner="Replaying the lab's history …")
def _replayed(newest: str, in_use: uuid.UUID | None, _actor: Actor, start: dt.date, end: dt.date) -> Backtest:
    """The backtest, cached until anything is recorded or another model is used."""
    with shell.reading() as session:
        return replay.backtest(session, _actor, start=start, end=end, limit=LARGEST)[1]


def _figures(found: Backtest, end: dt.date) -> None:
    left, right = st.columns(2, gap="large")
    with left:
        _discrimination(found, end)
        _alarms(found)
    with right:
        _calibration(found, end)
    st.caption(
        f"Intervals are 95 %, from drawing whole projects again and again; evaluations in the last {HORIZON} "
        "days are left out, as nobody knows yet what follows. A figure about the past promises nothing about "
        "a person."
    )


def _discrimination(found: Backtest, end: dt.date) -> None:
    names = [conclusion.NAMES[name] for name in found.by]
    figure = charts.intervals(
        names,
        [(each.auroc.value, each.auroc.low, each.auroc.high) for each in found.by.values()],
        [charts.DEEP if name == "score" else charts.QUIET for name in found.by],
        written="{:.2f}",
    )
    figure.add_vline(x=0.5, line_dash="dot", line_color=charts.QUIET, annotation_text="tossing a coin")
    figure.update_xaxes(range=[0.3, 1], tickformat=".1f")
    figure.update_yaxes(ticksuffix="  ", range=[len(names) - 0.5, -0.8])
    charts.show(
        figure,
        "How often a project about to lose somebody stands above one that is not (AUROC)",
        {
            "Ordered by": names,
            "AUROC": [_figure(each.auroc) for each in found.by.values()],
            "Average precision": [_figure(each.average_precision) for each in found.by.values()],
            f"Foreseen at {BURDEN:.2f} false a year": [_foreseen(found.at_burden[name]) for name in found.by],
            "Half of them so many weeks ahead": [_weeks(found.at_burden[name]) for name in found.by],
        },
        key="backtest.auroc",
        as_of=end,
    )
    st.caption(f"Average precision of guessing is the base rate, {found.base_rate:.3f}.")


def _figure(each: Interval) -> str:
    return f"{each.value:.2f} ({each.low:.2f}–{each.high:.2f})"


def _foreseen(each: Alarms) -> str:
    return f"{each.foreseen} of {each.withdrawals}"


def _weeks(each: Alarms) -> int | None:
    return None if each.median_lead_days is None else round(each.median_lead_days / 7)


def _calibration(found: Backtest, end: dt.date) -> None:
    calibration = found.calibration
    if calibration is None:
        return
    top = 1.1 * max(
        [each.predicted for each in calibration.bins] + [each.observed for each in calibration.bins]
    )
    figure = go.Figure()
    figure.add_scatter(
        x=[0, top], y=[0, top], mode="lines", line={"dash": "dot", "color": charts.QUIET}, hoverinfo="skip"
    )
    figure.add_scatter(
        x=[each.predicted for each in calibration.bins],
        y=[each.observed for each in calibration.bins],
        mode="lines+markers",
        line={"color": charts.DEEP, "width": 2},
        marker={"size": 10, "color": charts.DEEP},
        hovertemplate="said %{x:.1%}, happened %{y:.1%}<extra></extra>",
    )
    figure.update_xaxes(tickformat=".0%", title="What the score said", range=[0, top])
    figure.update_yaxes(tickformat=".0%", title="What happened", range=[0, top])
    figure.update_layout(height=360)
    charts.show(
        figure,
        "What the score said, and how often it happened, in ten groups of equal size",
        {
            "Evaluations": [each.count for each in calibration.bins],
            "Said": [f"{each.predicted:.1%}" for each in calibration.bins],
            "Happened": [f"{each.observed:.1%}" for each in calibration.bins],
        },
        key="backtest.calibration",
        as_of=end,
    )
    skill = calibration.skill
    st.caption(
        f"On the dotted line the score means what it says. Brier score {calibration.brier:.3f}; skill "
        f"against always saying the base rate {skill.value:.2f} ({skill.low:.2f} to {skill.high:.2f}); "
        f"slope {calibration.slope:.2f}, where 1 is right; mean distance {calibration.error:.3f}."
    )


def _alarms(found: Backtest) -> None:
    rows = [("Watch", found.watch), ("At risk", found.at_risk), ("Watch, unconfirmed", found.unconfirmed)]
    shown = [(name, each) for name, each in rows if each is not None]
    st.subheader("What the alerts would have been worth", anchor=False)
    text_table(
        {
            "Level": [name for name, _ in shown],
            "Alerts": [each.alerts for _, each in shown],
            "False a year": [round(each.false_per_project_year, 2) for _, each in shown],
            "Foreseen": [_foreseen(each) for _, each in shown],
            "Lead, weeks": [_weeks(each) for _, each in shown],
            "Right": [
                "Not known" if each.precision is None else f"{each.precision:.0%}" for _, each in shown
            ],
        }
    )
    st.caption(
        "False a year: per running project. Lead: half of those foreseen, at least so far ahead. Right: of "
        "the evaluations with the alert on, those after which somebody left within 12 weeks; of all, it is "
        f"{found.base_rate:.0%}. The last row shows what asking for a second evaluation is worth."
    )


def _models(kept: tuple[model.KeptModel, ...]) -> None:
    st.subheader("The model in use", anchor=False)
    if not kept:
        st.write(
            "The defaults, which come from simulation and not from your lab. With ten people who left "
            "disappointed, `python -m lab backtest --refit` tries to adjust them, and keeps them unless the "
            "new ones do better on projects they have not seen."
        )
        return
    names = list(kept[0].model.weights)
    with st.expander(f"{len(kept)} models, in use or tried", expanded=False):
        text_table(
            {
                "Made": [each.made_on for each in kept],
                "By": [each.made_by or "command line" for each in kept],
                "": ["in use" if each.in_use else each.source for each in kept],
                "People who had left": [each.withdrawals for each in kept],
                "Intercept": [round(each.model.intercept, 2) for each in kept],
                "Slope": [round(each.model.slope, 2) for each in kept],
                **{
                    name.capitalize(): [round(each.model.weights[name], 1) for each in kept] for name in names
                },
            }
        )
