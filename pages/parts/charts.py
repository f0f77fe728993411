"""Charts that say in their title what they show, with their numbers one click away."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import plotly.graph_objects as go
import streamlit as st

DEEP = "#1d8187"
QUIET = "#8a9a9e"
CATEGORIES = ("#1d8187", "#c2641d", "#4a6fb5", "#a58a1f", "#8a4f9e", "#3f7d4f", "#b0455a", "#5c6b70")
"""Told apart on light and on dark ground."""
LEVEL_COLOUR = {"calm": "#5b8a72", "watch": "#b58900", "at_risk": "#d2691e", "critical": "#c0392b"}


def show(
    figure: go.Figure,
    title: str,
    numbers: Mapping[str, Sequence[object]],
    *,
    key: str,
    legend: bool = False,
) -> None:
    """A chart under its title, and the numbers behind it."""
    st.subheader(title, anchor=False)
    figure.update_layout(
        margin={"l": 8, "r": 8, "t": 8, "b": 8},
        paper_bgcolor="rgba(0,0,0,0)",
        plot_bgcolor="rgba(0,0,0,0)",
        showlegend=legend,
        legend={"orientation": "h", "y": -0.15},
        height=figure.layout.height or 260,
    )
    st.plotly_chart(figure, key=key, width="stretch", config={"displayModeBar": False})
    with st.expander("The numbers"):
        st.dataframe(dict(numbers), hide_index=True, width="stretch")


def bars(labels: Sequence[str], values: Sequence[float], colours: Sequence[str] | str = DEEP) -> go.Figure:
    """Lying bars with their values written beside them, first on top."""
    figure = go.Figure(
        go.Bar(
            y=list(labels),
            x=list(values),
            orientation="h",
            text=[f"{value:g}" for value in values],
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
