"""Where one is signed in oneself."""

from __future__ import annotations

import streamlit as st

from lab.access.rights import Actor
from pages.parts import signed_in
from pages.parts.dialogs import dialog


@dialog("Where I am signed in")
def show(actor: Actor) -> None:
    """One's own sessions, each with a button that ends it."""
    if actor.account_id:
        signed_in.show(actor, actor.account_id, key="own_sessions")
        st.caption("If you don't know one of these, end it and change your password.")
