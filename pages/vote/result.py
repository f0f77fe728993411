"""A round's result: the method's chart, who agrees, and how sure it is."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from textwrap import wrap
from typing import Final

import plotly.graph_objects as go
import streamlit as st

from lab.foundation.text import quantity, shortened
from lab.voting.methods.registry import method_named
from lab.voting.queries import RoundView, result_for_lab
from lab.voting.results import Result
from lab.voting.words import NOBODY_VOTED
from pages.parts import charts, shell
from pages.parts.plain import plain
from pages.parts.shell import label
from pages.parts.tables import text_table

GRADE_COLOURS: Final = ("#a33b2c", "#d2793f", "#d9bd55", "#9fbf7f", "#56a08a", "#1d6f75")
"""Worst first."""
GROUND: Final = [[0, "#e3f0f0"], [1, "#6cabae"]]
INK, PAPER = "#07141a", "#ffffff"
"""Text colours for these backgrounds in both themes; Streamlit's default is hard to read on them."""
LONGEST_NAME: Final = 34
SHORT_NAME: Final = 20
SOURCE_WORDS: Final = {
    "phone": "by phone",
    "account": "with an account",
    "paper": "on paper",
    "hands": "by raised hands",
}


def show(room: RoundView) -> None:
    """The result, from the sentence to read aloud down to the charts; or that there is none."""
    with shell.reading() as session:
        result = result_for_lab(session, shell.actor(), room.round_id)
    if result is None:
        st.info(NOBODY_VOTED)
        return
    st.header("Result", anchor=False)
    with st.container(border=True):
        st.caption("To read aloud")
        st.markdown(f"**{plain(result.sentence)}**")
    _turnout(result)
    _ranking(room, result)
    if result.count.strongest_paths:
        _pairwise(room, result)
    if result.count.profile:
        _profile(room, result)
    if result.groups:
        _groups(room, result)


def _turnout(result: Result) -> None:
    parts = [f"{number:,} {SOURCE_WORDS[source]}" for source, number in result.by_source]
    blank = f"; {result.abstentions} without a mark" if result.abstentions else ""
    st.caption(f"{quantity(result.ballots, 'ballot')}: {', '.join(parts)}{blank}")


def _name(title: str, longest: int = LONGEST_NAME) -> str:
    """A title for Plotly, which would read tags as markup."""
    return escape(shortened(title, longest))


def _rows(figure: go.Figure, result: Result, height: int) -> None:
    """A row for each option, best first, with names short enough for a phone. Rows are numbered, because two
    titles may begin alike.
    """
    names = [f"{each.rank}. {_name(each.title, SHORT_NAME)}" for each in result.options]
    figure.update_yaxes(
        autorange="reversed", tickvals=list(range(len(names))), ticktext=names, ticksuffix="  "
    )
    figure.update_layout(height=height * len(names) + 120)


def _grid(cells: Sequence[Sequence[float | None]], unit: str = "") -> go.Figure:
    """A heatmap with its numbers."""
    words = [["" if cell is None else f"{cell:.0f}{unit}" for cell in row] for row in cells]
    return go.Figure(
        go.Heatmap(
            z=cells, text=words, texttemplate="%{text}", zmin=0, colorscale=GROUND, showscale=False,
            hoverinfo="skip", textfont={"color": INK, "size": 14}, hoverongaps=False, xgap=2, ygap=2,
        )
    )  # fmt: skip


def _ranking(room: RoundView, result: Result) -> None:
    st.subheader("Support for each prototype", anchor=False)
    for each in result.options:
        tied = " (tied)" if each.tied else ""
        ground = f" · least: {100 * each.least[1]:.0f} % ({label(each.least[0])})" if each.least else ""
        rank = f"{each.rank}\\. " if result.count.winners else ""
        st.progress(each.share, text=f"{rank}**{plain(each.title)}**{tied} · {plain(each.number)}{ground}")
    numbers: dict[str, list[object]] = {
        "Rank": [each.rank if result.count.winners else None for each in result.options],
        "Prototype": [each.title for each in result.options],
        "Result": [each.number for each in result.options],
        "Support %": [round(100 * each.share, 1) for each in result.options],
    }
    if result.options[0].ranks is not None:
        numbers["Rank, 95 % interval"] = [
            f"{each.ranks[0]}–{each.ranks[1]}" if each.ranks else "" for each in result.options
        ]
        numbers["First, % of resamples"] = [
            None if each.first is None else round(100 * each.first) for each in result.options
        ]
    with st.expander("The numbers"):
        text_table(numbers)
    if result.options[0].ranks is not None:
        st.caption(
            "The interval shows the ranks each could have had if other people of the same kind had come "
            "(bootstrap of the ballots). It says nothing about people who were never asked."
        )


def _pairwise(room: RoundView, result: Result) -> None:
    order = [each.place for each in result.options]
    grid = result.count.pairwise
    cells = [[None if a == b else grid[a][b] for b in order] for a in order]
    figure = _grid(cells)
    _rows(figure, result, 52)
    figure.update_xaxes(
        side="top", tickvals=list(range(len(order))), ticktext=[f"{each.rank}." for each in result.options]
    )
    titles = [f"{number}. {each.title}" for number, each in enumerate(result.options, 1)]
    charts.show(
        figure,
        "How many prefer the one on the left to the one above",
        {"": titles} | {title: [row[index] for row in cells] for index, title in enumerate(titles)},
        key=f"vote.pairwise.{room.round_id}",
    )
    _runoff(room, result)
    if not result.count.winners:
        return
    others = ", ".join(
        f"{words}: {', '.join(_name(room.options[place].title) for place in result.count.beside[way])}"
        for way, (words, _) in method_named(result.method, room.blank_means).ways.items()
    )
    st.caption(f"The result is Schulze's. The winner by {plain(others)}.")


def _runoff(room: RoundView, result: Result) -> None:
    """Ballots moving between options as the instant runoff eliminates the weakest."""
    rounds = result.count.rounds
    if not rounds:
        return
    figure = go.Figure()
    for index, option in enumerate(room.options):
        votes = [each.counts[index] for each in rounds]
        figure.add_bar(
            name=_name(option.title), x=[f"Round {number}" for number in range(1, len(rounds) + 1)], y=votes,
            text=[vote or "" for vote in votes], hoverinfo="skip", insidetextanchor="middle",
            marker_color=charts.CATEGORIES[index % len(charts.CATEGORIES)], textangle=0,
            insidetextfont={"color": PAPER},
        )  # fmt: skip
    figure.update_layout(showlegend=True, legend=charts.BELOW, barmode="stack", height=320)
    figure.update_yaxes(title="Ballots")
    numbers: dict[str, list[object]] = {"Round": list(range(1, len(rounds) + 1))}
    for index, option in enumerate(room.options):
        numbers[option.title] = [each.counts[index] for each in rounds]
    numbers["Out"] = [", ".join(room.options[index].title for index in each.eliminated) for each in rounds]
    charts.show(
        figure, "Instant runoff: the weakest goes out, its ballots move on", numbers,
        key=f"vote.runoff.{room.round_id}",
    )  # fmt: skip


def _profile(room: RoundView, result: Result) -> None:
    """How many gave each mark, from the best to the worst."""
    method = method_named(result.method, room.blank_means)
    marks = range(len(result.count.profile[0]))
    words = [method.mark_in_words(mark) for mark in marks]
    figure = go.Figure()
    numbers: dict[str, list[object]] = {"Prototype": [each.title for each in result.options]}
    for mark in reversed(marks):
        given = [result.count.profile[each.place][mark] for each in result.options]
        figure.add_bar(
            y=list(range(len(given))), x=given, orientation="h", name=words[mark],
            marker_color=GRADE_COLOURS[mark], text=[each or "" for each in given], hoverinfo="skip",
            insidetextanchor="middle", textangle=0, constraintext="none", textposition="inside",
            insidetextfont={"color": PAPER if mark in (0, len(marks) - 1) else INK, "size": 14}, width=0.5,
        )  # fmt: skip
        numbers[words[mark]] = list(given)
    for row, each in enumerate(result.options):
        figure.add_annotation(
            x=0, y=row - 0.25, text=f"{each.rank}. {_name(each.title)}", showarrow=False, xanchor="left",
            yanchor="bottom",
        )  # fmt: skip
    figure.update_yaxes(visible=False, range=[len(result.options) - 0.6, -0.8])
    figure.update_xaxes(visible=False)
    height = 64 * len(result.options) + 90
    figure.update_layout(showlegend=True, legend=charts.BELOW, barmode="stack", height=height)
    charts.show(figure, plain(method.profile_title), numbers, key=f"vote.profile.{room.round_id}")


def _groups(room: RoundView, result: Result) -> None:
    columns = [f"{label(group.name)} ({group.people})" for group in result.groups]
    cells = [[_percent(group.support[each.place]) for group in result.groups] for each in result.options]
    figure = _grid(cells, " %")
    _rows(figure, result, 52)
    figure.update_traces(zmax=100)
    wrapped = ["<br>".join(wrap(column, 11)) for column in columns]
    figure.update_xaxes(side="top", tickvals=list(range(len(wrapped))), ticktext=wrapped, tickangle=0)
    numbers: dict[str, list[object]] = {"Prototype": [each.title for each in result.options]}
    for index, column in enumerate(columns):
        numbers[column] = [row[index] for row in cells]
    numbers["Least support %"] = [_percent(each.least[1] if each.least else None) for each in result.options]
    numbers["To order by: the same, drawn towards the middle, %"] = [
        _percent(each.common_ground) for each in result.options
    ]
    numbers["Geometric mean %"] = [_percent(each.geometric_mean) for each in result.options]
    charts.show(
        figure, "Where support lies, by stakeholder group", numbers, key=f"vote.groups.{room.round_id}"
    )
    best = max(result.options, key=lambda each: each.common_ground or 0)
    if not result.count.winners or best.least is None:
        return
    st.caption(
        f"Common ground is support in the group that likes an option least: most for {plain(best.title)}, "
        f"{100 * best.least[1]:.0f} %. Groups with fewer than five people are merged; where fewer than five "
        "of a group marked an option, its support there is not shown."
    )


def _percent(share: float | None) -> float | None:
    return None if share is None else round(100 * share, 1)
