"""Charts that say in their title what they show, with a plain sentence, their numbers and downloads."""

from __future__ import annotations

import datetime as dt
import html
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

# whole before any figure is made: plotly looks into pandas as soon as another screen has begun to import it
import pandas  # noqa: F401
import plotly.graph_objects as go
import streamlit as st

from lab.exchange.tables import write_table
from lab.foundation.text import shortened
from pages.parts.plain import Markdown
from pages.parts.tables import text_table

DEEP = "#1d8187"
QUIET = "#8a9a9e"
CATEGORIES = ("#1d8187", "#c2641d", "#4a6fb5", "#a58a1f", "#8a4f9e", "#3f7d4f", "#b0455a", "#5c6b70")
"""Distinguishable on light and dark backgrounds."""
WARM = "#d2691e"
LEVEL_COLOUR = {"calm": "#5b8a72", "watch": "#b58900", "at_risk": "#d2691e", "critical": "#c0392b"}
BELOW = {"orientation": "h", "y": -0.15}
"""The legend goes under the chart."""
HATCHED = {"shape": "/", "fillmode": "overlay", "fgcolor": "rgba(255,255,255,0.35)", "size": 9}
"""Hatching, for people who can't tell the colours apart."""
_PAPER = {"light": "#ffffff", "dark": "#0b1113"}
_INK = {"light": "#33444a", "dark": "#c8d4d4"}

STYLE = Path(__file__).with_suffix(".css")
"""CSS: rows behind a number look like links; charts print black on white and are not split across pages."""


def show(
    figure: go.Figure,
    title: Markdown,
    numbers: Mapping[str, Sequence[object]],
    *,
    key: str,
    sentence: Markdown = "",
    as_of: dt.date | None = None,
) -> None:
    """A chart with title, explanation, and its numbers. With `as_of`, chart and numbers can be downloaded
    under names with that date."""
    theme = st.context.theme.type or "light"
    name = f"{key.replace('.', '-')}-{as_of}" if as_of else None
    with st.container(key=f"chart-{key.replace('.', '-')}"):
        st.subheader(title, anchor=False)
        figure.update_layout(
            # A chart for download needs an opaque background, and room for the button.
            margin={"l": 8, "r": 8, "t": 30 if name else 8, "b": 8},
            paper_bgcolor=_PAPER[theme] if name else "rgba(0,0,0,0)",
            plot_bgcolor="rgba(0,0,0,0)",
            showlegend=bool(figure.layout.showlegend),
            height=figure.layout.height or 260,
        )
        figure.update_xaxes(tickfont_color=_INK[theme], title_font_color=_INK[theme])
        figure.update_yaxes(tickfont_color=_INK[theme], title_font_color=_INK[theme])
        for kind in ("bar", "scatter"):
            figure.update_traces(textfont_color=_INK[theme], selector={"type": kind})
        st.plotly_chart(figure, key=key, width="stretch", config=_config(name))
        if sentence:
            st.caption(sentence)
        numbers_table(numbers, key, as_of)


def numbers_table(
    numbers: Mapping[str, Sequence[object]], key: str, as_of: dt.date | None, title: Markdown = "The numbers"
) -> None:
    """Numbers in an expander; with `as_of` they can be downloaded as CSV."""
    with st.expander(title):
        text_table(numbers)
        if as_of is None:
            return
        columns = [heading or "Of" for heading in numbers]
        rows = [dict(zip(columns, row, strict=True)) for row in zip(*numbers.values(), strict=True)]
        st.download_button(
            "Download as CSV",
            write_table(columns, rows),
            f"{key.replace('.', '-')}-{as_of}.csv",
            "text/csv",
            key=f"{key}.csv",
            on_click="ignore",
        )


def _config(name: str | None) -> dict[str, Any]:
    if name is None:
        return {"displayModeBar": False}
    return {
        "displayModeBar": True,
        "displaylogo": False,
        "modeBarButtons": [["toImage"]],
        "toImageButtonOptions": {"format": "png", "filename": name, "scale": 2},
    }


def bars(labels: Sequence[str], values: Sequence[float], colours: Sequence[str] | str = DEEP) -> go.Figure:
    """Horizontal bars labelled with their values, first on top."""
    figure = go.Figure(
        go.Bar(
            y=list(labels),
            x=list(values),
            orientation="h",
            text=[f"{value:,.10g}" for value in values],
            textposition="outside",
            cliponaxis=False,
            marker_color=colours,
            hoverinfo="skip",
        )
    )
    figure.update_yaxes(autorange="reversed", ticksuffix="  ")
    figure.update_xaxes(visible=False, range=[0, max([*values, 1]) * 1.15])
    figure.update_layout(height=44 * len(labels) + 40)
    return figure


def words(text: str, limit: int = 34) -> str:
    """User text as a label in a chart: wrapped to two lines if long, never read as markup."""
    first, second = shortened(text, limit), ""
    if len(first) > 20 and " " in first:
        middle = len(first) // 2
        cut = min((at for at, sign in enumerate(first) if sign == " "), key=lambda at: abs(at - middle))
        first, second = first[:cut], "<br>" + html.escape(first[cut + 1 :], quote=False)
    return html.escape(first, quote=False) + second


def intervals(
    names: Sequence[str],
    rates: Sequence[tuple[float, float, float]],
    colours: Sequence[str] | str = DEEP,
    written: str = "{:.0%}",
) -> go.Figure:
    """Shares of 0 to 1 as dots between their bounds (value, low, high), first on top."""
    figure = go.Figure()
    chosen = [colours] * len(names) if isinstance(colours, str) else colours
    for name, (value, low, high), colour in zip(names, rates, chosen, strict=True):
        figure.add_scatter(
            x=[value],
            y=[name],
            mode="markers+text",
            text=[written.format(value)],
            textposition="top center",
            cliponaxis=False,
            marker={"size": 14, "color": colour},
            error_x={
                "type": "data",
                "symmetric": False,
                "array": [high - value],
                "arrayminus": [value - low],
                "thickness": 4,
                "color": colour,
            },
            hoverinfo="skip",
        )
    figure.update_xaxes(range=[-0.02, 1.04], tickformat=".0%")
    figure.update_yaxes(ticksuffix="  ", range=[len(names) - 0.4, -0.7])
    figure.update_layout(height=56 * len(names) + 70)
    return figure


def grid(
    across: Sequence[str], down: Sequence[str], table: Sequence[Sequence[int]], titles: tuple[str, str]
) -> go.Figure:
    """Counts as a heatmap, the first row on top; zero is grey and stays without a number."""
    figure = go.Figure(
        go.Heatmap(
            x=list(across),
            y=list(down),
            z=[[count**0.5 for count in row] for row in table],
            zmin=0,
            zmax=max(1, *(count for row in table for count in row)) ** 0.5,
            text=[[f"{count:,}" if count else "" for count in row] for row in table],
            texttemplate="%{text}",
            textfont={"color": "#ffffff", "size": 15},
            showscale=False,
            colorscale=[[0, "#5c6b70"], [0.001, "#3d8a90"], [1, "#084a50"]],
            xgap=3,
            ygap=3,
            hoverinfo="skip",
        )
    )
    figure.update_xaxes(title=titles[0], type="category", showgrid=False)
    figure.update_yaxes(title=titles[1], autorange="reversed", showgrid=False, ticksuffix="  ")
    figure.update_layout(height=54 * len(down) + 110)
    return figure


def stacked(
    names: Sequence[str], parts: Mapping[str, Sequence[float]], colours: Mapping[str, str]
) -> go.Figure:
    """Stacked horizontal bars with numbers; every second part is hatched as well as coloured."""
    figure = go.Figure()
    for index, (part, values) in enumerate(parts.items()):
        figure.add_bar(
            name=part,
            y=list(names),
            x=list(values),
            orientation="h",
            text=[f"{value:,.10g}" if value else "" for value in values],
            textposition="inside",
            insidetextanchor="middle",
            insidetextfont={"color": "#ffffff"},
            marker={"color": colours[part], "pattern": HATCHED if index % 2 else None},
            hoverinfo="skip",
        )
    figure.update_layout(
        barmode="stack",
        height=48 * len(names) + 110,
        showlegend=True,
        legend={"orientation": "h", "y": -0.12, "yanchor": "top", "x": 0, "traceorder": "normal"},
    )
    figure.update_yaxes(autorange="reversed", ticksuffix="  ")
    figure.update_xaxes(showgrid=False)
    return figure
