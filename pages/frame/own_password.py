"""Changing one's own password."""

from __future__ import annotations

import streamlit as st

from lab.access.commands import change_own_password
from lab.access.passwords import LONGEST, SHORTEST
from lab.access.sessions.signing_in import checked_own_password
from lab.foundation.errors import LabError
from lab.foundation.place import lab_database
from pages.parts import dialogs, shell
from pages.parts.dialogs import dialog


@dialog("Change my password")
def change() -> None:
    """Ask for the current password, and the new one twice."""
    st.text("You are signed out everywhere and come back with the new password.")
    with st.form("own_password", border=False):
        current = st.text_input(
            "Current password", type="password", autocomplete="current-password", max_chars=LONGEST
        )
        password = st.text_input(
            f"New password: {SHORTEST} to {LONGEST} characters",
            type="password",
            autocomplete="new-password",
            max_chars=LONGEST,
        )
        again = st.text_input(
            "New password again", type="password", autocomplete="new-password", max_chars=LONGEST
        )
        sent = st.form_submit_button("Change it", type="primary")
    if not sent:
        return
    if password != again:
        st.error("The two new passwords differ. Please type them again.")
    else:
        _change(current, password)


def _change(current: str, password: str) -> None:
    """Check and hash outside of the transaction, then change."""
    try:
        matched, new = checked_own_password(lab_database(), shell.actor(), current=current, password=password)
    except LabError as refusal:
        shell.refuse(refusal)
        return
    if shell.perform(change_own_password, current=matched, password=new):
        dialogs.close()
        st.rerun()
