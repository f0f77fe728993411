"""A lab's past from its event log alone: every dated column and every link, as they were at an instant.

Present rows are the start. What was edited since is undone by the values that the events keep; what a step
sets is read from the steps taken until then. Nothing else is consulted.
"""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final, NamedTuple

from sqlalchemy import Table, select
from sqlalchemy.orm import Session

from db.base import Base
from db.models import (
    Attendance,
    Event,
    GroupAttendance,
    ProjectForm,
    VoteGroup,
    VoteOption,
    WorkshopInvitation,
    prototype_expectation,
    recommendation_expectation,
    reply_expectation,
    reply_recommendation,
)
from tests.replay.steps import STEPS, Asked, Values, plain

NOT_REPLAYED: Final = {
    "event": "the log itself",
    "session": "who is signed in now",
    "sign_in_attempt": "kept for an hour",
    "known_device": "where people sign in now",
    "one_time_link": "who may choose a password now",
    "signing_key": "a secret, of which nothing earlier is kept",
    "stale_project": "a mark that is gone with the next look",
    "project_feature": "derived, and made anew by `rebuild_features`",
    "project_wait": "derived, and made anew by `rebuild_features`",
    "project_risk": "derived, and made anew by `refresh_risk`",
    "risk_evaluation": "dated rows that no command changes",
    "risk_model": "dated rows; which is in use is the last one adopted",
    "contact": "erased for good when consent is taken back",
    "picture": "a file, erased for good when it is taken away",
    "workshop_photo": "a file, erased for good when it is taken away",
    "ballot": "secret: what led from a person to a ballot is erased",
    "ballot_entry": "secret: what led from a person to a ballot is erased",
    "vote_slip": "secret: what led from a slip to a ballot is erased",
    "vote_join": "secret: what led from a person to a ballot is erased",
    "workshop_join": "who is in the room this minute; the wrap-up keeps who came",
    "note_dots": "where the room's dots lie this minute",
    "block_reaction": "how often a word was sent in a minute, never changed",
    "notes_apart": "which notes are not suggested for merging again",
    "workshop_block": "an agenda: what is to be done",
    "cluster": "headings of a board",
}
"""Tables of which no earlier day is asked."""
WORDS: Final = {
    "project": {
        "title", "slug", "challenge", "title_folded", "place_folded", "reference_folded",
    },
    "stakeholder": {"account_id"},
    "engagement": {"title"},
    "contribution": {"text", "cluster"},
    "pulse": {"comment"},
    "expectation": {"statement"},
    "recommendation": {"title", "text"},
    "reply": {"what_happened", "why", "what_next", "how"},
    "prototype": {"title", "question"},
    "foreseen_risk": {"statement"},
    "test": {"method", "findings"},
    "workshop": {"heard", "what_next"},
    "note": {"text", "cluster_id", "position", "revision", "group_name"},
    "account": {"password_hash"},
    "lab": {"public_address", "trusted_proxies"},
}  # fmt: skip
"""Wording, which is corrected in place and not kept: a correction may take out a name. A pseudonym's account
and a password must not be kept either. Where a note lies on its board is of no other day."""
THIS_MINUTE: Final = {
    "workshop": {
        "current_place", "block_began_at", "paused_at", "extra_seconds", "phones_open", "revision",
        "board_revision", "wall_blank", "wall_words", "signals_end", "holds_notes",
    },
    "note": {"waits"},
    "vote_round": {"entries", "chain_head"},
    "lab": {"evaluated_on"},
}  # fmt: skip
"""Where a room, a vote and the lab's upkeep stand now."""
LEFT: Final = {"taken_back", "called_off", "dropped"}
"""Verbs after which a record is no longer there."""


class Links(NamedTuple):
    """Rows that belong to a record as a set: whose they are, and under which name an event keeps the set."""

    table: Table
    subject: str
    owner: str
    name: str
    value: str | None = None
    """The column that each member says something by; None where being a member is all."""
    verb: str | None = None
    """The event whose `before` is the set itself."""
    order: str | None = None


LINKS: Final = (
    Links(recommendation_expectation, "recommendation", "recommendation_id", "expectations"),
    Links(prototype_expectation, "prototype", "prototype_id", "expectations"),
    Links(reply_expectation, "reply", "reply_id", "expectations"),
    Links(reply_recommendation, "reply", "reply_id", "recommendations"),
    Links(Base.metadata.tables[ProjectForm.__tablename__], "project", "project_id", "forms"),
    Links(
        Base.metadata.tables[Attendance.__tablename__], "engagement", "engagement_id", "attended", "attended"
    ),
    Links(
        Base.metadata.tables[GroupAttendance.__tablename__],
        "engagement", "engagement_id", "people", "people", "counted",
    ),
    Links(
        Base.metadata.tables[WorkshopInvitation.__tablename__],
        "workshop", "workshop_id", "invited", "hoped_for",
    ),
    Links(Base.metadata.tables[VoteGroup.__tablename__], "vote_round", "round_id", "groups"),
    Links(
        Base.metadata.tables[VoteOption.__tablename__],
        "vote_round", "round_id", "options", order="place",
    ),
)  # fmt: skip


@dataclass
class Snapshot:
    """Rows by table and key, and links by their table and the key of their owner."""

    rows: dict[str, dict[str, Values]] = field(default_factory=dict)
    links: dict[str, dict[str, Any]] = field(default_factory=dict)


def replayed_tables() -> list[Table]:
    """The tables whose rows are rebuilt."""
    linked = {links.table.name for links in LINKS}
    return [
        table
        for table in Base.metadata.sorted_tables
        if table.name not in NOT_REPLAYED and table.name not in linked
    ]


def replayed_columns(table: Table) -> list[str]:
    """Those of its columns that are rebuilt."""
    left = WORDS.get(table.name, set()) | THIS_MINUTE.get(table.name, set()) | {"version"}
    return [column.name for column in table.columns if column.name not in left]


def key_of(table: Table, row: Mapping[str, Any]) -> str:
    """A row's key as text."""
    return "/".join(str(plain(row[column.name])) for column in table.primary_key.columns)


def snapshot(session: Session) -> Snapshot:
    """The columns and links as they stand."""
    session.flush()
    found = Snapshot()
    for table in replayed_tables():
        names = replayed_columns(table)
        found.rows[table.name] = {
            key_of(table, row): {name: plain(row[name]) for name in names}
            for row in session.execute(select(table)).mappings()
        }
    for links in LINKS:
        found.links[links.table.name] = _links(session, links)
    return found


def _links(session: Session, links: Links) -> dict[str, Any]:
    (member,) = (
        column.name
        for column in links.table.columns
        if column.name not in (links.owner, links.value, links.order, "title", "summary")
    )
    statement = select(links.table).order_by(
        *(links.table.c[name] for name in (links.order, member) if name is not None)
    )
    listed: dict[str, list[tuple[str, Any]]] = defaultdict(list)
    for row in session.execute(statement).mappings():
        said = row[links.value] if links.value else None
        listed[str(row[links.owner])].append((str(row[member]), said))
    if links.value:
        return {owner: dict(members) for owner, members in listed.items()}
    ordered = {owner: [key for key, _ in members] for owner, members in listed.items()}
    return ordered if links.order else {owner: sorted(keys) for owner, keys in ordered.items()}


class Log:
    """The event log, and what it says of an earlier instant."""

    def __init__(self, session: Session) -> None:
        self.present = snapshot(session)
        self.events = list(session.scalars(select(Event).order_by(Event.recorded_at, Event.id)))
        self.of: dict[tuple[str, str], list[Event]] = defaultdict(list)
        for each in self.events:
            self.of[each.subject_type, str(each.subject_id) if each.subject_id else "1"].append(each)

    def before(self, table: str, key: str, at: dt.datetime) -> list[Event]:
        """What had happened to a record by then."""
        return [each for each in self.of[table, key] if each.recorded_at <= at]

    def row(self, table: str, key: str, at: dt.datetime) -> Values:
        """A row as it was."""
        present = self.present.rows[table][key]
        found = {name: self.undone(table, key, name, value, at) for name, value in present.items()}
        past = self.before(table, key, at)
        for name, step in STEPS.get(table, {}).items():
            found[name] = plain(step(Asked(self, key, found, past, at)))
        return found

    def undone(self, table: str, key: str, name: str, present: Any, at: dt.datetime) -> Any:
        """A value without what was edited since."""
        for each in self.of[table, key]:
            kept = each.detail.get("before") or {}
            if each.recorded_at > at and each.verb != "counted" and name in kept:
                return kept[name]
        return present

    def link(self, links: Links, owner: str, at: dt.datetime) -> Any:
        """A set of links as it was; None where it was empty."""
        present = self.present.links[links.table.name].get(owner)
        for each in self.of[links.subject, owner]:
            kept = each.detail.get("before") or {}
            if each.recorded_at <= at:
                continue
            if links.verb is not None and each.verb == links.verb:
                return kept or None
            if links.verb is None and links.name in kept:
                return kept[links.name] or None
        return present

    def is_gone(self, table: str, key: str, at: dt.datetime) -> bool:
        """Whether the log says that a record left after that instant."""
        return any(each.verb in LEFT and each.recorded_at > at for each in self.of[table, key])

    def differences(self, then: Snapshot, at: dt.datetime) -> list[tuple[Any, ...]]:
        """Where the replay and what was there at an instant differ: which column, what it was, what the
        replay says."""
        found: list[tuple[Any, ...]] = []
        for table, rows in then.rows.items():
            present = self.present.rows[table]
            found += [
                (table, key, "gone")
                for key in rows.keys() - present.keys()
                if not self.is_gone(table, key, at)
            ]
            for key in rows.keys() & present.keys():
                again = self.row(table, key, at)
                found += [
                    (table, key, name, value, again[name])
                    for name, value in rows[key].items()
                    if again[name] != value
                ]
            found += [
                (table, key, "there too early")
                for key in present.keys() - rows.keys()
                if self.before(table, key, at)
            ]
        for links in LINKS:
            was = then.links[links.table.name]
            owners = [key for key in then.rows[links.subject] if key in self.present.rows[links.subject]]
            found += [
                (links.table.name, owner, links.name, was.get(owner), self.link(links, owner, at))
                for owner in owners
                if was.get(owner) != self.link(links, owner, at)
            ]
        return found
