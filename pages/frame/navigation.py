"""The frame around every screen: the signed-in person and their menu."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Final

import streamlit as st

from lab.access.rights import PERMISSIONS, RIGHTS
from pages import backtest, ballot, board, home, portfolio
from pages.administration import screen as administration
from pages.components.connection import connection
from pages.components.signed_out import signed_out
from pages.frame import own_password, own_sessions
from pages.implementation import screen as implementation
from pages.parts import addresses, dialogs, shell
from pages.parts.shell import label
from pages.project import screen as project
from pages.risk import screen as at_risk
from pages.vote import screen as vote
from pages.workshop import screen as workshop

_ICON = str(Path(__file__).with_name("icon.png"))
_STYLE = Path(__file__).with_name("frame.css")
_MARK = Path(__file__).with_name("here.html")

SCREENS: Final = (
    ("project.read", "board", board.render),
    ("project.read", "project", project.render),
    ("workshop.run", "workshop", workshop.render),
    ("vote.run", "vote", vote.render),
    ("vote.cast", "ballot", ballot.render),
    ("risk.read", "at-risk", at_risk.render),
    ("risk.read", "backtest", backtest.render),
    ("rates.read", "implementation", implementation.render),
    ("rates.read", "portfolio", portfolio.render),
    ("lab.administer", "administration", administration.render),
)
"""The menu after Home: the permission each screen needs, its address, and its render function."""


def without_right(right: str, address: str) -> None:
    """Say who has the screen at this address."""
    st.title(addresses.TITLES[address], anchor=False)
    roles = [f"{label(role).lower()}s" for role, rights in RIGHTS.items() if right in rights]
    st.info(
        f"This screen is for {', '.join(roles)}: whoever may {PERMISSIONS[right]}. You are signed in as "
        f"{label(shell.actor().role).lower()}. An administrator can give you access in another role."
    )


def _pages(address: str, render: Callable[[], None], *, is_listed: bool = True) -> list[st.Page]:
    """A screen as the menu has it, and beside it, unlisted, its address for single records."""
    if address not in addresses.LISTS:
        return [addresses.page(address, render, is_listed=is_listed)]
    return [
        addresses.page(addresses.LISTS[address], partial(_listed, render), is_listed=is_listed),
        addresses.page(address, render, is_listed=False),
    ]


def _listed(render: Callable[[], None]) -> None:
    """A screen's list. On the way to a record, Streamlit leaves the record's query at the list's address too,
    where the browser's Back finds it."""
    if st.query_params:  # clearing none would add a step to the browser's history
        st.query_params.clear()
    render()


def _mark_where_i_am(address: str) -> None:
    """Mark a record's menu entry as Streamlit marks that of the page it is on."""
    if address in addresses.LISTS:
        st.html(_MARK.read_text(encoding="utf-8").replace("LIST", addresses.LISTS[address]))


def show() -> None:
    """Run the requested screen if the person may see it."""
    st.set_page_config(
        page_title="Followthrough", page_icon=_ICON, layout="wide", initial_sidebar_state="collapsed"
    )
    st.html(_STYLE)
    actor = shell.actor()
    pages = [addresses.page("home", home.render, default=True)]
    for right, address, render in SCREENS:
        if actor.may(right):
            pages += _pages(address, render)
        else:
            pages += _pages(address, partial(without_right, right, address), is_listed=False)
    chosen = st.navigation(pages, position="top")
    _mark_where_i_am(chosen.url_path)
    dialogs.begin(chosen.url_path)
    connection.watch()
    signed_out.watch(actor.account_id)
    with st.sidebar:
        st.text(f"{actor.name}\n{actor.role.capitalize()}")
        if dialogs.button("Change my password", type="tertiary", key="own_password.change"):
            own_password.change()
        if dialogs.button("Where I am signed in", type="tertiary", key="own_sessions.show"):
            own_sessions.show(actor)
        st.link_button("Sign out", "/sign-out")
    shell.say_what_was_done()
    chosen.run()
    dialogs.end()
    connection.type_on()
