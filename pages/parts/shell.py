"""What every screen needs: the signed-in person, the time, sessions, and running commands."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

import streamlit as st

from lab.access.queries import network_settings
from lab.access.rights import Actor
from lab.access.sessions.last_use import who_uses
from lab.disillusion.upkeep.following import Changed, perform_and_refresh
from lab.foundation import clock
from lab.foundation.errors import Conflict, LabError
from lab.foundation.language import label as label
from lab.foundation.place import is_away, lab_database
from pages.parts import dialogs
from pages.parts.plain import Markdown, plain

COOKIE = "lab_session"


def now() -> dt.datetime:
    """The current instant."""
    return clock.now()


def zone() -> ZoneInfo:
    """The lab's time zone."""
    with reading() as session:
        return clock.zone(session)


def today() -> dt.date:
    """Today in the lab's time zone."""
    return clock.day_in(zone(), now())


@contextmanager
def reading() -> Iterator[Any]:
    """A session for queries. When the records can't be reached, the screen says so and goes no further."""
    try:
        with lab_database().reading() as session:
            yield session
    except Exception as error:
        if not is_away(error):
            raise
        st.error("The lab's records can't be reached just now. Please try again in a moment.")
        st.stop()


def session_token() -> str:
    """The token in this browser's session cookie, empty if it has none."""
    token = st.context.cookies.get(COOKIE)
    return token if isinstance(token, str) else ""


def phone_token() -> str:
    """The token of this browser as a phone, empty if it has none."""
    cookies = (st.context.cookies.get(name) for name in ("__Host-lab_voter", "lab_voter"))
    return next((each for each in cookies if isinstance(each, str)), "")


def who_is_looking() -> Actor | None:
    """The signed-in person, looked up by cookie on every run, so that signing out takes effect everywhere.
    None if nobody is signed in."""
    token = session_token()
    if not token:
        return None
    with reading() as session:
        return who_uses(session, token, now())


def actor() -> Actor:
    """The signed-in person. If there is none, show the sign-in link and stop the run."""
    found = who_is_looking()
    if found is None:
        st.info("You are not signed in (any more). Nothing you have saved is lost.")
        st.link_button("Sign in", "/sign-in")
        st.stop()
    return found


def perform(
    command: Callable[..., Any],
    *arguments: Any,
    refresh: Changed = None,
    **named: Any,
) -> bool:
    """Run a command in one transaction as the signed-in person. `refresh` says which project's
    risk may have changed. An error is shown where the call is
    made, and the form keeps what was typed. After a conflict, saving again overwrites the other change.

    Returns False if the command was refused.
    """
    return bool(_carried_out(command, arguments, refresh, named))


def result_of(
    command: Callable[..., Any],
    *arguments: Any,
    refresh: Changed = None,
    **named: Any,
) -> Any:
    """Run a command like `perform` and return its result; None if it was refused."""
    answers = _carried_out(command, arguments, refresh, named)
    return answers[0] if answers else None


def _carried_out(
    command: Callable[..., Any],
    arguments: tuple[Any, ...],
    refresh: Changed,
    named: dict[str, Any],
) -> list[Any]:
    """The command's result in a list, which is empty if the command was refused."""
    seen = f"shell.seen.{command.__name__}.{arguments[:1]}.{named.get('version')}"
    if seen in st.session_state:
        named["version"] = st.session_state[seen]
    try:
        with lab_database().writing() as session:
            answer = perform_and_refresh(
                session, actor(), command, *arguments, changed=refresh, now=now(), **named
            )
    except Conflict as refusal:
        refuse(refusal)
        if refusal.current is not None:
            st.session_state[seen] = refusal.current
            _show_theirs(refusal)
        return []
    except LabError as refusal:
        refuse(refusal)
        return []
    except Exception as error:
        if not is_away(error):
            raise
        st.error("This could not be stored just now. What you typed is still here: please save again.")
        return []
    return [answer]


def refuse(refusal: LabError) -> None:
    """Show an error that a command or a query answered with."""
    st.error(plain(refusal.message))


def _show_theirs(refusal: Conflict) -> None:
    st.markdown("What you typed is still here. Save again to replace the current version:")
    with st.container(border=True):
        for name, words in refusal.theirs.items():
            st.text(f"{label(name)}: {words}")


def address() -> str:
    """The lab's own address for links to send: its public one, else the one that this browser shows."""
    with reading() as session:
        return network_settings(session).public_address or shown_address()


def shown_address() -> str:
    """The scheme and host that this browser shows."""
    parts = urlsplit(st.context.url or "")
    return f"{parts.scheme}://{parts.netloc}"


def done(message: Markdown, *, following: str = "") -> None:
    """Close the dialog, and show a toast after rerunning now; then with the dialog of the key `following`."""
    st.session_state["shell.said"] = message
    if following:
        dialogs.ask_for(following)
    dialogs.close()
    st.rerun()


def say_what_was_done() -> None:
    """Show the toast that `done` asked for, once."""
    message: Markdown | None = st.session_state.pop("shell.said", None)
    if message:
        st.toast(message)
