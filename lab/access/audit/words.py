"""An act, and what the audit says of it. Pure."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from lab.foundation.language import label

ACCOUNT: Final = {
    "created": "gave access to {whose}",
    "signed_in": "signed in",
    "signed_out": "signed out",
    "sign_in_failed": "wrong password for {whose}",
    "sessions_ended": "ended sessions of {whose}",
    "password_set": "new password for {whose}",
    "role_changed": "changed the role of {whose}",
    "disabled": "took access away from {whose}",
    "enabled": "gave access back to {whose}",
    "link_made": "made a link for {whose} to choose a password",
}
NOT_SIGNED_IN: Final = "Somebody not signed in"
NO_ACCOUNT: Final = "The lab or its command line"
COLUMNS: Final = ("when", "day", "who", "email", "what", "project", "more", "kind", "verb", "record")
"""Columns of an exported audit."""


@dataclass(frozen=True, slots=True)
class Act:
    """One event as the audit tells it."""

    id: uuid.UUID
    at: dt.datetime
    """When it was recorded."""
    day: dt.date
    """The lab's day on which it happened."""
    who: str
    """The account's name; empty for the command line, the lab itself, and whoever is not signed in."""
    email: str
    kind: str
    verb: str
    whose: str
    """The account's name, if it was done to an account."""
    project: str
    record: uuid.UUID | None
    from_state: str
    to_state: str
    reason: str
    changed: tuple[str, ...]
    """Columns that an edit changed."""
    facts: Mapping[str, Any]


def who_did(act: Act) -> str:
    """Who acted, in words."""
    return act.who or (NOT_SIGNED_IN if act.verb == "sign_in_failed" else NO_ACCOUNT)


def what_was_done(act: Act) -> str:
    """Such as "Recommendation: sent → accepted"."""
    if act.kind == "account" and act.verb in ACCOUNT:
        sentence = ACCOUNT[act.verb].format(whose=act.whose or "an unknown e-mail address")
        return sentence[0].upper() + sentence[1:]
    steps = " → ".join(label(each) for each in (act.from_state, act.to_state) if each)
    said = f"{label(act.kind)}: {act.verb.replace('_', ' ')}"
    return f"{said}, {steps}" if steps else said


def more_about(act: Act) -> str:
    """How it was done: the reason, the columns that changed, browser and network."""
    said = [act.reason] if act.reason else []
    if act.changed:
        said.append("changed " + ", ".join(each.replace("_", " ") for each in act.changed))
    for name, value in act.facts.items():
        if name == "is_last_listed":
            said.append("more of them are not listed one by one")
        else:
            said.append(f"{name.replace('_', ' ')}: {value}")
    return "; ".join(said)


def as_row(act: Act) -> dict[str, Any]:
    """One line of an exported audit."""
    return {
        "when": act.at.isoformat(), "day": act.day.isoformat(), "who": who_did(act), "email": act.email,
        "what": what_was_done(act), "project": act.project, "more": more_about(act), "kind": act.kind,
        "verb": act.verb, "record": str(act.record or ""),
    }  # fmt: skip
