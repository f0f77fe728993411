"""When the last backup was made, and where."""

from __future__ import annotations

import streamlit as st

from lab.access.rights import Actor
from lab.exchange.backup.queries import last_backup
from lab.foundation import clock
from lab.foundation.text import spoken
from pages.parts import shell
from pages.parts.plain import plain


def render(actor: Actor) -> None:
    """The last backup, or how to make the first."""
    with shell.reading() as session:
        backup, zone = last_backup(session, actor), clock.zone(session)
    st.subheader("Backups", anchor=False)
    if backup is None:
        st.write("None yet. On the server, for one every hour, of which the newest 24 are kept:")
        st.code("python -m lab backup --every 1h --keep 24", language=None)
        return
    made = backup.made_at.astimezone(zone)
    kind = "encrypted" if backup.is_encrypted else "not encrypted"
    st.write(f"The last one was made on {spoken(made)} at {made:%H:%M} ({plain(zone.key)}), {kind}:")
    st.code(backup.place, language=None)
