"""The implementation screen about promises: recommendations and answers, and what people said."""

from __future__ import annotations

import plotly.graph_objects as go

from db.words import INFLUENCES
from lab.foundation.text import quantity
from lab.rates.queries import Rates
from pages.parts import charts
from pages.parts.numbers import share_words
from pages.parts.shell import label

BROKEN = {
    "unanswered": "no answer by the day it was due",
    "no_news": "accepted, then no news",
    "past_due": "not done by the day it was due",
    "moved_twice": "not done, and its date was moved twice",
    "silent": "news promised to the people and not given",
}
"""Names for the kinds of stall in `story.stalled` and `people.waiting`."""
FINDING = {
    "accepted": "Accepted, with a reason",
    "occurred_open": "Occurred, open",
    "occurred_fixed": "Occurred, fixed",
}
AMBER = "#b58900"


def _recommendations(found: Rates) -> None:
    names = [label(status) for status in found.recommendations]
    values = list(found.recommendations.values())
    stalls = " · ".join(f"{count:,} {BROKEN[name]}" for name, count in found.stalled.items() if count)
    charts.show(
        charts.bars(names, values),
        "Recommendations by where they stand",
        {"Status": names, "Recommendations": values},
        key="implementation.recommendations",
        sentence=(f"Stalled: {stalls}. " if stalls else "None is stalled. ")
        + "No news, stalled and not done stay apart: a decision with its reason is never a stall.",
        as_of=found.as_of,
    )


def _response_time(found: Rates) -> None:
    responses = found.responses
    weeks = [week for week, _ in responses.by_week]
    counts = [count for _, count in responses.by_week]
    figure = go.Figure(
        go.Bar(
            x=weeks,
            y=counts,
            marker_color=[charts.DEEP if week < 12 else charts.WARM for week in weeks],
            hoverinfo="skip",
        )
    )
    figure.add_vline(x=11.5, line_dash="dot", line_color=charts.QUIET, annotation_text="12 weeks")
    figure.update_xaxes(title="Weeks from sending to answer", rangemode="tozero")
    figure.update_yaxes(title="Answers", rangemode="tozero")
    middle = responses.median_days
    charts.show(
        figure,
        "How long sponsors took to answer, against 12 weeks",
        {"Weeks": weeks, "Answers": counts},
        key="implementation.responses",
        sentence=f"{responses.answered:,} of {responses.sent:,} answered ({responses.undated:,} in an "
        f"unknown time), {responses.within_12_weeks:,} within 12 weeks; {responses.late:,} late and "
        f"unanswered, {responses.not_yet_due:,} not yet due."
        + (f" Nobody said when {responses.sent_undated:,} were sent." if responses.sent_undated else "")
        + (
            ""
            if middle is None
            else f" Half are answered within {middle:.0f} days, those still waiting included."
        )
        + " By addressee: see Portfolio.",
        as_of=found.as_of,
    )


def _heard_back(found: Rates) -> None:
    heard = found.heard_back
    counts = {
        "Heard in time": heard.told,
        "Heard late": heard.late,
        "Not heard": heard.never,
        "Not yet due": heard.not_yet_due,
    }
    charts.show(
        charts.bars(list(counts), list(counts.values()), [charts.DEEP, AMBER, charts.WARM, charts.QUIET]),
        "People who took part, by whether they heard what became of it",
        {"": list(counts), "People": list(counts.values())},
        key="implementation.heard",
        sentence="In time: a reply to the project's people within the project's cadence, or by the day its "
        "last reply had promised, counted from the last time they took part for which that has passed. "
        f"Everybody is counted, so there is no interval. They belong to "
        f"{quantity(heard.projects, 'project')} and hear together.",
        as_of=found.as_of,
    )


def _claims(found: Rates) -> None:
    claims = found.claims
    counts = {
        "Lab says: met": claims.claimed_met,
        "They say: yes": claims.confirmed,
        "They say: partly": claims.confirmed_partly,
        "They say: no": claims.contradicted,
        "They have not said": claims.unasked,
    }
    colours = [charts.QUIET, charts.DEEP, AMBER, charts.WARM, "#5c6b70"]
    charts.show(
        charts.bars(list(counts), list(counts.values()), colours),
        "What the lab claims is met, beside what those who asked say",
        {"": list(counts), "Expectations": list(counts.values())},
        key="implementation.claims",
        sentence="Claimed and confirmed are two answers about the same expectations and are never added "
        f"together. {claims.claimed_partly:,} more are claimed partly met.",
        as_of=found.as_of,
    )


def _foreseen(found: Rates) -> None:
    risks = found.foreseen
    names = [FINDING.get(finding) or label(finding) for finding in risks.findings]
    values = list(risks.findings.values())
    early = risks.before_the_test
    charts.show(
        charts.bars(names, values),
        "Risks people foresaw, by what was found",
        {"Finding": names, "Foreseen risks": values},
        key="implementation.foreseen",
        sentence=f"{risks.hits.count:,} of {risks.hits.total:,} looked into occurred "
        f"({share_words(risks.hits)}). Of those {early.total:,}, {early.count:,} were on record before their "
        "prototype was first tested. Problems that nobody foresaw are not kept as records, so what share of "
        "all problems was foreseen is not known.",
        as_of=found.as_of,
    )


def _influence(found: Rates) -> None:
    counts = {(declared, actual): count for declared, actual, count in found.influence}
    less = sum(
        count
        for (declared, actual), count in counts.items()
        if INFLUENCES.index(actual) < INFLUENCES.index(declared)
    )
    scale = [label(each) for each in INFLUENCES]
    charts.show(
        charts.grid(
            [each.replace(" ", "<br>") for each in scale],
            scale,
            [[counts.get((declared, actual), 0) for actual in INFLUENCES] for declared in INFLUENCES],
            ("What it changed", "Declared before"),
        ),
        "What taking part was said to change, and what it did change",
        {
            "Declared": [label(declared) for declared, _, _ in found.influence],
            "Actual": [label(actual) for _, actual, _ in found.influence],
            "Engagements": [count for *_, count in found.influence],
        },
        key="implementation.influence",
        sentence=f"{less:,} of {sum(counts.values()):,} engagements with both on record changed less than "
        f"was declared; of {found.influence_not_said:,} nobody said what they did change. What was declared "
        "cannot be altered afterwards.",
        as_of=found.as_of,
    )


RECOMMENDATIONS = (_recommendations, _response_time)
SAID = (_heard_back, _claims, _foreseen, _influence)
