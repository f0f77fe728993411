"""Portfolio: risk against importance, which sponsors keep their word, what the lab neglects."""

from __future__ import annotations

import datetime as dt

import plotly.graph_objects as go
import streamlit as st

from db.words import FORMS, LEVELS, MODES
from lab.access.rights import Actor
from lab.disillusion.score.words import LEVEL_WORD
from lab.foundation.text import quantity
from lab.rates.portfolio import UNSAID, Portfolio, neglected, projects_at
from lab.rates.statistics import LEAST, Share
from lab.rates.story import Addressee
from pages.parts import addresses, charts, numbers, shell
from pages.parts.numbers import share_words
from pages.parts.plain import Markdown, plain
from pages.parts.shell import label

IMPORTANCE = (1, 2, 3, 4, 5)
WORST_FIRST = LEVELS[::-1]
OTHERS = "All others (each asked fewer than 5)"


def render() -> None:
    """The matrix with the projects behind it, the sponsors, the forms and modes."""
    actor, today = shell.actor(), shell.today()
    st.html(charts.STYLE)
    st.title("Portfolio", anchor=False)
    as_of = numbers.as_of_input("portfolio.as_of", today)
    found = numbers.portfolio_on(actor, as_of, today)
    if not found.projects:
        st.info("No project yet. Start the first one on the board.")
        return
    left, right = st.columns(2, gap="large")
    with left:
        _matrix(found)
    with right:
        _behind(found, actor, today)
    st.header("How sponsors keep their word", anchor=False, divider="gray")
    if found.addressees:
        _sponsors(found)
    else:
        st.info("No recommendation has been sent yet.")
    st.header("Forms and modes", anchor=False, divider="gray")
    _practice(found)


def _matrix(found: Portfolio) -> None:
    levels = [LEVEL_WORD[each] for each in WORST_FIRST]
    table = [[found.matrix.get((level, each), 0) for each in IMPORTANCE] for level in WORST_FIRST]
    urgent = sum(
        count for (level, importance), count in found.matrix.items()
        if level in ("at_risk", "critical") and importance >= 4
    )  # fmt: skip
    placed = sum(found.matrix.values())
    none = sum(count for (_, importance), count in found.matrix.items() if importance == 0)
    charts.show(
        charts.grid([str(each) for each in IMPORTANCE], levels, table, ("Importance", "")),
        f"{quantity(urgent, 'running project is', 'running projects are')} at risk or critical and matter "
        "much (importance 4 or 5)",
        {"Level": levels}
        | {f"Importance {each}": [row[index] for row in table] for index, each in enumerate(IMPORTANCE)},
        key="portfolio.matrix",
        sentence=f"{_with_score(placed, found.running)}. Importance is the highest of "
        "what people expected of a project and of what it recommends"
        + (f"; of {none} nobody said how important, and they are not in the picture. " if none else ". ")
        + "An attention list about projects, not evidence about people.",
        as_of=found.as_of,
    )


def _with_score(scored: int, running: int) -> Markdown:
    if running == 1:
        return f"The one running project has {'a' if scored else 'no'} score"
    return f"{scored:,} of {running:,} running projects {'has' if scored == 1 else 'have'} a score"


def _behind(found: Portfolio, actor: Actor, today: dt.date) -> None:
    st.subheader("The projects behind a number", anchor=False)
    levels, important = st.columns(2)
    level = levels.selectbox("Level", WORST_FIRST, format_func=LEVEL_WORD.__getitem__, key="portfolio.level")
    filled = [each for each in IMPORTANCE[::-1] if found.matrix.get((level, each))]
    importance = important.selectbox("Importance", filled or [5], key=f"portfolio.importance.{level}")
    with shell.reading() as session:
        listed = projects_at(
            session, actor, level=level, importance=importance, as_of=found.as_of, today=today
        )
    if not listed:
        st.caption("None.")
    for each in listed[:12]:
        waits = f" · {quantity(each.people_waiting, 'person-day')} of waiting" if each.people_waiting else ""
        words = f"{plain(each.title)} · {each.score:.0f} of 100{waits}"
        if st.button(words, key=f"behind.{each.id}", type="tertiary", wrap=True):
            addresses.open_project(each.id, "overview")
    if len(listed) > 12:
        st.caption(f"The 12 with most waiting, of {found.matrix.get((level, importance), len(listed)):,}.")


def _sponsors(found: Portfolio) -> None:
    shown = [each for each in found.addressees if each.in_time]
    left, right = st.columns(2, gap="large")
    table = {
        "Sponsor": [each.name or OTHERS for each in found.addressees],
        "Asked": [_count(each.sent if each.sent >= LEAST else None) for each in found.addressees],
        "Answered in time": [_share(each.in_time) for each in found.addressees],
        "Implemented, of accepted": [_share(each.implemented) for each in found.addressees],
        "Declined": [_count(each.declined) for each in found.addressees],
        "Stalled": [_count(each.stalled) for each in found.addressees],
        "Not yet due": [_count(each.not_yet_due) for each in found.addressees],
    }
    with left:
        charts.show(
            _dots([(each, each.in_time) for each in shown]),
            "Answered in time, by addressee",
            table,
            key="portfolio.answered",
            sentence="Of what was due or answered, the share answered by the day it was due (12 weeks "
            "unless agreed otherwise), with its 95% Wilson interval. What is not yet due counts neither "
            "way. A reasoned no in time is an answer kept.",
            as_of=found.as_of,
        )
    with right:
        charts.show(
            _dots([(each, each.implemented) for each in found.addressees if each.implemented]),
            "Implemented, of what was accepted, by addressee",
            table,
            key="portfolio.implemented",
            sentence="Accepted in whole or in part; what is still in progress "
            "counts as not yet implemented. Sponsors with fewer than 5 are together or "
            "left out, counts of 1 to 4 withheld.",
            as_of=found.as_of,
        )


def _dots(rows: list[tuple[Addressee, Share | None]]) -> go.Figure:
    names = [charts.words(each.name or OTHERS, 40) for each, _ in rows]
    rates = [(rate.rate or 0.0, rate.low or 0.0, rate.high or 0.0) for _, rate in rows if rate]
    return charts.intervals(names, rates)


def _share(share: Share | None) -> str:
    return (
        f"fewer than {LEAST}" if share is None else f"{share.count} of {share.total} ({share_words(share)})"
    )


def _count(count: int | None) -> str:
    return "1 to 4" if count is None else f"{count:,}"


def _practice(found: Portfolio) -> None:
    forms = [*FORMS, *([UNSAID] if any(found.practice[UNSAID, mode] for mode in (*MODES, UNSAID)) else [])]
    modes = [*MODES, *([UNSAID] if any(found.practice[form, UNSAID] for form in (*FORMS, UNSAID)) else [])]
    table = [[found.practice[form, mode] for mode in modes] for form in forms]
    gaps = neglected(found)
    words = "; ".join(f"{label(form)} in {label(mode).lower()} mode" for form, mode in gaps)
    charts.show(
        charts.grid([label(each) for each in modes], [label(each) for each in forms], table, ("Mode", "")),
        "Projects by form and mode: what the portfolio does much of, and what it neglects",
        {"Form": [label(each) for each in forms]}
        | {label(mode): [row[index] for row in table] for index, mode in enumerate(modes)},
        key="portfolio.practice",
        sentence=(f"No project so far: {words}. " if gaps else "Every form is tried in every mode. ")
        + "All projects opened by this day, closed ones too; one with several forms is under each. Forms: "
        "the four Co's (Bovaird & Loeffler 2013); modes: Osborne & Strokosch (2013).",
        as_of=found.as_of,
    )
