"""Flags: take one on with a plan, put it aside, clear it, and say what it was good for."""

from __future__ import annotations

import datetime as dt
import uuid

import streamlit as st

from db.words import FLAG_OUTCOMES
from lab.access.rights import Actor
from lab.disillusion import explanation, lists
from lab.disillusion.score.words import OUTCOME_WORD
from lab.disillusion.upkeep import commands
from pages.parts import dialogs, shell
from pages.parts.dialogs import dialog
from pages.parts.forms import day
from pages.parts.plain import plain
from pages.parts.shell import label


def render(found: explanation.Explanation, actor: Actor, today: dt.date) -> None:
    """The open flag with its actions, earlier flags, and their history."""
    if not found.flags:
        return
    st.subheader("Flag", anchor=False)
    if found.flag:
        _open_flag(found.flag, found.title, today)
    for past in reversed(found.flags):
        if past.cleared_on:
            _past_flag(past)
    with st.expander("Its life"):
        for each in found.life:
            who = f" · {plain(each.who)}" if each.who else ""
            reason = f": {plain(each.reason)}" if each.reason else ""
            st.markdown(f"- {day(each.on)} {label(each.verb).lower()}{who}{reason}")


def _open_flag(flag: lists.OpenFlag, title: str, today: dt.date) -> None:
    with st.container(border=True, key=f"risk-flag-{flag.id}"):
        if flag.state == "raised":
            st.markdown(f":red-badge[Raised] {day(flag.raised_on)}. Nobody has taken it on.")
        else:
            st.markdown(f":blue-badge[Taken on] by {plain(flag.acknowledged_by)}: {plain(flag.plan)}")
            late = flag.review_on is not None and flag.review_on < today
            st.markdown(f"Review by {day(flag.review_on)}" + (" · :red-badge[Due]" if late else ""))
        if flag.snoozed_until and flag.snoozed_until >= today:
            until = day(flag.snoozed_until)
            st.markdown(f":gray-badge[Put aside] until {until}: {plain(flag.snooze_reason)}")
        with st.container(horizontal=True):
            words = "Acknowledge" if flag.state == "raised" else "Change the plan"
            if dialogs.button(words, key=f"risk.take.{flag.id}", type="primary"):
                _acknowledge(flag, title)
            if dialogs.button("Put aside", key=f"risk.snooze.{flag.id}"):
                _snooze(flag)
            if dialogs.button("Clear", key=f"risk.clear.{flag.id}"):
                _clear(flag.id)


def _past_flag(flag: explanation.PastFlag) -> None:
    plan = f" Plan: {plain(flag.plan)}" if flag.plan else ""
    st.markdown(
        f"Raised {day(flag.raised_on)}, cleared {day(flag.cleared_on)}: {plain(flag.cleared_reason)}.{plan}"
    )
    if flag.outcome:
        st.caption(OUTCOME_WORD[flag.outcome])
    elif dialogs.button("Say what it was good for", key=f"risk.judge.{flag.id}"):
        _judge(flag.id)


@dialog("Take the flag on")
def _acknowledge(flag: lists.OpenFlag, title: str) -> None:
    today = shell.today()
    st.text(title)
    with st.form("flag.take.form", border=False):
        plan = st.text_area("What will you do?", flag.plan, key=f"flag.plan.{flag.id}", max_chars=2000)
        review = st.date_input(
            "Look at it again by",
            today + dt.timedelta(days=14),
            min_value=today,
            max_value=today + dt.timedelta(days=28),
            key=f"flag.review.{flag.id}",
        )
        sent = st.form_submit_button("Acknowledge", type="primary")
    if sent and shell.perform(commands.acknowledge_flag, flag.id, plan=plan, review_on=review):
        shell.done("The flag is yours.")


@dialog("Put the flag aside")
def _snooze(flag: lists.OpenFlag) -> None:
    today = shell.today()
    st.caption("For four weeks at most. Everybody still sees it, with your reason.")
    with st.form("flag.snooze.form", border=False):
        until = st.date_input(
            "Until",
            today + dt.timedelta(days=14),
            min_value=today + dt.timedelta(days=1),
            max_value=today + dt.timedelta(days=commands.SNOOZE_DAYS),
            key=f"flag.until.{flag.id}",
        )
        reason = st.text_area("Reason", key=f"flag.snooze.{flag.id}", max_chars=2000)
        sent = st.form_submit_button("Put aside", type="primary")
    if sent and shell.perform(commands.snooze_flag, flag.id, until=until, reason=reason):
        shell.done("The flag is put aside.")


@dialog("Clear the flag")
def _clear(flag_id: uuid.UUID) -> None:
    st.write("News clears a flag by itself. To clear it by hand, say why; the reason is kept.")
    with st.form("flag.clear.form", border=False):
        reason = st.text_area("Reason", key=f"flag.reason.{flag_id}", max_chars=2000)
        outcome = _good_for(flag_id)
        sent = st.form_submit_button("Clear", type="primary")
    if sent and shell.perform(commands.clear_flag, flag_id, reason=reason, outcome=outcome):
        shell.done("The flag is cleared.")


@dialog("What was the flag good for?")
def _judge(flag_id: uuid.UUID) -> None:
    st.caption("Counted over all flags, it says whether they are worth your time.")
    with st.form("flag.judge.form", border=False):
        outcome = _good_for(flag_id)
        sent = st.form_submit_button("Keep", type="primary")
    if sent and shell.perform(commands.judge_flag, flag_id, outcome=outcome):
        shell.done("Thank you.")


def _good_for(flag_id: uuid.UUID) -> str | None:
    return st.radio(
        "What it was good for",
        FLAG_OUTCOMES,
        index=None,
        format_func=OUTCOME_WORD.__getitem__,
        key=f"flag.outcome.{flag_id}",
    )
