"""A pulse between workshops: a signed link for a project's people, good for some weeks."""

from __future__ import annotations

import datetime as dt
import uuid
from dataclasses import dataclass
from typing import Final

from itsdangerous import BadSignature, URLSafeSerializer
from sqlalchemy import select
from sqlalchemy.orm import Session

from db.models import Lab, Project, Pulse
from lab.access.keys import signing_secret
from lab.access.rights import Actor, require
from lab.engagements.rules import pulse
from lab.foundation import clock
from lab.foundation.errors import NotFound
from lab.foundation.events import remember
from lab.foundation.records import change, fetch
from lab.workshops.room.rules import PULSE_DAYS, pulse_key, token_hash

SALT: Final = "pulse"


@dataclass(frozen=True, slots=True)
class PulseLink:
    """What a pulse link asks about, until when."""

    project_id: uuid.UUID
    project: str
    lab: str
    occasion: str
    """The day on which the link was made: with another link people are asked again."""
    until: dt.date


def pulse_link(session: Session, actor: Actor, project_id: uuid.UUID, *, now: dt.datetime) -> str:
    """The signed part of a pulse link. The same all day."""
    require(actor, "project.write")
    fetch(session, Project, project_id, "project")
    return _signer(session).dumps([project_id.hex, clock.today(session, now).isoformat()])


def asked_by(session: Session, signed: str, *, now: dt.datetime) -> PulseLink:
    """What a link asks about. Three statements.

    Raises:
        NotFound: it was not signed by this lab, or its time is over.
    """
    gone = NotFound("This link is not good (any more). Ask the lab for a new one.")
    lab = session.get(Lab, 1)
    if lab is None:
        raise gone
    try:
        project_hex, day = _signer(session).loads(signed)
    except BadSignature:
        raise gone from None
    until = dt.date.fromisoformat(day) + dt.timedelta(days=PULSE_DAYS)
    title = session.scalar(select(Project.title).where(Project.id == uuid.UUID(project_hex)))
    if title is None or clock.today(session, now) > until:
        raise gone
    return PulseLink(uuid.UUID(project_hex), title, lab.name, day, until)


def answer_pulse(
    session: Session,
    asked: PulseLink,
    token: str,
    *,
    trust: int,
    difference: int,
    comment: str,
    now: dt.datetime,
) -> None:
    """Keep somebody's answers, from 1 (not at all) to 5 (wholly). The link is the right to answer; the same
    browser replaces its answers."""
    key = pulse_key(token_hash(asked.project_id, token), asked.occasion)
    answers = {"answered_on": clock.today(session, now), **pulse(trust, difference, comment)}
    row = session.get(Pulse, key)
    if row is None:
        row = Pulse(id=key, project_id=asked.project_id, **answers)
        session.add(row)
        remember(session, None, row, "answered", now=now)
    elif before := change(row, **answers):
        before.pop("comment", None)  # words that somebody replaced are gone
        remember(session, None, row, "edited", now=now, before=before)
    session.flush()


def _signer(session: Session) -> URLSafeSerializer:
    return URLSafeSerializer(signing_secret(session).hex(), salt=SALT)
