"""A pulse between workshops: signed links for a project's people, good for some weeks, and their answers."""

from __future__ import annotations

import datetime as dt
import uuid
from dataclasses import dataclass
from typing import Any, Final

from itsdangerous import BadSignature, URLSafeSerializer
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from db.models import Lab, Project, Pulse
from lab.access.keys import signing_secret
from lab.access.phone_links import link_phone, linked_accounts
from lab.access.rights import Actor, require
from lab.engagements.rules import MOST_BY_A_LINK, UNSEEN, in_a_burst, pulse
from lab.foundation import clock
from lab.foundation.errors import NotAllowed, NotFound
from lab.foundation.events import remember
from lab.foundation.records import change, fetch
from lab.workshops.room.one_person import one_answer
from lab.workshops.room.rules import PULSE_DAYS, pulse_key, token_hash

SALT: Final = "pulse"


@dataclass(frozen=True, slots=True)
class PulseLink:
    """What a pulse link asks about, until when."""

    project_id: uuid.UUID
    project: str
    lab: str
    occasion: str
    """The day on which the link was made: with a link of another day people are asked again."""
    name: str
    """The occasion, with a number if the day's links have been ended."""
    until: dt.date


def pulse_link(session: Session, actor: Actor, project_id: uuid.UUID, *, now: dt.datetime) -> str:
    """The signed part of a pulse link. The same all day, until the project's links are ended."""
    require(actor, "project.write")
    ended = fetch(session, Project, project_id, "project").pulse_links_ended
    payload: list[Any] = [project_id.hex, clock.today(session, now).isoformat()]
    return _signer(session).dumps(payload + [ended] * bool(ended))


def end_pulse_links(session: Session, actor: Actor, project_id: uuid.UUID, *, now: dt.datetime) -> None:
    """End every pulse link of a project that is out; what is signed from now on differs. Answers stay."""
    require(actor, "project.write")
    project = fetch(session, Project, project_id, "project")
    before = change(project, pulse_links_ended=project.pulse_links_ended + 1)
    remember(session, actor, project, "pulse_links_ended", now=now, before=before)


def asked_by(session: Session, signed: str, *, now: dt.datetime) -> PulseLink:
    """What a link asks about. Three statements.

    Raises:
        NotFound: it was not signed by this lab, it has been ended, or its time is over.
    """
    gone = NotFound("This link is no longer valid. Ask the lab for a new one.")
    lab = session.get(Lab, 1)
    try:
        project_hex, day, *rest = _signer(session).loads(signed)
    except BadSignature:
        raise gone from None
    ended = rest[0] if rest else 0
    project = session.get(Project, uuid.UUID(project_hex))
    until = dt.date.fromisoformat(day) + dt.timedelta(days=PULSE_DAYS)
    if lab is None or project is None or ended != project.pulse_links_ended:
        raise gone
    if clock.today(session, now) > until:
        raise gone
    name = f"{day}/{ended}" if ended else day
    return PulseLink(project.id, project.title, lab.name, day, name, until)


def has_answered(session: Session, asked: PulseLink, key: str) -> bool:
    """Whether answers are kept under this key. One statement."""
    return session.get(Pulse, _key(asked, key)) is not None


def answer_pulse(
    session: Session,
    asked: PulseLink,
    key: str,
    *,
    trust: int,
    difference: int,
    comment: str,
    now: dt.datetime,
    browser: str | None = None,
) -> None:
    """Keep somebody's answers, from 1 (not at all) to 5 (wholly). The link is the right to answer; the same
    browser, or the same account, replaces its answers; `browser` is that on which an account is signed in.
    Answers that come in a burst are held until somebody looks at them.

    Raises:
        NotAllowed: the link has brought all the answers that it may.
    """
    # one at a time, so that a burst is seen whole
    fetch(session, Project, asked.project_id, "project")
    answers = {"answered_on": clock.today(session, now), **pulse(trust, difference, comment)}
    row_id = _one_key(session, asked, key, browser, now)
    row = session.get(Pulse, row_id)
    if row is None:
        _guard_number(session, asked)
        row = Pulse(id=row_id, project_id=asked.project_id, link=asked.name, answered_at=now, **answers)
        session.add(row)
        session.flush()
        remember(session, None, row, "answered", now=now)
        _hold(session, row, now)
    elif before := change(row, **answers):
        before.pop("comment", None)  # words that somebody replaced are gone
        remember(session, None, row, "edited", now=now, before=before)
    session.flush()


def look_at_answers(
    session: Session, actor: Actor, project_id: uuid.UUID, link: str, *, keep: bool, now: dt.datetime
) -> int:
    """Say of the answers by a link that are held whether they count. Returns how many they were."""
    require(actor, "project.write")
    project = fetch(session, Project, project_id, "project")
    held = session.scalars(
        select(Pulse).where(Pulse.project_id == project_id, Pulse.link == link, Pulse.standing == "held")
    ).all()
    verb = "kept" if keep else "left_out"
    for row in held:
        remember(session, actor, row, verb, now=now, before=change(row, standing=verb))
    if held:
        remember(session, actor, project, f"pulse_answers_{verb}", now=now, link=link, answers=len(held))
    return len(held)


def _guard_number(session: Session, asked: PulseLink) -> None:
    number = session.scalar(
        select(func.count()).where(Pulse.project_id == asked.project_id, Pulse.link == asked.name)
    )
    if (number or 0) >= MOST_BY_A_LINK:
        raise NotAllowed(
            f"This link has brought {MOST_BY_A_LINK} answers, which is all it may. Ask the lab for a new one."
        )


def _hold(session: Session, newest: Pulse, now: dt.datetime) -> None:
    """Hold the answers of the burst that the newest one is part of, if any."""
    unseen = {
        row.id: row
        for row in session.scalars(
            select(Pulse).where(
                Pulse.project_id == newest.project_id, Pulse.link == newest.link,
                Pulse.standing.in_(UNSEEN), Pulse.answered_at.is_not(None),
            )
        )
    }  # fmt: skip
    came = {key: row.answered_at for key, row in unseen.items() if row.answered_at is not None}
    for key in in_a_burst(came, now):
        if unseen[key].standing == "counted":
            before = change(unseen[key], standing="held")
            remember(session, None, unseen[key], "held", now=now, before=before)


def _one_key(
    session: Session, asked: PulseLink, key: str, browser: str | None, now: dt.datetime
) -> uuid.UUID:
    """The key of the answers of a browser and of the account that signs in on it, which are one person's."""
    room = asked.project_id
    own = token_hash(asked.project_id, key)
    of_browser = token_hash(asked.project_id, browser) if browser else own
    account = linked_accounts(session, [of_browser]).get(of_browser)
    if browser is None:
        return one_answer(session, room, account or own, own, asked.occasion, now=now)
    if account is None:
        link_phone(session, asked.project_id, of_browser, own)
    is_own = account in (None, own)
    return one_answer(session, room, own, of_browser if is_own else None, asked.occasion, now=now)


def _key(asked: PulseLink, key: str) -> uuid.UUID:
    return pulse_key(token_hash(asked.project_id, key), asked.occasion)


def _signer(session: Session) -> URLSafeSerializer:
    return URLSafeSerializer(signing_secret(session).hex(), salt=SALT)
