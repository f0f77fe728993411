"""What the tabs of a project share: links between records, and the cards of records."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, TypeVar

import streamlit as st

from lab.access.rights import Actor
from lab.foundation.text import shortened
from lab.lifecycle.thread.records import ForeseenRiskRecord, Record, TestRecord, Thread
from lab.projects.queries import ProjectHead
from pages.parts import dialogs, shell
from pages.parts.addresses import TAB_OF
from pages.parts.plain import Markdown, plain
from pages.parts.shell import label

TABS: Final = {
    "overview": "Overview",
    "people": "People",
    "expectations": "Expectations",
    "prototypes": "Prototypes",
    "votes": "Votes",
    "workshops": "Workshops",
    "recommendations": "Recommendations",
    "replies": "Replies",
}
LINKS = Path(__file__).with_name("project.css")
"""CSS: buttons that lead to a record look like links. No user text goes in here."""
LINKS_SHOWN: Final = 6
CARDS_SHOWN: Final = 10
Shown = TypeVar("Shown", bound=Record)


@dataclass(frozen=True, slots=True)
class Screen:
    """What every tab of a project's screen needs."""

    head: ProjectHead
    thread: Thread
    actor: Actor
    today: dt.date
    record: uuid.UUID | None
    """The record in the address, if it is part of the thread."""
    came_from: uuid.UUID | None
    """The record whose link led here."""
    section: str

    @property
    def offered(self) -> Mapping[str, Sequence[Record]]:
        """The records that forms let people choose from, by kind."""
        thread = self.thread
        return {
            "stakeholder": thread.stakeholders,
            "engagement": thread.engagements,
            "contribution": thread.contributions,
            "expectation": thread.expectations,
            "prototype": thread.prototypes,
            "recommendation": thread.recommendations,
        }

    @property
    def writes(self) -> bool:
        """Whether the signed-in person may record things."""
        return self.actor.may("project.write")


def go(
    tab: str, record: uuid.UUID | None = None, came_from: uuid.UUID | None = None, section: str = ""
) -> None:
    """Set the address to a tab and one of its records, for the next run to show."""
    st.query_params["tab"] = tab
    for name, value in (("record", record), ("from", came_from), ("section", section)):
        if value:
            st.query_params[name] = str(value)
        elif name in st.query_params:
            del st.query_params[name]


def named(record: Record) -> Markdown:
    """A record as links call it: its kind and its first words."""
    return f"{label(record.kind).lower()}: {plain(shortened(record.words, 50))}"


@contextmanager
def card(screen: Screen, record: Record) -> Iterator[None]:
    """A record in a frame with its links below, marked if it is the one in the address."""
    with st.container(border=True, key=f"card-{record.id}"):
        if record.id == screen.record:
            source = screen.thread.records.get(screen.came_from) if screen.came_from else None
            with st.container(horizontal=True, vertical_alignment="center"):
                st.markdown(
                    ":blue-badge[You are here]" if source is None else ":blue-badge[You came here from]"
                )
                if source is not None:
                    _link(record, source, "back")
        yield
        _links(screen, "From", record, record.came_from)
        _links(screen, "Led to", record, record.led_to)


def _links(screen: Screen, words: Markdown, record: Record, ids: Sequence[uuid.UUID]) -> None:
    others = [screen.thread.records[key] for key in ids]
    if not others:
        return
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.caption(words, width="content")
        for other in others[:LINKS_SHOWN]:
            _link(record, other, words)
        if len(others) > LINKS_SHOWN:
            with st.popover(f"{len(others) - LINKS_SHOWN} more"):
                for other in others[LINKS_SHOWN:]:
                    _link(record, other, words)


def _link(record: Record, other: Record, way: str) -> None:
    st.button(
        named(other),
        key=f"walk.{way}.{record.id}.{other.id}",
        type="tertiary",
        wrap=True,
        on_click=go,
        args=(TAB_OF[other.kind], other.id, record.id),
    )


def listing(
    screen: Screen,
    records: Sequence[Shown],
    draw: Callable[[Screen, Shown], None],
    *,
    key: str,
    nothing: Markdown,
    first: uuid.UUID | None = None,
) -> None:
    """The records' cards: the one in the address first, then ten at a time."""
    if not records:
        st.caption(nothing)
        return
    wanted = first or screen.record
    ordered = sorted(records, key=lambda record: record.id != wanted)
    counter = f"project.shown.{key}.{screen.head.id}"
    shown = st.session_state.get(counter, CARDS_SHOWN)
    opened = _with_dialog(screen)
    shown = max(shown, *(place for place, record in enumerate(ordered, 1) if record.id == opened), 0)
    for record in ordered[:shown]:
        draw(screen, record)
    if len(ordered) > shown and st.button(
        f"Show more ({len(ordered) - shown} left)", key=f"project.more.{key}"
    ):
        st.session_state[counter] = shown + CARDS_SHOWN
        st.rerun()


def _with_dialog(screen: Screen) -> uuid.UUID | None:
    """The record in whose card a dialog is open, which is shown even where a new session begins."""
    opened = dialogs.opened_record()
    record = screen.thread.records.get(opened) if opened else None
    if isinstance(record, ForeseenRiskRecord | TestRecord):
        return record.prototype_id or opened
    for prototype in screen.thread.prototypes:
        if opened in {picture.id for picture in prototype.pictures}:
            return prototype.id
    return opened


def save(screen: Screen, said: Markdown, command: Callable[..., Any], *arguments: Any, **named: Any) -> None:
    """Run a command on the project; an error is shown and the form keeps what was typed."""
    if shell.perform(command, *arguments, refresh=screen.head.id, **named):
        shell.done(said)
