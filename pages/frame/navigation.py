"""The frame around every screen: who is looking, and which screens are theirs."""

from __future__ import annotations

from pathlib import Path

import streamlit as st

from pages import backtest, ballot, board, home, portfolio
from pages.administration import screen as administration
from pages.frame import own_password
from pages.implementation import screen as implementation
from pages.parts import shell
from pages.project import screen as project
from pages.risk import screen as at_risk
from pages.vote import screen as vote
from pages.workshop import screen as workshop

_ICON = str(Path(__file__).with_name("icon.png"))
_STYLE = Path(__file__).with_name("frame.css")


def show() -> None:
    """Run the screen that was asked for, if the person looking may see it."""
    st.set_page_config(
        page_title="Followthrough", page_icon=_ICON, layout="wide", initial_sidebar_state="collapsed"
    )
    st.html(_STYLE)
    actor = shell.actor()
    pages = [st.Page(home.render, title="Home", url_path="home", default=True)]
    if actor.may("project.read"):
        pages.append(st.Page(board.render, title="Board", url_path="board"))
        pages.append(st.Page(project.render, title="Project", url_path="project"))
    if actor.may("workshop.run"):
        pages.append(st.Page(workshop.render, title="Workshops", url_path="workshop"))
    if actor.may("vote.run"):
        pages.append(st.Page(vote.render, title="Votes", url_path="vote"))
    if actor.may("vote.cast"):
        pages.append(st.Page(ballot.render, title="Vote", url_path="ballot"))
    if actor.may("risk.read"):
        pages.append(st.Page(at_risk.render, title="At risk", url_path="at-risk"))
        pages.append(st.Page(backtest.render, title="Backtest", url_path="backtest"))
    if actor.may("rates.read"):
        pages.append(st.Page(implementation.render, title="Implementation", url_path="implementation"))
        pages.append(st.Page(portfolio.render, title="Portfolio", url_path="portfolio"))
    if actor.may("lab.administer"):
        pages.append(st.Page(administration.render, title="Administration", url_path="administration"))
    chosen = st.navigation(pages, position="top")
    with st.sidebar:
        st.text(f"{actor.name}\n{actor.role.capitalize()}")
        if st.button("Change my password", type="tertiary"):
            own_password.change()
        st.link_button("Sign out", "/sign-out")
    shell.say_what_was_done()
    chosen.run()
