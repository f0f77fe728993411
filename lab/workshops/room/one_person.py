"""A phone and the account that signs in on it are one person: one join, one set of dots, one answer."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Sequence
from dataclasses import replace

from sqlalchemy import ColumnElement, delete, func, select, update
from sqlalchemy.orm import Session

from db.models import Event, Note, NoteDots, PhoneLink, Pulse, Workshop, WorkshopBlock, WorkshopJoin
from lab.access.phone_links import link_phone, linked_accounts, phones_of
from lab.foundation.events import remember
from lab.workshops.board.changing import next_revision
from lab.workshops.room.handed_in import HandedIn
from lab.workshops.room.rules import PULSE_DAYS, pulse_key


def as_one_person(session: Session, batch: Sequence[HandedIn], *, now: dt.datetime) -> list[HandedIn]:
    """The batch with each phone as the account that took part on it. What a phone handed in before somebody
    signed in on it becomes theirs. One statement, and some more for each phone that becomes an account's."""
    links = linked_accounts(session, {each.phone_hash or each.token_hash for each in batch})
    same = []
    for each in batch:
        if each.phone_hash is None:
            account = links.get(each.token_hash)
            signed_out = replace(each, token_hash=account, phone_hash=each.token_hash) if account else each
            same.append(signed_out)
            continue
        if each.phone_hash not in links:
            links[each.phone_hash] = each.token_hash
            link_phone(session, each.workshop_id, each.phone_hash, each.token_hash)
            _move_join(session, each, each.phone_hash)
            asked = WorkshopBlock.workshop_id == each.workshop_id, WorkshopBlock.kind == "pulse"
            for occasion in (*session.scalars(select(WorkshopBlock.id).where(*asked)), "after"):
                one_answer(
                    session, each.workshop_id, each.token_hash, each.phone_hash, str(occasion), now=now
                )
        is_own = links[each.phone_hash] == each.token_hash
        same.append(each if is_own else replace(each, phone_hash=None))
    return same


def _move_join(session: Session, each: HandedIn, phone_hash: str) -> None:
    """Make what a phone handed in its account's."""
    hashes = (phone_hash, each.token_hash)
    ours = WorkshopJoin.workshop_id == each.workshop_id, WorkshopJoin.token_hash.in_(hashes)
    joins = {join.token_hash: join for join in session.scalars(select(WorkshopJoin).where(*ours))}
    from_phone, own = joins.get(phone_hash), joins.get(each.token_hash)
    if from_phone is None:
        return
    if own is None:
        from_phone.token_hash, from_phone.source = each.token_hash, "account"
        from_phone.stakeholder_id = each.stakeholder_id
        from_phone.group_name = each.group or from_phone.group_name
    else:
        revision = next_revision(session, each.workshop_id)
        moved = update(Note).where(Note.join_id == from_phone.id)
        session.execute(moved.values(join_id=own.id, revision=revision))
        put = set(session.scalars(select(NoteDots.block_id).where(NoteDots.join_id == own.id)))
        session.execute(delete(NoteDots).where(NoteDots.join_id == from_phone.id, NoteDots.block_id.in_(put)))
        session.execute(update(NoteDots).where(NoteDots.join_id == from_phone.id).values(join_id=own.id))
        session.delete(from_phone)
    session.flush()
    session.expire_all()


def answered_under(
    session: Session, room_id: uuid.UUID, token_hash: str, phone_hash: str | None, occasion: str
) -> uuid.UUID:
    """The key of one person's answers, given under an account or on one of its phones: that of the latest of
    them, if there are any. Three statements at most."""
    answers = _answers(session, room_id, token_hash, phone_hash, occasion)
    return answers[-1] if answers else pulse_key(token_hash, occasion)


def one_answer(
    session: Session,
    room_id: uuid.UUID,
    token_hash: str,
    phone_hash: str | None,
    occasion: str,
    *,
    now: dt.datetime,
) -> uuid.UUID:
    """As `answered_under`; a person's earlier answers go: the latest replaces them."""
    *earlier, latest = _answers(session, room_id, token_hash, phone_hash, occasion) or [
        pulse_key(token_hash, occasion)
    ]
    for row in session.scalars(select(Pulse).where(Pulse.id.in_(earlier))) if earlier else ():
        remember(session, None, row, "replaced", now=now)
        session.delete(row)
    session.flush()
    return latest


def _answers(
    session: Session, room_id: uuid.UUID, token_hash: str, phone_hash: str | None, occasion: str
) -> list[uuid.UUID]:
    """The keys of a person's answers on one occasion, the latest last."""
    same = {token_hash, *phones_of(session, room_id, token_hash), *([phone_hash] if phone_hash else [])}
    keys = [pulse_key(each, occasion) for each in same]
    found = list(session.scalars(select(Pulse.id).where(Pulse.id.in_(keys))))
    if len(found) < 2:
        return found
    written = select(Event.subject_id, func.max(Event.recorded_at)).where(
        Event.subject_type == "pulse", Event.subject_id.in_(found)
    )
    last = {key: at for key, at in session.execute(written.group_by(Event.subject_id))}
    return sorted(found, key=lambda key: last[key])


def has_phones_to_forget(session: Session, *, now: dt.datetime) -> bool:
    """Whether `forget_phones` has anything to do. One statement."""
    return session.execute(select(PhoneLink.room_id).where(_is_over(now)).limit(1)).first() is not None


def forget_phones(session: Session, *, now: dt.datetime) -> None:
    """Forget which phones were whose in workshops that take no more answers either. One statement."""
    session.execute(delete(PhoneLink).where(_is_over(now)))


def _is_over(now: dt.datetime) -> ColumnElement[bool]:
    over = select(Workshop.id).where(Workshop.ended_at < now - dt.timedelta(days=PULSE_DAYS))
    return PhoneLink.room_id.in_(over)
