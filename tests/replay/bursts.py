"""Answers to a pulse by a link, those that come in a burst, and what a facilitator makes of them."""

from __future__ import annotations

import datetime as dt

from sqlalchemy.orm import Session

from lab.access.rights import Actor
from lab.workshops.room import pulse


def answer(session: Session, link: pulse.PulseLink, trust: int, *, now: dt.datetime) -> None:
    """One browser's answer, which it may change."""
    pulse.answer_pulse(session, link, "t" * 40, trust=trust, difference=3, comment=f"{trust}", now=now)


def burst(session: Session, link: pulse.PulseLink, of: str, *, now: dt.datetime) -> None:
    """Twelve answers at once, by browsers that nobody has heard of before."""
    for number in range(12):
        pulse.answer_pulse(session, link, f"{of} {number}", trust=1, difference=3, comment="", now=now)


def look(session: Session, actor: Actor, link: pulse.PulseLink, *, keep: bool, now: dt.datetime) -> None:
    """Say of those that are held whether they count; leaving them out ends the links, too."""
    seen = pulse.look_at_answers(session, actor, link.project_id, link.name, keep=keep, now=now)
    assert seen >= 12
    if not keep:
        pulse.end_pulse_links(session, actor, link.project_id, now=now)
