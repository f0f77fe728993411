"""The week: what changed, what waits for whom, and the same as text for an e-mail."""

from __future__ import annotations

import datetime as dt

import streamlit as st

from db.words import ESCALATION_STEPS
from lab.access.rights import Actor
from lab.disillusion import lists
from lab.disillusion.score.words import OUTCOME_WORD, STALL_REASON_WORD, STEP_WORD
from lab.disillusion.upkeep import commands
from lab.disillusion.upkeep.digest import NEWS, Digest, WaitingRecommendation, as_text, digest, heard_said
from lab.foundation.text import quantity
from pages.parts import charts, forms, shell
from pages.parts.forms import day
from pages.parts.plain import plain
from pages.risk.words import go, open_record


def render(actor: Actor, today: dt.date) -> None:
    """The seven days up to today."""
    if st.button("← All projects", key="week.back", type="tertiary"):
        go()
    with shell.reading() as session:
        found = digest(session, actor, today=today)
        audit = lists.flag_audit(session, actor)
        ladder = lists.escalation_days(session, actor)
    st.title(f"The week to {day(today)}", anchor=False)
    left, right = st.columns([3, 2], gap="large")
    with left:
        _waits(found)
    with right:
        _changed(found)
        _heard(found)
        _reasons(found)
        _audit(audit)
    _text(found)
    if actor.may("lab.administer"):
        _ladder(ladder)


def _heard(found: Digest) -> None:
    lines = heard_said(found.heard)
    if lines:
        st.subheader("Who heard", anchor=False)
        st.markdown("\n".join(f"- {plain(line)}" for line in lines))


def _waits(found: Digest) -> None:
    st.subheader("What waits for whom", anchor=False)
    st.caption("Where most people wait first: people, times the days since they last heard or took part.")
    if not found.waits:
        st.success("Nothing is stalled.")
    for each in found.waits:
        _wait(each)
    rest = found.stalled_projects - len({each.project_id for each in found.waits})
    if rest > 0:
        st.caption(f"and {quantity(rest, 'more project')} with something stalled")


def _wait(each: WaitingRecommendation) -> None:
    with st.container(border=True, key=f"week-{each.recommendation_id}"):
        st.markdown(f"**{plain(each.sponsor)}** · {plain(each.title)}")
        facts = [plain(each.project), f"stalled {quantity(each.days, 'day')}, since {day(each.since)}"]
        if each.people_waiting:
            facts.append(f"{quantity(each.people_waiting, 'person-day')} of waiting")
        if each.owner:
            facts.append(f"project owner {plain(each.owner)}")
        if each.reason:
            facts.append(f"why: {STALL_REASON_WORD[each.reason].lower()}")
        st.caption(" · ".join(facts))
        st.markdown(f"Cleared by {plain(each.cleared_by)}.")
        if forms.open_button(each.title, key=f"week.open.{each.recommendation_id}"):
            open_record(each.project_id, "recommendations", "recommendation", str(each.recommendation_id))


def _changed(found: Digest) -> None:
    st.subheader("What changed", anchor=False)
    lines = [
        f"{plain(each.project)}: flag cleared {day(each.on)}: {plain(each.reason)}"
        if each.cleared
        else f"{plain(each.project)}: flag raised {day(each.on)}"
        for each in found.turned
    ]
    lines += [
        f"{quantity(count, 'stall')} reached: {STEP_WORD[step]}" for step, count in found.climbed.items()
    ]
    lines += [quantity(count, *NEWS[kind]) for kind, count in found.news.items() if count]
    st.markdown("\n".join(f"- {line}" for line in lines) or "Nothing.")


def _reasons(found: Digest) -> None:
    if not found.reasons:
        return
    names = [STALL_REASON_WORD[reason] for reason in found.reasons]
    counts = list(found.reasons.values())
    charts.show(
        charts.bars(names, counts),
        "Why things do not move",
        {"Reason": names, "Recommendations": counts},
        key="week.reasons",
        sentence="As somebody said of recommendations that are stalled now, over all projects.",
        as_of=found.until,
    )


def _audit(audit: dict[str, int]) -> None:
    judged = sum(count for outcome, count in audit.items() if outcome != "not_judged")
    if not judged and not audit["not_judged"]:
        return
    st.subheader("What flags were good for", anchor=False)
    lines = [f"- {OUTCOME_WORD[outcome]}: {count:,}" for outcome, count in audit.items() if count]
    st.markdown("\n".join(lines))
    if judged < 20:
        st.caption(f"{judged} cleared flags have been judged. Too few to say whether flags are right here.")


def _text(found: Digest) -> None:
    text = as_text(found)
    with st.expander("As a text for an e-mail"):
        st.caption("Copy it, or download it. Nothing is sent from here.")
        st.code(text, language=None, wrap_lines=True)
        st.download_button(
            "Download as text",
            text,
            f"week-{found.until}.txt",
            "text/plain",
            key="week.download",
            on_click="ignore",
        )


def _ladder(ladder: tuple[int, ...]) -> None:
    with st.expander("Who hears of a stall, and when"), st.form("week.ladder", border=False):
        st.caption("Days after a stall began. Each step is taken once and kept in the record.")
        days = [
            int(st.number_input(STEP_WORD[name].capitalize(), 1, 730, value, key=f"week.ladder.{name}"))
            for name, value in zip(ESCALATION_STEPS, ladder, strict=True)
        ]
        sent = st.form_submit_button("Save")
    if sent and shell.perform(commands.set_escalation_days, days=days):
        shell.done("The ladder is changed.")
