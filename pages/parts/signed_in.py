"""Where somebody is signed in: each browser with its last use, and a button that ends it."""

from __future__ import annotations

import datetime as dt
import uuid

import streamlit as st

from lab.access.rights import Actor
from lab.access.sessions.commands import end_session, sign_out_everywhere
from lab.access.sessions.queries import SignedInBrowser, sessions_of
from pages.parts import shell


def show(actor: Actor, account_id: uuid.UUID, *, key: str) -> None:
    """The list, with *End* for each and *Sign out everywhere* for all."""
    with shell.reading() as session:
        found = sessions_of(session, actor, account_id, now=shell.now(), token=shell.session_token())
    if not found:
        st.write("Signed in nowhere just now.")
        return
    st.write("Signed in here:")
    for each in found:
        with st.container(border=True, horizontal=True, vertical_alignment="center"):
            st.text(_words(each), width="stretch")
            if st.button("End", key=f"{key}.{each.id}") and shell.perform(end_session, each.id):
                st.rerun(scope="fragment")
    if st.button("Sign out everywhere", key=f"{key}.all.{account_id}") and shell.perform(
        sign_out_everywhere, account_id
    ):
        st.rerun(scope="fragment")


def _words(each: SignedInBrowser) -> str:
    browser = each.browser or "Browser not known"
    here = " · this one" if each.is_this_one else ""
    return f"{browser}{here}\n{each.address or 'address not known'} · {_seen(each.last_seen_at)}"


def _seen(at: dt.datetime) -> str:
    minutes = int((shell.now() - at).total_seconds() // 60)
    if minutes < 2:
        return "used just now"
    if minutes < 60:
        return f"last used {minutes} minutes ago"
    local = at.astimezone(shell.zone())
    return f"last used {local.day} {local:%b, %H:%M}"
